import { assembleSeries, type Granularity, type SeriesPlan, type SeriesPoint } from "./series.ts";
import { addTraffic, noTraffic, sumTraffic, type Traffic } from "./traffic.ts";

/** Usage of one country over some time. */
export interface CountryUsage {
  /** ISO 3166-1 alpha-2. */
  readonly country: string;
  readonly traffic: Traffic;
  readonly viewSeconds: number;
  readonly publishSeconds: number;
  /** Views that began. */
  readonly views: number;
  /** Broadcasts that began. */
  readonly publishes: number;
}

/** Usage by the start of its bucket. A bucket that is absent was not metered; a country that is absent in one has no usage. */
export type CountryBuckets = ReadonlyMap<number, readonly CountryUsage[]>;

/** One bucket of a country's series; its usage is null exactly if nothing is known of the bucket. */
export interface CountryPoint {
  readonly bucket: SeriesPoint;
  readonly usage: CountryUsage | null;
}

/** Usage of a country over a window, and each bucket of it in order. */
export interface CountrySeries extends CountryUsage {
  readonly points: readonly CountryPoint[];
}

/**
 * Joins the plan of a series and what was read: the series of each country with usage, with the same buckets.
 *
 * @param freshUntil up to when all reads are complete; buckets that begin later are omitted
 */
export function assembleCountries(
  plan: SeriesPlan,
  readings: ReadonlyMap<Granularity, CountryBuckets>,
  freshUntil: number,
): CountrySeries[] {
  const traffic = new Map([...readings].map(([resolution, buckets]) => [resolution, trafficOf(buckets)]));
  const points = assembleSeries(plan, traffic, freshUntil);
  const usages = new Map<string, Map<SeriesPoint, CountryUsage>>();
  for (const [index, point] of points.entries()) {
    const { resolution, tiles } = plan.buckets[index] ?? { resolution: "HOUR", tiles: [] };
    for (const usage of tiles.flatMap((start) => readings.get(resolution)?.get(start) ?? [])) {
      const ofCountry = usages.get(usage.country) ?? new Map<SeriesPoint, CountryUsage>();
      const known = ofCountry.get(point);
      usages.set(usage.country, ofCountry.set(point, known ? addUsage(known, usage) : usage));
    }
  }
  return [...usages].map(([country, ofCountry]) => ({
    ...[...ofCountry.values()].reduce(addUsage),
    points: points.map((bucket) => ({
      bucket,
      usage: bucket.state === "MISSING" ? null : (ofCountry.get(bucket) ?? noUsage(country)),
    })),
  }));
}

/** Returns one entry for each country, with the sum of its usage. */
export function sumByCountry(usages: Iterable<CountryUsage>): CountryUsage[] {
  const sums = new Map<string, CountryUsage>();
  for (const usage of usages) {
    const known = sums.get(usage.country);
    sums.set(usage.country, known ? addUsage(known, usage) : usage);
  }
  return [...sums.values()];
}

/**
 * Returns the series of each country with usage.
 *
 * @param usages usage of each point, in which a country may occur repeatedly
 */
export function assembleJoinedCountries(
  points: readonly SeriesPoint[],
  usages: readonly (readonly CountryUsage[])[],
): CountrySeries[] {
  const ofPoints = usages.map((all) => new Map(sumByCountry(all).map((usage) => [usage.country, usage])));
  return sumByCountry(usages.flat()).map((sum) => ({
    ...sum,
    points: points.map((bucket, index) => ({
      bucket,
      usage: bucket.state === "MISSING" ? null : (ofPoints[index]?.get(sum.country) ?? noUsage(sum.country)),
    })),
  }));
}

function trafficOf(buckets: CountryBuckets): Map<number, Traffic> {
  return new Map([...buckets].map(([start, usages]) => [start, sumTraffic(usages.map(({ traffic }) => traffic))]));
}

function addUsage(a: CountryUsage, b: CountryUsage): CountryUsage {
  return {
    country: a.country,
    traffic: addTraffic(a.traffic, b.traffic),
    viewSeconds: a.viewSeconds + b.viewSeconds,
    publishSeconds: a.publishSeconds + b.publishSeconds,
    views: a.views + b.views,
    publishes: a.publishes + b.publishes,
  };
}

function noUsage(country: string): CountryUsage {
  return { country, traffic: noTraffic, viewSeconds: 0, publishSeconds: 0, views: 0, publishes: 0 };
}
