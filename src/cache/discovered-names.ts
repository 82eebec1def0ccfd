import { LRUCache } from "lru-cache";
import { isMetered } from "../model/stream/stream.ts";
import { ceilTo, DAY_MS, HOUR_MS, type TimeWindow } from "../model/usage/time.ts";
import { boundedLru } from "../primitives/bounded-lru.ts";
import { type Analytics, perCall } from "../upstream/analytics.ts";
import type { Monitoring } from "../upstream/monitoring.ts";
import { UpstreamError } from "../upstream/upstream-error.ts";
import type { TokenCache } from "./token-cache.ts";

/**
 * Names that the platform's answers have mentioned. It lists neither the streams nor the tracking ids that have traffic:
 * one must know a name to ask for it. A stream under a pattern grant, and a tracking id that only signed tokens carry, are
 * therefore known by having been seen.
 */
export interface DiscoveredNames {
  addStream(name: string): void;
  addTrackingId(trackingId: string): void;
  hasStream(name: string): boolean;
  hasTrackingId(trackingId: string): boolean;
  streams(): Iterable<string>;
  trackingIds(): Iterable<string>;
  /** Rises whenever a name is seen for the first time. */
  version(): number;
}

/** The most names of a kind that are remembered; the longest unseen are forgotten first. */
const MAX_REMEMBERED = 50_000;

export function createDiscoveredNames(): DiscoveredNames {
  const streams = new LRUCache<string, true>(boundedLru(MAX_REMEMBERED));
  const trackingIds = new LRUCache<string, true>(boundedLru(MAX_REMEMBERED));
  let version = 0;
  const saw = (names: LRUCache<string, true>) => (name: string) => {
    if (!names.has(name)) version += 1;
    names.set(name, true);
  };
  return {
    addStream: saw(streams),
    addTrackingId: saw(trackingIds),
    hasStream: (name) => streams.has(name),
    hasTrackingId: (trackingId) => trackingIds.has(trackingId),
    streams: () => streams.keys(),
    trackingIds: () => trackingIds.keys(),
    version: () => version,
  };
}

/** The same analytics, but every name that a tracking answer mentions is remembered. */
export function addFromAnalytics(analytics: Analytics, discoveredNames: DiscoveredNames): Analytics {
  const noteStreams = (rows: readonly { streamName: string | null }[]) => {
    for (const { streamName } of rows) if (streamName !== null) discoveredNames.addStream(streamName);
  };
  const noteTrackingIds = (rows: readonly { trackingId: string | null }[]) => {
    for (const { trackingId } of rows) if (trackingId !== null) discoveredNames.addTrackingId(trackingId);
  };
  return {
    ...analytics,
    trackingTotals: async (...call) => {
      const answer = await analytics.trackingTotals(...call);
      for (const rows of answer.values()) noteStreams(rows);
      return answer;
    },
    trackingSeries: async (...call) => {
      const answer = await analytics.trackingSeries(...call);
      for (const buckets of answer.values()) for (const rows of buckets.values()) noteStreams(rows);
      return answer;
    },
    streamTrackingTotals: async (...call) => {
      const answer = await analytics.streamTrackingTotals(...call);
      for (const rows of answer.values()) noteTrackingIds(rows);
      return answer;
    },
    streamTrackingSeries: async (...call) => {
      const answer = await analytics.streamTrackingSeries(...call);
      for (const buckets of answer.values()) for (const rows of buckets.values()) noteTrackingIds(rows);
      return answer;
    },
  };
}

/** The same monitoring, but every stream that it shows is remembered. */
export function addFromMonitoring(monitoring: Monitoring, discoveredNames: DiscoveredNames): Monitoring {
  const note = <Row extends { readonly name: string }>(rows: Row[]): Row[] => {
    for (const { name } of rows) discoveredNames.addStream(name);
    return rows;
  };
  return {
    ...monitoring,
    listSummaries: async (signal) => note(await monitoring.listSummaries(signal)),
    listStreams: async (signal) => note(await monitoring.listStreams(signal)),
  };
}

/** The most calls that one sweep makes; the next goes on where it stopped. */
const MAX_CALLS_PER_SWEEP = 40;
/** How far back a sweep looks: the platform's own stream list covers as much. */
const SWEEP_WINDOW_MS = 90 * DAY_MS;

/**
 * Looks for names in the traffic of what is known: which streams the tracking ids have traffic on, and which tracking ids
 * the streams have. Call it at the start and every so often; it is gentle, one call at a time.
 *
 * @param position where the last sweep stopped, 0 at first
 * @returns where the next one should begin
 * @throws UpstreamError when the platform gives no usable answer
 */
export async function discoverNames(
  { tokenCache, analytics }: { readonly tokenCache: TokenCache; readonly analytics: Analytics },
  discoveredNames: DiscoveredNames,
  now: number,
  position = 0,
): Promise<number> {
  const tokens = await tokenCache.read();
  const to = ceilTo(now, HOUR_MS);
  const window: TimeWindow = { from: ceilTo(now - SWEEP_WINDOW_MS, DAY_MS), to };
  const ids = [...new Set([...tokens.trackingIds(), ...discoveredNames.trackingIds()])];
  const names = [...new Set([...tokens.publish.names(), ...discoveredNames.streams()])].filter(isMetered);
  const calls = [
    ...perCall(ids).map((chunk) => () => analytics.trackingTotals(chunk, window)),
    ...perCall(names).map((chunk) => () => analytics.streamTrackingTotals(chunk, window)),
  ];
  const begin = position < calls.length ? position : 0;
  const turn = calls.slice(begin, begin + MAX_CALLS_PER_SWEEP);
  for (const call of turn) await call().catch(ignoreRefusedNames);
  return begin + turn.length;
}

/** A name that analytics refuse keeps the names beside it from being looked at, but not those of other calls. */
function ignoreRefusedNames(error: unknown): void {
  if (!(error instanceof UpstreamError && error.code === "UPSTREAM_REJECTED")) throw error;
}
