import { afterArrivals } from "../http/read-backpressure.ts";
import { Deferred, type MaybePromise } from "../primitives/maybe-promise.ts";
import { eventLoopTurn } from "./event-loop-turn.ts";

/** For so many milliseconds a list is written at a time: others are answered in between. */
const SLICE_MS = 12;
/** Looking at the clock for each object would take longer than writing a small one. */
const STEPS_PER_LOOK = 16;

/** Divides the writing of one answer into slices, none of which holds the event loop for long. */
export class TimeSlicer {
  #steps = 0;
  #turn = -1;
  #beganAt = 0;
  #isExhausted = false;
  #waiting = 0;
  #begun: Deferred<void> | null = null;
  readonly #hold: (begun: Promise<void>) => void;

  /** @param hold told when work is put off, with what settles once all of it has begun: more may be asked for until then */
  constructor(hold: (begun: Promise<void>) => void) {
    this.#hold = hold;
  }

  /** Whether this turn of the event loop has had its share: what follows had better be put off. */
  isExhausted(): boolean {
    if (this.#isExhausted && this.#turn === eventLoopTurn()) return true;
    this.#steps += 1;
    if (this.#steps % STEPS_PER_LOOK !== 0) return false;
    const now = performance.now();
    const turn = eventLoopTurn();
    if (this.#turn !== turn) {
      this.#turn = turn;
      this.#beganAt = now;
    }
    this.#isExhausted = now - this.#beganAt > SLICE_MS;
    return this.#isExhausted;
  }

  /** Does the work in a later turn, behind what others have put off before. */
  defer<Result>(work: () => MaybePromise<Result>): Promise<Result> {
    const result = new Deferred<Result>();
    if (this.#begun === null) {
      this.#begun = new Deferred();
      this.#hold(this.#begun.promise);
    }
    this.#waiting += 1;
    putOff(() => {
      try {
        result.resolve(work());
      } catch (error) {
        result.reject(error);
      }
      this.#waiting -= 1;
      if (this.#waiting > 0) return;
      this.#begun?.resolve();
      this.#begun = null;
    });
    return result.promise;
  }
}

/** What all answers have put off, in order. */
let queue: (() => void)[] = [];
let isAwaited = false;

function putOff(work: () => void): void {
  queue.push(work);
  if (isAwaited) return;
  isAwaited = true;
  afterArrivals(workOff);
}

function workOff(): void {
  const end = performance.now() + SLICE_MS;
  let done = 0;
  for (; done < queue.length && performance.now() < end; done += 1) queue[done]?.();
  queue = queue.slice(done);
  isAwaited = queue.length > 0;
  if (isAwaited) afterArrivals(workOff);
}
