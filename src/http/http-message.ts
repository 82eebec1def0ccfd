import type { ErrorCode } from "../model/errors.ts";
import type { HttpErrorInit } from "../operation/request-error.ts";

/** What is known of a request before its body is read, whichever way it came. */
export interface RequestHead {
  readonly method: string;
  /** The path with its query. */
  readonly target: string;
  /** The name that the gateway is called by: in lower case, without the port, an IPv6 address in brackets. */
  hostname(): string;
  /** By its name in lower case; null where there is none. */
  header(name: string): string | null;
  /** The address of who opened the connection, where there is one. */
  readonly peer: string | undefined;
}

/** What goes back. */
export interface HttpResponse {
  readonly status: number;
  /** By their names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  /** Of a refusal. */
  readonly code?: ErrorCode;
}

/** Refuses a request whose body nobody has read. */
export function errorResponse(code: ErrorCode, message: string, { status, headers = {} }: HttpErrorInit): HttpResponse {
  const body = JSON.stringify({ errors: [{ message, extensions: { code } }] });
  return { status, headers: { "content-type": "application/json", ...headers }, body, code };
}

/** What a client hears of a fault of ours. */
export const INTERNAL_ERROR_RESPONSE: HttpResponse = errorResponse(
  "INTERNAL_SERVER_ERROR",
  "The gateway failed. The fault has been logged.",
  {
    status: 500,
  },
);
