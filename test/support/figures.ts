import { createUsageCache, type UsageCache, UsageReader } from "../../src/cache/usage-cache.ts";
import { type BatchScheduler, createBatchScheduler } from "../../src/loaders/batch-scheduler.ts";
import { createUsageLoaders, type UsageLoaders } from "../../src/loaders/usage.ts";
import type { Analytics } from "../../src/upstream/analytics.ts";

/** Loaders as one request has them, over a cache that keeps nothing. */
export function figureLoadersOver(
  analytics: Analytics,
  signal?: AbortSignal,
  waves: BatchScheduler = createBatchScheduler(),
  cache: UsageCache = createUsageCache({ maxBytes: 0, now: () => 0, lagMs: 0 }),
): UsageLoaders {
  return createUsageLoaders({ analytics, cache, scope: "account" }, waves, new UsageReader(signal, () => undefined));
}
