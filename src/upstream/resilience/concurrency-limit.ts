import { UpstreamError } from "../upstream-error.ts";
import { Semaphore } from "./semaphore.ts";

/** Limits the calls in flight with one credential; adapts to responses of status 429. */
export interface AdaptiveConcurrencyLimit {
  /** Acquires a slot, first come, first served. Returns undefined if one is free, otherwise a promise of one. */
  enter(): Promise<void> | undefined;
  /** Returns the number of halvings so far: calls from before a halving do not cause another. */
  era(): number;
  /**
   * Releases the slot of a call.
   *
   * @param began the era in which the call started
   * @param error the error that it failed with; undefined for a success
   */
  leave(began: number, error?: unknown): void;
  /** Returns the limit; Infinity until the platform has answered 429. */
  limit(): number;
}

/** Limit above which there is none any more. */
const UNLIMITED_FROM = 256;

/**
 * Added to the limit for each successful call.
 *
 * TCP adds one for each round of calls. With a platform that randomly answers 429 to one call in seventy, that would settle at
 * ten calls at once.
 */
const ADDED_PER_CALL = 1 / 4;

/**
 * Creates a limit that starts at Infinity, as the platform publishes none. A 429 halves the number of calls in flight; each
 * success raises it again.
 */
export function createConcurrencyLimit(): AdaptiveConcurrencyLimit {
  let limit = Number.POSITIVE_INFINITY;
  let era = 0;
  const slots = new Semaphore(limit);

  const decrease = () => {
    limit = Math.max(1, Math.floor(Math.min(limit, slots.inUse) / 2));
    era += 1;
  };
  const increase = () => {
    limit += ADDED_PER_CALL;
    if (limit > UNLIMITED_FROM) limit = Number.POSITIVE_INFINITY;
  };

  return {
    limit: () => limit,
    era: () => era,
    enter: () => slots.acquire(),
    leave: (began, error) => {
      if (error === undefined) increase();
      else if (error instanceof UpstreamError && error.status === 429 && began === era) decrease();
      slots.release(Math.floor(limit));
    },
  };
}
