import { type DocumentNode, GraphQLError, type GraphQLSchema, type ValidationRule, validate } from "graphql";
import type { Plugin } from "graphql-yoga";
import { LRUCache } from "lru-cache";
import { requestLimits } from "../model/request-limits.ts";
import { type DocumentSize, documentSize } from "./document-size.ts";
import { withoutValues } from "./mask-error.ts";
import { refused } from "./refused.ts";

/** Whoever makes more mistakes at once reads of the first ones. */
const MAX_VALIDATION_ERRORS = 5;
/** Characters of all documents that are kept parsed. A parsed document is some 50 times as large. */
const PARSED_CHARACTERS = 1_000_000;

/** Yoga's cache of parsed documents keeps so many documents, whatever their size, and their errors as well: this one does not. */
export const parsedDocuments = () => ({
  documentCache: new LRUCache<string, DocumentNode>({
    maxSize: PARSED_CHARACTERS,
    maxEntrySize: PARSED_CHARACTERS / 50,
    sizeCalculation: (_document, text) => text.length + 1,
  }),
  errorCache: { get: () => undefined, set: () => undefined },
});

/**
 * Refuses documents that are larger than a client needs, before they are validated: validation compares fields in pairs,
 * and what it takes is bounded by these limits. They are counted as the document would be executed.
 */
export function useDocumentLimits(): Plugin {
  const sizes = new WeakMap<DocumentNode, DocumentSize>();
  return {
    onParse({ parseFn, setParseFn }) {
      setParseFn((source, options) => parseFn(source, { ...options, maxTokens: requestLimits.maxTokens.max }));
      return ({ result }) => {
        if (isTooManyTokens(result)) throw tooComplex("maxTokens");
        if (!isDocument(result)) return;
        const size = sizes.get(result) ?? documentSize(result);
        sizes.set(result, size);
        assertWithin(size);
      };
    },
    onValidate({ setValidationFn }) {
      setValidationFn((schema: GraphQLSchema, document: DocumentNode, rules?: readonly ValidationRule[]) =>
        // Yoga masks what execution throws, and passes on what validation finds.
        validate(schema, document, rules, { maxErrors: MAX_VALIDATION_ERRORS }).map(withoutValues),
      );
    },
  };
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
function tooComplex(limit: Exclude<keyof typeof requestLimits, "maxErrors">, asked?: number): GraphQLError {
  const { max, code, description } = requestLimits[limit];
  const facts = { limit, max, ...(asked !== undefined && { asked: Math.min(asked, Number.MAX_SAFE_INTEGER) }) };
  return refused(code, `${description.replace(/\.$/, "")}: at most ${max} are answered.`, { status: 400 }, facts);
}

/** A parser that nests too deep runs out of stack; tokens are counted first, so that is for a smaller stack than usual. */
function isTooManyTokens(result: unknown): boolean {
  return result instanceof RangeError || (result instanceof GraphQLError && result.message.includes("Parsing aborted"));
}

function isDocument(result: unknown): result is DocumentNode {
  return typeof result === "object" && result !== null && "kind" in result;
}
