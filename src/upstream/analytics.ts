import type { CountryBuckets, CountryUsage } from "../model/usage/country-usage.ts";
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
import { createFastUsageParser, type FastUsageParser } from "./fast-usage-parser.ts";
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
import type { Http } from "./transport/http-types.ts";

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

/** Total of one country; its times are in the platform's unit (undocumented; seconds as seen), and it has no counts. */
export type CountryRow = Omit<CountryUsage, "views" | "publishes">;

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
  /** @see GET /api/analytics/account/geo_series */
  accountCountrySeries(
    window: TimeWindow,
    resolution: StreamResolution,
    signal?: CancellationSignal,
  ): Promise<CountryBuckets>;
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
  /** @see GET /api/analytics/streams/geo_series */
  streamCountrySeries(
    names: readonly string[],
    window: TimeWindow,
    resolution: StreamResolution,
    signal?: CancellationSignal,
  ): Promise<Map<string, CountryBuckets>>;
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

/** Creates the client of analytics. */
export function createAnalytics(http: Http): Analytics {
  const parser = createFastUsageParser();
  const bucketStarts = createBucketStartsParser();
  /** The calls of one query have the same window. */
  const period = memoizeLast(periodParams);
  const series = (value: unknown, at: string) => decodeSeries(value, at, bucketStarts);
  const noSeries = () => packSeries(new BucketStarts([]), []);

  const read = <T>(
    operation: string,
    path: string,
    query: Query,
    { from, to }: TimeWindow,
    signal: CancellationSignal | undefined,
    decode: (data: unknown) => T,
    fastDecode?: (body: Buffer) => T | null,
  ) =>
    http.read({
      operation,
      path: `/api/analytics/${path}`,
      query: { ...query, ...period(from, to) },
      decode,
      fastDecode,
      signal,
    });

  /** Creates a call that takes names and returns a map of them. */
  const named = <T>(
    operation: string,
    path: string,
    param: "streamNames" | "trackingIds",
    decode: Decode<T>,
    empty: () => T,
    fastDecode?: FastDecode<T>,
  ) => {
    return (names: readonly string[], window: TimeWindow, signal?: CancellationSignal, query: Query = {}) => {
      const decodeAll = (data: unknown) => byName(names, data, "data", decode, empty);
      const fastDecodeAll = (body: Buffer) => {
        const find = fastDecode?.(body);
        return find ? new Map(names.map((name) => [name, find(name) ?? empty()])) : null;
      };
      return read(
        operation,
        path,
        { [param]: names, ...query },
        window,
        signal,
        decodeAll,
        fastDecode && fastDecodeAll,
      );
    };
  };

  /** Creates such a call with a resolution. */
  const namedSeries = <T>(...definition: Parameters<typeof named<T>>) => {
    const call = named<T>(...definition);
    return (names: readonly string[], window: TimeWindow, resolution: StreamResolution, signal?: CancellationSignal) =>
      call(names, window, signal, { resolution: resolutionParam[resolution] });
  };

  return {
    accountTotal: (window, signal) =>
      read("Analytics_AccountTotal", "account/total", {}, window, signal, (data) => total(data, "data")),
    accountSeries: (window, resolution, signal) => {
      const query = { resolution: resolutionParam[resolution] };
      return read("Analytics_AccountSeries", "account/series", query, window, signal, (data) => series(data, "data"));
    },
    accountCountries: (window, signal) =>
      read("Analytics_AccountGeoTotal", "account/geo_total", {}, window, signal, (data) =>
        countries(object<Schemas["GeoTotalAnalyticModel"]>(data, "data").geo, "data.geo"),
      ),
    accountCountrySeries: (window, resolution, signal) => {
      const query = { resolution: resolutionParam[resolution] };
      return read("Analytics_AccountGeoSeries", "account/geo_series", query, window, signal, (data) =>
        byBucket(
          object<Schemas["AccountGeoSeriesAnalyticModel"]>(data, "data").geo ?? {},
          "data.geo",
          countedCountries,
        ),
      );
    },
    streamTotals: named(
      "Analytics_StreamsTotal",
      "streams/total",
      "streamNames",
      total,
      () => ({ ...noTraffic }),
      (body) => fastTotals(parser, body),
    ),
    streamSeries: namedSeries<UsageSeries>(
      "Analytics_StreamsSeries",
      "streams/series",
      "streamNames",
      series,
      noSeries,
      (body) => fastSeries(parser, bucketStarts, body),
    ),
    streamCountries: (names, window, signal) => {
      const decode = (data: unknown) => {
        const { geo } = object<Schemas["StreamGeoTotalAnalyticModel"]>(data, "data");
        return byName(names, geo ?? {}, "data.geo", countries, () => []);
      };
      return read("Analytics_StreamsGeoTotal", "streams/geo_total", { streamNames: names }, window, signal, decode);
    },
    streamCountrySeries: (names, window, resolution, signal) => {
      const decode = (data: unknown) => {
        const { geo } = object<Schemas["StreamGeoSeriesAnalyticModel"]>(data, "data");
        const buckets = (rows: unknown, at: string) => byBucket(rows ?? {}, at, countedCountries);
        return byName<CountryBuckets>(names, geo ?? {}, "data.geo", buckets, () => new Map());
      };
      const query = { streamNames: names, resolution: resolutionParam[resolution] };
      return read("Analytics_StreamsGeoSeries", "streams/geo_series", query, window, signal, decode);
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
      read("Analytics_GetSeriesTranscoderMinutesForAccount", "transcoder/series", {}, window, signal, transcoderDays),
  };
}

/** Reads a body in its most common form; returns the values by name, or null for any other form. */
type FastDecode<T> = (body: Buffer) => ((name: string) => T | undefined) | null;

type Query = Readonly<Record<string, string | readonly string[]>>;
type Schemas = components["schemas"];

export const resolutionParam = { HOUR: "Hour", DAY: "Day", MONTH: "Month" } as const satisfies Record<
  Granularity,
  Schemas["AnalyticsResolution"]
>;

export function periodParams(from: number, to: number): Query {
  return { startDate: dateParam(from), stopDate: dateParam(to) };
}

/** Whole days are sent as dates, the documented form; the platform takes instants as well. */
function dateParam(time: number): string {
  const written = iso(time);
  return written.endsWith("T00:00:00Z") ? written.slice(0, 10) : written;
}

/** Returns a value for each requested name, and no other: the platform may leave out names without traffic. */
function byName<T>(
  names: readonly string[],
  data: unknown,
  at: string,
  decode: Decode<T>,
  empty: () => T,
): Map<string, T> {
  const wire = object<Record<string, unknown>>(data, at);
  return new Map(names.map((name) => [name, Object.hasOwn(wire, name) ? decode(wire[name], at) : empty()]));
}

function total(value: unknown, at: string): Traffic {
  return traffic(object<Schemas["BandwidthTotalAnalyticModel"]>(value, at), at);
}

function decodeSeries(value: unknown, at: string, parseStarts: BucketStartsParser): UsageSeries {
  const wire = object<Schemas["BandwidthSeriesAnalyticModel"]>(value, at);
  const map = (part: unknown, name: string) => object<Record<string, unknown>>(part ?? {}, `${at}.${name}`);
  const bandwidth = map(wire.bandwidth, "bandwidth");
  const standardStream = map(wire.standardStream, "standardStream");
  const restream = map(wire.restream, "restream");
  const geoCascade = map(wire.geoCascade, "geoCascade");
  const starts = Object.keys(bandwidth);
  const buckets = parseStarts(starts, `${at}.bandwidth`);
  const counts: Count[] = [];
  for (const start of starts) {
    // These names are times, so none of them is inherited.
    addCounts(counts, bandwidth[start], standardStream[start], restream[start], geoCascade[start], at);
  }
  return packSeries(buckets, counts);
}

function packSeries(buckets: BucketStarts, counts: readonly Count[]): UsageSeries {
  return new PackedSeries(buckets, { counts, layout: DEFAULT_LAYOUT, stride: COUNTERS_PER_RECORD, sharedBy: 1 });
}

function fastTotals(parser: FastUsageParser, body: Buffer): ReturnType<FastDecode<Traffic>> {
  const parsed = parser.totals(body);
  if (!parsed) return null;
  const { counts, offsets } = parsed;
  return (name) => {
    const offset = offsets.get(name);
    return offset === undefined ? undefined : new PackedTraffic(counts, offset);
  };
}

function fastSeries(
  parser: FastUsageParser,
  parseStarts: BucketStartsParser,
  body: Buffer,
): ReturnType<FastDecode<UsageSeries>> {
  const parsed = parser.series(body);
  if (!parsed) return null;
  const buckets = parseStarts(parsed.starts, "data");
  return (name) => {
    const counts = parsed.series.get(name);
    return counts && new PackedSeries(buckets, counts);
  };
}

/** Parses the starts of buckets. @throws ShapeError naming `at` for a text that is no time */
type BucketStartsParser = (texts: readonly string[], at: string) => BucketStarts;

/** Creates a parser that remembers the buckets of the last answer, which most answers share. */
function createBucketStartsParser(): BucketStartsParser {
  let last: { readonly texts: readonly string[]; readonly buckets: BucketStarts } = {
    texts: [],
    buckets: new BucketStarts([]),
  };
  return (texts, at) => {
    if (last.texts.length !== texts.length || !last.texts.every((text, index) => text === texts[index])) {
      last = { texts, buckets: new BucketStarts(texts.map((text) => instant(text, at))) };
    }
    return last.buckets;
  };
}

function countries(value: unknown, at: string): CountryRow[] {
  return [...mapOf(value ?? {}, at, countryRow)].map(([country, row]) => ({ country, ...row }));
}

export function countedCountries(value: unknown, at: string): CountryUsage[] {
  return [...mapOf(value ?? {}, at, countedRow)].map(([country, row]) => ({ country, ...row }));
}

function countedRow(value: unknown, at: string): Omit<CountryUsage, "country"> {
  const { views, publishes } = object<Schemas["BaseStreamDataWithViewsModel"]>(value, at);
  return {
    ...countryRow(value, at),
    views: optional(views, `${at}.views`, integer) ?? 0,
    publishes: optional(publishes, `${at}.publishes`, integer) ?? 0,
  };
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

export function streamRows(value: unknown, at: string): StreamRow[] {
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
