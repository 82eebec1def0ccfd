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
    description: "Tokens of a document: names, values and punctuation, without comments.",
  },
  maxOperations: { max: 10, code: "QUERY_TOO_COMPLEX", description: "Operations in a document." },
  maxRootFields: { max: 50, code: "QUERY_TOO_COMPLEX", description: "Fields of an operation's first level." },
  maxFields: {
    max: 500,
    code: "QUERY_TOO_COMPLEX",
    description: "Fields of an operation, with each fragment as often as it is spread.",
  },
  maxDepth: { max: 20, code: "QUERY_TOO_COMPLEX", description: "Maximum nesting depth of fields." },
  maxAliases: { max: 100, code: "QUERY_TOO_COMPLEX", description: "Aliases of an operation." },
  maxDirectives: { max: 50, code: "QUERY_TOO_COMPLEX", description: "Directives of an operation." },
  maxCost: {
    max: 500_000,
    code: "QUERY_TOO_EXPENSIVE",
    description:
      "Points of a query: one for each object, 10 for each figure of a name. A year by day for 50 streams, each with all its tracking ids, is 226,111.",
  },
  maxErrors: {
    max: 100,
    code: null,
    description: "Errors of one answer; `extensions.omittedErrors` counts those beyond.",
  },
} as const satisfies Record<string, RequestLimit>;
