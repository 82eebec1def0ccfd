import {
  type DocumentNode,
  type FragmentDefinitionNode,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  getVariableValues,
  Kind,
  type OperationDefinitionNode,
  type OperationTypeNode,
  parse,
  validate,
} from "graphql";
import { LRUCache } from "lru-cache";
import type { GraphContext } from "../context.ts";
import type { ResponseBudget } from "../engine/execution.ts";
import { planQuery, type QueryPlan, skipIncludeConditions } from "../engine/query-plan.ts";
import type { SerializedResult } from "../engine/serialized-result.ts";
import { requestLimits } from "../model/request-limits.ts";
import type { MaybePromise } from "../primitives/maybe-promise.ts";
import type { Scheduling } from "../scheduling/scheduling.ts";
import { type DocumentSize, measureDocument } from "./document-limits.ts";
import type { Errors, ShownError } from "./mask-error.ts";
import { queryCost, type RawVariables } from "./query-cost.ts";
import { Refusal, requestError } from "./request-error.ts";

/** An operation that is ready to run. */
export interface PreparedOperation {
  /** Null for one without a name. */
  readonly name: string | null;
  readonly type: OperationTypeNode;
  /** Tells it from all other operations and from itself with other variables, as text. */
  cacheKey(variables: RawVariables): string;
  /** What it costs before it runs, in points. */
  cost(variables: RawVariables): number;
  /** How many more are taken to have to wait, since one that was asked for the first time had to. Set by whoever runs it. */
  blockingScore: number;
  /** @param room told how long the answer is while it is written */
  run(context: GraphContext, variables: RawVariables, room?: ResponseBudget): MaybePromise<SerializedResult>;
}

/** A text that has been parsed, measured and validated: once, however often it is sent. */
export type PreparedDocument =
  | { readonly errors: readonly ShownError[] }
  | {
      readonly errors: null;
      /** Null where there is none of this name, or several without one. */
      operation(name: string | null | undefined): PreparedOperation | null;
    };

/** Whoever makes more mistakes at once reads of the first ones. */
const MAX_VALIDATION_ERRORS = 5;
/** Characters of all texts that are kept. What is kept of one is some 50 times as large. */
const KEPT_CHARACTERS = 1_000_000;
/** What the plan for one field takes, as so many characters of a text. */
const PLANNED_FIELD_CHARACTERS = 20;
/** Plans of a document that are kept, each for other values of its conditions; for others it is planned each time. */
const MAX_PLANS = 4;

/**
 * Prepares texts, and remembers those that were asked for lately, the wrong ones as well.
 */
export function createDocumentCache(
  schema: GraphQLSchema,
  { show }: Pick<Errors, "show">,
  createTimeSlicer: Scheduling["createTimeSlicer"],
): (text: string) => PreparedDocument {
  const known = new LRUCache<string, { readonly prepared: PreparedDocument; readonly fields: number }>({
    maxSize: KEPT_CHARACTERS,
    maxEntrySize: KEPT_CHARACTERS / 20,
    sizeCalculation: ({ fields }, text) => text.length + 1 + fields * PLANNED_FIELD_CHARACTERS,
  });
  return (text) => {
    const found = known.get(text);
    if (found) return found.prepared;
    const { errors, document, size } = checked(schema, text);
    const prepared = errors
      ? { errors: errors.map((error) => show(error)) }
      : preparedDocument(schema, document, createTimeSlicer);
    known.set(text, { prepared, fields: size?.fields ?? 0 });
    return prepared;
  };
}

type Checked =
  | { readonly errors: readonly (GraphQLError | Refusal)[]; readonly document?: never; readonly size?: never }
  | { readonly errors: null; readonly document: DocumentNode; readonly size: DocumentSize };

/**
 * Documents that are larger than a client needs are refused before they are validated: validation compares fields in pairs,
 * and what it takes is bounded by these limits. They are counted as the document would be executed.
 */
function checked(schema: GraphQLSchema, text: string): Checked {
  try {
    const document = parse(text, { maxTokens: requestLimits.maxTokens.max });
    const size = measureDocument(document);
    assertWithin(size);
    const mistakes = validate(schema, document, undefined, { maxErrors: MAX_VALIDATION_ERRORS });
    if (mistakes.length === 0) return { errors: null, document, size };
    return { errors: mistakes.map((mistake) => withCode(mistake, "GRAPHQL_VALIDATION_FAILED")) };
  } catch (error) {
    if (isTooManyTokens(error)) return { errors: [tooComplex("maxTokens")] };
    if (error instanceof Refusal) return { errors: [error] };
    if (!(error instanceof GraphQLError)) throw error;
    return { errors: [withCode(error, "GRAPHQL_PARSE_FAILED")] };
  }
}

/** With the status that goes with it by the specification of GraphQL over HTTP. */
function withCode(error: GraphQLError, code: string): GraphQLError {
  const { message, nodes = null, source = null, positions = null } = error;
  const extensions = { code, http: { spec: true, status: 400 } };
  return new GraphQLError(message, { nodes, source, positions, extensions });
}

function preparedDocument(
  schema: GraphQLSchema,
  document: DocumentNode,
  createTimeSlicer: Scheduling["createTimeSlicer"],
): PreparedDocument {
  const operations = new Map<OperationDefinitionNode, PreparedOperation>();
  return {
    errors: null,
    operation: (name) => {
      const operation = getOperationAST(document, name);
      if (!operation) return null;
      const prepared = operations.get(operation) ?? preparedOperation(schema, document, operation, createTimeSlicer);
      operations.set(operation, prepared);
      return prepared;
    },
  };
}

/** Operations are numbered: a text that is prepared anew asks something new. */
let nextOperationId = 0;

function preparedOperation(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  createTimeSlicer: Scheduling["createTimeSlicer"],
): PreparedOperation {
  const number = ++nextOperationId;
  const name = operation.name?.value ?? null;
  const definitions = operation.variableDefinitions ?? [];
  const planned = { schema, operation, fragments: fragmentsOf(document) };
  const conditions = skipIncludeConditions(planned);
  const plans = new Map<string, QueryPlan>();
  let constantCost: number | null = null;
  const run: PreparedOperation["run"] = (context, variables, room) => {
    const { coerced, errors } = getVariableValues(schema, definitions, variables, { maxErrors: 50 });
    if (errors) return { errors };
    const key = conditions.map((condition) => String(coerced[condition])).join();
    const plan = plans.get(key) ?? planQuery(planned, createTimeSlicer);
    if (plans.size < MAX_PLANS) plans.set(key, plan);
    return plan(context, coerced, room);
  };
  return {
    name,
    type: operation.operation,
    cacheKey: (variables) => {
      let text = String(number);
      for (const { variable } of definitions) {
        const { value: name } = variable.name;
        // Left out is not the same as null, where there is a default.
        text += `\n${Object.hasOwn(variables, name) ? JSON.stringify(variables[name]) : ""}`;
      }
      return text;
    },
    cost: (variables) => {
      const points = constantCost ?? queryCost(schema, document, name, variables);
      if (definitions.length === 0) constantCost = points;
      return points;
    },
    blockingScore: 0,
    run,
  };
}

function fragmentsOf({ definitions }: DocumentNode): Readonly<Record<string, FragmentDefinitionNode>> {
  const fragments: Record<string, FragmentDefinitionNode> = Object.create(null);
  for (const definition of definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments[definition.name.value] = definition;
  }
  return fragments;
}

function assertWithin(size: DocumentSize): void {
  if (size.operations > requestLimits.maxOperations.max) throw tooComplex("maxOperations", size.operations);
  if (size.rootFields > requestLimits.maxRootFields.max) throw tooComplex("maxRootFields", size.rootFields);
  if (size.fields > requestLimits.maxFields.max) throw tooComplex("maxFields", size.fields);
  if (size.depth > requestLimits.maxDepth.max) throw tooComplex("maxDepth", size.depth);
  if (size.aliases > requestLimits.maxAliases.max) throw tooComplex("maxAliases", size.aliases);
  if (size.directives > requestLimits.maxDirectives.max) throw tooComplex("maxDirectives", size.directives);
}

/** @param asked how many the document has, where they were counted to the end */
function tooComplex(limit: Exclude<keyof typeof requestLimits, "maxErrors">, asked?: number): Refusal {
  const { max, code, description } = requestLimits[limit];
  const facts = { limit, max, ...(asked !== undefined && { asked: Math.min(asked, Number.MAX_SAFE_INTEGER) }) };
  return requestError(code, `${description.replace(/\.$/, "")}: at most ${max} are answered.`, { status: 400 }, facts);
}

/** A parser that nests too deep runs out of stack; tokens are counted first, so that is for a smaller stack than usual. */
function isTooManyTokens(error: unknown): boolean {
  return error instanceof RangeError || (error instanceof GraphQLError && error.message.includes("Parsing aborted"));
}
