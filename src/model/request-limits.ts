import type { ErrorCode } from "./errors.ts";

/** One limit of a request. */
export interface RequestLimit {
  readonly max: number;
  /** What is counted. */
  readonly description: string;
  /** How a request beyond it is refused; null where it is not. */
  readonly code: ErrorCode | null;
}

/**
 * What one request may ask for. The query `limits` and the table in docs/limits.md are generated from this list. An introspection by
 * GraphiQL is 230 fields (73 before its fragments are expanded), 186 tokens and 15 deep; a dashboard of twelve months with six figures each is 100
 * fields.
 */
export const requestLimits = {
  maxBodyBytes: { max: 100_000, code: "BAD_REQUEST", description: "Maximum size of a request body, in bytes." },
  maxTokens: {
    max: 2_000,
    code: "QUERY_TOO_COMPLEX",
    description: "Maximum number of tokens of a document: names, values and punctuation, without comments.",
  },
  maxOperations: { max: 10, code: "QUERY_TOO_COMPLEX", description: "Maximum number of operations in a document." },
  maxRootFields: {
    max: 50,
    code: "QUERY_TOO_COMPLEX",
    description: "Maximum number of fields at the first level of an operation.",
  },
  maxFields: {
    max: 500,
    code: "QUERY_TOO_COMPLEX",
    description: "Maximum number of fields of an operation, with each fragment as often as it is spread.",
  },
  maxDepth: { max: 20, code: "QUERY_TOO_COMPLEX", description: "Maximum nesting depth of fields, in levels." },
  maxAliases: { max: 100, code: "QUERY_TOO_COMPLEX", description: "Maximum number of aliases in an operation." },
  maxDirectives: { max: 50, code: "QUERY_TOO_COMPLEX", description: "Maximum number of directives in an operation." },
  maxCost: {
    max: 500_000,
    code: "QUERY_TOO_EXPENSIVE",
    description:
      "Maximum points of a query: one for each object, 10 for each usage figure of a name. A year by day for 50 streams, each with all its tracking ids, is 226,111.",
  },
  maxErrors: {
    max: 100,
    code: null,
    description: "Maximum number of errors in one response; `extensions.omittedErrors` counts the rest.",
  },
} as const satisfies Record<string, RequestLimit>;
