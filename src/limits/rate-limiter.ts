import { RateLimiterMemory, RateLimiterPostgres } from "rate-limiter-flexible";
import type { RateLimitPool } from "./rate-limit-pool.ts";

/** Points per interval and key. */
export interface LimiterOptions {
  /** Separates the keys of different limiters. */
  readonly keyPrefix: string;
  readonly points: number;
  readonly seconds: number;
}

/**
 * Creates a rate limiter.
 *
 * @param pool counts for several gateways together; null to count in memory, as while the pool is unreachable
 */
export function createRateLimiter({ keyPrefix, points, seconds }: LimiterOptions, pool: RateLimitPool | null) {
  const options = { keyPrefix, points, duration: seconds };
  const inMemory = new RateLimiterMemory(options);
  if (!pool) return inMemory;
  return new RateLimiterPostgres({
    ...options,
    storeClient: pool,
    storeType: "pool",
    // Created by the store's migration 0002-counters. A limiter that creates it counts in memory for ever if that fails.
    tableName: "cost_budget",
    tableCreated: true,
    insuranceLimiter: inMemory,
  });
}
