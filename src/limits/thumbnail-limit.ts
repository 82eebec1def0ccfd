import { RateLimiterRes } from "rate-limiter-flexible";
import type { RateLimitPool } from "./rate-limit-pool.ts";
import { createRateLimiter } from "./rate-limiter.ts";

/**
 * Thumbnails of one stream per minute.
 *
 * @see POST /api/thumbnails
 */
export const THUMBNAILS_PER_MINUTE = 6;

/** Applies the platform's limit of thumbnails before a call is sent. */
export interface ThumbnailLimit {
  /** Takes a slot of the stream; returns the time until one is free if none is. */
  take(streamName: string): Promise<Slot | { readonly retryAfterMs: number }>;
}

/** A slot that was taken. */
export interface Slot {
  /** Frees the slot at once, because no call was sent. */
  release(): Promise<void>;
}

/**
 * Creates the limit. Each stream has six slots, each taken for a minute, so that no interval of a minute has more than six requests; a
 * counter that is reset every minute would allow twelve around the reset.
 */
export function createThumbnailLimit(pool: RateLimitPool | null): ThumbnailLimit {
  const limiter = createRateLimiter({ keyPrefix: "thumbnail", points: 1, seconds: 60 }, pool);
  return {
    take: async (streamName) => {
      let retryAfterMs = Number.POSITIVE_INFINITY;
      for (let slot = 1; slot <= THUMBNAILS_PER_MINUTE; slot += 1) {
        const key = `${slot}:${streamName}`;
        try {
          await limiter.consume(key);
          return { release: async () => void (await limiter.delete(key)) };
        } catch (rejection) {
          if (!(rejection instanceof RateLimiterRes)) throw rejection;
          retryAfterMs = Math.min(retryAfterMs, rejection.msBeforeNext);
        }
      }
      return { retryAfterMs };
    },
  };
}
