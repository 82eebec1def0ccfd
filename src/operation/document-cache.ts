import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  type OperationDefinitionNode,
  type OperationTypeNode,
  parse,
  validate,
} from "graphql";
import { LRUCache } from "lru-cache";
import type { GraphContext } from "../context.ts";
import type { Engine, ExecuteOperation } from "../engine/engine.ts";
import { requestLimits } from "../model/request-limits.ts";
import { mapMaybe } from "../primitives/maybe-promise.ts";
import {
  assertWithinLimits,
  type DocumentSize,
  isTooManyTokens,
  measureDocument,
  tooComplex,
} from "./document-limits.ts";
import {
  createTemplate,
  type DocumentTemplate,
  type LiteralValues,
  literalValues,
  locateErrors,
  type SplitDocument,
  splitDocument,
} from "./document-template.ts";
import type { Errors, ShownError } from "./mask-error.ts";
import { queryCost, type RawVariables } from "./query-cost.ts";
import { RequestError } from "./request-error.ts";

/** An operation that is ready to be executed. */
export interface PreparedOperation {
  readonly document: DocumentNode;
  /** Null for an operation without a name. */
  readonly name: string | null;
  readonly type: OperationTypeNode;
  /** Returns a text that differs between any two operations, and between two executions with other variables. */
  cacheKey(variables: RawVariables): string;
  /** Returns the price before execution, in points. */
  cost(variables: RawVariables): number;
  /** Shared by all documents of a template, and set by whoever executes the operation. */
  readonly blocking: {
    /** Executions that are still assumed to block, since one of this operation did. */
    score: number;
  };
  readonly execute: ExecuteOperation<GraphContext>;
}

/** A document that was parsed, measured and validated, once for all requests that send it. */
export type PreparedDocument =
  | { readonly errors: readonly ShownError[] }
  | {
      readonly errors: null;
      /** Returns null if no operation has this name, or if it is left out and there are several. */
      operation(name: string | null | undefined): PreparedOperation | null;
    };

/** Validation errors after which validation stops. */
const MAX_VALIDATION_ERRORS = 5;
/** Characters of all cached documents. A cached document takes about 50 times its text in memory. */
const MAX_CACHED_CHARACTERS = 1_000_000;
/** Characters that the plan of one field counts as. */
const FIELD_CHARACTERS = 20;

/** Characters of the documents of all cached templates, and of the skeletons that one document had so far. */
const MAX_TEMPLATES_CHARACTERS = 250_000;
/** Characters of the longest document that becomes a template, with its plan: its tree holds its text, literals included. */
const MAX_TEMPLATE_CHARACTERS = MAX_TEMPLATES_CHARACTERS / 10;
/** Executions of a document by its template's plan; then it gets its own, which coerces literals once. */
const MAX_TEMPLATE_EXECUTIONS = 20;

type ValidDocument = Extract<PreparedDocument, { readonly errors: null }>;

interface CachedDocument {
  /** Returns null if it was prepared by a template that is no longer cached. */
  prepared(): PreparedDocument | null;
  /** Fields of a plan of its own. */
  readonly fields: number;
  /** Executions by the plan of a template. */
  executions: number;
}

interface CachedTemplate {
  readonly skeleton: string;
  /** Characters that it counts as. */
  readonly size: number;
  /** Null once it is no longer cached, so that documents that were prepared by it do not keep it in memory. */
  plan: TemplatePlan | null;
}

interface TemplatePlan {
  readonly template: DocumentTemplate;
  readonly prepared: ValidDocument;
}

export interface DocumentCacheOptions {
  readonly schema: GraphQLSchema;
  readonly engine: Engine<GraphContext>;
  readonly errors: Pick<Errors, "show">;
  /**
   * Whether documents that differ in literals alone share one plan.
   *
   * The engine must accept literals.
   */
  readonly hasTemplates: boolean;
}

/** Creates a cache that prepares documents and keeps those used recently, invalid ones included. */
export function createDocumentCache({
  schema,
  engine,
  errors: { show },
  hasTemplates,
}: DocumentCacheOptions): (text: string) => PreparedDocument {
  /** Operations are numbered, so that one that is prepared again has other cache keys. */
  let operations = 0;
  const documents = new LRUCache<string, CachedDocument>({
    maxSize: MAX_CACHED_CHARACTERS,
    maxEntrySize: MAX_CACHED_CHARACTERS / 20,
    sizeCalculation: ({ fields }, text) => text.length + 1 + fields * FIELD_CHARACTERS,
  });
  const templates = new LRUCache<string, CachedTemplate | "SEEN_ONCE" | "UNSUITABLE">({
    maxSize: MAX_TEMPLATES_CHARACTERS,
    maxEntrySize: MAX_TEMPLATE_CHARACTERS,
    sizeCalculation: (template, skeleton) => (typeof template === "string" ? skeleton.length : template.size),
    dispose: (template) => {
      if (typeof template === "object") template.plan = null;
    },
  });

  const prepareOperation = (document: DocumentNode, operation: OperationDefinitionNode): PreparedOperation => {
    operations += 1;
    const id = operations;
    const name = operation.name?.value ?? null;
    return {
      document,
      name,
      type: operation.operation,
      cacheKey: (variables) => id + keyOf(variables),
      cost: (variables) => queryCost(schema, document, name, variables),
      blocking: { score: 0 },
      execute: engine(document, operation),
    };
  };

  const prepareDocument = (document: DocumentNode): ValidDocument => {
    const prepared = new Map<OperationDefinitionNode, PreparedOperation>();
    return {
      errors: null,
      operation: (name) => {
        const operation = getOperationAST(document, name);
        if (!operation) return null;
        const found = prepared.get(operation) ?? prepareOperation(document, operation);
        prepared.set(operation, found);
        return found;
      },
    };
  };

  /** Prepares a template if the document is the second one with its skeleton. */
  const prepareTemplate = (text: string, split: SplitDocument, document: DocumentNode, { fields }: DocumentSize) => {
    const { skeleton } = split;
    const seen = templates.get(skeleton);
    if (seen === undefined) {
      templates.set(skeleton, "SEEN_ONCE");
      return;
    }
    const size = text.length + fields * FIELD_CHARACTERS;
    // A document with shorter literals may still become the template.
    if (seen !== "SEEN_ONCE" || size > MAX_TEMPLATE_CHARACTERS) return;
    const template = createTemplate(schema, document, split);
    const plan = template && { template, prepared: prepareDocument(template.document) };
    templates.set(skeleton, plan ? { skeleton, size, plan } : "UNSUITABLE");
  };

  /** Returns a document with the plan of its template; null if a literal does not fit. */
  const fillTemplate = (cached: CachedTemplate, text: string, literals: readonly string[]): CachedDocument | null => {
    const values = cached.plan && literalValues(cached.plan.template, literals);
    if (!values) return null;
    const key = `\n${literals.join("\n")}`;
    const filled: CachedDocument = {
      prepared: () => {
        // Marks the template as used.
        templates.get(cached.skeleton);
        return cached.plan && filledDocument(cached.plan, text, values, key, filled);
      },
      fields: 0,
      executions: 0,
    };
    return filled;
  };

  return (text) => {
    const cached = documents.get(text);
    const isFrequent = cached !== undefined && cached.executions >= MAX_TEMPLATE_EXECUTIONS;
    const found = isFrequent ? null : cached?.prepared();
    if (found) return found;
    const split = hasTemplates && !isFrequent ? splitDocument(text) : null;
    const template = split && templates.get(split.skeleton);
    const filled =
      split && template && typeof template === "object" ? fillTemplate(template, text, split.literals) : null;
    const ready = filled?.prepared();
    if (filled && ready) {
      documents.set(text, filled);
      return ready;
    }
    const { errors, document, size } = checked(schema, text);
    if (split && document) prepareTemplate(text, split, document, size);
    const prepared = errors ? { errors: errors.map((error) => show(error)) } : prepareDocument(document);
    documents.set(text, { prepared: () => prepared, fields: size?.fields ?? 0, executions: 0 });
    return prepared;
  };
}

/** @param key text of the literals, which no other document of the template has */
function filledDocument(
  { template, prepared }: TemplatePlan,
  text: string,
  values: LiteralValues,
  key: string,
  counter: Pick<CachedDocument, "executions">,
): ValidDocument {
  return {
    errors: null,
    operation: (name) => {
      const operation = prepared.operation(name);
      if (!operation) return null;
      return {
        ...operation,
        cacheKey: (variables) => operation.cacheKey(variables) + key,
        cost: (variables) => operation.cost({ ...variables, ...values.raw }),
        execute: (request) => {
          counter.executions += 1;
          return mapMaybe(operation.execute({ ...request, literals: values.coerced }), (result) =>
            result.errors ? { ...result, errors: locateErrors(result.errors, template, text) } : result,
          );
        },
      };
    },
  };
}

type Checked =
  | { readonly errors: readonly (GraphQLError | RequestError)[]; readonly document?: never; readonly size?: never }
  | { readonly errors: null; readonly document: DocumentNode; readonly size: DocumentSize };

/**
 * Parses, measures and validates a document. The limits come before validation, which compares fields in pairs: they bound its
 * time. Fields are counted as the document would be executed.
 */
function checked(schema: GraphQLSchema, text: string): Checked {
  try {
    const document = parse(text, { maxTokens: requestLimits.maxTokens.max });
    const size = measureDocument(document);
    assertWithinLimits(size);
    const errors = validate(schema, document, undefined, { maxErrors: MAX_VALIDATION_ERRORS });
    if (errors.length === 0) return { errors: null, document, size };
    return { errors: errors.map((error) => withCode(error, "GRAPHQL_VALIDATION_FAILED")) };
  } catch (error) {
    if (isTooManyTokens(error)) return { errors: [tooComplex("maxTokens")] };
    if (error instanceof RequestError) return { errors: [error] };
    if (!(error instanceof GraphQLError)) throw error;
    return { errors: [withCode(error, "GRAPHQL_PARSE_FAILED")] };
  }
}

/** Returns the error with a code, and the status that the specification of GraphQL over HTTP gives it. */
function withCode(error: GraphQLError, code: string): GraphQLError {
  const { message, nodes = null, source = null, positions = null } = error;
  const extensions = { code, http: { spec: true, status: 400 } };
  return new GraphQLError(message, { nodes, source, positions, extensions });
}

/** Returns the JSON of variables; a number that is too large for JSON, such as 1e400, differs from null and from all others. */
function keyOf(variables: RawVariables): string {
  const json = JSON.stringify(variables);
  if (!json.includes("null")) return json;
  return JSON.stringify(variables, (_name, value: unknown) =>
    value === Infinity || value === -Infinity ? { infinite: String(value) } : value,
  );
}
