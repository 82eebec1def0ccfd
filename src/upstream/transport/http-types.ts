import type { Dispatcher } from "undici";
import type { Redactor } from "../../model/redactor.ts";
import type { Secret } from "../../model/secret.ts";
import type { CancellationSignal } from "../../primitives/cancellation.ts";
import type { TaskQueue } from "../../scheduling/task-queue.ts";
import type { CallPolicy } from "../resilience/call-policy.ts";
import type { Timing } from "../resilience/retry.ts";

/** One call of a REST client. Everything else about HTTP is in `http-client.ts`. */
export interface Call<T> {
  /** The operation as the OpenAPI documents name it. */
  readonly operation: string;
  readonly method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Path with its ids encoded; logs may show it, so it holds no secret. */
  readonly path: string;
  readonly query?: Readonly<Record<string, QueryValue>>;
  readonly body?: object;
  /** Secrets of the body that cannot be recognized by their form; error messages have them removed. */
  readonly secrets?: readonly Secret[];
  /** Sent as `Idempotency-Key` to operations that accept one: the write then happens once, however often it is sent. */
  readonly idempotencyKey?: string;
  /**
   * The form of a success; status 200 with an envelope by default. MAYBE_BARE accepts the data without its envelope, as the
   * documents show both. NO_CONTENT accepts status 204, and decodes undefined.
   */
  readonly success?: "MAYBE_BARE" | "NO_CONTENT";
  /** Fields of a form, sent in place of a JSON body. */
  readonly form?: Readonly<Record<string, string>>;
  /** The whole header; the API secret as bearer token by default. */
  readonly authorization?: Secret;
  /**
   * Validates the `data` of a success and picks what is needed. Names, labels and ids stay as they are: an altered one would
   * name another object. Every text in which the platform explains a failure passes `redact`.
   *
   * @throws ShapeError
   */
  readonly decode: (data: unknown, redact: Redactor) => T;
  /** Reads the bytes of a success in its most common form; returns null for any other, which `decode` then reads. */
  readonly fastDecode?: ((body: Buffer) => T | null) | undefined;
  readonly signal?: CancellationSignal | undefined;
}

/** A call whose response body is read as a stream. */
export interface StreamCall extends Omit<Call<never>, "decode" | "fastDecode"> {
  /** Media type. */
  readonly accept: string;
}

export type QueryValue = string | number | boolean | readonly string[] | undefined;

/** A response as it was received. */
export interface UpstreamResponse {
  readonly status: number;
  /** Content type. */
  readonly type: string;
  readonly body: string;
  /** Seconds to wait, if the platform said so. */
  readonly retryAfterSeconds: number | undefined;
}

/** How an API writes its responses. */
export interface ResponseFormat {
  /**
   * Returns the part of a successful response that a call decodes.
   *
   * @param mayBeBare whether the envelope may be absent
   * @throws ShapeError, SyntaxError when the response is not in this format
   */
  dataOf(response: UpstreamResponse, mayBeBare: boolean): unknown;
  /** Returns the reasons of a refusal by field, in the platform's words; null when the response is not a refusal. */
  reasonsOf(response: UpstreamResponse): Record<string, string> | null;
  /** Message for refused credentials. */
  readonly unauthorized: string;
}

/** A finished call, for logs and metrics. */
export interface CallReport {
  readonly operation: string;
  readonly durationMs: number;
  /** How often the call was sent; 0 when the breaker, a full queue or its deadline prevented that. */
  readonly attempts: number;
  /** The result of each attempt: `ok`, or the code of its failure. */
  readonly outcomes: readonly string[];
  /** Code of the error that prevented the first or a further attempt; null when none was prevented. */
  readonly notSentReason: string | null;
  /** Code of the failure; null for a success. */
  readonly failure: string | null;
  /** Number of streams or tracking ids in the query; null for operations without such a list. */
  readonly nameCount: number | null;
}

export interface HttpOptions {
  /** Such as `https://api.millicast.com`, without a trailing slash. */
  readonly origin: string;
  readonly secret: Secret;
  /** Further secrets of the process: error messages have them removed if the platform repeats one. */
  readonly otherSecrets?: readonly Secret[];
  readonly dispatcher: Dispatcher;
  /** Milliseconds for one call with all its attempts, up to the last byte. The first attempt of a read has half of it. */
  readonly timeoutMs: number;
  /** Limits the time of each attempt; a timer of the process by default. */
  readonly timer?: Timing["timer"];
  /** Format of the responses; that of the streaming APIs by default. */
  readonly format?: ResponseFormat;
  /** Retries, circuit breaker and concurrency limit; none by default. */
  readonly policy?: CallPolicy;
  /** Decodes large responses one per turn of the event loop; at once by default. */
  readonly onePerTurn?: TaskQueue;
  /** Receives the platform's time from the `Date` header of each success that did not come from an HTTP cache. */
  readonly onDate?: (platformTime: number) => void;
  readonly onCall?: (report: CallReport) => void;
}

export interface Http {
  /** Makes a call that changes nothing. @throws UpstreamError */
  read<T>(call: Call<T>): Promise<T>;
  /**
   * Makes a call that changes something. It is repeated only if it surely has not happened; a response that was lost after
   * sending throws OUTCOME_UNKNOWN.
   *
   * @throws UpstreamError
   */
  write<T>(call: Call<T>): Promise<T>;
  /** Makes a call whose response is text of any length. `timeoutMs` covers the response's head. @throws UpstreamError */
  stream(call: StreamCall): Promise<AsyncIterable<Uint8Array>>;
}
