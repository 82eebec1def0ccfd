import { UpstreamError } from "./upstream-error.ts";

/** How many calls may be under way at once with one credential. */
export interface Pace {
  /** Makes the call when it is its turn; first come, first served. */
  during<T>(call: () => Promise<T>): Promise<T>;
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
export function createPace(): Pace {
  let limit = Number.POSITIVE_INFINITY;
  let underWay = 0;
  /** Rises at each halving: calls that left before one say nothing more of the pace since. */
  let era = 0;
  const waiting: (() => void)[] = [];

  const slowDown = () => {
    limit = Math.max(1, Math.floor(Math.min(limit, underWay) / 2));
    era += 1;
  };
  const speedUp = () => {
    limit += ADDED_PER_CALL;
    if (limit > FORGOTTEN_AT) limit = Number.POSITIVE_INFINITY;
  };
  const letIn = () => {
    while (underWay < Math.floor(limit)) {
      const next = waiting.shift();
      if (!next) return;
      underWay += 1;
      next();
    }
  };

  return {
    limit: () => limit,
    during: async (call) => {
      if (underWay < Math.floor(limit)) underWay += 1;
      else await new Promise<void>((resolve) => waiting.push(resolve));
      const began = era;
      try {
        const answer = await call();
        speedUp();
        return answer;
      } catch (error) {
        if (error instanceof UpstreamError && error.status === 429 && began === era) slowDown();
        throw error;
      } finally {
        underWay -= 1;
        letIn();
      }
    },
  };
}
