import { createUsageCache, type UsageCache } from "../../src/cache/usage-cache.ts";
import { UsageReader } from "../../src/cache/usage-reader.ts";
import { type BatchScheduler, createBatchScheduler } from "../../src/loaders/batch-scheduler.ts";
import { createUsageLoaders, type UsageLoaders } from "../../src/loaders/usage.ts";
import type { Analytics } from "../../src/upstream/analytics.ts";

/** Usage loaders of one request, over a cache of size 0 unless one is given. */
export function createTestUsageLoaders(
  analytics: Analytics,
  signal?: AbortSignal,
  batchScheduler: BatchScheduler = createBatchScheduler(),
  cache: UsageCache = createUsageCache({ maxBytes: 0, now: () => 0, lagMs: 0 }),
): UsageLoaders {
  return createUsageLoaders(
    { analytics, cache, scope: "account" },
    batchScheduler,
    new UsageReader(signal, () => undefined),
  );
}
