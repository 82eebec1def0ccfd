import type { ErrorCode } from "../model/errors.ts";
import { type HttpErrorInit, INTERNAL_ERROR_MESSAGE } from "../operation/request-error.ts";

/** Head of a request, from node:http or from the fetch API. */
export interface RequestHead {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  /** Returns the host of the request: in lower case, without the port, an IPv6 address in brackets; null if it names none. */
  hostname(): string | null;
  /** Returns a header by its name in lower case; null if there is none. */
  header(name: string): string | null;
  /** Address of who opened the connection; undefined if there is none. */
  readonly peer: string | undefined;
}

/** A response as plain data. */
export interface HttpResponse {
  readonly status: number;
  /** Headers by their names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Text, or its compressed bytes. */
  readonly body: string | Uint8Array<ArrayBuffer> | null;
  /** Code of an error response. */
  readonly code?: ErrorCode;
}

/** Returns the response to a request that fails before its operation is executed. */
export function errorResponse(code: ErrorCode, message: string, { status, headers = {} }: HttpErrorInit): HttpResponse {
  const body = JSON.stringify({ errors: [{ message, extensions: { code } }] });
  return { status, headers: { "content-type": "application/json", ...headers }, body, code };
}

/** Response to an error of the gateway itself, without details. */
export const INTERNAL_ERROR_RESPONSE: HttpResponse = errorResponse("INTERNAL_SERVER_ERROR", INTERNAL_ERROR_MESSAGE, {
  status: 500,
});
