import { NotMeteredError } from "../model/errors.ts";
import { assembleCountries, type CountrySeries } from "../model/usage/country-usage.ts";
import { earliestFreshUntil, type Measured, sumMeasured } from "../model/usage/measured.ts";
import { DAYS_RETAINED } from "../model/usage/retention.ts";
import {
  assembleSeries,
  type Coverage,
  coverageOf,
  type Granularity,
  planCoverage,
  planSeries,
  type SeriesPlan,
  type SeriesPoint,
} from "../model/usage/series.ts";
import type { TimeWindow } from "../model/usage/time.ts";
import { planTotal, type TotalPlan, type UsageWindow } from "../model/usage/time-window.ts";
import { noTraffic, sumTraffic, type Traffic } from "../model/usage/traffic.ts";
import type { Zones } from "../model/usage/zones.ts";
import { allMaybe, isPromise, type MaybePromise, mapMaybe } from "../primitives/maybe-promise.ts";
import { memoizeLast } from "../primitives/memoize.ts";
import type { CountryRow, StreamRow } from "../upstream/analytics.ts";
import { type BandwidthArchive, type BandwidthSource, type PartArchive, partArchiveOf } from "./bandwidth-source.ts";
import {
  isNotRetained,
  joinedCountries,
  joinedCountrySeries,
  joinedCoverage,
  joinedSeries,
  joinedStreamRows,
  joinedTotal,
  readWindow,
  type WindowRead,
} from "./joined-bandwidth.ts";
import type { UsageLoaders } from "./usage.ts";

/** Plans of the last window: all streams of a list have the same one. */
const totalPlan = memoizeLast(planTotal);
const seriesPlan = memoizeLast(planSeries);

/** Loads the total of a window; what the platform no longer has, from the archive. @throws InvalidInputError WINDOW_NOT_RETAINED */
export function readTotal(source: BandwidthSource, window: UsageWindow): MaybePromise<Measured<Traffic>> {
  return readWindow(source, window, totalRead);
}

const policyOf = ({ retention }: BandwidthSource) => retention;
const archiveOf = (source: BandwidthSource) => source.archive?.();
const countryArchiveOf = (source: BandwidthSource) => source.archive?.().countries;

const totalRead: WindowRead<BandwidthSource, TotalPlan, Traffic, BandwidthArchive> = {
  policyOf,
  plan: ({ retention }, window) => totalPlan(window, retention),
  live: readLiveTotal,
  archive: archiveOf,
  joined: joinedTotal,
};

function readLiveTotal(
  source: BandwidthSource,
  { direct, months }: TotalPlan,
  window: UsageWindow,
): MaybePromise<Measured<Traffic>> {
  const rest = direct ? source.total(direct) : noUsage(window);
  if (!months) return rest;
  const ofMonths = mapMaybe(source.series({ resolution: "MONTH", window: months }), ({ value, freshUntil }) => ({
    value: sumTraffic(value.values()),
    freshUntil,
  }));
  return mapMaybe(allMaybe([ofMonths, rest]), sumMeasured);
}

function noUsage({ retention }: UsageWindow): Measured<Traffic> {
  return { value: noTraffic, freshUntil: retention.freshUntil };
}

/**
 * Starts the load of the total of a window.
 *
 * @returns a promise to wait for; true if the total is cached once all calls of the request are over; false if it is now
 * @throws InvalidInputError WINDOW_NOT_RETAINED
 */
export function prefetchTotal(source: BandwidthSource, window: UsageWindow): Promise<unknown> | boolean {
  const { direct, months } = totalPlan(window, source.retention);
  if (direct && !months && source.prefetchTotal) return source.prefetchTotal(direct);
  const total = readTotal(source, window);
  return isPromise(total) ? total : false;
}

/**
 * Loads every bucket of a window in order, oldest first, with the time up to which all of them are complete.
 *
 * @throws InvalidInputError WINDOW_NOT_RETAINED
 */
export function readSeries(
  source: BandwidthSource,
  window: UsageWindow,
  granularity: Granularity,
  zones: Zones,
): MaybePromise<Measured<readonly SeriesPoint[]>> {
  return readWindow(source, window, {
    policyOf,
    plan: () => seriesPlan(window, granularity, zones, source.retention),
    live: (_source, plan) => readLiveSeries(source, plan, window.retention.freshUntil),
    archive: archiveOf,
    joined: (_source, archive, refusal) => joinedSeries(source, archive, granularity, zones, refusal),
  });
}

function readLiveSeries(
  source: BandwidthSource,
  plan: SeriesPlan,
  windowFreshUntil: number,
): MaybePromise<Measured<readonly SeriesPoint[]>> {
  const [only, ...others] = plan.reads;
  if (only && others.length === 0) {
    return mapMaybe(source.series(only), (measured) => {
      const freshUntil = Math.min(windowFreshUntil, measured.freshUntil);
      return { value: assembleSeries(plan, { get: () => measured.value }, freshUntil), freshUntil };
    });
  }
  return readPlanned(source, plan, windowFreshUntil);
}

/** Loads every bucket of a plan. */
function readPlanned(
  source: BandwidthSource,
  plan: SeriesPlan,
  windowFreshUntil: number,
): MaybePromise<Measured<readonly SeriesPoint[]>> {
  return mapMaybe(allMaybe(plan.reads.map((read) => source.series(read))), (series) => {
    const freshUntil = Math.min(windowFreshUntil, earliestFreshUntil(series));
    const byResolution = new Map(plan.reads.map(({ resolution }, index) => [resolution, series[index]?.value]));
    const value = assembleSeries(plan, { get: (resolution) => byResolution.get(resolution) }, freshUntil);
    return { value, freshUntil };
  });
}

/** Loads which parts of a window are covered by data. @throws InvalidInputError WINDOW_NOT_RETAINED */
export function readCoverage(source: BandwidthSource, window: UsageWindow): MaybePromise<Measured<Coverage>> {
  return readWindow(source, window, coverageRead);
}

const coverageRead: WindowRead<BandwidthSource, SeriesPlan, Coverage, BandwidthArchive> = {
  policyOf,
  plan: ({ retention }, window) => planCoverage(window, retention),
  live: (source, plan, window) =>
    mapMaybe(readPlanned(source, plan, window.retention.freshUntil), ({ value, freshUntil }) => ({
      value: coverageOf(value, window, freshUntil),
      freshUntil,
    })),
  archive: archiveOf,
  joined: joinedCoverage,
};

/**
 * Loads the traffic of a window by country, in no order.
 *
 * @throws NotMeteredError if the platform does not report countries for the subject
 * @throws InvalidInputError WINDOW_NOT_RETAINED
 */
export function readCountries(
  source: BandwidthSource,
  window: UsageWindow,
): MaybePromise<Measured<readonly CountryRow[]>> {
  const { countries } = source;
  if (!countries) throw noCountries();
  return readWindow(source, window, {
    policyOf: () => DAYS_RETAINED,
    plan: () => totalPlan(window, DAYS_RETAINED),
    live: (_source, { direct }) => (direct ? countries.call(source, direct) : noRows(window)),
    archive: countryArchiveOf,
    joined: joinedCountries,
  });
}

function noRows({ retention }: UsageWindow): Measured<readonly never[]> {
  return { value: [], freshUntil: retention.freshUntil };
}

/**
 * Loads a series for each country with usage, in no order.
 *
 * @throws NotMeteredError if the platform does not report countries for the subject
 * @throws InvalidInputError WINDOW_NOT_RETAINED
 */
export async function readCountrySeries(
  source: BandwidthSource,
  window: UsageWindow,
  granularity: Granularity,
  zones: Zones,
): Promise<Measured<CountrySeries[]>> {
  if (!source.countrySeries) throw noCountries();
  return readWindow(source, window, {
    policyOf: () => DAYS_RETAINED,
    plan: () => seriesPlan(window, granularity, zones, DAYS_RETAINED),
    live: readLiveCountrySeries,
    archive: countryArchiveOf,
    joined: (_source, archive, refusal) => joinedCountrySeries(source, archive, granularity, zones, refusal),
  });
}

async function readLiveCountrySeries(
  source: BandwidthSource,
  plan: SeriesPlan,
  window: UsageWindow,
): Promise<Measured<CountrySeries[]>> {
  const series = await Promise.all(plan.reads.flatMap((read) => source.countrySeries?.(read) ?? []));
  const freshUntil = Math.min(window.retention.freshUntil, earliestFreshUntil(series));
  const readings = plan.reads.flatMap(({ resolution }, index) => {
    const buckets = series[index]?.value;
    return buckets ? [[resolution, buckets] as const] : [];
  });
  return { value: assembleCountries(plan, new Map(readings), freshUntil), freshUntil };
}

/**
 * Loads the traffic of tracking ids by stream, of which a stream may have several rows.
 *
 * @throws InvalidInputError WINDOW_NOT_RETAINED if the archive of none of them has begun by the end of the window
 */
export async function readStreamRows(
  usage: StreamRowLoaders,
  trackingIds: readonly string[],
  window: UsageWindow,
): Promise<readonly StreamRow[]> {
  const all = await Promise.allSettled(trackingIds.map((trackingId) => streamRowsOf(usage, trackingId, window)));
  const failures = all.flatMap((each) => (each.status === "rejected" ? [each.reason as unknown] : []));
  // As in a sum, a tracking id without anything has no traffic.
  const failure = failures.find((error) => !isNotRetained(error)) ?? failures[0];
  if (failure !== undefined && (failures.length === all.length || !isNotRetained(failure))) throw failure;
  return all.flatMap((each) => (each.status === "fulfilled" ? each.value.value : []));
}

type StreamRowLoaders = Pick<UsageLoaders, "rowsByTrackingId" | "archived">;

async function streamRowsOf(
  usage: StreamRowLoaders,
  trackingId: string,
  window: UsageWindow,
): Promise<Measured<readonly StreamRow[]>> {
  const load = (direct: TimeWindow) => usage.rowsByTrackingId.load({ name: trackingId, window: direct });
  return readWindow<StreamRowLoaders, TotalPlan, readonly StreamRow[], PartArchive>(usage, window, {
    policyOf: () => DAYS_RETAINED,
    plan: () => totalPlan(window, DAYS_RETAINED),
    live: (_usage, { direct }) => (direct ? load(direct) : noRows(window)),
    archive: ({ archived }) => partArchiveOf(archived, { kind: "TRACKING_STREAM", name: trackingId }),
    joined: (_usage, archive, refusal) => joinedStreamRows(load, archive, refusal),
  });
}

function noCountries(): NotMeteredError {
  return new NotMeteredError("The platform does not break traffic down by country for a tracking id.");
}
