import { NotMeteredError } from "../model/errors.ts";
import { assertMetered } from "../model/stream/stream.ts";
import { type Figure, oldestOf } from "../model/usage/measured.ts";
import {
  assembleSeries,
  type Coverage,
  coverageOf,
  type Granularity,
  planCoverage,
  planSeries,
  type Reading,
  type SeriesPlan,
  type SeriesPoint,
  type SeriesRead,
} from "../model/usage/series.ts";
import { type Keeping, planTotal, type TimeWindow, type UsageWindow } from "../model/usage/time-window.ts";
import { noTraffic, sumTraffic, type Traffic } from "../model/usage/traffic.ts";
import { allThere, isPromise, type MaybePromise, whenThere } from "../primitives/maybe-promise.ts";
import { rememberingLast } from "../primitives/memoize.ts";
import type { CountryRow, StreamResolution, StreamRow, TrackingRow } from "../upstream/analytics.ts";
import type { FigureLoaders } from "./usage.ts";

/**
 * Whose bandwidth: everything that the graph's one type `Bandwidth` needs to know of its subject. Each method loads by one
 * operation of the platform, gives at once what is known already, and throws UpstreamError when that gives no usable answer.
 */
export interface BandwidthSource {
  readonly keeping: Keeping;
  total(window: TimeWindow): MaybePromise<Figure<Traffic>>;
  /** Asks for a total that will be read, see `SetLoader.ahead`; left out where it is worked out of others. */
  totalAhead?(window: TimeWindow): boolean;
  series(read: SeriesRead): MaybePromise<Figure<Reading>>;
  /** Null where the platform does not break the figure down by country. */
  readonly countries: ((window: TimeWindow) => MaybePromise<Figure<readonly CountryRow[]>>) | null;
}

/** The streams of a list are asked for the same window. */
const totalPlan = rememberingLast(planTotal);
const seriesPlan = rememberingLast(planSeries);

/** The total of a window. @throws InvalidInputError WINDOW_NOT_RETAINED */
export function readTotal(source: BandwidthSource, window: UsageWindow): MaybePromise<Figure<Traffic>> {
  const { direct, months } = totalPlan(window, source.keeping);
  const rest = direct ? source.total(direct) : nothingOf(window);
  if (!months) return rest;
  const whole = whenThere(source.series({ resolution: "MONTH", window: months }), ({ value, freshUntil }) => ({
    value: sumTraffic(value.values()),
    freshUntil,
  }));
  return whenThere(allThere([whole, rest]), sumOfFigures);
}

function nothingOf({ retention }: UsageWindow): Figure<Traffic> {
  return { value: noTraffic, freshUntil: retention.freshUntil };
}

function sumOfFigures(figures: readonly Figure<Traffic>[]): Figure<Traffic> {
  return { value: sumTraffic(figures.map(({ value }) => value)), freshUntil: oldestOf(figures) };
}

/**
 * Asks for the total of a window that will be read.
 *
 * @returns what to wait for: a promise, or true for what is there when all calls of the request are over; else false
 * @throws InvalidInputError WINDOW_NOT_RETAINED
 */
export function askForTotal(source: BandwidthSource, window: UsageWindow): Promise<unknown> | boolean {
  const { direct, months } = totalPlan(window, source.keeping);
  if (direct && !months && source.totalAhead) return source.totalAhead(direct);
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
): MaybePromise<Figure<readonly SeriesPoint[]>> {
  const plan = seriesPlan(window, granularity, timeZone, source.keeping);
  const known = window.retention.freshUntil;
  const [only, ...others] = plan.reads;
  if (only && others.length === 0) {
    return whenThere(source.series(only), ({ value: reading, freshUntil: readUntil }) => {
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
): MaybePromise<Figure<readonly SeriesPoint[]>> {
  return whenThere(allThere(plan.reads.map((read) => source.series(read))), (readings) => {
    const freshUntil = Math.min(known, oldestOf(readings));
    const byResolution = new Map(plan.reads.map(({ resolution }, index) => [resolution, readings[index]?.value]));
    const value = assembleSeries(plan, { get: (resolution) => byResolution.get(resolution) }, freshUntil);
    return { value, freshUntil };
  });
}

/** What is known of a window, and what lacks in its total. @throws InvalidInputError WINDOW_NOT_RETAINED */
export function readCoverage(source: BandwidthSource, window: UsageWindow): MaybePromise<Figure<Coverage>> {
  const points = readPlanned(source, planCoverage(window, source.keeping), window.retention.freshUntil);
  return whenThere(points, ({ value, freshUntil }) => ({
    value: coverageOf(value, window, freshUntil),
    freshUntil,
  }));
}

/** What was made of readings that are asked for again, in the shape that was asked for last. */
const assembled = new WeakMap<Reading, { readonly shape: string; readonly points: readonly SeriesPoint[] }>();

function keptPoints(reading: Reading, shape: string, assemble: () => SeriesPoint[]): readonly SeriesPoint[] {
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
): MaybePromise<Figure<readonly CountryRow[]>> {
  if (!source.countries) {
    throw new NotMeteredError("The platform does not break traffic down by country for a tracking id.");
  }
  const { direct } = totalPlan(window, DAYS_KEPT);
  return direct ? source.countries(direct) : { value: [], freshUntil: window.retention.freshUntil };
}

const MONTHS_KEPT: Keeping = { monthsKept: true };
const DAYS_KEPT: Keeping = { monthsKept: false };

/** All traffic of the account, that of no partner included. */
export function accountBandwidth(figures: FigureLoaders): BandwidthSource {
  return {
    keeping: MONTHS_KEPT,
    total: (window) => figures.accountTotal.load({ window }),
    series: (read) => figures.accountSeries.load(read),
    countries: (window) => figures.accountCountries.load({ window }),
  };
}

/** All traffic of one stream. @throws NotMeteredError (from its methods) for a name that analytics refuse */
export function streamBandwidth(figures: FigureLoaders, name: string): BandwidthSource {
  return new StreamBandwidth(figures, name);
}

/** A class, since a page makes one for each of its streams, and functions of their own would be most of it. */
class StreamBandwidth implements BandwidthSource {
  readonly #figures: FigureLoaders;
  readonly #name: string;

  constructor(figures: FigureLoaders, name: string) {
    this.#figures = figures;
    this.#name = name;
  }

  get keeping(): Keeping {
    return DAYS_KEPT;
  }

  total(window: TimeWindow): MaybePromise<Figure<Traffic>> {
    return this.#figures.streamTotal.load({ name: metered(this.#name), window });
  }

  totalAhead(window: TimeWindow): boolean {
    return this.#figures.streamTotal.ahead({ name: metered(this.#name), window });
  }

  series({ window, resolution }: SeriesRead): MaybePromise<Figure<Reading>> {
    return this.#figures.streamSeries.load({ name: metered(this.#name), window, resolution: daily(resolution) });
  }

  countries(window: TimeWindow): MaybePromise<Figure<readonly CountryRow[]>> {
    return this.#figures.streamCountries.load({ name: metered(this.#name), window });
  }
}

/** All traffic under some tracking ids, or only its part on one stream. A request has one source of each. */
export function partnerBandwidth(
  figures: FigureLoaders,
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

const partnerSources = new WeakMap<FigureLoaders, Map<string, BandwidthSource>>();

/** The same source, whose series are worked out once however often one request names their stream. */
function workedOutOnce(source: BandwidthSource): BandwidthSource {
  const all = new Map<string, MaybePromise<Figure<Reading>>>();
  return {
    ...source,
    series: (read) => {
      const key = `${read.resolution} ${read.window.from} ${read.window.to}`;
      const known = all.get(key);
      if (known) return known;
      const series = whenThere(source.series(read), ({ value, freshUntil }) => ({
        value: Object.freeze(value),
        freshUntil,
      }));
      all.set(key, series);
      if (isPromise(series)) series.catch(() => all.delete(key));
      return series;
    },
  };
}

function sourceOfIds(figures: FigureLoaders, trackingIds: readonly string[], streamName?: string): BandwidthSource {
  const [only] = trackingIds;
  if (only !== undefined && trackingIds.length === 1) return trackingIdBandwidth(figures, only, streamName);
  return sumOfBandwidths(trackingIds.map((trackingId) => trackingIdBandwidth(figures, trackingId, streamName)));
}

function trackingIdBandwidth(figures: FigureLoaders, trackingId: string, streamName?: string): BandwidthSource {
  const ownRows = (rows: readonly StreamRow[]) =>
    sumTraffic(rows.flatMap((row) => (streamName === undefined || row.streamName === streamName ? row.traffic : [])));
  return {
    keeping: DAYS_KEPT,
    total: (window) => whenThere(figures.rowsByTrackingId.load({ name: trackingId, window }), changed(ownRows)),
    series: ({ window, resolution }) =>
      whenThere(
        figures.rowSeriesByTrackingId.load({ name: trackingId, window, resolution: daily(resolution) }),
        changed((buckets) => mapValues(buckets, ownRows)),
      ),
    countries: null,
  };
}

/** The traffic of one stream under one tracking id; null for its untracked rest, which includes the broadcaster's ingest. */
export function streamTrackingBandwidth(
  figures: FigureLoaders,
  name: string,
  trackingId: string | null,
): BandwidthSource {
  const ownRows = (rows: readonly TrackingRow[]) =>
    sumTraffic(rows.flatMap((row) => (row.trackingId === trackingId ? row.traffic : [])));
  return {
    keeping: DAYS_KEPT,
    total: (window) => whenThere(figures.trackingRowsByStream.load({ name: metered(name), window }), changed(ownRows)),
    series: ({ window, resolution }) =>
      whenThere(
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
export function sumOfBandwidths(sources: readonly BandwidthSource[]): BandwidthSource {
  return {
    keeping: DAYS_KEPT,
    total: (window) => whenThere(allThere(sources.map((source) => source.total(window))), sumOfFigures),
    series: (read) =>
      whenThere(allThere(sources.map((source) => source.series(read))), (readings) => {
        const starts = new Set(readings.flatMap(({ value }) => [...value.keys()]));
        const sum = (start: number) => sumTraffic(readings.flatMap(({ value }) => value.get(start) ?? []));
        const value: Reading = new Map([...starts].map((start) => [start, sum(start)]));
        const summed = readings.filter(({ value: each }) => !isEmpty(each));
        value.lacks = (start) => summed.some(({ value: each }) => !each.get(start) || each.lacks?.(start));
        return { value, freshUntil: oldestOf(readings) };
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

function isEmpty(reading: Reading): boolean {
  for (const _start of reading.keys()) return false;
  return true;
}

/** The same change of a figure's value. */
function changed<In, Out>(change: (value: In) => Out): (figure: Figure<In>) => Figure<Out> {
  return ({ value, freshUntil }) => ({ value: change(value), freshUntil });
}

function mapValues<In, Out>(map: ReadonlyMap<number, In>, change: (value: In) => Out): Map<number, Out> {
  return new Map([...map].map(([key, value]) => [key, change(value)]));
}
