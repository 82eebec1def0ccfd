import { stringify } from "lossless-json";

/** A response before it is written: whole, or rows that are made while they are sent. */
export interface SandboxResponse {
  readonly status: number;
  /** Null for an answer without a body. */
  readonly contentType: string | null;
  readonly body: string | AsyncIterable<string>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A JSON answer. A bigint goes out as a JSON number with every digit, which JSON.stringify cannot do. */
export function json(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): SandboxResponse {
  return { status, contentType: "application/json; charset=utf-8", body: stringify(value) ?? "null", headers };
}

/** 200 `{status: "success", data}`. */
export function success(data: unknown): SandboxResponse {
  return json(200, { status: "success", data });
}

/** `{status: "error", message}`: how the platform refuses what it does not blame on a field. */
export function error(status: number, message: string): SandboxResponse {
  return json(status, { status: "error", message });
}

/** Plain text: how WHIP and WHEP say no. */
export function text(status: number, body: string): SandboxResponse {
  return { status, contentType: "text/plain; charset=utf-8", body };
}

/** No body: for operations whose document declares none. */
export function empty(status: number): SandboxResponse {
  return { status, contentType: null, body: "" };
}

/** Thrown by a handler to answer with something other than success. */
export class ResponseError extends Error {
  readonly response: SandboxResponse;

  constructor(response: SandboxResponse) {
    super(`${response.status}`);
    this.name = "ResponseError";
    this.response = response;
  }
}

/** A 400 `{status: "fail", data}`: something about the request that the caller can mend. */
export function fail(data: unknown, status = 400): ResponseError {
  return new ResponseError(json(status, { status: "fail", data }));
}

/** What is wrong with each field of a request. */
export type FieldErrors = Readonly<Record<string, readonly string[]>>;

/** The 400 of a request with bad fields: `{errors: {field: [text]}, message: "Validation errors"}`. */
export function invalid(errors: FieldErrors): ResponseError {
  return fail({ errors, message: "Validation errors" });
}
