import type { IncomingHttpHeaders } from "node:http";
import { type Dispatcher, errors as undici } from "undici";
import { createRedactor, type Redactor, WITHHELD } from "../../model/redactor.ts";
import { Secret } from "../../model/secret.ts";
import type { CancellationSignal } from "../../primitives/cancellation.ts";
import { remainingMs } from "../../primitives/deadline.ts";
import { type CallPolicy, noPolicy } from "../resilience/call-policy.ts";
import { realTimer, type Timing } from "../resilience/retry.ts";
import { type PlatformHealth, UpstreamError, type UpstreamFailure } from "../upstream-error.ts";
import { ShapeError } from "./decode.ts";
import { dispatchBuffered, type RawResponse } from "./dispatch.ts";
import { parseExact } from "./json.ts";

/** What a client says of one call; everything else about HTTP is this file's. */
export interface Call<T> {
  /** The operation as the OpenAPI documents name it. */
  readonly operation: string;
  readonly method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Path with its ids encoded; it may appear in logs, so it holds no secret. */
  readonly path: string;
  readonly query?: Readonly<Record<string, QueryValue>>;
  readonly body?: object;
  /** Secrets of the body that look like none: they are cut out of what a refusal says. */
  readonly secrets?: readonly Secret[];
  /** Sent as `Idempotency-Key`, where the platform takes one: however often the write is sent, it is done once. */
  readonly idempotencyKey?: string;
  /**
   * How success is answered: in the envelope, unless this says otherwise. MAYBE_BARE is for what the documents show both in
   * the envelope and without it; NOTHING is 204, and nothing to decode.
   */
  readonly answer?: "MAYBE_BARE" | "UNKNOWN";
  /** In place of a body of JSON: the fields of a form. */
  readonly form?: Readonly<Record<string, string>>;
  /** The whole header; the API secret as bearer when it is left out. */
  readonly authorization?: Secret;
  /**
   * Checks and picks the `data` of a success. Names, labels and ids are taken as they are, whatever they hold: an altered one
   * would name another object, and whoever could write the API secret into one has it already. Every text in which the platform
   * says what went wrong passes `redact`.
   *
   * @throws ShapeError
   */
  readonly decode: (data: unknown, redact: Redactor) => T;
  /** Reads the bytes of a success at once, where they have their usual form; null where only `decode` can tell what they say. */
  readonly fastDecode?: ((body: Buffer) => T | null) | undefined;
  readonly signal?: CancellationSignal | undefined;
}
/** A call whose answer is read as it comes. */
export interface StreamCall extends Omit<Call<never>, "decode" | "fastDecode" | "signal"> {
  /** Media type. */
  readonly accept: string;
  readonly signal?: AbortSignal | undefined;
}
type QueryValue = string | number | boolean | readonly string[] | undefined;

/** One finished call, as logs and metrics see it. */
export interface CallReport {
  readonly operation: string;
  readonly durationMs: number;
  /** How often it was sent; 0 when the breaker, a full queue or the end of its time kept it from being sent. */
  readonly tries: number;
  /** How each time that it was sent ended: `ok`, or the code of the failure. */
  readonly outcomes: readonly string[];
  /** Code of the refusal that kept it from being sent, at all or once more; null where nothing did. */
  readonly NEVER_SENT_CODES: string | null;
  /** Null for success, else the code of the failure. */
  readonly failure: string | null;
  /** How many streams or tracking ids it asked for; null where it takes no list of them. */
  readonly names: number | null;
}

export interface HttpOptions {
  /** Such as `https://api.millicast.com`, without a trailing slash. */
  readonly origin: string;
  readonly secret: Secret;
  /** Further secrets of the process: no part of one is passed on, should the platform know and repeat it. */
  readonly otherSecrets?: readonly Secret[];
  readonly dispatcher: Dispatcher;
  /** From being asked for to the last byte, for one call with all its tries. The first try of a read has half of it. */
  readonly timeoutMs: number;
  /** Measures the time of each call: a timer of the process when it is left out. */
  readonly timer?: Timing["timer"];
  /** How answers are written: as those of the streaming APIs when it is left out. */
  readonly dialect?: ResponseFormat;
  /** When, how many at once and how often calls are made: each once and at once when it is left out. */
  readonly policy?: CallPolicy;
  /** Called with the platform's time, from the `Date` header of each successful answer that no cache has kept. */
  readonly onDate?: (platformTime: number) => void;
  readonly onCall?: (report: CallReport) => void;
}

/** How an API writes its answers. */
export interface ResponseFormat {
  /**
   * What of a success a call decodes.
   *
   * @param mayBeBare whether it may come without the envelope that is usual
   * @throws ShapeError, SyntaxError when it is none
   */
  dataOf(answer: UpstreamResponse, mayBeBare: boolean): unknown;
  /** The reasons of a refusal, by field, in the platform's words; null for an answer that is none. */
  reasonsOf(answer: UpstreamResponse): Record<string, string> | null;
  /** What to say when our credentials are refused. */
  readonly unauthorized: string;
}

export interface Http {
  /** A call that changes nothing. @throws UpstreamError */
  read<T>(call: Call<T>): Promise<T>;
  /**
   * A call that changes something: when its answer is lost after it was sent, the error is OUTCOME_UNKNOWN. It is repeated
   * only when it surely has not happened. @throws UpstreamError
   */
  write<T>(call: Call<T>): Promise<T>;
  /** A call that is answered by text of any length. `timeoutMs` then runs to the answer's head. @throws UpstreamError */
  stream(call: StreamCall): Promise<AsyncIterable<Uint8Array>>;
}

/** An HTTP client of one origin of the platform, with its envelope `{status, data}`. It follows no redirect and keeps no answer. */
export function createHttp(httpOptions: HttpOptions): Http {
  const { secret, otherSecrets = [], policy = noPolicy, onCall } = httpOptions;
  const options = { ...httpOptions, redact: createRedactor([secret, ...otherSecrets]) };
  const guarded = <T>(
    { operation, query, signal }: Pick<Call<T>, "operation" | "query" | "signal">,
    kind: "READ" | "WRITE" | "STREAM",
    attempt: (timeoutMs: number) => Promise<T>,
  ): Promise<T> => {
    const begin = performance.now();
    const outcomes: (string | null)[] = [];
    let lastError: unknown;
    const report = (failure: string | null, NEVER_SENT_CODES: string | null) =>
      onCall?.({
        operation,
        durationMs: performance.now() - begin,
        tries: outcomes.length,
        // A probe that its caller did not wait for has no outcome yet: its caller's is told.
        outcomes: outcomes.map((outcome) => outcome ?? failure ?? "ok"),
        NEVER_SENT_CODES,
        failure,
        names: namesIn(query),
      });
    const tryOnce = (timeoutMs: number) => {
      const index = outcomes.push(null) - 1;
      const answered = attempt(timeoutMs);
      if (onCall) {
        answered.then(
          () => {
            outcomes[index] = "ok";
          },
          (error: unknown) => {
            outcomes[index] = codeOf(error);
            lastError = error;
          },
        );
      }
      return answered;
    };
    const timeoutMs = remainingMs(signal, options.timeoutMs);
    const answer =
      timeoutMs > 0
        ? policy.call(
            { operation, signal, timeoutMs, tryMs: options.timeoutMs * TRY_OF[kind], isCancellable: kind === "READ" },
            tryOnce,
          )
        : Promise.reject(deadlineExceeded(operation));
    return answer.then(
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
    read: (call) => guarded(call, "READ", (timeoutMs) => exchange(options, call, timeoutMs, false)),
    write: (call) => guarded(call, "WRITE", (timeoutMs) => exchange(options, call, timeoutMs, true)),
    stream: (call) => guarded(call, "STREAM", (timeoutMs) => openStream(options, call, timeoutMs)),
  };
}

function codeOf(error: unknown): string {
  return error instanceof UpstreamError ? error.code : "INTERNAL_SERVER_ERROR";
}

/** What part of a call's time the first try of a read has. A write, which is hardly ever repeated, has all of it. */
const TRY_OF = { READ: 1 / 2, WRITE: 1, STREAM: 1 / 2 } as const;
/** A try with less than this part of a call's time was too short to tell whether the platform is well. */
const FAIR_TRY = 1 / 5;

/** The options of a client with what it makes of them. */
interface ClientOptions extends HttpOptions {
  readonly redact: Redactor;
}

function exchange<T>(options: ClientOptions, call: Call<T>, timeoutMs: number, isWrite: boolean): Promise<T> {
  const failed = (error: unknown) =>
    transportError(error, call, isWrite, timeoutMs >= options.timeoutMs * FAIR_TRY, redactorOf(options, call));
  const taken = ({ status, headers, body }: RawResponse) => {
    const fastDecode = status === 200 && isJson(typeOf(headers)) ? call.fastDecode?.(body) : null;
    const value = fastDecode ?? decoded(call, answerOf(status, headers, textOf(body, call, isWrite)), isWrite, options);
    reportDate(options, headers);
    return value;
  };
  const request = () => requestOf(options, call, "application/json");
  const { dispatcher, timer = realTimer } = options;
  return dispatchBuffered(dispatcher, request, timeoutMs, timer, call.signal, { taken, failed });
}

/** Stateless, as long as it decodes whole texts. */
const utf8 = new TextDecoder("utf-8", { fatal: true });

/** @throws UpstreamError for a body that is not UTF-8 */
function textOf(body: Buffer, { operation }: Pick<Call<unknown>, "operation">, isWrite: boolean): string {
  try {
    return utf8.decode(body);
  } catch {
    throw isWrite ? responseLost({ operation }) : unread({ operation }, "it is not UTF-8");
  }
}

function decoded<T>(call: Call<T>, answer: UpstreamResponse, isWrite: boolean, options: ClientOptions): T {
  const { status } = answer;
  const { dialect = streamingDialect } = options;
  const isNothing = status === 204 && call.answer === "UNKNOWN";
  if (status !== 200 && !isNothing) throw statusError(call, answer, isWrite, options);
  const bad = (what: string, health: PlatformHealth) =>
    badResponse({ operation: call.operation, status, health }, what, isWrite);
  let data: unknown;
  try {
    data = isNothing ? undefined : dialect.dataOf(answer, call.answer === "MAYBE_BARE");
  } catch (error) {
    // What has no envelope was not written by the platform in its senses.
    if (error instanceof ShapeError) throw bad(error.message, "UNHEALTHY");
    if (error instanceof SyntaxError) throw bad("the answer is not JSON", "UNHEALTHY");
    throw error;
  }
  try {
    return call.decode(data, redactorOf(options, call));
  } catch (error) {
    throw error instanceof ShapeError ? bad(error.message, "HEALTHY") : error;
  }
}

/** An answer as it came. */
export interface UpstreamResponse {
  readonly status: number;
  /** Content type. */
  readonly type: string;
  readonly body: string;
  /** Seconds to wait, where the platform said so. */
  readonly retryAfterSeconds: number | undefined;
}

function answerOf(status: number, headers: IncomingHttpHeaders, body: string): UpstreamResponse {
  return {
    status,
    type: typeOf(headers),
    body,
    retryAfterSeconds: status === 200 ? undefined : retryAfterSeconds(headers),
  };
}

/** Longest wait that is passed on, in seconds: a header of another's is not to keep callers away for years. */
const MAX_RETRY_AFTER_SECONDS = 3_600;

function retryAfterSeconds(headers: IncomingHttpHeaders): number | undefined {
  const retryAfter = String(headers["retry-after"] ?? "");
  const seconds = /^\d{1,9}$/.test(retryAfter)
    ? Number(retryAfter)
    : Math.ceil((Date.parse(retryAfter) - (Date.parse(String(headers.date ?? "")) || Date.now())) / 1000);
  return seconds >= 0 ? Math.min(seconds, MAX_RETRY_AFTER_SECONDS) : undefined;
}

function requestOf(
  { origin, secret }: HttpOptions,
  {
    method = "GET",
    path,
    query,
    body,
    form,
    authorization,
    idempotencyKey,
  }: Omit<Call<unknown>, "decode" | "fastDecode">,
  accept: string,
): Dispatcher.DispatchOptions {
  const headers: Record<string, string> = {
    authorization: authorization?.reveal() ?? `Bearer ${secret.reveal()}`,
    accept,
  };
  if (body) headers["content-type"] = "application/json";
  if (form) headers["content-type"] = "application/x-www-form-urlencoded";
  if (idempotencyKey !== undefined) headers["idempotency-key"] = idempotencyKey;
  return {
    origin,
    path: query ? `${path}?${queryString(query)}` : path,
    method,
    headers,
    body: form ? queryString(form) : body ? JSON.stringify(body) : null,
  };
}

function reportDate({ onDate }: HttpOptions, headers: IncomingHttpHeaders): void {
  const { date, age } = headers;
  if (!onDate || date === undefined || age !== undefined) return;
  if (date !== lastDate.written) lastDate = { written: date, time: Date.parse(date) };
  if (!Number.isNaN(lastDate.time)) onDate(lastDate.time);
}

/** All answers of a second are of the same. */
let lastDate = { written: "", time: Number.NaN };

/**
 * A signal for one stream: it aborts when the client leaves, and when the time is up unless the clock was stopped. The timer
 * is a plain one, because Node.js 20 loses the deadline of `AbortSignal.any` over `AbortSignal.timeout` to its garbage
 * collection, and a call would then wait for ever.
 */
function deadlineOf({ signal: client }: StreamCall, timeoutMs: number, timer: Timing["timer"]) {
  const deadline = new AbortController();
  const timeIsUp = () => deadline.abort(new DOMException("The time is up.", "TimeoutError"));
  return {
    signal: client ? AbortSignal.any([client, deadline.signal]) : deadline.signal,
    stopClock: timer(timeoutMs, timeIsUp, "TRY"),
  };
}

async function openStream(options: ClientOptions, call: StreamCall, timeoutMs: number) {
  // Only the head is waited for: a body of any length may take its time, and ends when its reader or the client leaves.
  const { signal, stopClock } = deadlineOf(call, timeoutMs, options.timer ?? realTimer);
  try {
    const response = await options.dispatcher.request({ ...requestOf(options, call, call.accept), signal });
    const { statusCode, headers } = response;
    // Whoever reads it hears of an error; of one that nobody reads, nobody would, and that ends the process.
    response.body.on("error", () => undefined);
    if (statusCode !== 200) {
      const answer = answerOf(statusCode, headers, await beginningOf(response.body));
      throw statusError(call, answer, false, options);
    }
    if (!answerOf(statusCode, headers, "").type.startsWith(call.accept)) {
      response.body.destroy();
      throw badResponse({ operation: call.operation, status: 200 }, `the answer is not ${call.accept}`, false);
    }
    reportDate(options, headers);
    return readAll(response.body, call, redactorOf(options, call));
  } catch (error) {
    const isFair = timeoutMs >= options.timeoutMs * FAIR_TRY;
    throw error instanceof UpstreamError
      ? error
      : transportError(error, call, false, isFair, redactorOf(options, call));
  } finally {
    stopClock();
  }
}

/** A refusal where a stream was asked for: longer than this it is none. */
const MAX_REFUSAL_BYTES = 65_536;

async function beginningOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > MAX_REFUSAL_BYTES) break;
  }
  return Buffer.concat(chunks).toString();
}

async function* readAll(
  body: AsyncIterable<Uint8Array>,
  call: Pick<Call<never>, "operation" | "signal">,
  redact: Redactor,
) {
  try {
    yield* body;
  } catch (error) {
    throw transportError(error, call, false, true, redact);
  }
}

/** Lists in a query are of names: nothing else is asked for by the dozen. */
function namesIn(query: Call<unknown>["query"]): number | null {
  for (const name in query) {
    const value = query[name];
    if (Array.isArray(value)) return value.length;
  }
  return null;
}

/** Most names are plain, and need no escaping. */
const plain = /^[\w.-]*$/;

function queryString(query: Readonly<Record<string, QueryValue>>): string {
  let text = "";
  const add = (name: string, value: string) => {
    text += `${text && "&"}${plain.test(value) ? `${name}=${value}` : new URLSearchParams([[name, value]]).toString()}`;
  };
  for (const name of Object.keys(query)) {
    const value = query[name];
    if (Array.isArray(value)) for (const entry of value) add(name, entry);
    else if (value !== undefined) add(name, String(value));
  }
  return text;
}

/** The envelope `{status, data}` of the streaming APIs. */
const streamingDialect: ResponseFormat = {
  dataOf: envelopeData,
  reasonsOf: failReasons,
  unauthorized: "The platform refused the gateway's API secret.",
};

function typeOf(headers: IncomingHttpHeaders): string {
  return headers["content-type"] ?? "";
}

function isJson(type: string): boolean {
  return type === "application/json" || /^application\/json\b/i.test(type);
}

function envelopeData(answer: UpstreamResponse, mayBeBare: boolean): unknown {
  if (!isJson(answer.type)) throw new ShapeError("content type", "application/json");
  const envelope = parseExact(answer.body);
  if (mayBeBare && typeof envelope === "object" && envelope !== null && !("status" in envelope)) return envelope;
  if (typeof envelope !== "object" || envelope === null || !("status" in envelope) || envelope.status !== "success") {
    throw new ShapeError("status", "success");
  }
  return "data" in envelope ? envelope.data : undefined;
}

function statusError(
  call: Pick<Call<unknown>, "operation" | "secrets" | "authorization">,
  answer: UpstreamResponse,
  isWrite: boolean,
  options: ClientOptions,
): UpstreamError {
  const { operation } = call;
  const { dialect = streamingDialect } = options;
  const { status, retryAfterSeconds } = answer;
  const failure = { operation, status, retryAfterSeconds };
  if (status === 401 || status === 403) {
    return new UpstreamError("UPSTREAM_UNAUTHORIZED", dialect.unauthorized, failure);
  }
  if (status === 429) {
    // Of a write its client decides, unless the platform says when.
    const health = isWrite ? "UNKNOWN" : "HEALTHY";
    return new UpstreamError("UPSTREAM_RATE_LIMITED", "The platform asks us to slow down.", { ...failure, health });
  }
  if (status >= 500) {
    // A server that fails may have done the work before, or a proxy may have lost its answer.
    const code = isWrite ? "OUTCOME_UNKNOWN" : "UPSTREAM_UNAVAILABLE";
    return new UpstreamError(code, `The platform failed with status ${status}.`, { ...failure, health: "UNHEALTHY" });
  }
  const said = status >= 400 ? dialect.reasonsOf(answer) : null;
  if (!said) return badResponse(failure, `status ${status} is not documented`, isWrite);
  const redact = redactorOf(options, call);
  const redacted = Object.fromEntries(
    Object.entries(said).map(([field, reason]) => [redact(field, MAX_FIELD_CHARACTERS), redact(reason)]),
  );
  // The pieces of a secret may be spread over several fields.
  const isSpread = [Object.keys(redacted), Object.values(redacted)].some(
    (pieces) => redact(pieces.join(""), Number.POSITIVE_INFINITY) !== pieces.join(""),
  );
  const reasons: Readonly<Record<string, string>> = isSpread ? { message: WITHHELD } : redacted;
  const report = Object.entries(reasons).map(([field, reason]) =>
    field === "message" ? reason : `${field}: ${reason}`,
  );
  const message = `The platform refused: ${report.join("; ") || "it gave no reason"}`;
  return new UpstreamError("UPSTREAM_REJECTED", message, { ...failure, reasons });
}

/** The redactor of the client; one for its secrets and those of the call where the call has some. */
function redactorOf(
  { redact, secret, otherSecrets = [] }: ClientOptions,
  { secrets = [], authorization }: Pick<Call<unknown>, "secrets" | "authorization">,
): Redactor {
  if (!authorization && secrets.length === 0) return redact;
  const header = authorization ? [new Secret(authorization.reveal().replace(/^\w+ /, ""))] : [];
  return createRedactor([secret, ...otherSecrets, ...secrets, ...header]);
}

/** The most reasons that are passed on: no call has more fields. */
const MAX_REASONS = 30;
const MAX_FIELD_CHARACTERS = 60;

/** The reasons of a `fail` envelope, by field, in each of the forms in which it is known to come. */
function failReasons({ type, body }: UpstreamResponse): Record<string, string> | null {
  if (!isJson(type)) return null;
  const said = objectIn(body);
  if (!said) return null;
  const { data, message } = said;
  const fields = typeof data === "object" && data !== null ? { ...data } : { message: data ?? message ?? "" };
  const { errors, ...flat } = fields as { errors?: unknown };
  const all = { ...flat, ...(typeof errors === "object" && errors !== null ? errors : {}) };
  return Object.fromEntries(
    Object.entries(all)
      .slice(0, MAX_REASONS)
      .map(([field, reason]) => [field, reasonText(reason)]),
  );
}

/** Null when the text is not a JSON object. */
function objectIn(body: string): { readonly data?: unknown; readonly message?: unknown } | null {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === "object" ? value : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

function reasonText(reason: unknown): string {
  if (Array.isArray(reason)) return reason.map(reasonText).join(", ");
  return typeof reason === "object" ? JSON.stringify(reason) : String(reason);
}

function badResponse(failure: UpstreamFailure, what: string, isWrite: boolean): UpstreamError {
  const message = `The platform's answer is not what it documents: ${what}.`;
  return new UpstreamError(isWrite ? "OUTCOME_UNKNOWN" : "UPSTREAM_BAD_RESPONSE", message, failure);
}

/** Failures before anything was sent: a write that meets one of these has surely not happened. */
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
const timeouts = new Set(["UND_ERR_CONNECT_TIMEOUT", "UND_ERR_HEADERS_TIMEOUT", "UND_ERR_BODY_TIMEOUT"]);
/** Failures that tell nothing of the platform: it was not asked. */
const notSent = new Set(["EMFILE", "ENFILE", "UND_ERR_CLOSED", "UND_ERR_DESTROYED"]);
/** Errors of undici that tell of a fault of ours. */
const misuses = new Set(["UND_ERR_INVALID_ARG", "UND_ERR_INVALID_RETURN_VALUE", "UND_ERR_NOT_SUPPORTED"]);

/**
 * Whether an exchange failed for a reason outside of this program: errors of undici, of the network and of TLS have a code, and
 * a time that is up has a name. Errors of the language are faults of ours, those with a code of Node.js (`ERR_INVALID_ARG_TYPE`)
 * included.
 */
function isTransportFailure(error: unknown, code: string): boolean {
  if (error instanceof DOMException) return true;
  if (!(error instanceof Error) || misuses.has(code)) return false;
  if (error instanceof undici.UndiciError) return true;
  return code !== "" && !(error instanceof TypeError || error instanceof RangeError);
}

/**
 * Returns what is thrown for an exchange that failed: a fault of ours as it is.
 *
 * @param isFair whether the platform had enough time, so that its silence tells something of it
 */
function transportError(
  error: unknown,
  { operation, signal }: Pick<Call<unknown>, "operation" | "signal">,
  isWrite: boolean,
  isFair: boolean,
  redact: Redactor,
): Error {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const isGivenUp = signal?.aborted === true;
  if (!isGivenUp && !isTransportFailure(error, code)) return error instanceof Error ? error : new Error(String(error));
  const isTimeout = timeouts.has(code) || (error instanceof Error && error.name === "TimeoutError");
  const isTooLarge = error instanceof undici.ResponseExceededMaxSizeError;
  const isSick = !(isGivenUp || isTooLarge || notSent.has(code) || (isTimeout && !isFair));
  const failure = { operation, health: isSick ? "UNHEALTHY" : isTooLarge ? "HEALTHY" : "UNKNOWN" } as const;
  const options = { cause: causeOf(error, code, redact) };
  if (isWrite && !NEVER_SENT_CODES.has(code)) return responseLost(failure, options);
  if (isGivenUp) {
    return new UpstreamError("UPSTREAM_UNAVAILABLE", "The call was given up: nobody waits for it any more.", failure);
  }
  if (isTooLarge) return unread(failure, "it is too large");
  if (isTimeout) {
    return new UpstreamError("UPSTREAM_TIMEOUT", "The platform did not answer in time.", failure, options);
  }
  return new UpstreamError("UPSTREAM_UNAVAILABLE", "The platform could not be reached.", failure, options);
}

function responseLost(failure: UpstreamFailure, options?: ErrorOptions): UpstreamError {
  return new UpstreamError("OUTCOME_UNKNOWN", "The change was sent, and its answer was lost.", failure, options);
}

function unread(failure: UpstreamFailure, what: string): UpstreamError {
  return new UpstreamError("UPSTREAM_BAD_RESPONSE", `The platform's answer was not read: ${what}.`, failure);
}

function deadlineExceeded(operation: string): UpstreamError {
  const failure = { operation, health: "UNKNOWN" } as const;
  return new UpstreamError("UPSTREAM_TIMEOUT", "The time of the whole query was up before this was asked.", failure);
}

/** What went wrong below, in words: the error itself holds sockets, and the part of an answer that could not be parsed. */
function causeOf(error: unknown, code: string, redact: Redactor): Error {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  return new Error(redact([name, code, message].filter((part) => part !== "").join(" ")));
}
