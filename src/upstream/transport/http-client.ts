import type { IncomingHttpHeaders } from "node:http";
import { createRedactor, type Redactor } from "../../model/redactor.ts";
import { Secret } from "../../model/secret.ts";
import { remainingMs } from "../../primitives/deadline.ts";
import { memoizeLast } from "../../primitives/memoize.ts";
import type { TaskQueue } from "../../scheduling/task-queue.ts";
import { noPolicy } from "../resilience/call-policy.ts";
import { realTimer, type Timing } from "../resilience/retry.ts";
import { type PlatformHealth, UpstreamError } from "../upstream-error.ts";
import { ShapeError } from "./decode.ts";
import { dispatchBuffered, type RawResponse } from "./dispatch.ts";
import { contentType, isJson, streamingFormat } from "./envelope.ts";
import {
  badResponse,
  codeOf,
  deadlineExceeded,
  type FailedCall,
  notUtf8,
  statusError,
  transportError,
} from "./error-mapping.ts";
import type { Call, Http, HttpOptions, ResponseFormat, StreamCall, UpstreamResponse } from "./http-types.ts";
import { nameCount, requestOf } from "./request.ts";

type Kind = "READ" | "WRITE" | "STREAM";

/** Part of a call's time that its first attempt has. A write has all of it, as it is hardly ever repeated. */
const ATTEMPT_SHARE = { READ: 1 / 2, WRITE: 1, STREAM: 1 / 2 } as const satisfies Record<Kind, number>;
/** Part of a call's time below which an attempt was too short for its timeout to count against the platform's health. */
const FAIR_SHARE = 1 / 5;
/** Longest wait that is passed on, in seconds: a header must not keep callers away for years. */
const MAX_RETRY_AFTER_SECONDS = 3_600;
/** Longest error body that is read where a stream was requested, in bytes. */
const MAX_ERROR_BYTES = 65_536;

/** Stateless, as it decodes whole texts only. */
const utf8 = new TextDecoder("utf-8", { fatal: true });

/** The options of a client with their defaults, and what is derived from them. */
interface Client extends HttpOptions {
  readonly format: ResponseFormat;
  readonly timer: Timing["timer"];
  readonly onePerTurn: TaskQueue;
  readonly redact: Redactor;
  /** Passes the time of a `Date` header on. */
  readonly reportDate: (headers: IncomingHttpHeaders) => void;
}

/** Creates the HTTP client of one origin of the platform. It follows no redirect and caches no response. */
export function createHttp(options: HttpOptions): Http {
  const { secret, otherSecrets = [], policy = noPolicy, onCall } = options;
  const client: Client = {
    format: streamingFormat,
    timer: realTimer,
    onePerTurn: (task) => task(),
    ...options,
    redact: createRedactor([secret, ...otherSecrets]),
    reportDate: createDateReporter(options.onDate),
  };

  const send = <T>(
    { operation, query, signal }: Pick<Call<T>, "operation" | "query" | "signal">,
    kind: Kind,
    attempt: (timeoutMs: number) => Promise<T>,
  ): Promise<T> => {
    const start = performance.now();
    const outcomes: (string | null)[] = [];
    let lastError: unknown;
    const report = (failure: string | null, notSentReason: string | null) =>
      onCall?.({
        operation,
        durationMs: performance.now() - start,
        attempts: outcomes.length,
        // A probe that its caller did not wait for has no outcome yet: it counts as its caller's.
        outcomes: outcomes.map((outcome) => outcome ?? failure ?? "ok"),
        notSentReason,
        failure,
        nameCount: nameCount(query),
      });
    const attemptOnce = (timeoutMs: number) => {
      const index = outcomes.push(null) - 1;
      const result = attempt(timeoutMs);
      if (onCall) {
        result.then(
          () => {
            outcomes[index] = "ok";
          },
          (error: unknown) => {
            outcomes[index] = codeOf(error);
            lastError = error;
          },
        );
      }
      return result;
    };
    const timeoutMs = remainingMs(signal, client.timeoutMs);
    const attemptMs = client.timeoutMs * ATTEMPT_SHARE[kind];
    const result =
      timeoutMs > 0
        ? policy.call({ operation, signal, timeoutMs, attemptMs, isCancellable: kind === "READ" }, attemptOnce)
        : Promise.reject(deadlineExceeded(operation));
    return result.then(
      (value) => {
        report(null, null);
        return value;
      },
      (error: unknown) => {
        const code = codeOf(error);
        report(code, error === lastError ? null : code);
        throw error;
      },
    );
  };
  return {
    read: (call) => send(call, "READ", (timeoutMs) => exchange(client, call, timeoutMs, false)),
    write: (call) => send(call, "WRITE", (timeoutMs) => exchange(client, call, timeoutMs, true)),
    stream: (call) => send(call, "STREAM", (timeoutMs) => openStream(client, call, timeoutMs)),
  };
}

function createDateReporter(onDate: HttpOptions["onDate"]): Client["reportDate"] {
  // All responses of a second have the same header.
  const parse = memoizeLast((date: string) => Date.parse(date));
  return ({ date, age }) => {
    if (!onDate || date === undefined || age !== undefined) return;
    const time = parse(date);
    if (!Number.isNaN(time)) onDate(time);
  };
}

/** Makes one attempt: sends the call, and decodes the whole response. */
function exchange<T>(client: Client, call: Call<T>, timeoutMs: number, isWrite: boolean): Promise<T> {
  const failedCall = () => ({ operation: call.operation, isWrite, redact: redactorOf(client, call) });
  const onResponse = ({ status, headers, body }: RawResponse) => {
    const fast = status === 200 && isJson(contentType(headers)) ? call.fastDecode?.(body) : null;
    const value = fast ?? decodeResponse(client, call, status, headers, body, failedCall());
    client.reportDate(headers);
    return value;
  };
  const onError = (error: unknown) => transportError(error, failedCall(), call.signal, isFairTime(client, timeoutMs));
  const request = () => requestOf(client, call, "application/json");
  return dispatchBuffered(client, request, timeoutMs, call.signal, { onResponse, onError });
}

/** Returns whether a timeout after so long counts against the platform's health. */
function isFairTime(client: Client, timeoutMs: number): boolean {
  return timeoutMs >= client.timeoutMs * FAIR_SHARE;
}

function decodeResponse<T>(
  { format }: Client,
  call: Call<T>,
  status: number,
  headers: IncomingHttpHeaders,
  body: Buffer,
  failedCall: FailedCall,
): T {
  const response = responseOf(status, headers, decodeText(body, failedCall));
  const hasNoContent = status === 204 && call.success === "NO_CONTENT";
  if (status !== 200 && !hasNoContent) throw statusError(failedCall, response, format);
  const bad = (what: string, health: PlatformHealth) =>
    badResponse({ operation: call.operation, status, health }, what, failedCall.isWrite);
  let data: unknown;
  try {
    data = hasNoContent ? undefined : format.dataOf(response, call.success === "MAYBE_BARE");
  } catch (error) {
    // A success without the platform's envelope did not come from the API: it counts as unhealthy.
    if (error instanceof ShapeError) throw bad(error.message, "UNHEALTHY");
    if (error instanceof SyntaxError) throw bad("the answer is not JSON", "UNHEALTHY");
    throw error;
  }
  try {
    return call.decode(data, failedCall.redact);
  } catch (error) {
    throw error instanceof ShapeError ? bad(error.message, "HEALTHY") : error;
  }
}

/** @throws UpstreamError for a body that is not UTF-8 */
function decodeText(body: Buffer, failedCall: FailedCall): string {
  try {
    return utf8.decode(body);
  } catch {
    throw notUtf8(failedCall);
  }
}

function responseOf(status: number, headers: IncomingHttpHeaders, body: string): UpstreamResponse {
  return {
    status,
    type: contentType(headers),
    body,
    retryAfterSeconds: status === 200 ? undefined : retryAfterSeconds(headers),
  };
}

function retryAfterSeconds(headers: IncomingHttpHeaders): number | undefined {
  const retryAfter = String(headers["retry-after"] ?? "");
  const seconds = /^\d{1,9}$/.test(retryAfter)
    ? Number(retryAfter)
    : Math.ceil((Date.parse(retryAfter) - (Date.parse(String(headers.date ?? "")) || Date.now())) / 1000);
  return seconds >= 0 ? Math.min(seconds, MAX_RETRY_AFTER_SECONDS) : undefined;
}

/** Returns the client's redactor, or one that also knows the secrets of the call. */
function redactorOf(
  { redact, secret, otherSecrets = [] }: Client,
  { secrets = [], authorization }: Pick<Call<unknown>, "secrets" | "authorization">,
): Redactor {
  if (!authorization && secrets.length === 0) return redact;
  const header = authorization ? [new Secret(authorization.reveal().replace(/^\w+ /, ""))] : [];
  return createRedactor([secret, ...otherSecrets, ...secrets, ...header]);
}

/**
 * Returns a signal for one stream: it aborts when the client leaves, and when the time is up unless the timer was stopped.
 *
 * The caller's signal may be one of the server's library, which `AbortSignal.any` refuses from Node.js 24 on.
 */
function streamSignal({ signal: caller }: StreamCall, timeoutMs: number, timer: Timing["timer"]) {
  const controller = new AbortController();
  const onTimeout = () => controller.abort(new DOMException("The time is up.", "TimeoutError"));
  const onAbort = () => controller.abort(caller?.reason);
  if (caller?.aborted) onAbort();
  caller?.addEventListener("abort", onAbort);
  return {
    signal: controller.signal,
    stopTimer: timer(timeoutMs, onTimeout, "ATTEMPT"),
    release: () => caller?.removeEventListener("abort", onAbort),
  };
}

/** Makes one attempt of a stream: it ends with the response's head, as a body of any length may take its time. */
async function openStream(client: Client, call: StreamCall, timeoutMs: number) {
  const { signal, stopTimer, release } = streamSignal(call, timeoutMs, client.timer);
  const failedCall = { operation: call.operation, isWrite: false, redact: redactorOf(client, call) };
  try {
    const response = await client.dispatcher.request({ ...requestOf(client, call, call.accept), signal });
    const { statusCode, headers, body } = response;
    // An error of a body that nobody reads would end the process; a reader receives it all the same.
    body.on("error", () => undefined);
    body.once("close", release);
    if (statusCode !== 200) {
      throw statusError(failedCall, responseOf(statusCode, headers, await readStart(body)), client.format);
    }
    if (!contentType(headers).startsWith(call.accept)) {
      body.destroy();
      throw badResponse({ operation: call.operation, status: 200 }, `the answer is not ${call.accept}`, false);
    }
    client.reportDate(headers);
    return readAll(body, failedCall, call.signal);
  } catch (error) {
    release();
    throw error instanceof UpstreamError
      ? error
      : transportError(error, failedCall, call.signal, isFairTime(client, timeoutMs));
  } finally {
    stopTimer();
  }
}

async function readStart(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > MAX_ERROR_BYTES) break;
  }
  return Buffer.concat(chunks).toString();
}

async function* readAll(body: AsyncIterable<Uint8Array>, failedCall: FailedCall, signal: StreamCall["signal"]) {
  try {
    yield* body;
  } catch (error) {
    throw transportError(error, failedCall, signal, true);
  }
}
