import { ApplicationError, type ErrorCode, type ErrorFacts } from "../model/errors.ts";

/** How a refusal looks in HTTP. */
export interface HttpErrorInit {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What is said where there is more to do than can be done in time: waiting would fail all requests. */
export const OVERLOAD = {
  message: "The gateway is overloaded. Try again in a second.",
  http: { status: 503, headers: { "retry-after": "1" } },
} as const satisfies { readonly message: string; readonly http: HttpErrorInit };

/** Why a request is not served, and how that looks in HTTP. */
export class Refusal extends ApplicationError {
  readonly http: HttpErrorInit;

  constructor(code: ErrorCode, message: string, http: HttpErrorInit, facts: ErrorFacts = {}) {
    super(code, message, facts);
    this.http = http;
  }
}

/**
 * A request that is not served: with a status of its own, whatever media type the client accepts. Throw it where yoga turns
 * what is thrown into an answer: while a request is read, parsed or executed.
 *
 * @param facts what the client may know to do better, such as the limit; plain JSON, never a secret
 */
export function requestError(code: ErrorCode, message: string, http: HttpErrorInit, facts: ErrorFacts = {}): Refusal {
  return new Refusal(code, message, http, facts);
}
