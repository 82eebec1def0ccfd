import { NotMeteredError } from "../model/errors.ts";
import { assertMetered } from "../model/stream/stream.ts";
import { earliestFreshUntil, type Measured } from "../model/usage/measured.ts";
import {
  assembleSeries,
  type Coverage,
  coverageOf,
  type Granularity,
  planCoverage,
  planSeries,
  type SeriesPlan,
  type SeriesPoint,
  type SeriesRequest,
  type UsageSeries,
} from "../model/usage/series.ts";
import type { TimeWindow } from "../model/usage/time.ts";
import { planTotal, type RetentionPolicy, type UsageWindow } from "../model/usage/time-window.ts";
import { noTraffic, sumTraffic, type Traffic } from "../model/usage/traffic.ts";
import { allMaybe, isPromise, type MaybePromise, mapMaybe } from "../primitives/maybe-promise.ts";
import { memoizeLast } from "../primitives/memoize.ts";
import type { CountryRow, StreamResolution, StreamRow, TrackingRow } from "../upstream/analytics.ts";
import type { UsageLoaders } from "./usage.ts";

/**
 * Whose bandwidth: everything that the graph's one type `Bandwidth` needs to know of its subject. Each method loads by one
 * operation of the platform, gives at once what is known already, and throws UpstreamError when that gives no usable answer.
 */
export interface BandwidthSource {
  readonly keeping: RetentionPolicy;
  total(window: TimeWindow): MaybePromise<Measured<Traffic>>;
  /** Asks for a total that will be read, see `SetLoader.ahead`; left out where it is worked out of others. */
  prefetchTotal?(window: TimeWindow): boolean;
  series(read: SeriesRequest): MaybePromise<Measured<UsageSeries>>;
  /** Null where the platform does not break the figure down by country. */
  readonly countries: ((window: TimeWindow) => MaybePromise<Measured<readonly CountryRow[]>>) | null;
}

/** The streams of a list are asked for the same window. */
const totalPlan = memoizeLast(planTotal);
const seriesPlan = memoizeLast(planSeries);

/** The total of a window. @throws InvalidInputError WINDOW_NOT_RETAINED */
export function readTotal(source: BandwidthSource, window: UsageWindow): MaybePromise<Measured<Traffic>> {
  const { direct, months } = totalPlan(window, source.keeping);
  const rest = direct ? source.total(direct) : nothingOf(window);
  if (!months) return rest;
  const whole = mapMaybe(source.series({ resolution: "MONTH", window: months }), ({ value, freshUntil }) => ({
    value: sumTraffic(value.values()),
    freshUntil,
  }));
  return mapMaybe(allMaybe([whole, rest]), sumUsage);
}

function nothingOf({ retention }: UsageWindow): Measured<Traffic> {
  return { value: noTraffic, freshUntil: retention.freshUntil };
}

function sumUsage(figures: readonly Measured<Traffic>[]): Measured<Traffic> {
  return { value: sumTraffic(figures.map(({ value }) => value)), freshUntil: earliestFreshUntil(figures) };
}

/**
 * Asks for the total of a window that will be read.
 *
 * @returns what to wait for: a promise, or true for what is there when all calls of the request are over; else false
 * @throws InvalidInputError WINDOW_NOT_RETAINED
 */
export function prefetchTotal(source: BandwidthSource, window: UsageWindow): Promise<unknown> | boolean {
  const { direct, months } = totalPlan(window, source.keeping);
  if (direct && !months && source.prefetchTotal) return source.prefetchTotal(direct);
  const total = readTotal(source, window);
  return isPromise(total) ? total : false;
}

/**
 * Every bucket of a window in order, up to when all that was read for them is whole.
 *
 * @throws InvalidInputError WINDOW_NOT_RETAINED
 */
export function readSeries(
  source: BandwidthSource,
  window: UsageWindow,
  granularity: Granularity,
  timeZone: string,
): MaybePromise<Measured<readonly SeriesPoint[]>> {
  const plan = seriesPlan(window, granularity, timeZone, source.keeping);
  const known = window.retention.freshUntil;
  const [only, ...others] = plan.reads;
  if (only && others.length === 0) {
    return mapMaybe(source.series(only), ({ value: reading, freshUntil: readUntil }) => {
      const freshUntil = Math.min(known, readUntil);
      const assemble = () => assembleSeries(plan, { get: () => reading }, freshUntil);
      if (!Object.isFrozen(reading)) return { value: assemble(), freshUntil };
      const shape = [granularity, timeZone, window.from, window.to, freshUntil].join(" ");
      return { value: keptPoints(reading, shape, assemble), freshUntil };
    });
  }
  return readPlanned(source, plan, known);
}

/** Every bucket of a plan. */
function readPlanned(
  source: BandwidthSource,
  plan: SeriesPlan,
  known: number,
): MaybePromise<Measured<readonly SeriesPoint[]>> {
  return mapMaybe(allMaybe(plan.reads.map((read) => source.series(read))), (readings) => {
    const freshUntil = Math.min(known, earliestFreshUntil(readings));
    const byResolution = new Map(plan.reads.map(({ resolution }, index) => [resolution, readings[index]?.value]));
    const value = assembleSeries(plan, { get: (resolution) => byResolution.get(resolution) }, freshUntil);
    return { value, freshUntil };
  });
}

/** What is known of a window, and what lacks in its total. @throws InvalidInputError WINDOW_NOT_RETAINED */
export function readCoverage(source: BandwidthSource, window: UsageWindow): MaybePromise<Measured<Coverage>> {
  const points = readPlanned(source, planCoverage(window, source.keeping), window.retention.freshUntil);
  return mapMaybe(points, ({ value, freshUntil }) => ({
    value: coverageOf(value, window, freshUntil),
    freshUntil,
  }));
}

/** What was made of readings that are asked for again, in the shape that was asked for last. */
const assembled = new WeakMap<UsageSeries, { readonly shape: string; readonly points: readonly SeriesPoint[] }>();

function keptPoints(reading: UsageSeries, shape: string, assemble: () => SeriesPoint[]): readonly SeriesPoint[] {
  const known = assembled.get(reading);
  if (known?.shape === shape) return known.points;
  const points = assemble();
  for (const point of points) Object.freeze(point);
  assembled.set(reading, { shape, points: Object.freeze(points) });
  return points;
}

/**
 * The countries of a window, in no order.
 *
 * @throws NotMeteredError where the platform does not break the figure down
 * @throws InvalidInputError WINDOW_NOT_RETAINED
 */
export function readCountries(
  source: BandwidthSource,
  window: UsageWindow,
): MaybePromise<Measured<readonly CountryRow[]>> {
  if (!source.countries) {
    throw new NotMeteredError("The platform does not break traffic down by country for a tracking id.");
  }
  const { direct } = totalPlan(window, DAYS_KEPT);
  return direct ? source.countries(direct) : { value: [], freshUntil: window.retention.freshUntil };
}

const MONTHS_KEPT: RetentionPolicy = { monthsRetained: true };
const DAYS_KEPT: RetentionPolicy = { monthsRetained: false };

/** All traffic of the account, that of no partner included. */
export function accountBandwidth(figures: UsageLoaders): BandwidthSource {
  return {
    keeping: MONTHS_KEPT,
    total: (window) => figures.accountTotal.load({ window }),
    series: (read) => figures.accountSeries.load(read),
    countries: (window) => figures.accountCountries.load({ window }),
  };
}

/** All traffic of one stream. @throws NotMeteredError (from its methods) for a name that analytics refuse */
export function streamBandwidth(figures: UsageLoaders, name: string): BandwidthSource {
  return new StreamBandwidth(figures, name);
}

/** A class, since a page makes one for each of its streams, and functions of their own would be most of it. */
class StreamBandwidth implements BandwidthSource {
  readonly #figures: UsageLoaders;
  readonly #name: string;

  constructor(figures: UsageLoaders, name: string) {
    this.#figures = figures;
    this.#name = name;
  }

  get keeping(): RetentionPolicy {
    return DAYS_KEPT;
  }

  total(window: TimeWindow): MaybePromise<Measured<Traffic>> {
    return this.#figures.streamTotal.load({ name: metered(this.#name), window });
  }

  prefetchTotal(window: TimeWindow): boolean {
    return this.#figures.streamTotal.prefetch({ name: metered(this.#name), window });
  }

  series({ window, resolution }: SeriesRequest): MaybePromise<Measured<UsageSeries>> {
    return this.#figures.streamSeries.load({ name: metered(this.#name), window, resolution: daily(resolution) });
  }

  countries(window: TimeWindow): MaybePromise<Measured<readonly CountryRow[]>> {
    return this.#figures.streamCountries.load({ name: metered(this.#name), window });
  }
}

/** All traffic under some tracking ids, or only its part on one stream. A request has one source of each. */
export function partnerBandwidth(
  figures: UsageLoaders,
  trackingIds: readonly string[],
  streamName?: string,
): BandwidthSource {
  const ofRequest = partnerSources.get(figures) ?? new Map<string, BandwidthSource>();
  partnerSources.set(figures, ofRequest);
  const key = JSON.stringify([trackingIds, streamName]);
  const source = ofRequest.get(key) ?? workedOutOnce(sourceOfIds(figures, trackingIds, streamName));
  ofRequest.set(key, source);
  return source;
}

const partnerSources = new WeakMap<UsageLoaders, Map<string, BandwidthSource>>();

/** The same source, whose series are worked out once however often one request names their stream. */
function workedOutOnce(source: BandwidthSource): BandwidthSource {
  const all = new Map<string, MaybePromise<Measured<UsageSeries>>>();
  return {
    ...source,
    series: (read) => {
      const key = `${read.resolution} ${read.window.from} ${read.window.to}`;
      const known = all.get(key);
      if (known) return known;
      const series = mapMaybe(source.series(read), ({ value, freshUntil }) => ({
        value: Object.freeze(value),
        freshUntil,
      }));
      all.set(key, series);
      if (isPromise(series)) series.catch(() => all.delete(key));
      return series;
    },
  };
}

function sourceOfIds(figures: UsageLoaders, trackingIds: readonly string[], streamName?: string): BandwidthSource {
  const [only] = trackingIds;
  if (only !== undefined && trackingIds.length === 1) return trackingIdBandwidth(figures, only, streamName);
  return sumBandwidth(trackingIds.map((trackingId) => trackingIdBandwidth(figures, trackingId, streamName)));
}

function trackingIdBandwidth(figures: UsageLoaders, trackingId: string, streamName?: string): BandwidthSource {
  const ownRows = (rows: readonly StreamRow[]) =>
    sumTraffic(rows.flatMap((row) => (streamName === undefined || row.streamName === streamName ? row.traffic : [])));
  return {
    keeping: DAYS_KEPT,
    total: (window) => mapMaybe(figures.rowsByTrackingId.load({ name: trackingId, window }), changed(ownRows)),
    series: ({ window, resolution }) =>
      mapMaybe(
        figures.rowSeriesByTrackingId.load({ name: trackingId, window, resolution: daily(resolution) }),
        changed((buckets) => mapValues(buckets, ownRows)),
      ),
    countries: null,
  };
}

/** The traffic of one stream under one tracking id; null for its untracked rest, which includes the broadcaster's ingest. */
export function streamTrackingBandwidth(
  figures: UsageLoaders,
  name: string,
  trackingId: string | null,
): BandwidthSource {
  const ownRows = (rows: readonly TrackingRow[]) =>
    sumTraffic(rows.flatMap((row) => (row.trackingId === trackingId ? row.traffic : [])));
  return {
    keeping: DAYS_KEPT,
    total: (window) => mapMaybe(figures.trackingRowsByStream.load({ name: metered(name), window }), changed(ownRows)),
    series: ({ window, resolution }) =>
      mapMaybe(
        figures.trackingRowSeriesByStream.load({ name: metered(name), window, resolution: daily(resolution) }),
        changed((buckets) => mapValues(buckets, ownRows)),
      ),
    countries: null,
  };
}

/**
 * The sum of several subjects. A bucket is there as soon as one of them has it, and lacks a part while another one, that has
 * buckets at all, has it not. One without any has no traffic: the platform may leave such a name out.
 */
export function sumBandwidth(sources: readonly BandwidthSource[]): BandwidthSource {
  return {
    keeping: DAYS_KEPT,
    total: (window) => mapMaybe(allMaybe(sources.map((source) => source.total(window))), sumUsage),
    series: (read) =>
      mapMaybe(allMaybe(sources.map((source) => source.series(read))), (readings) => {
        const starts = new Set(readings.flatMap(({ value }) => [...value.keys()]));
        const sum = (start: number) => sumTraffic(readings.flatMap(({ value }) => value.get(start) ?? []));
        const value: UsageSeries = new Map([...starts].map((start) => [start, sum(start)]));
        const summed = readings.filter(({ value: each }) => !isEmpty(each));
        value.lacks = (start) => summed.some(({ value: each }) => !each.get(start) || each.lacks?.(start));
        return { value, freshUntil: earliestFreshUntil(readings) };
      }),
    countries: null,
  };
}

function metered(name: string): string {
  assertMetered(name);
  return name;
}

/** Only the account's series know months, and only its windows are planned with them. */
function daily(resolution: Granularity): StreamResolution {
  if (resolution === "MONTH") throw new RangeError("months are kept for the account alone");
  return resolution;
}

function isEmpty(reading: UsageSeries): boolean {
  for (const _start of reading.keys()) return false;
  return true;
}

/** The same change of a figure's value. */
function changed<In, Out>(change: (value: In) => Out): (figure: Measured<In>) => Measured<Out> {
  return ({ value, freshUntil }) => ({ value: change(value), freshUntil });
}

function mapValues<In, Out>(map: ReadonlyMap<number, In>, change: (value: In) => Out): Map<number, Out> {
  return new Map([...map].map(([key, value]) => [key, change(value)]));
}
