/**
 * Every code an error of the graph can carry, with what it means to a client. Codes never change their meaning; new ones
 * may be added. The enum `ErrorCode` of the graph and the table in docs/errors.md are generated from this list.
 */
export const errorCodes = {
  UNAUTHENTICATED: "The request has no key, or an invalid one.",
  AUTHENTICATION_UNAVAILABLE: "The caller cannot be authenticated now: the identity provider's keys are unavailable.",
  FORBIDDEN:
    "The caller's key lacks the scope that `scope` names, or is a partner's for a field of the broadcaster's own people: `isForStaff`.",
  NOT_FOUND: "No object has this id or name, or the caller may not see it. A malformed id gets the same error.",
  INVALID_INPUT: "An argument breaks a rule; the message names the argument and the rule.",
  INVALID_WINDOW: "The window ends before it begins, lies in the future, or does not consist of full UTC hours.",
  WINDOW_NOT_RETAINED:
    "The platform no longer has usage of that time in that resolution, and the archive begins later; `valid` is a window that works.",
  NOT_METERED: "The platform does not meter this: analytics rejects the name, or has no such breakdown.",
  NOT_PLAYABLE: "The platform's hosted player can't find the stream, since its name contains a slash.",
  UNSAFE_PATTERN: "The stream pattern is not a regular expression of linear running time.",
  LIMIT_EXCEEDED: "The request exceeds a limit; the message states the limit.",
  QUERY_TOO_COMPLEX: "The document exceeds a limit: `limit` is its name, `max` its value, `actual` the document's.",
  QUERY_TOO_EXPENSIVE: "The query would cost more than one request may; `extensions.cost` has the points.",
  RESPONSE_TOO_LARGE: "The response would be longer than `max` bytes. A requested change has been made.",
  THROTTLED: "The caller's cost budget is used up; `Retry-After` says when it is full again.",
  OVERLOADED: "The gateway is overloaded; `Retry-After` says when to try again.",
  CONFLICT: "The object's state does not allow this change, or another request with this key is in progress.",
  IDEMPOTENCY_MISMATCH: "The idempotency key was used before with different input.",
  CLIP_NOT_CACHED: "The platform has no cached media of that time to cut a clip from.",
  RATE_LIMITED: "The operation is limited per object; `retryAt` says when it is possible again.",
  OUTCOME_UNKNOWN:
    "The change was sent and its response was lost. Repeat it with the same idempotency key to learn the outcome.",
  FEATURE_DISABLED: "The gateway's configuration disables this feature; the message names the variable.",
  STREAM_UNSECURED:
    "A publish token lets anyone watch the stream without a token; secure it before syndicating the stream.",
  CLUSTER_MISMATCH:
    "Publishers and viewers of the stream would use different clusters, so viewers would not find the stream.",
  CLUSTER_UNKNOWN: "The account has no such cluster.",
  PUBLISHERS_DIFFER:
    "The publish tokens of the stream differ in cluster or geo-cascade; redundant publishers must have the same.",
  WILDCARD_GRANT: "The grant would open every stream of the account, including later ones.",
  GRANT_NOT_COVERED: "No grant opens one of the requested streams.",
  MASTER_BINDS_ADDRESSES:
    "A partner's subscribe token must not bind to IP addresses: its first viewers would lock out all others.",
  TRACKING_ID_HAS_TRAFFIC: "The tracking id has traffic, so it cannot leave its partner.",
  TRACKING_ID_IN_USE:
    "Viewers can use the tracking id: a usable subscribe token has it, or a viewer is connected under it.",
  PARTNER_NOT_ACTIVE: "The partner is not registered, suspended or retired.",
  SIGNING_REFUSED:
    "The viewer token was not signed, or is not admitted; the `refusal` of each error names a rule it breaks.",
  TRACKING_ID_TAKEN: "Another partner has this tracking id.",
  STORE_UNAVAILABLE: "The gateway's database is locked, full, read-only or unreachable. No change was written in part.",
  UPSTREAM_TIMEOUT: "The platform did not answer in time.",
  UPSTREAM_UNAVAILABLE: "The platform could not be reached, or failed.",
  UPSTREAM_RATE_LIMITED: "The platform limits the rate of the gateway's calls.",
  UPSTREAM_BAD_RESPONSE: "The platform's response does not match its documentation, so it was discarded.",
  UPSTREAM_REJECTED: "The platform rejected the call; the message gives its reason to staff only.",
  UPSTREAM_UNAUTHORIZED: "The platform rejected the gateway's API secret.",
  BAD_REQUEST: "The HTTP request is not a GraphQL request.",
  PERSISTED_QUERY_NOT_SUPPORTED:
    "The request names a persisted document and has none in `query`: the gateway keeps no documents, so send it whole.",
  GRAPHQL_PARSE_FAILED: "The document is not valid GraphQL syntax.",
  GRAPHQL_VALIDATION_FAILED:
    "The document does not match the schema: an unknown field or argument, or a value of the wrong type.",
  INTERNAL_SERVER_ERROR:
    "An internal error of the gateway. Its log has the details; the message deliberately has none.",
} as const;

export type ErrorCode = keyof typeof errorCodes;

/** Facts that travel with an error to the client as `extensions`: plain JSON, never a secret. */
export type ErrorFacts = Readonly<Record<string, unknown>>;

/** The message and facts of a failure that one kind of caller reads. */
export interface ErrorFace {
  readonly message: string;
  readonly facts: ErrorFacts;
}

/**
 * A failure that clients may read: its code, message and facts are part of the API. Every other error is a bug of the gateway,
 * and is masked.
 */
export class ApplicationError extends Error {
  readonly code: ErrorCode;
  readonly facts: ErrorFacts;

  /** What callers with a partner's key read. */
  get faceForPartners(): ErrorFace {
    return this;
  }

  constructor(code: ErrorCode, message: string, facts: ErrorFacts = {}, options?: ErrorOptions) {
    // The code and path identify the failure. A stack would cost more than the rest of a failing field.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(message, options);
    Error.stackTraceLimit = stackTraceLimit;
    this.name = new.target.name;
    this.code = code;
    this.facts = facts;
  }
}

/** An argument that breaks a rule. `argument` is its path in the operation: `input.label`, `window.range`. */
export class InvalidInputError extends ApplicationError {
  readonly argument: string;

  constructor(argument: string, message: string, facts: ErrorFacts = {}, code: ErrorCode = "INVALID_INPUT") {
    super(code, message, { argument, ...facts });
    this.argument = argument;
  }
}

/** Longest text of an argument that an error message repeats, in characters. */
const MAX_RECEIVED_LENGTH = 60;

/**
 * Returns the error for an argument that breaks a rule: "`input.label` must be 1 to 128 characters long; got 140."
 *
 * @param rule begins with "must", and has no full stop
 * @param received what the client sent, if that helps and is no secret
 */
export function invalidArgument(argument: string, rule: string, received?: string | number): InvalidInputError {
  const text = typeof received === "string" ? JSON.stringify(received.slice(0, MAX_RECEIVED_LENGTH)) : received;
  return new InvalidInputError(argument, `\`${argument}\` ${rule}${text === undefined ? "" : `; got ${text}`}.`);
}

/** The object does not exist, or is not the caller's: clients cannot tell the two apart. */
export class NotFoundError extends ApplicationError {
  constructor(argument: string) {
    super("NOT_FOUND", "Nothing is found under this id or name.", { argument });
  }
}

/** The caller lacks a right. Message and facts name only what is lacking: the scope, a key of the broadcaster, or both. */
export class ForbiddenError extends ApplicationError {
  /**
   * @param lacking `scope` if the caller does not hold that scope; `isForStaff` if the caller has a partner's key for a field of the
   *   broadcaster's own people
   */
  constructor({ scope, isForStaff = false }: { readonly scope?: string | undefined; readonly isForStaff?: boolean }) {
    const right = scope ? `the scope ${scope}` : "a right that no key has";
    const message = isForStaff
      ? `This needs a key of the broadcaster's own people${scope ? ` with ${right}` : ""}; the caller has a partner's key.`
      : `This needs ${right}, which the caller does not hold.`;
    super("FORBIDDEN", message, { ...(scope && { scope }), ...(isForStaff && { isForStaff }) });
  }
}

/** The object's state, or a request in progress, does not allow the change. */
export class ConflictError extends ApplicationError {
  constructor(message: string, facts: ErrorFacts = {}) {
    super("CONFLICT", message, facts);
  }
}

/** The platform rejected one part of a change, for a reason that only staff may read. */
export class PartRefusedError extends ConflictError {
  readonly #what: string;

  /**
   * @param what what did not happen, such as `Token 5 was not disabled`; partners read only this
   * @param reason the platform's words, with secrets removed
   */
  constructor(what: string, reason: string, facts: ErrorFacts = {}) {
    super(`${what}: ${reason}`, facts);
    this.#what = what;
  }

  override get faceForPartners(): ErrorFace {
    return { message: `${this.#what}.`, facts: this.facts };
  }
}

/** The platform does not meter what was requested. */
export class NotMeteredError extends ApplicationError {
  constructor(message: string, facts: ErrorFacts = {}) {
    super("NOT_METERED", message, facts);
  }
}

/**
 * Returns a handler that replaces an {@link ApplicationError} by a value, for data that the caller can do without. Other errors
 * are bugs of the gateway, and are thrown again.
 */
export function orIfFailed<Value>(value: Value): (error: unknown) => Value {
  return (error) => {
    if (error instanceof ApplicationError) return value;
    throw error;
  };
}
