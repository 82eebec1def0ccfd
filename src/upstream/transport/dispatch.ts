import { setMaxListeners } from "node:events";
import type { IncomingHttpHeaders } from "node:http";
import type { Dispatcher } from "undici";
import type { CancellationSignal } from "../../primitives/cancellation.ts";
import type { Timing } from "../resilience/retry.ts";

/** An answer as it came, all of it. */
export interface RawResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** What becomes of an answer, or of the lack of one. */
export interface Outcome<T> {
  /** Makes of a whole answer what it is wanted for. What it throws, the round trip throws. */
  readonly taken: (answer: RawResponse) => T;
  /**
   * Makes the error to be thrown of what undici throws, of a TimeoutError when the time is up, and of the signal's reason.
   */
  readonly failed: (error: unknown) => Error;
}

/**
 * Sends a request and takes in its whole answer, in the given time and while the client waits. It stands on `dispatch`, the
 * core of undici: `request` makes a stream for each body, and signals for time and client cost more CPU than an answer of
 * ten totals does (`AbortSignal.any` alone 11 us, all else here 3 us).
 *
 * The answer is made use of here, and is not what the promise is resolved with. A promise that has waited for it is old to
 * the garbage collector, which keeps what an old object holds until it looks at all of them: the text of ten series would
 * outlive its use by a second, and cost twice its parsing (0.96 ms of CPU instead of 1.19 for the whole query).
 *
 * @param request makes the request: what it throws, the round trip throws
 * @param timer measures `timeoutMs`
 */
export function dispatchBuffered<T>(
  dispatcher: Dispatcher,
  request: () => Dispatcher.DispatchOptions,
  timeoutMs: number,
  timer: Timing["timer"],
  signal: CancellationSignal | undefined,
  outcome: Outcome<T>,
): Promise<T> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(outcome.failed(signal.reason));
      return;
    }
    const sent = request();
    const handler = new BufferedResponseHandler(resolve, reject, timeoutMs, timer, signal, outcome);
    try {
      dispatcher.dispatch(sent, handler);
    } catch (error) {
      handler.fail(error);
    }
  });
}

/** Reading an answer that is longer takes milliseconds, and ten that come together would hold the event loop for all of them. */
const LARGE_BYTES = 100_000;

/** What is done in the next turns of the event loop, one piece in each. It never throws. */
const pieces: (() => void)[] = [];

function onePerTurn(work: () => void): void {
  pieces.push(work);
  if (pieces.length === 1) setImmediate(nextPiece);
}

function nextPiece(): void {
  pieces[0]?.();
  pieces.shift();
  if (pieces.length > 0) setImmediate(nextPiece);
}

/** Who waits for an answer, and for how long. */
interface Waiting<T> {
  readonly resolve: (made: T) => void;
  readonly reject: (error: unknown) => void;
  readonly outcome: Outcome<T>;
  readonly cancelTimer: () => void;
  readonly signal: CancellationSignal | undefined;
  readonly leave: (() => void) | undefined;
}

/**
 * Takes in one answer. It holds nothing any more once that is over: undici leads to it for longer, by objects that have grown old,
 * and whoever waited, with all of its request, would not be forgotten before the garbage collector looks at the old as well. That
 * took a tenth of the CPU of a page of totals.
 */
class BufferedResponseHandler<T> implements Dispatcher.DispatchHandler {
  /** Null when it is over. */
  #waiting: Waiting<T> | null;
  #chunks: Buffer[] = [];
  #bytes = 0;
  #controller: Dispatcher.DispatchController | null = null;
  #status = 0;
  #headers: IncomingHttpHeaders = {};
  /** Set when it ended before its answer did. */
  #failure: Error | null = null;

  constructor(
    resolve: (made: T) => void,
    reject: (error: unknown) => void,
    timeoutMs: number,
    timer: Timing["timer"],
    signal: CancellationSignal | undefined,
    outcome: Outcome<T>,
  ) {
    const cancelTimer = timer(timeoutMs, () => setImmediate(() => this.#timeIsUp()), "TRY");
    const leave = signal && (() => this.#giveUp(signal.reason));
    this.#waiting = { resolve, reject, outcome, cancelTimer, signal, leave };
    if (!signal || !leave) return;
    // A client may wait for any number of calls at once, and each takes its listener away again.
    if (signal instanceof EventTarget) setMaxListeners(0, signal);
    signal.addEventListener("abort", leave);
  }

  /** Connections are made and waited for in undici, so this may come when it is too late. */
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
    if (this.#bytes > LARGE_BYTES) onePerTurn(() => this.#take());
    else this.#take();
  }

  #take(): void {
    const [only] = this.#chunks;
    const body = only && this.#chunks.length === 1 ? only : Buffer.concat(this.#chunks);
    const [status, headers] = [this.#status, this.#headers];
    const waiting = this.#end();
    if (!waiting) return;
    try {
      waiting.resolve(waiting.outcome.taken({ status, headers, body }));
    } catch (error) {
      waiting.reject(error);
    }
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.fail(error);
  }

  fail(error: unknown): void {
    const waiting = this.#end();
    waiting?.reject(waiting.outcome.failed(error));
  }

  /**
   * Told a turn of the event loop after its time: timers come before what has arrived is read, and after a long turn all answers of
   * that turn would else be found too late while they lie there.
   */
  #timeIsUp(): void {
    if (this.#waiting) this.#giveUp(new DOMException("The time is up.", "TimeoutError"));
  }

  #giveUp(reason: unknown): void {
    const controller = this.#controller;
    this.#failure = reason instanceof Error ? reason : new Error(String(reason));
    this.fail(reason);
    controller?.abort(this.#failure);
  }

  #end(): Waiting<T> | null {
    const waiting = this.#waiting;
    this.#waiting = null;
    this.#controller = null;
    this.#chunks = [];
    this.#headers = {};
    if (!waiting) return null;
    waiting.cancelTimer();
    if (waiting.leave) waiting.signal?.removeEventListener("abort", waiting.leave);
    return waiting;
  }
}
