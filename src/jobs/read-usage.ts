import type { ArchivedPart } from "../model/usage/archive.ts";
import type { CountryBuckets } from "../model/usage/country-usage.ts";
import type { UsageSeries } from "../model/usage/series.ts";
import type { SharedCancellation } from "../primitives/cancellation.ts";
import type { Analytics, StreamRow } from "../upstream/analytics.ts";
import type { CollectionCall } from "./collection-plan.ts";

/** Usage by name and bucket. */
export type CollectedUsage = ReadonlyMap<string, ReadonlyMap<number, readonly ArchivedPart[]>>;

/**
 * Reads the series of a call.
 *
 * @throws UpstreamError if the platform gives no usable response
 */
export async function readUsage(
  analytics: Analytics,
  { kind, names, granularity, window }: CollectionCall,
  cancellation: SharedCancellation,
): Promise<CollectedUsage> {
  switch (kind) {
    case "ACCOUNT":
      return new Map([["", whole(await analytics.accountSeries(window, granularity, cancellation))]]);
    case "ACCOUNT_COUNTRY":
      return new Map([["", byCountry(await analytics.accountCountrySeries(window, granularity, cancellation))]]);
    case "STREAM":
      return mapValues(await analytics.streamSeries(names, window, granularity, cancellation), whole);
    case "STREAM_COUNTRY":
      return mapValues(await analytics.streamCountrySeries(names, window, granularity, cancellation), byCountry);
    case "TRACKING_STREAM":
      return mapValues(await analytics.trackingSeries(names, window, granularity, cancellation), byStream);
  }
}

function whole(series: UsageSeries): Map<number, ArchivedPart[]> {
  const buckets = new Map<number, ArchivedPart[]>();
  for (const start of series.keys()) {
    const traffic = series.get(start);
    if (traffic) buckets.set(start, [{ part: "", traffic, counts: null }]);
  }
  return buckets;
}

function byCountry(buckets: CountryBuckets): Map<number, ArchivedPart[]> {
  return mapValues(buckets, (usages) =>
    usages.map(({ country, traffic, ...counts }) => ({ part: country, traffic, counts })),
  );
}

function byStream(buckets: ReadonlyMap<number, readonly StreamRow[]>): Map<number, ArchivedPart[]> {
  return mapValues(buckets, (rows) =>
    rows.map(({ streamName, traffic }) => ({ part: streamName ?? "", traffic, counts: null })),
  );
}

function mapValues<Key, From, To>(map: ReadonlyMap<Key, From>, convert: (value: From) => To): Map<Key, To> {
  return new Map([...map].map(([key, value]) => [key, convert(value)]));
}
