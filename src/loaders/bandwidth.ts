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
import { type BandwidthSource, partArchiveOf } from "./bandwidth-source.ts";
import {
  archiveFor,
  isNotRetained,
  joinedCountries,
  joinedCountrySeries,
  joinedCoverage,
  joinedSeries,
  joinedStreamRows,
  joinedTotal,
  orSettled,
  readRefused,
} from "./joined-bandwidth.ts";
import type { UsageLoaders } from "./usage.ts";

/** Plans of the last window: all streams of a list have the same one. */
const totalPlan = memoizeLast(planTotal);
const seriesPlan = memoizeLast(planSeries);

/** Loads the total of a window; what the platform no longer has, from the archive. @throws InvalidInputError WINDOW_NOT_RETAINED */
export function readTotal(source: BandwidthSource, window: UsageWindow): MaybePromise<Measured<Traffic>> {
  let plan: TotalPlan;
  try {
    plan = totalPlan(window, source.retention);
  } catch (error) {
    const archive = archiveFor(error, source.archive?.());
    return readRefused(joinedTotal(source, archive, error), window, source.retention, archive);
  }
  const total = readLiveTotal(source, plan, window);
  return isPromise(total) && source.archive ? total.catch(() => settledTotal(source, total, window)) : total;
}

/** Returns a total that cannot be read, from the archive. */
function settledTotal(source: BandwidthSource, total: Promise<Measured<Traffic>>, window: UsageWindow) {
  const archive = source.archive?.();
  return archive ? orSettled(total, joinedTotal(source, archive, null), window, archive) : total;
}

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
  let plan: SeriesPlan;
  try {
    plan = seriesPlan(window, granularity, zones, source.retention);
  } catch (error) {
    const archive = archiveFor(error, source.archive?.());
    const read = joinedSeries(source, archive, granularity, zones, error);
    return readRefused(read, window, source.retention, archive);
  }
  const series = readLiveSeries(source, plan, window.retention.freshUntil);
  const archive = isPromise(series) ? source.archive?.() : undefined;
  return archive && isPromise(series)
    ? orSettled(series, joinedSeries(source, archive, granularity, zones, null), window, archive)
    : series;
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
  let plan: SeriesPlan;
  try {
    plan = planCoverage(window, source.retention);
  } catch (error) {
    const archive = archiveFor(error, source.archive?.());
    return readRefused(joinedCoverage(source, archive, error), window, source.retention, archive);
  }
  const points = readPlanned(source, plan, window.retention.freshUntil);
  const coverage = mapMaybe(points, ({ value, freshUntil }) => ({
    value: coverageOf(value, window, freshUntil),
    freshUntil,
  }));
  const archive = isPromise(coverage) ? source.archive?.() : undefined;
  return archive && isPromise(coverage)
    ? orSettled(coverage, joinedCoverage(source, archive, null), window, archive)
    : coverage;
}

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
  if (!source.countries) throw noCountries();
  let plan: TotalPlan;
  try {
    plan = totalPlan(window, DAYS_RETAINED);
  } catch (error) {
    const needed = archiveFor(error, source.archive?.().countries);
    return readRefused(joinedCountries(source, needed, error), window, DAYS_RETAINED, needed);
  }
  const countries = plan.direct
    ? source.countries(plan.direct)
    : { value: [], freshUntil: window.retention.freshUntil };
  const archive = isPromise(countries) ? source.archive?.().countries : null;
  return archive && isPromise(countries)
    ? orSettled(countries, joinedCountries(source, archive, null), window, archive)
    : countries;
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
  let plan: SeriesPlan;
  try {
    plan = seriesPlan(window, granularity, zones, DAYS_RETAINED);
  } catch (error) {
    const needed = archiveFor(error, source.archive?.().countries);
    const read = joinedCountrySeries(source, needed, granularity, zones, error);
    return readRefused(read, window, DAYS_RETAINED, needed);
  }
  const series = readLiveCountrySeries(source, plan, window);
  const archive = source.archive?.().countries;
  return archive
    ? orSettled(series, joinedCountrySeries(source, archive, granularity, zones, null), window, archive)
    : series;
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
  const archive = partArchiveOf(usage.archived, { kind: "TRACKING_STREAM", name: trackingId });
  let plan: TotalPlan;
  try {
    plan = totalPlan(window, DAYS_RETAINED);
  } catch (error) {
    const needed = archiveFor(error, archive);
    return readRefused(joinedStreamRows(load, needed, error), window, DAYS_RETAINED, needed);
  }
  const rows = plan.direct ? load(plan.direct) : { value: [], freshUntil: window.retention.freshUntil };
  return isPromise(rows) ? orSettled(rows, joinedStreamRows(load, archive, null), window, archive) : rows;
}

function noCountries(): NotMeteredError {
  return new NotMeteredError("The platform does not break traffic down by country for a tracking id.");
}
