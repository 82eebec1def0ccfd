import { OVERLOADED_MESSAGE, type ResponseLimitError } from "../limits/unsent-responses.ts";
import { ApplicationError, type ErrorCode, type ErrorFacts } from "../model/errors.ts";

/** HTTP status and headers of an error response. */
export interface HttpErrorInit {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Message and status for a request that is rejected because of load. */
export const OVERLOADED = {
  message: OVERLOADED_MESSAGE,
  http: { status: 503, headers: { "retry-after": "1" } },
} as const satisfies { readonly message: string; readonly http: HttpErrorInit };

/** Message of an error of the gateway itself, without details. */
export const INTERNAL_ERROR_MESSAGE = "The gateway failed. The fault has been logged.";

/** Why a request is not served, with its HTTP status. */
export class RequestError extends ApplicationError {
  readonly http: HttpErrorInit;

  constructor(code: ErrorCode, message: string, http: HttpErrorInit, facts: ErrorFacts = {}) {
    super(code, message, facts);
    this.http = http;
  }
}

/**
 * Returns the error of a request that is not served, whatever media type its client accepts.
 *
 * @param facts what helps the client, such as the limit; plain JSON, never a secret
 */
export function requestError(
  code: ErrorCode,
  message: string,
  http: HttpErrorInit,
  facts: ErrorFacts = {},
): RequestError {
  return new RequestError(code, message, http, facts);
}

/** Returns the HTTP status and headers of a response that would exceed a limit of response bytes. */
export function httpOfResponseLimit({ code }: ResponseLimitError): HttpErrorInit {
  return code === "OVERLOADED" ? OVERLOADED.http : { status: 400 };
}
