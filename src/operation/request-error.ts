import { OVERLOADED_MESSAGE, type ResponseLimitError } from "../limits/unsent-responses.ts";
import { ApplicationError, type ErrorCode, type ErrorFacts } from "../model/errors.ts";

/** How a refusal looks in HTTP. */
export interface HttpErrorInit {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The error of requests beyond what can be done in time: queueing them would fail all requests. */
export const OVERLOADED = {
  message: OVERLOADED_MESSAGE,
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

/** Returns the HTTP status and headers of a response that would exceed a limit of response bytes. */
export function httpOfResponseLimit({ code }: ResponseLimitError): HttpErrorInit {
  return code === "OVERLOADED" ? OVERLOADED.http : { status: 400 };
}
