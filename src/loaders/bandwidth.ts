import { NotMeteredError } from "../model/errors.ts";
import { assertMetered } from "../model/stream/stream.ts";
import { assembleCountries, type CountryBuckets, type CountrySeries } from "../model/usage/country-usage.ts";
import { earliestFreshUntil, type Measured } from "../model/usage/measured.ts";
import type { RetentionPolicy } from "../model/usage/retention.ts";
import {
  addGap,
  assembleSeries,
  type Coverage,
  coverageOf,
  type Granularity,
  planCoverage,
  planSeries,
  type SeriesPlan,
  type SeriesPoint,
  type SeriesRequest,
  tileStarts,
  type UsageSeries,
} from "../model/usage/series.ts";
import { DAY_MS, HOUR_MS, type TimeWindow } from "../model/usage/time.ts";
import { planTotal, type TotalPlan, type UsageWindow } from "../model/usage/time-window.ts";
import { noTraffic, sumTraffic, type Traffic } from "../model/usage/traffic.ts";
import type { Zones } from "../model/usage/zones.ts";
import { allMaybe, isPromise, type MaybePromise, mapMaybe } from "../primitives/maybe-promise.ts";
import { memoizeLast } from "../primitives/memoize.ts";
import type { CountryRow, StreamResolution, StreamRow, TrackingRow } from "../upstream/analytics.ts";
import {
  archiveOf,
  type BandwidthArchive,
  type BandwidthSource,
  partArchiveOf,
  type SourceBucket,
} from "./bandwidth-source.ts";
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

export type { BandwidthSource } from "./bandwidth-source.ts";

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
  return mapMaybe(allMaybe([ofMonths, rest]), sumUsage);
}

function noUsage({ retention }: UsageWindow): Measured<Traffic> {
  return { value: noTraffic, freshUntil: retention.freshUntil };
}

function sumUsage(parts: readonly Measured<Traffic>[]): Measured<Traffic> {
  return { value: sumTraffic(parts.map(({ value }) => value)), freshUntil: earliestFreshUntil(parts) };
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

const MONTHS_RETAINED: RetentionPolicy = { monthsRetained: true };
const DAYS_RETAINED: RetentionPolicy = { monthsRetained: false };

/** Returns the bandwidth of the account, including traffic without a partner. */
export function accountBandwidth(usage: UsageLoaders): BandwidthSource {
  return {
    retention: MONTHS_RETAINED,
    total: (window) => usage.accountTotal.load({ window }),
    series: (read) => usage.accountSeries.load(read),
    countries: (window) => usage.accountCountries.load({ window }),
    countrySeries: ({ window, resolution }) =>
      usage.accountCountrySeries.load({ window, resolution: daily(resolution) }),
    archive: () =>
      archiveOf(usage.archived, { kind: "ACCOUNT", name: "" }, undefined, { kind: "ACCOUNT_COUNTRY", name: "" }),
  };
}

/**
 * Returns the bandwidth of a stream.
 *
 * Its methods throw NotMeteredError for a name that analytics reject.
 */
export function streamBandwidth(usage: UsageLoaders, name: string): BandwidthSource {
  return new StreamBandwidth(usage, name);
}

/** A class, because a page creates one for each of its streams. */
class StreamBandwidth implements BandwidthSource {
  readonly #usage: UsageLoaders;
  readonly #name: string;

  constructor(usage: UsageLoaders, name: string) {
    this.#usage = usage;
    this.#name = name;
  }

  get retention(): RetentionPolicy {
    return DAYS_RETAINED;
  }

  archive(): BandwidthArchive {
    const name = this.#name;
    return archiveOf(this.#usage.archived, { kind: "STREAM", name }, undefined, { kind: "STREAM_COUNTRY", name });
  }

  total(window: TimeWindow): MaybePromise<Measured<Traffic>> {
    return this.#usage.streamTotal.load({ name: metered(this.#name), window });
  }

  prefetchTotal(window: TimeWindow): boolean {
    return this.#usage.streamTotal.prefetch({ name: metered(this.#name), window });
  }

  series({ window, resolution }: SeriesRequest): MaybePromise<Measured<UsageSeries>> {
    return this.#usage.streamSeries.load({ name: metered(this.#name), window, resolution: daily(resolution) });
  }

  countries(window: TimeWindow): MaybePromise<Measured<readonly CountryRow[]>> {
    return this.#usage.streamCountries.load({ name: metered(this.#name), window });
  }

  countrySeries({ window, resolution }: SeriesRequest): MaybePromise<Measured<CountryBuckets>> {
    return this.#usage.streamCountrySeries.load({ name: metered(this.#name), window, resolution: daily(resolution) });
  }
}

/** Returns the bandwidth of tracking ids, or its part on one stream. */
export type PartnerBandwidth = (trackingIds: readonly string[], streamName?: string) => BandwidthSource;

/** Creates the bandwidth of partners for one request, which has one source for each of them. */
export function createPartnerBandwidth(usage: UsageLoaders): PartnerBandwidth {
  const sources = new Map<readonly string[], Map<string | undefined, BandwidthSource>>();
  return (trackingIds, streamName) => {
    const ofIds = sources.get(trackingIds) ?? new Map<string | undefined, BandwidthSource>();
    const source = ofIds.get(streamName) ?? new PartnerSource(sourceOfIds(usage, trackingIds, streamName));
    sources.set(trackingIds, ofIds.set(streamName, source));
    return source;
  };
}

/** Bandwidth of tracking ids, which the platform does not break down by country. */
abstract class TrackedBandwidth implements BandwidthSource {
  readonly countries = null;
  readonly countrySeries = null;

  get retention(): RetentionPolicy {
    return DAYS_RETAINED;
  }

  abstract total(window: TimeWindow): MaybePromise<Measured<Traffic>>;
  abstract prefetchTotal(window: TimeWindow): boolean;
  abstract series(read: SeriesRequest): MaybePromise<Measured<UsageSeries>>;
  abstract get archive(): BandwidthSource["archive"];
}

/** A source with its series memoized, since a request may name a stream repeatedly. */
class PartnerSource extends TrackedBandwidth {
  readonly #source: TrackedBandwidth;
  #series: Map<string, MaybePromise<Measured<UsageSeries>>> | null = null;

  constructor(source: TrackedBandwidth) {
    super();
    this.#source = source;
  }

  total(window: TimeWindow): MaybePromise<Measured<Traffic>> {
    return this.#source.total(window);
  }

  prefetchTotal(window: TimeWindow): boolean {
    return this.#source.prefetchTotal(window);
  }

  get archive() {
    const { archive } = this.#source;
    return archive && (() => archive());
  }

  series(read: SeriesRequest): MaybePromise<Measured<UsageSeries>> {
    this.#series ??= new Map();
    const all = this.#series;
    const key = `${read.resolution} ${read.window.from} ${read.window.to}`;
    const memoized = all.get(key);
    if (memoized) return memoized;
    const series = this.#source.series(read);
    all.set(key, series);
    if (isPromise(series)) series.catch(() => all.delete(key));
    return series;
  }
}

function sourceOfIds(usage: UsageLoaders, trackingIds: readonly string[], streamName?: string): TrackedBandwidth {
  const sources = trackingIds.map((trackingId) => new TrackingIdBandwidth(usage, trackingId, streamName));
  const [only] = sources;
  return only && sources.length === 1 ? only : new SumBandwidth(sources);
}

/** Bandwidth of one tracking id, or its part on one stream. */
class TrackingIdBandwidth extends TrackedBandwidth {
  readonly #usage: UsageLoaders;
  readonly #trackingId: string;
  readonly #streamName: string | undefined;

  constructor(usage: UsageLoaders, trackingId: string, streamName: string | undefined) {
    super();
    this.#usage = usage;
    this.#trackingId = trackingId;
    this.#streamName = streamName;
  }

  total(window: TimeWindow): MaybePromise<Measured<Traffic>> {
    const rows = this.#usage.rowsByTrackingId.load({ name: this.#trackingId, window });
    return isPromise(rows) ? rows.then((all) => this.#totalOf(all)) : this.#totalOf(rows);
  }

  prefetchTotal(window: TimeWindow): boolean {
    return this.#usage.rowsByTrackingId.prefetch({ name: this.#trackingId, window });
  }

  series({ window, resolution }: SeriesRequest): MaybePromise<Measured<UsageSeries>> {
    return mapMaybe(
      this.#usage.rowSeriesByTrackingId.load({ name: this.#trackingId, window, resolution: daily(resolution) }),
      mapMeasured((buckets) => mapValues(buckets, (rows) => this.#trafficIn(rows))),
    );
  }

  get archive() {
    return () => archiveOf(this.#usage.archived, { kind: "TRACKING_STREAM", name: this.#trackingId }, this.#streamName);
  }

  #totalOf({ value, freshUntil }: Measured<readonly StreamRow[]>): Measured<Traffic> {
    return { value: this.#trafficIn(value), freshUntil };
  }

  #trafficIn(rows: readonly StreamRow[]): Traffic {
    if (this.#streamName === undefined) return sumTraffic(rows.map(({ traffic }) => traffic));
    return sumTraffic(trafficOfStream(rows, this.#streamName));
  }
}

/** Traffic by stream: a page of a partner's streams looks each of them up in the same rows. */
const trafficByStream = new WeakMap<readonly StreamRow[], ReadonlyMap<string | null, Traffic[]>>();

function trafficOfStream(rows: readonly StreamRow[], streamName: string): readonly Traffic[] {
  let byName = trafficByStream.get(rows);
  if (!byName) {
    const grouped = new Map<string | null, Traffic[]>();
    for (const { streamName: name, traffic } of rows) {
      const group = grouped.get(name);
      if (group) group.push(traffic);
      else grouped.set(name, [traffic]);
    }
    byName = grouped;
    trafficByStream.set(rows, byName);
  }
  return byName.get(streamName) ?? [];
}

/**
 * Returns the bandwidth of a stream under one tracking id; null for its untracked part, which includes
 * the ingest.
 */
export function streamTrackingBandwidth(usage: UsageLoaders, name: string, trackingId: string | null): BandwidthSource {
  const ownRows = (rows: readonly TrackingRow[]) =>
    sumTraffic(rows.flatMap((row) => (row.trackingId === trackingId ? row.traffic : [])));
  return {
    retention: DAYS_RETAINED,
    total: (window) => mapMaybe(usage.trackingRowsByStream.load({ name: metered(name), window }), mapMeasured(ownRows)),
    series: ({ window, resolution }) =>
      mapMaybe(
        usage.trackingRowSeriesByStream.load({ name: metered(name), window, resolution: daily(resolution) }),
        mapMeasured((buckets) => mapValues(buckets, ownRows)),
      ),
    countries: null,
    countrySeries: null,
    ...(trackingId !== null && {
      archive: () => archiveOf(usage.archived, { kind: "TRACKING_STREAM", name: trackingId }, name),
    }),
  };
}

/**
 * Returns the sum of several sources.
 *
 * A bucket exists if one source has it, and is incomplete if another source with buckets lacks it. A source without any
 * bucket has no traffic: the platform may omit such a name.
 */
export function sumBandwidth(sources: readonly BandwidthSource[]): BandwidthSource {
  return new SumBandwidth(sources);
}

class SumBandwidth extends TrackedBandwidth {
  readonly #sources: readonly BandwidthSource[];

  constructor(sources: readonly BandwidthSource[]) {
    super();
    this.#sources = sources;
  }

  total(window: TimeWindow): MaybePromise<Measured<Traffic>> {
    return mapMaybe(allMaybe(this.#sources.map((source) => source.total(window))), sumUsage);
  }

  prefetchTotal(window: TimeWindow): boolean {
    return this.#sources.map((source) => source.prefetchTotal?.(window)).includes(true);
  }

  series(read: SeriesRequest): MaybePromise<Measured<UsageSeries>> {
    return mapMaybe(allMaybe(this.#sources.map((source) => source.series(read))), (series) => {
      const starts = new Set(series.flatMap(({ value }) => [...value.keys()]));
      const sum = (start: number) => sumTraffic(series.flatMap(({ value }) => value.get(start) ?? []));
      const value: UsageSeries = new Map([...starts].map((start) => [start, sum(start)]));
      const withBuckets = series.filter(({ value: each }) => !isEmpty(each));
      value.lacks = (start) => withBuckets.some(({ value: each }) => !each.get(start) || each.lacks?.(start));
      return { value, freshUntil: earliestFreshUntil(series) };
    });
  }

  get archive() {
    return archiveOfSum(this.#sources);
  }
}

/** Returns the archive of the sum of several sources; none if one of them is not archived. */
function archiveOfSum(sources: readonly BandwidthSource[]): BandwidthSource["archive"] {
  if (sources.length === 0 || sources.some(({ archive }) => !archive)) return undefined;
  return () => sumOfArchives(sources.flatMap((source) => source.archive?.() ?? []));
}

function sumOfArchives(archives: readonly BandwidthArchive[]): BandwidthArchive {
  const [first] = archives;
  if (!first) throw new RangeError("there is nothing to add up");
  return {
    ...first,
    buckets: async (granularity, window) => {
      const read = await Promise.all(archives.map((archive) => archive.buckets(granularity, window)));
      const starts = [...new Set(read.flatMap((buckets) => [...buckets.keys()]))].sort((a, b) => a - b);
      const all = granularity === "DAY" ? await Promise.all(archives.map(completeDays(starts, read))) : read;
      // As with the platform, a source without any bucket has no traffic.
      const withBuckets = all.filter(({ size }) => size > 0);
      return new Map(starts.map((start) => [start, sumBuckets(withBuckets.map((buckets) => buckets.get(start)))]));
    },
    oldest: async (granularity) => {
      const starts = await Promise.all(archives.map((archive) => archive.oldest(granularity)));
      return starts.reduce((a, b) => (a === null || (b !== null && b < a) ? b : a));
    },
    countries: null,
  };
}

/**
 * Returns a function that adds to the days of each archive those that only others have, made of its hours: as for one source,
 * the hours of an absent day stand for it.
 */
function completeDays(starts: readonly number[], read: readonly ReadonlyMap<number, SourceBucket>[]) {
  return async (archive: BandwidthArchive, index: number): Promise<ReadonlyMap<number, SourceBucket>> => {
    const days = new Map(read[index]);
    const absent = starts.filter((day) => !days.has(day));
    const spans: TimeWindow[] = [];
    for (const day of absent) addGap(spans, day, day + DAY_MS);
    const hours = await Promise.all(spans.map((span) => archive.buckets("HOUR", span)));
    const byStart = new Map(hours.flatMap((buckets) => [...buckets]));
    for (const day of absent) {
      const made = dayOfHours(day, byStart, archive);
      if (made) days.set(day, made);
    }
    return days;
  };
}

/** Returns a UTC day made of its hours; null if none is there. */
function dayOfHours(
  day: number,
  hours: ReadonlyMap<number, SourceBucket>,
  { completeUntil }: Pick<BandwidthArchive, "completeUntil">,
): SourceBucket | null {
  const starts = tileStarts(day, day + DAY_MS, "HOUR");
  const found = starts.flatMap((start) => hours.get(start) ?? []);
  if (found.length === 0) return null;
  const lacking = starts.filter((start) => {
    const hour = hours.get(start);
    return !hour || hour.isPartial || completeUntil(hour.readAt) < start + HOUR_MS;
  });
  return { ...sumBuckets(found), readAt: Math.max(...found.map(({ readAt }) => readAt)), lacking, isPartial: false };
}

/** Returns the sum of a bucket of several sources, of which at least one has it. */
function sumBuckets(all: readonly (SourceBucket | undefined)[]): SourceBucket {
  const buckets = all.filter((bucket) => bucket !== undefined);
  const corrections = buckets.flatMap(({ correctedAt }) => correctedAt ?? []);
  const lacking = [...new Set(buckets.flatMap((bucket) => bucket.lacking ?? []))];
  return {
    traffic: sumTraffic(buckets.map(({ traffic }) => traffic)),
    readAt: Math.min(...buckets.map(({ readAt }) => readAt)),
    isSettled: buckets.every(({ isSettled }) => isSettled),
    correctedAt: corrections.length > 0 ? Math.max(...corrections) : null,
    // Hours that one of them is known to lack, whatever is not known of the others.
    lacking: lacking.length === 0 && buckets.some((bucket) => bucket.lacking === null) ? null : lacking,
    isPartial: buckets.length < all.length || buckets.some(({ isPartial }) => isPartial),
  };
}

function metered(name: string): string {
  assertMetered(name);
  return name;
}

/** Narrows the resolution: only the account has monthly series. */
function daily(resolution: Granularity): StreamResolution {
  if (resolution === "MONTH") throw new RangeError("only the account has monthly series");
  return resolution;
}

function isEmpty(series: UsageSeries): boolean {
  for (const _start of series.keys()) return false;
  return true;
}

/** Applies a function to the value of a measurement. */
function mapMeasured<In, Out>(map: (value: In) => Out): (measured: Measured<In>) => Measured<Out> {
  return ({ value, freshUntil }) => ({ value: map(value), freshUntil });
}

function mapValues<In, Out>(map: ReadonlyMap<number, In>, change: (value: In) => Out): Map<number, Out> {
  return new Map([...map].map(([key, value]) => [key, change(value)]));
}
