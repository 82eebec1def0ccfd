import { UpstreamError } from "../upstream-error.ts";
import { Semaphore } from "./semaphore.ts";

/** How many calls may be under way at once with one credential. */
export interface AdaptiveConcurrencyLimit {
  /** Takes a place for a call: at once, which is told by undefined, or when its turn comes; first come, first served. */
  enter(): Promise<void> | undefined;
  /** Rises at each halving: calls that left before one say nothing more of the pace since. */
  era(): number;
  /**
   * Gives the place back.
   *
   * @param began the era in which the call left
   * @param error what it failed with; undefined when it went well
   */
  leave(began: number, error?: unknown): void;
  /** Infinity until the platform has asked to slow down. */
  limit(): number;
}

/** Where so many at once went well, there is no limit any more that we know of. */
const FORGOTTEN_AT = 256;

/**
 * A round of calls that goes well adds a quarter. TCP adds one; but of a platform that says 429 to one call in seventy by
 * chance, and is silent to others, that leaves ten at once, and calls are late for waiting.
 */
const ADDED_PER_CALL = 1 / 4;

/**
 * The platform publishes no limits, and says 429 when one is reached: so there is none until then. It halves what is under
 * way, and what goes well adds to it again.
 */
export function createConcurrencyLimit(): AdaptiveConcurrencyLimit {
  let limit = Number.POSITIVE_INFINITY;
  let era = 0;
  const room = new Semaphore(limit);

  const slowDown = () => {
    limit = Math.max(1, Math.floor(Math.min(limit, room.inUse) / 2));
    era += 1;
  };
  const speedUp = () => {
    limit += ADDED_PER_CALL;
    if (limit > FORGOTTEN_AT) limit = Number.POSITIVE_INFINITY;
  };

  return {
    limit: () => limit,
    era: () => era,
    enter: () => room.acquire(),
    leave: (began, error) => {
      if (error === undefined) speedUp();
      else if (error instanceof UpstreamError && error.status === 429 && began === era) slowDown();
      room.release(Math.floor(limit));
    },
  };
}
