import type { DiscoveredNames } from "../cache/discovered-names.ts";
import { type ArchivedPart, isStorable } from "../model/usage/archive.ts";
import type { CountryUsage } from "../model/usage/country-usage.ts";
import type { UsageSeries } from "../model/usage/series.ts";
import type { SharedCancellation } from "../primitives/cancellation.ts";
import { createSlices } from "../primitives/slices.ts";
import type { Analytics, StreamRow } from "../upstream/analytics.ts";
import type { CollectionCall } from "./collection-plan.ts";

/** Usage by name and bucket. */
export interface CollectedUsage {
  readonly series: ReadonlyMap<string, ReadonlyMap<number, readonly ArchivedPart[]>>;
  /** Name of each bucket that has a count which no database can hold, and that is therefore left out. */
  readonly unstorable: readonly string[];
}

interface UsageReader {
  readonly analytics: Analytics;
  /** Receives the streams of tracking ids. */
  readonly discoveredNames: Pick<DiscoveredNames, "addStream">;
}

/**
 * Reads the series of a call; the event loop runs in between.
 *
 * @throws UpstreamError if the platform gives no usable response
 */
export async function readUsage(
  { analytics, discoveredNames }: UsageReader,
  { kind, names, granularity, window }: CollectionCall,
  cancellation: SharedCancellation,
): Promise<CollectedUsage> {
  switch (kind) {
    case "ACCOUNT":
      return collected([["", series(await analytics.accountSeries(window, granularity, cancellation))]]);
    case "ACCOUNT_COUNTRY":
      return collected([
        ["", buckets(await analytics.accountCountrySeries(window, granularity, cancellation), byCountry)],
      ]);
    case "STREAM": {
      const all = await analytics.streamSeries(names, window, granularity, cancellation);
      return collected([...all].map(([name, one]) => [name, series(one)] as const));
    }
    case "STREAM_COUNTRY": {
      const all = await analytics.streamCountrySeries(names, window, granularity, cancellation);
      return collected([...all].map(([name, one]) => [name, buckets(one, byCountry)] as const));
    }
    case "TRACKING_STREAM": {
      const all = await analytics.trackingSeries(names, window, granularity, cancellation);
      const toPart = (row: StreamRow) => {
        if (row.streamName !== null) discoveredNames.addStream(row.streamName);
        return { part: row.streamName ?? "", traffic: row.traffic, counts: null };
      };
      return collected([...all].map(([name, one]) => [name, buckets(one, toPart)] as const));
    }
  }
}

type Buckets = Iterable<readonly [start: number, parts: readonly ArchivedPart[]]>;

/** Converts and checks the buckets one by one. */
async function collected(all: readonly (readonly [name: string, buckets: Buckets])[]): Promise<CollectedUsage> {
  const slices = createSlices();
  const unstorable: string[] = [];
  const byName = new Map<string, Map<number, readonly ArchivedPart[]>>();
  for (const [name, given] of all) {
    const kept = new Map<number, readonly ArchivedPart[]>();
    byName.set(name, kept);
    for (const [start, parts] of given) {
      if (parts.every(isStorable)) kept.set(start, parts);
      else unstorable.push(name);
      const pause = slices();
      if (pause) await pause;
    }
  }
  return { series: byName, unstorable };
}

function* series(usage: UsageSeries): Generator<[number, ArchivedPart[]], void> {
  for (const start of usage.keys()) {
    const traffic = usage.get(start);
    if (traffic) yield [start, [{ part: "", traffic, counts: null }]];
  }
}

function* buckets<Row>(
  rows: ReadonlyMap<number, readonly Row[]>,
  toPart: (row: Row) => ArchivedPart,
): Generator<[number, ArchivedPart[]], void> {
  for (const [start, ofBucket] of rows) yield [start, ofBucket.map(toPart)];
}

function byCountry({ country, traffic, ...counts }: CountryUsage): ArchivedPart {
  return { part: country, traffic, counts };
}
