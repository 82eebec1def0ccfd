import { toInstant } from "./calendar.ts";

/** Time of the sandbox. Every part reads this clock, and every response carries it as `Date`. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /**
   * Moves the clock forward.
   *
   * @param ms - how far, in milliseconds
   * @throws RangeError if negative or not a number
   */
  advance(ms: number): void;
  /**
   * Moves the clock forward to an instant.
   *
   * @throws RangeError if the instant is no date, or past: metered usage cannot be taken back
   */
  set(at: string | number | Date): void;
  /** Whether time stands still between calls of `advance` and `set`. */
  readonly frozen: boolean;
}

/**
 * Creates a clock.
 *
 * @param startAt - first reading, milliseconds since the epoch
 * @param frozen - whether time moves only by hand; otherwise it runs as real time does
 * @param onMoved - called with the new time after each move by hand
 */
export function createClock(startAt: number, frozen: boolean, onMoved?: (now: number) => void): Clock {
  let base = startAt;
  // Monotonic, unlike Date.now(): a step of the host's clock must not move the sandbox's.
  const startedAt = performance.now();
  const now = () => base + (frozen ? 0 : Math.floor(performance.now() - startedAt));

  function advance(ms: number): void {
    if (!Number.isFinite(ms) || ms < 0) throw new RangeError(`The clock only moves forward, not by ${ms} ms.`);
    base += Math.floor(ms);
    onMoved?.(now());
  }

  return {
    now,
    advance,
    set(at) {
      const instant = toInstant(at);
      if (instant < now()) throw new RangeError(`The clock only moves forward: it is past ${String(at)} already.`);
      advance(instant - now());
    },
    frozen,
  };
}
