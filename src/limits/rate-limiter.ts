import { RateLimiterMemory, RateLimiterPostgres } from "rate-limiter-flexible";
import type { RateLimitPool } from "./rate-limit-pool.ts";

/** So many points in so many seconds, for each key. */
export interface LimiterOptions {
  /** Keys of different limiters never meet. */
  readonly keyPrefix: string;
  readonly points: number;
  readonly seconds: number;
}

/** @param counters where several gateways count together; counted in memory when it is null, and while it can't be reached */
export function createRateLimiter({ keyPrefix, points, seconds }: LimiterOptions, counters: RateLimitPool | null) {
  const options = { keyPrefix, points, duration: seconds };
  const inMemory = new RateLimiterMemory(options);
  if (!counters) return inMemory;
  return new RateLimiterPostgres({
    ...options,
    storeClient: counters,
    storeType: "pool",
    // The store has made it: a limiter that finds none when it begins would count in memory for good.
    // Created by the migration 0002-counters.
    tableName: "cost_budget",
    tableCreated: true,
    insuranceLimiter: inMemory,
  });
}
