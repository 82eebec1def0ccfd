import { RateLimiterRes } from "rate-limiter-flexible";
import type { RateLimitPool } from "./rate-limit-pool.ts";
import { createRateLimiter } from "./rate-limiter.ts";

/** Thumbnails of one stream in a minute. @see POST /api/thumbnails */
export const THUMBNAILS_PER_MINUTE = 6;

/** Keeps to the platform's limit of thumbnails, so that it is not asked for what it would refuse. */
export interface ThumbnailLimit {
  /** Takes one of a stream's places in a minute; tells how long until one is free where none is. */
  take(streamName: string): Promise<Slot | { readonly retryAfterMs: number }>;
}

/** A place that was taken. */
export interface Slot {
  /** Leaves it to another: nothing was asked of the platform. */
  release(): Promise<void>;
}

/**
 * Each stream has six places, and each is taken for a minute: so no minute, wherever it begins, has more than six requests.
 * One count of six that begins anew every minute would let twelve through around its edge.
 */
export function createThumbnailLimit(counters: RateLimitPool | null): ThumbnailLimit {
  const limiter = createRateLimiter({ keyPrefix: "thumbnail", points: 1, seconds: 60 }, counters);
  return {
    take: async (streamName) => {
      let retryAfterMs = Number.POSITIVE_INFINITY;
      for (let place = 1; place <= THUMBNAILS_PER_MINUTE; place += 1) {
        const key = `${place}:${streamName}`;
        try {
          await limiter.consume(key);
          return { release: async () => void (await limiter.delete(key)) };
        } catch (refusal) {
          if (!(refusal instanceof RateLimiterRes)) throw refusal;
          retryAfterMs = Math.min(retryAfterMs, refusal.msBeforeNext);
        }
      }
      return { retryAfterMs };
    },
  };
}
