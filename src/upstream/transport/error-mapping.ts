import { errors as undici } from "undici";
import { type Redactor, WITHHELD } from "../../model/redactor.ts";
import type { CancellationSignal } from "../../primitives/cancellation.ts";
import { UpstreamError, type UpstreamFailure } from "../upstream-error.ts";
import type { ResponseFormat, UpstreamResponse } from "./http-types.ts";

/** A call as far as its errors need it. */
export interface FailedCall {
  readonly operation: string;
  readonly isWrite: boolean;
  readonly redact: Redactor;
}

/** Longest name of a field that is passed on, in characters. */
const MAX_FIELD_CHARACTERS = 60;

/** Errors before anything was sent: a write that fails with one of these surely has not happened. */
const NEVER_SENT_CODES = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EMFILE",
  "ENFILE",
  "UND_ERR_CONNECT_TIMEOUT",
  "UND_ERR_CLOSED",
]);
const TIMEOUT_CODES = new Set(["UND_ERR_CONNECT_TIMEOUT", "UND_ERR_HEADERS_TIMEOUT", "UND_ERR_BODY_TIMEOUT"]);
/** Errors of this process that say nothing about the platform, which received no request. */
const LOCAL_ERROR_CODES = new Set(["EMFILE", "ENFILE", "UND_ERR_CLOSED", "UND_ERR_DESTROYED"]);
/** Errors of undici that reveal a bug of the gateway. */
const MISUSE_CODES = new Set(["UND_ERR_INVALID_ARG", "UND_ERR_INVALID_RETURN_VALUE", "UND_ERR_NOT_SUPPORTED"]);

/** Returns the error for a response whose status is no success. */
export function statusError(
  { operation, isWrite, redact }: FailedCall,
  response: UpstreamResponse,
  format: ResponseFormat,
): UpstreamError {
  const { status, retryAfterSeconds } = response;
  const failure = { operation, status, retryAfterSeconds };
  if (status === 401 || status === 403) return new UpstreamError("UPSTREAM_UNAUTHORIZED", format.unauthorized, failure);
  if (status === 429) {
    // Whether a write is repeated is its client's decision, unless the platform says when.
    const health = isWrite ? "UNKNOWN" : "HEALTHY";
    return new UpstreamError("UPSTREAM_RATE_LIMITED", "The platform asks us to slow down.", { ...failure, health });
  }
  if (status >= 500) {
    // A server that fails may have done the work before, or a proxy may have lost its response.
    const code = isWrite ? "OUTCOME_UNKNOWN" : "UPSTREAM_UNAVAILABLE";
    return new UpstreamError(code, `The platform failed with status ${status}.`, { ...failure, health: "UNHEALTHY" });
  }
  const reasons = status >= 400 ? format.reasonsOf(response) : null;
  return reasons
    ? rejection(failure, redactAll(reasons, redact))
    : badResponse(failure, `status ${status} is not documented`, isWrite);
}

function redactAll(reasons: Record<string, string>, redact: Redactor): Readonly<Record<string, string>> {
  const redacted = Object.fromEntries(
    Object.entries(reasons).map(([field, reason]) => [redact(field, MAX_FIELD_CHARACTERS), redact(reason)]),
  );
  // The parts of a secret may be spread over several fields.
  const isSpread = [Object.keys(redacted), Object.values(redacted)].some(
    (parts) => redact(parts.join(""), Number.POSITIVE_INFINITY) !== parts.join(""),
  );
  return isSpread ? { message: WITHHELD } : redacted;
}

function rejection(failure: UpstreamFailure, reasons: Readonly<Record<string, string>>): UpstreamError {
  const sentences = Object.entries(reasons).map(([field, reason]) =>
    field === "message" ? reason : `${field}: ${reason}`,
  );
  const message = `The platform refused: ${sentences.join("; ") || "it gave no reason"}`;
  return new UpstreamError("UPSTREAM_REJECTED", message, { ...failure, reasons });
}

/** Returns the error for a response that the documents do not describe. */
export function badResponse(failure: UpstreamFailure, what: string, isWrite: boolean): UpstreamError {
  const message = `The platform's response is not what it documents: ${what}.`;
  return new UpstreamError(isWrite ? "OUTCOME_UNKNOWN" : "UPSTREAM_BAD_RESPONSE", message, failure);
}

/**
 * Returns whether an exchange failed outside of this program.
 *
 * Errors of undici, of the network and of TLS have a code, and an expired timer has a name. Errors of the language are bugs of
 * the gateway, those with a code of Node.js (`ERR_INVALID_ARG_TYPE`) included.
 */
function isTransportFailure(error: unknown, code: string): boolean {
  if (error instanceof DOMException) return true;
  if (!(error instanceof Error) || MISUSE_CODES.has(code)) return false;
  if (error instanceof undici.UndiciError) return true;
  return code !== "" && !(error instanceof TypeError || error instanceof RangeError);
}

/**
 * Returns the error for an exchange that failed. A bug of the gateway is returned as it is.
 *
 * @param isFair whether the platform had enough time, so that its silence counts against its health
 */
export function transportError(
  error: unknown,
  { operation, isWrite, redact }: FailedCall,
  signal: CancellationSignal | undefined,
  isFair: boolean,
): Error {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const isCancelled = signal?.aborted === true;
  if (!isCancelled && !isTransportFailure(error, code))
    return error instanceof Error ? error : new Error(String(error));
  const isTimeout = TIMEOUT_CODES.has(code) || (error instanceof Error && error.name === "TimeoutError");
  const isTooLarge = error instanceof undici.ResponseExceededMaxSizeError;
  const isUnhealthy = !(isCancelled || isTooLarge || LOCAL_ERROR_CODES.has(code) || (isTimeout && !isFair));
  const failure = { operation, health: isUnhealthy ? "UNHEALTHY" : isTooLarge ? "HEALTHY" : "UNKNOWN" } as const;
  const options = { cause: causeOf(error, code, redact) };
  if (isWrite && !NEVER_SENT_CODES.has(code)) return responseLost(failure, options);
  if (isCancelled) {
    return new UpstreamError("UPSTREAM_UNAVAILABLE", "The call was cancelled: its caller no longer waits.", failure);
  }
  if (isTooLarge) return unread(failure, "it is too large");
  if (isTimeout) {
    return new UpstreamError("UPSTREAM_TIMEOUT", "The platform did not answer in time.", failure, options);
  }
  return new UpstreamError("UPSTREAM_UNAVAILABLE", "The platform could not be reached.", failure, options);
}

/** Returns the error for a body that is not UTF-8. */
export function notUtf8({ operation, isWrite }: FailedCall): UpstreamError {
  return isWrite ? responseLost({ operation }) : unread({ operation }, "it is not UTF-8");
}

function responseLost(failure: UpstreamFailure, options?: ErrorOptions): UpstreamError {
  return new UpstreamError("OUTCOME_UNKNOWN", "The change was sent, and its answer was lost.", failure, options);
}

function unread(failure: UpstreamFailure, what: string): UpstreamError {
  return new UpstreamError("UPSTREAM_BAD_RESPONSE", `The platform's response was not read: ${what}.`, failure);
}

/** Returns the error for a call that its request's deadline kept from being sent. */
export function deadlineExceeded(operation: string): UpstreamError {
  const failure = { operation, health: "UNKNOWN" } as const;
  const message = "The request's deadline passed before this call to the platform was sent.";
  return new UpstreamError("UPSTREAM_TIMEOUT", message, failure);
}

/** Returns the cause in words: the error itself holds sockets, and the part of a response that could not be parsed. */
function causeOf(error: unknown, code: string, redact: Redactor): Error {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  return new Error(redact([name, code, message].filter((part) => part !== "").join(" ")));
}

/** Returns the code under which a call's failure is counted. */
export function codeOf(error: unknown): string {
  return error instanceof UpstreamError ? error.code : "INTERNAL_SERVER_ERROR";
}
