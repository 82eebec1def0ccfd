import { stringify } from "lossless-json";

/** A response before it is written: whole, or rows that are generated while they are sent. */
export interface SandboxResponse {
  readonly status: number;
  /** Null for a response without a body. */
  readonly contentType: string | null;
  readonly body: string | AsyncIterable<string>;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Returns a JSON response.
 *
 * A bigint is written as a JSON number with every digit, which JSON.stringify cannot do.
 */
export function json(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): SandboxResponse {
  return { status, contentType: "application/json; charset=utf-8", body: stringify(value) ?? "null", headers };
}

/** Returns 200 `{status: "success", data}`. */
export function success(data: unknown): SandboxResponse {
  return json(200, { status: "success", data });
}

/** Returns `{status: "error", message}`, the platform's form of an error that is no field's. */
export function error(status: number, message: string): SandboxResponse {
  return json(status, { status: "error", message });
}

/** Returns plain text, the form in which WHIP and WHEP reject. */
export function text(status: number, body: string): SandboxResponse {
  return { status, contentType: "text/plain; charset=utf-8", body };
}

/** Returns a response without a body, for operations whose document declares none. */
export function empty(status: number): SandboxResponse {
  return { status, contentType: null, body: "" };
}

/** Thrown by a handler to answer with anything but success. */
export class ResponseError extends Error {
  readonly response: SandboxResponse;

  constructor(response: SandboxResponse) {
    super(`${response.status}`);
    this.name = "ResponseError";
    this.response = response;
  }
}

/** Returns a 400 `{status: "fail", data}`, for a request that the caller can correct. */
export function fail(data: unknown, status = 400): ResponseError {
  return new ResponseError(json(status, { status: "fail", data }));
}

/** Problems of a request, by field. */
export type FieldErrors = Readonly<Record<string, readonly string[]>>;

/**
 * Returns the 400 of a request with bad fields.
 *
 * The body is `{errors: {field: [text]}, message: "Validation errors"}`.
 */
export function invalid(errors: FieldErrors): ResponseError {
  return fail({ errors, message: "Validation errors" });
}
