import {
  BucketStarts,
  COUNTERS_PER_RECORD,
  type Count,
  DEFAULT_LAYOUT,
  PARTS_ABSENT,
  PackedSeries,
  PackedTraffic,
} from "../model/usage/packed-traffic.ts";
import type { Granularity, UsageSeries } from "../model/usage/series.ts";
import { iso, type TimeWindow } from "../model/usage/time.ts";
import { noTraffic, type Traffic, type TrafficPart } from "../model/usage/traffic.ts";
import type { CancellationSignal } from "../primitives/cancellation.ts";
import { memoizeLast } from "../primitives/memoize.ts";
import { parseSeriesFast, parseTotalsFast } from "./fast-usage-parser.ts";
import type { components } from "./generated/analytics.ts";
import {
  count,
  type Decode,
  instant,
  integer,
  list,
  mapOf,
  object,
  optional,
  plainCount,
  text,
  type WireObject,
} from "./transport/decode.ts";
import type { Http } from "./transport/http-client.ts";

/** Names or tracking ids that one call may hold. @see GET /api/analytics/streams/total */
export const MAX_NAMES_PER_CALL = 10;

/** The names in as few lists as calls can be made with. */
export function perCall(names: readonly string[]): string[][] {
  const count = Math.ceil(names.length / MAX_NAMES_PER_CALL);
  return Array.from({ length: count }, (_, call) =>
    names.slice(call * MAX_NAMES_PER_CALL, (call + 1) * MAX_NAMES_PER_CALL),
  );
}

/** One row of usage per tracking id; null is the untracked row, which also holds the broadcaster's ingest. */
export interface TrackingRow {
  readonly trackingId: string | null;
  readonly traffic: Traffic;
}

/** One row of usage per stream; null is traffic that the platform names no stream for. */
export interface StreamRow {
  readonly streamName: string | null;
  readonly traffic: Traffic;
}

/** Traffic of one country with its viewing and publishing times, in the platform's unit (undocumented; seconds as seen). */
export interface CountryRow {
  /** ISO 3166-1 alpha-2. */
  readonly country: string;
  readonly traffic: Traffic;
  readonly viewSeconds: number;
  readonly publishSeconds: number;
}

/** How long transcoders were active on one UTC day. */
export interface TranscoderDay {
  /** Its beginning; milliseconds since the epoch. */
  readonly day: number;
  /** Whole minutes, by transcoder; also of those that have been deleted since. */
  readonly minutes: ReadonlyMap<string, number>;
}

/** The series calls know no Month but for the account. */
export type StreamResolution = Exclude<Granularity, "MONTH">;

/**
 * Bandwidth, by account, stream or tracking id. Windows are half-open and on the hour; figures are up to 15 minutes old.
 * Lists of names hold at most {@link MAX_NAMES_PER_CALL}; a name without traffic is present with nothing. Every method
 * throws UpstreamError when there is no usable answer.
 */
export interface Analytics {
  /** @see GET /api/analytics/account/total */
  accountTotal(window: TimeWindow, signal?: CancellationSignal): Promise<Traffic>;
  /** @see GET /api/analytics/account/series */
  accountSeries(window: TimeWindow, resolution: Granularity, signal?: CancellationSignal): Promise<UsageSeries>;
  /** @see GET /api/analytics/account/geo_total */
  accountCountries(window: TimeWindow, signal?: CancellationSignal): Promise<CountryRow[]>;
  /** @see GET /api/analytics/streams/total */
  streamTotals(
    names: readonly string[],
    window: TimeWindow,
    signal?: CancellationSignal,
  ): Promise<Map<string, Traffic>>;
  /** @see GET /api/analytics/streams/series */
  streamSeries(
    names: readonly string[],
    window: TimeWindow,
    resolution: StreamResolution,
    signal?: CancellationSignal,
  ): Promise<Map<string, UsageSeries>>;
  /** @see GET /api/analytics/streams/geo_total */
  streamCountries(
    names: readonly string[],
    window: TimeWindow,
    signal?: CancellationSignal,
  ): Promise<Map<string, CountryRow[]>>;
  /** Per tracking id, its rows by stream. @see GET /api/analytics/tracking/total */
  trackingTotals(
    ids: readonly string[],
    window: TimeWindow,
    signal?: CancellationSignal,
  ): Promise<Map<string, StreamRow[]>>;
  /** Per tracking id and bucket, its rows by stream. @see GET /api/analytics/tracking/series */
  trackingSeries(
    ids: readonly string[],
    window: TimeWindow,
    resolution: StreamResolution,
    signal?: CancellationSignal,
  ): Promise<Map<string, Map<number, StreamRow[]>>>;
  /** Per stream, its rows by tracking id. @see GET /api/analytics/tracking/streams/total */
  streamTrackingTotals(
    names: readonly string[],
    window: TimeWindow,
    signal?: CancellationSignal,
  ): Promise<Map<string, TrackingRow[]>>;
  /** Per stream and bucket, its rows by tracking id. @see GET /api/analytics/tracking/streams/series */
  streamTrackingSeries(
    names: readonly string[],
    window: TimeWindow,
    resolution: StreamResolution,
    signal?: CancellationSignal,
  ): Promise<Map<string, Map<number, TrackingRow[]>>>;
  /** The days on which any transcoder was active; that of today is missing. @see GET /api/analytics/transcoder/series */
  transcoderDays(window: TimeWindow, signal?: CancellationSignal): Promise<TranscoderDay[]>;
}

export function createAnalytics(http: Http): Analytics {
  const read = <T>(
    operation: string,
    path: string,
    query: Query,
    window: TimeWindow,
    decode: (data: unknown) => T,
    usual?: (answer: Buffer) => T | null,
  ) => {
    const { startDate, stopDate } = periodOf(window.from, window.to);
    return (signal?: CancellationSignal) =>
      http.read({
        operation,
        path: `/api/analytics/${path}`,
        query: { ...query, startDate, stopDate },
        decode,
        fastDecode: usual,
        signal,
      });
  };

  /** A call that takes names and answers with a map of them. */
  const named = <T>(
    operation: string,
    path: string,
    param: "streamNames" | "trackingIds",
    decode: Decode<T>,
    none: () => T,
    usual?: (answer: Buffer) => ((name: string) => T | undefined) | null,
  ) => {
    return (names: readonly string[], window: TimeWindow, signal?: CancellationSignal, query: Query = {}) => {
      const decodeAll = (data: unknown) => ofNames(names, data, "data", decode, none);
      const usualAll = (answer: Buffer) => {
        const found = usual?.(answer);
        if (!found) return null;
        const values = new Map<string, T>();
        for (const name of names) values.set(name, found(name) ?? none());
        return values;
      };
      return read(operation, path, { [param]: names, ...query }, window, decodeAll, usual && usualAll)(signal);
    };
  };

  /** The same with a resolution. */
  const namedSeries = <T>(...call: Parameters<typeof named<T>>) => {
    const total = named<T>(...call);
    return (names: readonly string[], window: TimeWindow, resolution: StreamResolution, signal?: CancellationSignal) =>
      total(names, window, signal, { resolution: resolutionParam[resolution] });
  };

  return {
    accountTotal: (window, signal) =>
      read("Analytics_AccountTotal", "account/total", {}, window, (data) => total(data, "data"))(signal),
    accountSeries: (window, resolution, signal) => {
      const query = { resolution: resolutionParam[resolution] };
      return read("Analytics_AccountSeries", "account/series", query, window, (data) => series(data, "data"))(signal);
    },
    accountCountries: (window, signal) =>
      read("Analytics_AccountGeoTotal", "account/geo_total", {}, window, (data) =>
        countries(object<Schemas["GeoTotalAnalyticModel"]>(data, "data").geo, "data.geo"),
      )(signal),
    streamTotals: named("Analytics_StreamsTotal", "streams/total", "streamNames", total, nothing, usualTotalOf),
    streamSeries: namedSeries<UsageSeries>(
      "Analytics_StreamsSeries",
      "streams/series",
      "streamNames",
      series,
      noSeries,
      usualSeriesOf,
    ),
    streamCountries: (names, window, signal) => {
      const decode = (data: unknown) => {
        const { geo } = object<Schemas["StreamGeoTotalAnalyticModel"]>(data, "data");
        return ofNames(names, geo ?? {}, "data.geo", countries, () => []);
      };
      return read("Analytics_StreamsGeoTotal", "streams/geo_total", { streamNames: names }, window, decode)(signal);
    },
    trackingTotals: named<StreamRow[]>(
      "Analytics_GetTotalBandwidthForTrackingId",
      "tracking/total",
      "trackingIds",
      streamRows,
      () => [],
    ),
    trackingSeries: namedSeries<Map<number, StreamRow[]>>(
      "Analytics_GetSeriesBandwidthForTrackingId",
      "tracking/series",
      "trackingIds",
      (rows, at) => byBucket(rows, at, streamRows),
      () => new Map(),
    ),
    streamTrackingTotals: named<TrackingRow[]>(
      "Analytics_GetTrackingTotalForStreams",
      "tracking/streams/total",
      "streamNames",
      trackingRows,
      () => [],
    ),
    streamTrackingSeries: namedSeries<Map<number, TrackingRow[]>>(
      "Analytics_GetTrackingSeriesForStreams",
      "tracking/streams/series",
      "streamNames",
      (rows, at) => byBucket(rows, at, trackingRows),
      () => new Map(),
    ),
    transcoderDays: (window, signal) =>
      read("Analytics_GetSeriesTranscoderMinutesForAccount", "transcoder/series", {}, window, transcoderDays)(signal),
  };
}

type Query = Readonly<Record<string, string | readonly string[]>>;
type Schemas = components["schemas"];

const resolutionParam = { HOUR: "Hour", DAY: "Day", MONTH: "Month" } as const satisfies Record<
  Granularity,
  Schemas["AnalyticsResolution"]
>;

/** The calls of a query are of the same window. */
const periodOf = memoizeLast((from: number, to: number) => ({
  startDate: dateParam(from),
  stopDate: dateParam(to),
}));

/** Whole days are sent as dates, the documented form; the platform takes instants as well. */
function dateParam(time: number): string {
  const written = iso(time);
  return written.endsWith("T00:00:00Z") ? written.slice(0, 10) : written;
}

/** Only what was asked for, and all of it: the platform may leave a name without traffic out. */
function ofNames<T>(
  asked: readonly string[],
  data: unknown,
  at: string,
  decode: Decode<T>,
  none: () => T,
): Map<string, T> {
  const wire = object<Record<string, unknown>>(data, at);
  const answer = new Map<string, T>();
  for (const name of asked) answer.set(name, Object.hasOwn(wire, name) ? decode(wire[name], at) : none());
  return answer;
}

function nothing(): Traffic {
  return { ...noTraffic };
}

function noSeries(): UsageSeries {
  return seriesInOrder(new BucketStarts([]), []);
}

function total(value: unknown, at: string): Traffic {
  return traffic(object<Schemas["BandwidthTotalAnalyticModel"]>(value, at), at);
}

function series(value: unknown, at: string): UsageSeries {
  const wire = object<Schemas["BandwidthSeriesAnalyticModel"]>(value, at);
  const map = (part: unknown, name: string) => object<Record<string, unknown>>(part ?? {}, `${at}.${name}`);
  const bandwidth = map(wire.bandwidth, "bandwidth");
  const standardStream = map(wire.standardStream, "standardStream");
  const restream = map(wire.restream, "restream");
  const geoCascade = map(wire.geoCascade, "geoCascade");
  const starts = Object.keys(bandwidth);
  const buckets = bucketsFrom(starts, `${at}.bandwidth`);
  const counts: Count[] = [];
  for (const start of starts) {
    // These names are times, so none of them is inherited.
    addCounts(counts, bandwidth[start], standardStream[start], restream[start], geoCascade[start], at);
  }
  return seriesInOrder(buckets, counts);
}

function seriesInOrder(buckets: BucketStarts, counts: readonly Count[]): UsageSeries {
  return new PackedSeries(buckets, { counts, places: DEFAULT_LAYOUT, stride: COUNTERS_PER_RECORD, sharers: 1 });
}

function usualTotalOf(answer: Buffer): ((name: string) => Traffic | undefined) | null {
  const usual = parseTotalsFast(answer);
  if (!usual) return null;
  const { counts, places } = usual;
  return (name) => {
    const at = places.get(name);
    return at === undefined ? undefined : new PackedTraffic(counts, at);
  };
}

function usualSeriesOf(answer: Buffer): ((name: string) => UsageSeries | undefined) | null {
  const usual = parseSeriesFast(answer);
  if (!usual) return null;
  const buckets = bucketsFrom(usual.starts, "data");
  return (name) => {
    const counts = usual.series.get(name);
    return counts && new PackedSeries(buckets, counts);
  };
}

/** The series of one answer, and of the next ones, have the same buckets. */
let lastBuckets: { readonly written: readonly string[]; readonly buckets: BucketStarts } | null = null;

function bucketsFrom(written: readonly string[], at: string): BucketStarts {
  if (lastBuckets?.written.length === written.length && lastBuckets.written.every((start, i) => start === written[i])) {
    return lastBuckets.buckets;
  }
  const buckets = new BucketStarts(written.map((start) => startOf(start, at)));
  lastBuckets = { written, buckets };
  return buckets;
}

/** Beginnings of buckets as they were written lately: a week has 168 hours. */
const knownStarts = new Map<string, number>();
const MAX_KNOWN_STARTS = 5_000;

function startOf(written: string, at: string): number {
  const known = knownStarts.get(written);
  if (known !== undefined) return known;
  if (knownStarts.size >= MAX_KNOWN_STARTS) knownStarts.clear();
  const start = instant(written, at);
  knownStarts.set(written, start);
  return start;
}

function countries(value: unknown, at: string): CountryRow[] {
  return [...mapOf(value ?? {}, at, countryRow)].map(([country, row]) => ({ country, ...row }));
}

function countryRow(value: unknown, at: string): Omit<CountryRow, "country"> {
  const wire = object<Schemas["BaseStreamDataModel"]>(value, at);
  return {
    traffic: { ...part(wire, at), parts: null },
    viewSeconds: optional(wire.viewDuration, `${at}.viewDuration`, integer) ?? 0,
    publishSeconds: optional(wire.publishDuration, `${at}.publishDuration`, integer) ?? 0,
  };
}

/** Untracked rows come without a tracking id, with null, or with an empty one: all are null here. */
function trackingRows(value: unknown, at: string): TrackingRow[] {
  return list(value, at, (row) => {
    const wire = object<Schemas["StreamTrackingTotalAnalyticModel"]>(row, at);
    return { trackingId: optional(wire.trackingId, `${at}.trackingId`, text) || null, traffic: traffic(wire, at) };
  });
}

function streamRows(value: unknown, at: string): StreamRow[] {
  return list(value, at, (row) => {
    const wire = object<Schemas["TrackingIdTotalAnalyticModel"]>(row, at);
    return { streamName: optional(wire.streamName, `${at}.streamName`, text) || null, traffic: traffic(wire, at) };
  });
}

function byBucket<T>(value: unknown, at: string, rows: (value: unknown, at: string) => T): Map<number, T> {
  return new Map([...mapOf(value, at, rows)].map(([start, bucket]) => [instant(start, at), bucket]));
}

function transcoderDays(data: unknown): TranscoderDay[] {
  const { transcoder } = object<Schemas["TranscoderSeriesAnalyticsResponse"]>(data, "data");
  return [...mapOf(transcoder ?? {}, "data.transcoder", transcoderRows)].map(([day, minutes]) => ({
    day: instant(day, "data.transcoder"),
    minutes,
  }));
}

/** The published example gives ids as numbers, the schema as texts. */
function transcoderRows(value: unknown, at: string): ReadonlyMap<string, number> {
  return new Map(
    list(value, at, (row) => {
      const { transcoderId, minutesUsed } = object<Schemas["TranscoderAnalyticsDetail"]>(row, at);
      const id = typeof transcoderId === "number" ? String(transcoderId) : text(transcoderId, `${at}.transcoderId`);
      return [id, integer(minutesUsed, `${at}.minutesUsed`)];
    }),
  );
}

function part(value: unknown, at: string): TrafficPart {
  const wire = object<Schemas["BaseBandwidthModel"]>(value, at);
  return {
    bytesOut: count(wire.bytesOut, `${at}.bytesOut`),
    bytesIn: count(wire.bytesIn, `${at}.bytesIn`),
  };
}

/** The parts of a figure, each an object of counts or nothing. */
interface WireParts {
  readonly standardStream?: unknown;
  readonly restream?: unknown;
  readonly geoCascade?: unknown;
}

/** A figure that holds its own counts beside its parts. */
function traffic(wire: WireParts, at: string): Traffic {
  const counts: Count[] = [];
  addCounts(counts, wire, wire.standardStream, wire.restream, wire.geoCascade, at);
  return new PackedTraffic(counts, 0);
}

/** Adds the {@link COUNTERS_PER_RECORD} counts of a figure to a list. A part that the platform left out beside another one is zero. */
function addCounts(
  counts: Count[],
  all: unknown,
  standardStream: unknown,
  restream: unknown,
  geoCascade: unknown,
  at: string,
): void {
  addPart(counts, object(all, at), at);
  if (standardStream == null && restream == null && geoCascade == null) {
    for (let place = 2; place < COUNTERS_PER_RECORD; place += 1) counts.push(PARTS_ABSENT);
    return;
  }
  addPart(counts, standardStream, at);
  addPart(counts, restream, at);
  counts.push(restream == null ? 0 : seconds(restream as Restream, at));
  addPart(counts, geoCascade, at);
}

function addPart(counts: Count[], value: unknown, at: string): void {
  if (value == null) {
    counts.push(0, 0);
    return;
  }
  const { bytesOut, bytesIn } = object<Schemas["BaseBandwidthModel"]>(value, at);
  counts.push(plainCount(bytesOut, at), plainCount(bytesIn, at));
}

/** Per tracking id the time of a re-stream is spelled otherwise. */
type Restream = WireObject<Schemas["UsageWithDurationModel"] & Schemas["UsageWithDurationModel2"]>;

function seconds({ secondsUsed, duration }: Restream, at: string): Count {
  return plainCount(secondsUsed ?? duration, at);
}
