/**
 * Every code an error of the graph can carry, with what it means to a client. Codes never change their meaning; new ones
 * may be added. The enum `ErrorCode` of the graph and the table in docs/errors.md are generated from this list.
 */
export const errorCodes = {
  UNAUTHENTICATED: "The request carries no key, or one that is not valid.",
  AUTHENTICATION_UNAVAILABLE: "Who calls can't be found out now: the identity provider's keys can't be read.",
  FORBIDDEN: "The caller's key lacks the scope that this field needs, or the field is not for partners.",
  NOT_FOUND: "Nothing is found under this id or name. A malformed id and one of another account answer alike.",
  INVALID_INPUT: "An argument breaks a rule; the message names the argument and what would be right.",
  INVALID_WINDOW: "The window is upside down, in the future, or cuts through the hours in which the platform meters.",
  WINDOW_NOT_RETAINED:
    "The platform no longer keeps figures that fine for that time; `valid` holds a window that works.",
  NOT_METERED:
    "The platform keeps no such figure: a name that analytics refuses, or a breakdown that it does not have.",
  UNSAFE_PATTERN: "The stream pattern is no regular expression of linear running time.",
  LIMIT_EXCEEDED: "More was asked than one request may have; the message states the limit.",
  QUERY_TOO_COMPLEX: "The document exceeds a limit: `limit` is its name, `max` its value, `actual` the document's.",
  QUERY_TOO_EXPENSIVE: "The query would cost more than one request may; `extensions.cost` tells how much.",
  RESPONSE_TOO_LARGE: "The response would be longer than `max` bytes. A requested change has been made.",
  THROTTLED: "The caller's budget is used up for now; `Retry-After` tells when it is full again.",
  OVERLOADED: "The gateway has more to do than it can; `Retry-After` tells when to try again.",
  CONFLICT: "The object is in a state that does not allow this change, or another request with this key is under way.",
  IDEMPOTENCY_MISMATCH: "This idempotency key was used before, with other input.",
  CLIP_NOT_CACHED: "The platform has nothing of that time any more, or never had, that a clip could be cut from.",
  RATE_LIMITED: "This can be done only so often for one object; `retryAfter` tells when it can be done again.",
  OUTCOME_UNKNOWN:
    "The change was sent and its answer was lost. Repeat it with the same idempotency key to learn what became of it.",
  FEATURE_DISABLED: "The gateway's configuration has this feature switched off; the message names the variable.",
  STREAM_UNSECURED: "Some publish token leaves the stream open to anyone without a token; secure it before it is sold.",
  CLUSTER_MISMATCH: "Publishers and viewers of the stream would be of different clusters, and would not meet.",
  CLUSTER_UNKNOWN: "The account has no such cluster.",
  PUBLISHERS_DIFFER:
    "The publish tokens of the stream differ in cluster or geo-cascade; redundant publishers must be alike.",
  WILDCARD_GRANT: "The grant would open every stream of the account.",
  GRANT_NOT_COVERED: "A stream that was asked for is opened by no grant.",
  MASTER_BINDS_ADDRESSES:
    "A partner's subscribe token must not bind itself to addresses: its first viewers would lock out the rest.",
  TRACKING_ID_HAS_TRAFFIC: "The tracking id has traffic, so it stays with its partner.",
  TRACKING_ID_IN_USE:
    "Viewers are admitted under the tracking id: a usable subscribe token has it, or a viewer is connected under it.",
  PARTNER_NOT_ACTIVE: "The partner is not registered, suspended or retired.",
  SIGNING_REFUSED:
    "The viewer token was not signed, or is not admitted; the `refusal` of each error names a rule that it breaks.",
  TRACKING_ID_TAKEN: "Another partner has this tracking id.",
  STORE_UNAVAILABLE:
    "The gateway's own database can't be used now: it is locked, full, read-only or out of reach. Nothing was half written.",
  UPSTREAM_TIMEOUT: "The platform did not answer in time.",
  UPSTREAM_UNAVAILABLE: "The platform could not be reached, or failed.",
  UPSTREAM_RATE_LIMITED: "The platform asks us to slow down.",
  UPSTREAM_BAD_RESPONSE: "The platform answered with something that is not what it documents, so it was not believed.",
  UPSTREAM_REJECTED:
    "The platform refused the call; the message passes on its reason, to the broadcaster's own people alone.",
  UPSTREAM_UNAUTHORIZED: "The platform refused the gateway's own API secret.",
  BAD_REQUEST: "The HTTP request is not a GraphQL request.",
  GRAPHQL_PARSE_FAILED: "The document is not GraphQL.",
  GRAPHQL_VALIDATION_FAILED:
    "The document does not fit the schema: an unknown field or argument, or a value of the wrong type.",
  INTERNAL_SERVER_ERROR: "A fault of the gateway. It was logged; the message tells nothing more on purpose.",
} as const;

export type ErrorCode = keyof typeof errorCodes;

/** Facts that travel with an error to the client as `extensions`: plain JSON, never a secret. */
export type ErrorFacts = Readonly<Record<string, unknown>>;

/** What somebody reads of a failure. */
export interface ErrorFace {
  readonly message: string;
  readonly facts: ErrorFacts;
}

/**
 * A failure that a client may read: its code, its message and its facts are part of the API. Anything else that is thrown
 * is a fault of ours, and is masked. It has no stack.
 */
export class ApplicationError extends Error {
  readonly code: ErrorCode;
  readonly facts: ErrorFacts;

  /** What a partner's callers read of it. */
  get faceForPartners(): ErrorFace {
    return this;
  }

  constructor(code: ErrorCode, message: string, facts: ErrorFacts = {}, options?: ErrorOptions) {
    // Such a failure is told by its code and its place. Its stack would cost more than all else of a field that fails.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(message, options);
    Error.stackTraceLimit = stackTraceLimit;
    this.name = new.target.name;
    this.code = code;
    this.facts = facts;
  }
}

/** An argument that breaks a rule. `argument` is its path as the client wrote it: `input.label`, `window.range`. */
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

/** The caller's key lacks a scope, or is a partner's where only the broadcaster's own people may look. */
export class ForbiddenError extends ApplicationError {
  constructor(scope: string, forStaff = false) {
    const rule = forStaff ? "a key of the broadcaster's own people with the scope" : "the scope";
    super("FORBIDDEN", `This needs ${rule} ${scope}, which the caller does not hold.`, { scope });
  }
}

/** The object's state, or a request under way, stands against the change. */
export class ConflictError extends ApplicationError {
  constructor(message: string, facts: ErrorFacts = {}) {
    super("CONFLICT", message, facts);
  }
}

/** The platform refused one part of a change, for a reason in words that the broadcaster's own people alone may read. */
export class PartRefusedError extends ConflictError {
  readonly #what: string;

  /**
   * @param what did not happen, such as `Token 5 was not disabled`: all that partners read
   * @param reason the platform's words, without any part of a secret
   */
  constructor(what: string, reason: string, facts: ErrorFacts = {}) {
    super(`${what}: ${reason}`, facts);
    this.#what = what;
  }

  override get faceForPartners(): ErrorFace {
    return { message: `${this.#what}.`, facts: this.facts };
  }
}

/** A figure that the platform does not keep at all. */
export class NotMeteredError extends ApplicationError {
  constructor(message: string, facts: ErrorFacts = {}) {
    super("NOT_METERED", message, facts);
  }
}

/**
 * Returns what to do with a failure that something can be done without: the value in its place. A fault of ours is thrown on:
 * a later reader would take it for an answer.
 */
export function orIfFailed<Value>(value: Value): (error: unknown) => Value {
  return (error) => {
    if (error instanceof ApplicationError) return value;
    throw error;
  };
}
