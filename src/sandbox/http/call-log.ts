/** One call that the platform's paths received. Holds no token, no secret and no body. */
export interface RecordedCall {
  /** Of the OpenAPI documents; null for a path they do not know. */
  readonly operationId: string | null;
  readonly method: string;
  readonly path: string;
  /** As sent, without the question mark; values that are credentials are replaced. */
  readonly query: string;
  /** Null when the connection was dropped unanswered. */
  readonly status: number | null;
  readonly durationMs: number;
  /** Sandbox time at which the call came in, ISO 8601. */
  readonly at: string;
}

/** The newest calls, oldest first. */
export interface CallLog {
  add(call: RecordedCall): void;
  list(): readonly RecordedCall[];
  clear(): void;
}

const REMEMBERED_CALLS = 10_000;

/** An empty log. */
export function createCallLog(): CallLog {
  let calls: RecordedCall[] = [];
  return {
    add(call) {
      calls.push(call);
      if (calls.length > 2 * REMEMBERED_CALLS) calls = calls.slice(-REMEMBERED_CALLS);
    },
    list: () => calls.slice(-REMEMBERED_CALLS),
    clear: () => {
      calls = [];
    },
  };
}

/** The one-line form of WHIP carries the publish token in `auth`; others use `token` and `t`. */
const CREDENTIALS = /(^|&)(auth|token|t)=[^&]*/gi;

/** A raw query string fit for a log. */
export function withoutCredentials(query: string): string {
  return query.replace(CREDENTIALS, "$1$2=redacted");
}
