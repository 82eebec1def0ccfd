import { setMaxListeners } from "node:events";
import type { IncomingHttpHeaders } from "node:http";
import type { Dispatcher } from "undici";
import type { CancellationSignal } from "../../primitives/cancellation.ts";
import type { TaskQueue } from "../../scheduling/task-queue.ts";
import type { Timing } from "../resilience/retry.ts";

/** A response with its whole body. */
export interface RawResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Turns a response, or the lack of one, into the result of a call. */
export interface ResponseHandlers<T> {
  /** Returns the result; what it throws rejects the call. */
  readonly onResponse: (response: RawResponse) => T;
  /** Returns the error to reject with, for an error of undici, a TimeoutError or the signal's reason. */
  readonly onError: (error: unknown) => Error;
}

/** What every request of a client shares. */
export interface Transport {
  readonly dispatcher: Dispatcher;
  /** Limits the time of each request. */
  readonly timer: Timing["timer"];
  /** Decodes large responses, one per turn of the event loop. */
  readonly onePerTurn: TaskQueue;
}

/** Size above which decoding a response takes milliseconds, in bytes. */
const LARGE_BYTES = 100_000;

/**
 * Sends a request and reads its whole response within the time limit and until the client leaves.
 *
 * The response is decoded before the promise resolves, and undici's `dispatch` is used in place of `request`: see
 * docs/decisions/0016-buffered-dispatch.md.
 *
 * @param request creates the request: what it throws rejects the call
 */
export function dispatchBuffered<T>(
  transport: Transport,
  request: () => Dispatcher.DispatchOptions,
  timeoutMs: number,
  signal: CancellationSignal | undefined,
  handlers: ResponseHandlers<T>,
): Promise<T> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(handlers.onError(signal.reason));
      return;
    }
    const options = request();
    const handler = new BufferedResponseHandler(resolve, reject, transport, timeoutMs, signal, handlers);
    try {
      transport.dispatcher.dispatch(options, handler);
    } catch (error) {
      handler.fail(error);
    }
  });
}

/** A call that waits for its response. */
interface PendingCall<T> {
  readonly resolve: (result: T) => void;
  readonly reject: (error: unknown) => void;
  readonly handlers: ResponseHandlers<T>;
  readonly cancelTimer: () => void;
  readonly signal: CancellationSignal | undefined;
  readonly onAbort: (() => void) | undefined;
}

/** Collects one response. It releases every reference when it has ended, as undici holds the handler for longer. */
class BufferedResponseHandler<T> implements Dispatcher.DispatchHandler {
  readonly #onePerTurn: TaskQueue;
  /** Null once the call has ended. */
  #pending: PendingCall<T> | null;
  #chunks: Buffer[] = [];
  #bytes = 0;
  #controller: Dispatcher.DispatchController | null = null;
  #status = 0;
  #headers: IncomingHttpHeaders = {};
  /** Set when the call ended before its response did. */
  #failure: Error | null = null;

  constructor(
    resolve: (result: T) => void,
    reject: (error: unknown) => void,
    { timer, onePerTurn }: Transport,
    timeoutMs: number,
    signal: CancellationSignal | undefined,
    handlers: ResponseHandlers<T>,
  ) {
    this.#onePerTurn = onePerTurn;
    const cancelTimer = timer(timeoutMs, () => setImmediate(() => this.#onTimeout()), "ATTEMPT");
    const onAbort = signal && (() => this.#cancel(signal.reason));
    this.#pending = { resolve, reject, handlers, cancelTimer, signal, onAbort };
    if (!signal || !onAbort) return;
    // A client may wait for any number of calls at once, and each removes its listener again.
    if (signal instanceof EventTarget) setMaxListeners(0, signal);
    signal.addEventListener("abort", onAbort);
  }

  /** Called once undici has a connection, which may be after the call has ended. */
  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.#failure) controller.abort(this.#failure);
    else this.#controller = controller;
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    this.#status = status;
    this.#headers = headers;
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
  }

  onResponseEnd(): void {
    if (this.#bytes > LARGE_BYTES) this.#onePerTurn(() => this.#complete());
    else this.#complete();
  }

  #complete(): void {
    const [first] = this.#chunks;
    const body = first && this.#chunks.length === 1 ? first : Buffer.concat(this.#chunks);
    const [status, headers] = [this.#status, this.#headers];
    const pending = this.#end();
    if (!pending) return;
    try {
      pending.resolve(pending.handlers.onResponse({ status, headers, body }));
    } catch (error) {
      pending.reject(error);
    }
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.fail(error);
  }

  fail(error: unknown): void {
    const pending = this.#end();
    pending?.reject(pending.handlers.onError(error));
  }

  /** Called one turn after the time is up: a response that arrived during a long turn is read first, and counts. */
  #onTimeout(): void {
    if (this.#pending) this.#cancel(new DOMException("The time is up.", "TimeoutError"));
  }

  #cancel(reason: unknown): void {
    const controller = this.#controller;
    this.#failure = reason instanceof Error ? reason : new Error(String(reason));
    this.fail(reason);
    controller?.abort(this.#failure);
  }

  #end(): PendingCall<T> | null {
    const pending = this.#pending;
    this.#pending = null;
    this.#controller = null;
    this.#chunks = [];
    this.#headers = {};
    if (!pending) return null;
    pending.cancelTimer();
    if (pending.onAbort) pending.signal?.removeEventListener("abort", pending.onAbort);
    return pending;
  }
}
