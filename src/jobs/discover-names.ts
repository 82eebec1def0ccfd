import type { DiscoveredNames } from "../cache/discovered-names.ts";
import type { TokenCache } from "../cache/token-cache.ts";
import { isMetered } from "../model/stream/stream.ts";
import { ceilTo, DAY_MS, HOUR_MS, type TimeWindow } from "../model/usage/time.ts";
import { type Analytics, perCall } from "../upstream/analytics.ts";
import { UpstreamError } from "../upstream/upstream-error.ts";

/** Maximum number of calls in one run; the next run continues where it stopped. */
const MAX_CALLS_PER_RUN = 40;
/**
 * Window of traffic that is searched, in milliseconds up to now; the platform's own stream list covers
 * as much.
 */
const SEARCH_WINDOW_MS = 90 * DAY_MS;

/**
 * Searches the traffic of known names for further ones: streams of tracking ids, and tracking ids of streams.
 *
 * Makes one call at a time. The analytics passed in add what they see to the discovered names.
 *
 * @param position where the last run stopped; 0 for the first
 * @returns where the next run starts
 * @throws UpstreamError if the platform gives no usable response
 */
export async function discoverNames(
  { tokenCache, analytics }: { readonly tokenCache: TokenCache; readonly analytics: Analytics },
  discoveredNames: DiscoveredNames,
  now: number,
  position = 0,
): Promise<number> {
  const tokens = await tokenCache.read();
  const window: TimeWindow = { from: ceilTo(now - SEARCH_WINDOW_MS, DAY_MS), to: ceilTo(now, HOUR_MS) };
  const ids = [...new Set([...tokens.trackingIds(), ...discoveredNames.trackingIds()])];
  const names = [...new Set([...tokens.publish.names(), ...discoveredNames.streams()])].filter(isMetered);
  const calls = [
    ...perCall(ids).map((chunk) => () => analytics.trackingTotals(chunk, window)),
    ...perCall(names).map((chunk) => () => analytics.streamTrackingTotals(chunk, window)),
  ];
  const start = position < calls.length ? position : 0;
  const run = calls.slice(start, start + MAX_CALLS_PER_RUN);
  for (const call of run) await call().catch(ignoreRefusedNames);
  return start + run.length;
}

/**
 * Ignores that analytics refuse a name, which fails the call for the names beside it but not other
 * calls.
 */
function ignoreRefusedNames(error: unknown): void {
  if (!(error instanceof UpstreamError && error.code === "UPSTREAM_REJECTED")) throw error;
}
