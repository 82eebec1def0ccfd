import { LRUCache } from "lru-cache";
import { boundedLru } from "../primitives/bounded-lru.ts";
import type { Analytics } from "../upstream/analytics.ts";
import type { Monitoring } from "../upstream/monitoring.ts";

/**
 * Stream names and tracking ids that responses of the platform have contained.
 *
 * The platform lists neither the streams nor the tracking ids that have traffic: a caller must know the name. Streams
 * under a pattern grant, and tracking ids that only signed tokens carry, are known by discovery alone.
 */
export interface DiscoveredNames {
  addStream(name: string): void;
  addTrackingId(trackingId: string): void;
  hasStream(name: string): boolean;
  hasTrackingId(trackingId: string): boolean;
  streams(): Iterable<string>;
  trackingIds(): Iterable<string>;
  /** Returns a number that rises with each new name. */
  version(): number;
}

/** Maximum number of names of each kind; the least recently seen are evicted. */
const MAX_NAMES = 50_000;

export function createDiscoveredNames(): DiscoveredNames {
  const streams = new LRUCache<string, true>(boundedLru(MAX_NAMES));
  const trackingIds = new LRUCache<string, true>(boundedLru(MAX_NAMES));
  let version = 0;
  const addTo = (names: LRUCache<string, true>) => (name: string) => {
    if (!names.has(name)) version += 1;
    names.set(name, true);
  };
  return {
    addStream: addTo(streams),
    addTrackingId: addTo(trackingIds),
    hasStream: (name) => streams.has(name),
    hasTrackingId: (trackingId) => trackingIds.has(trackingId),
    streams: () => streams.keys(),
    trackingIds: () => trackingIds.keys(),
    version: () => version,
  };
}

/** Returns analytics that add every name in a tracking response to the discovered names. */
export function addFromAnalytics(analytics: Analytics, discoveredNames: DiscoveredNames): Analytics {
  const addStreams = (rows: readonly { streamName: string | null }[]) => {
    for (const { streamName } of rows) if (streamName !== null) discoveredNames.addStream(streamName);
  };
  const addTrackingIds = (rows: readonly { trackingId: string | null }[]) => {
    for (const { trackingId } of rows) if (trackingId !== null) discoveredNames.addTrackingId(trackingId);
  };
  return {
    ...analytics,
    trackingTotals: async (...args) => {
      const totals = await analytics.trackingTotals(...args);
      for (const rows of totals.values()) addStreams(rows);
      return totals;
    },
    trackingSeries: async (...args) => {
      const series = await analytics.trackingSeries(...args);
      for (const buckets of series.values()) for (const rows of buckets.values()) addStreams(rows);
      return series;
    },
    streamTrackingTotals: async (...args) => {
      const totals = await analytics.streamTrackingTotals(...args);
      for (const rows of totals.values()) addTrackingIds(rows);
      return totals;
    },
    streamTrackingSeries: async (...args) => {
      const series = await analytics.streamTrackingSeries(...args);
      for (const buckets of series.values()) for (const rows of buckets.values()) addTrackingIds(rows);
      return series;
    },
  };
}

/** Returns monitoring that adds every listed stream to the discovered names. */
export function addFromMonitoring(monitoring: Monitoring, discoveredNames: DiscoveredNames): Monitoring {
  const add = <Row extends { readonly name: string }>(rows: Row[]): Row[] => {
    for (const { name } of rows) discoveredNames.addStream(name);
    return rows;
  };
  return {
    ...monitoring,
    listSummaries: async (signal) => add(await monitoring.listSummaries(signal)),
    listStreams: async (signal) => add(await monitoring.listStreams(signal)),
  };
}
