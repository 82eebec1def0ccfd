/** One call that the platform's paths received, without tokens, secrets and bodies. */
export interface RecordedCall {
  /** Operation id of the OpenAPI documents; null for a path that they do not have. */
  readonly operationId: string | null;
  readonly method: string;
  readonly path: string;
  /** Query as sent, without the question mark; values that are credentials are replaced. */
  readonly query: string;
  /** Status of the response; null if the connection was dropped without one. */
  readonly status: number | null;
  readonly durationMs: number;
  /** Sandbox time at which the call arrived, ISO 8601. */
  readonly at: string;
}

/** The newest calls, oldest first. */
export interface CallLog {
  add(call: RecordedCall): void;
  list(): readonly RecordedCall[];
  clear(): void;
}

const REMEMBERED_CALLS = 10_000;

/** Creates an empty log. */
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

/** Returns a query string without credentials. */
export function withoutCredentials(query: string): string {
  return query.replace(CREDENTIALS, "$1$2=redacted");
}
