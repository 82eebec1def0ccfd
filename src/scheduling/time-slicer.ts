import { Deferred } from "../primitives/deferred.ts";
import type { MaybePromise } from "../primitives/maybe-promise.ts";
import type { EventLoopTurn } from "./event-loop-turn.ts";
import type { TaskQueue } from "./task-queue.ts";

/** Milliseconds for which one response is written before other requests are served. */
export const SLICE_MS = 12;
/** Steps between two reads of the clock, which cost more than writing a small object. */
const STEPS_PER_CLOCK_READ = 16;

/** Parts that all time slicers of a gateway share. */
export interface SlicerOptions {
  readonly eventLoopTurn: EventLoopTurn;
  readonly taskQueue: TaskQueue;
  /** Monotonic time in milliseconds. */
  readonly clock: () => number;
}

/** Divides the writing of one response into slices, none of which blocks the event loop for long. */
export class TimeSlicer {
  #steps = 0;
  #turn = -1;
  #startedAt = 0;
  #isExhausted = false;
  #pending = 0;
  #allStarted: Deferred<void> | null = null;
  readonly #options: SlicerOptions;
  readonly #onDeferred: (allStarted: Promise<void>) => void;

  /** @param onDeferred called when work is deferred, with a promise that resolves once all deferred work has started */
  constructor(options: SlicerOptions, onDeferred: (allStarted: Promise<void>) => void) {
    this.#options = options;
    this.#onDeferred = onDeferred;
  }

  /** Returns whether the slice of this turn is used up, so that further work should be deferred. */
  isExhausted(): boolean {
    if (this.#isExhausted && this.#turn === this.#options.eventLoopTurn()) return true;
    this.#steps += 1;
    if (this.#steps % STEPS_PER_CLOCK_READ !== 0) return false;
    const { clock, eventLoopTurn } = this.#options;
    const now = clock();
    const turn = eventLoopTurn();
    if (this.#turn !== turn) {
      this.#turn = turn;
      this.#startedAt = now;
    }
    this.#isExhausted = now - this.#startedAt > SLICE_MS;
    return this.#isExhausted;
  }

  /** Does the work in a later turn, after the work deferred before by any response. */
  defer<Result>(work: () => MaybePromise<Result>): Promise<Result> {
    const result = new Deferred<Result>();
    if (this.#allStarted === null) {
      this.#allStarted = new Deferred();
      this.#onDeferred(this.#allStarted.promise);
    }
    this.#pending += 1;
    this.#options.taskQueue(() => {
      try {
        result.resolve(work());
      } catch (error) {
        result.reject(error);
      }
      this.#pending -= 1;
      if (this.#pending > 0) return;
      this.#allStarted?.resolve();
      this.#allStarted = null;
    });
    return result.promise;
  }
}
