import type { UsageCache } from "../cache/usage-cache.ts";
import { UsageReader } from "../cache/usage-reader.ts";
import { readUsage } from "../loaders/usage.ts";
import type { CancellationSignal } from "../primitives/cancellation.ts";
import { type Analytics, perCall } from "../upstream/analytics.ts";

/**
 * Reads ahead the usage that is requested repeatedly and is past its quarter hour.
 *
 * Call it every few seconds.
 */
export async function refreshHotUsage(cache: UsageCache, analytics: Analytics): Promise<void> {
  const reader = new UsageReader(undefined, () => undefined);
  for (const { query, names } of cache.hot()) {
    for (const chunk of perCall(names)) {
      const call = (signal: CancellationSignal) => readUsage(analytics, query, chunk, signal);
      await cache.of(query).read(chunk, call, reader, new Map());
    }
  }
}
