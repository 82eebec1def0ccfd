import type { Granularity } from "../model/series.ts";
import { iso, type TimeWindow } from "../model/time-window.ts";
import type { RestreamPart, Traffic, TrafficPart, TrafficParts } from "../model/traffic.ts";
import { count, type Decode, instant, integer, list, mapOf, object, optional, text } from "./decode.ts";
import type { components } from "./generated/analytics.ts";
import type { Http } from "./http.ts";

/** Names or tracking ids that one call may hold. @see GET /api/analytics/streams/total */
export const MAX_NAMES_PER_CALL = 10;

/** The names in as few lists as calls can be made with. */
export function perCall(names: readonly string[]): string[][] {
  const count = Math.ceil(names.length / MAX_NAMES_PER_CALL);
  return Array.from({ length: count }, (_, call) =>
    names.slice(call * MAX_NAMES_PER_CALL, (call + 1) * MAX_NAMES_PER_CALL),
  );
}

/** Figures by the instant at which their bucket begins; a bucket that the platform left out is absent. */
export type TrafficByBucket = ReadonlyMap<number, Traffic>;

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
  accountTotal(window: TimeWindow, signal?: AbortSignal): Promise<Traffic>;
  /** @see GET /api/analytics/account/series */
  accountSeries(window: TimeWindow, resolution: Granularity, signal?: AbortSignal): Promise<TrafficByBucket>;
  /** @see GET /api/analytics/account/geo_total */
  accountCountries(window: TimeWindow, signal?: AbortSignal): Promise<CountryRow[]>;
  /** @see GET /api/analytics/streams/total */
  streamTotals(names: readonly string[], window: TimeWindow, signal?: AbortSignal): Promise<Map<string, Traffic>>;
  /** @see GET /api/analytics/streams/series */
  streamSeries(
    names: readonly string[],
    window: TimeWindow,
    resolution: StreamResolution,
    signal?: AbortSignal,
  ): Promise<Map<string, TrafficByBucket>>;
  /** @see GET /api/analytics/streams/geo_total */
  streamCountries(
    names: readonly string[],
    window: TimeWindow,
    signal?: AbortSignal,
  ): Promise<Map<string, CountryRow[]>>;
  /** Per tracking id, its rows by stream. @see GET /api/analytics/tracking/total */
  trackingTotals(ids: readonly string[], window: TimeWindow, signal?: AbortSignal): Promise<Map<string, StreamRow[]>>;
  /** Per tracking id and bucket, its rows by stream. @see GET /api/analytics/tracking/series */
  trackingSeries(
    ids: readonly string[],
    window: TimeWindow,
    resolution: StreamResolution,
    signal?: AbortSignal,
  ): Promise<Map<string, Map<number, StreamRow[]>>>;
  /** Per stream, its rows by tracking id. @see GET /api/analytics/tracking/streams/total */
  streamTrackingTotals(
    names: readonly string[],
    window: TimeWindow,
    signal?: AbortSignal,
  ): Promise<Map<string, TrackingRow[]>>;
  /** Per stream and bucket, its rows by tracking id. @see GET /api/analytics/tracking/streams/series */
  streamTrackingSeries(
    names: readonly string[],
    window: TimeWindow,
    resolution: StreamResolution,
    signal?: AbortSignal,
  ): Promise<Map<string, Map<number, TrackingRow[]>>>;
  /** The days on which any transcoder was active; that of today is missing. @see GET /api/analytics/transcoder/series */
  transcoderDays(window: TimeWindow, signal?: AbortSignal): Promise<TranscoderDay[]>;
}

export function createAnalytics(http: Http): Analytics {
  const read = <T>(operation: string, path: string, query: Query, window: TimeWindow, decode: (data: unknown) => T) => {
    const period = { startDate: dateParam(window.from), stopDate: dateParam(window.to) };
    return (signal?: AbortSignal) =>
      http.read({ operation, path: `/api/analytics/${path}`, query: { ...query, ...period }, decode, signal });
  };

  /** A call that takes names and answers with a map of them. */
  const named = <T>(
    operation: string,
    path: string,
    param: "streamNames" | "trackingIds",
    decode: Decode<T>,
    none: () => T,
  ) => {
    const decodeAll = (data: unknown) => mapOf(data, "data", decode);
    return async (names: readonly string[], window: TimeWindow, signal?: AbortSignal, query: Query = {}) =>
      complete(names, await read(operation, path, { [param]: names, ...query }, window, decodeAll)(signal), none);
  };

  /** The same with a resolution. */
  const namedSeries = <T>(...call: Parameters<typeof named<T>>) => {
    const total = named<T>(...call);
    return (names: readonly string[], window: TimeWindow, resolution: StreamResolution, signal?: AbortSignal) =>
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
    streamTotals: named("Analytics_StreamsTotal", "streams/total", "streamNames", total, nothing),
    streamSeries: namedSeries<TrafficByBucket>(
      "Analytics_StreamsSeries",
      "streams/series",
      "streamNames",
      series,
      () => new Map(),
    ),
    streamCountries: async (names, window, signal) => {
      const decode = (data: unknown) =>
        mapOf(object<Schemas["StreamGeoTotalAnalyticModel"]>(data, "data").geo ?? {}, "data.geo", countries);
      const query = { streamNames: names };
      const answer = await read("Analytics_StreamsGeoTotal", "streams/geo_total", query, window, decode)(signal);
      return complete(names, answer, () => []);
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

/** Whole days are sent as dates, the documented form; the platform takes instants as well. */
function dateParam(time: number): string {
  const written = iso(time);
  return written.endsWith("T00:00:00Z") ? written.slice(0, 10) : written;
}

/** Only what was asked for, and all of it: the platform may leave a name without traffic out. */
function complete<T>(asked: readonly string[], answer: ReadonlyMap<string, T>, empty: () => T): Map<string, T> {
  return new Map(asked.map((name) => [name, answer.get(name) ?? empty()]));
}

function nothing(): Traffic {
  return { bytesOut: 0n, bytesIn: 0n, parts: null };
}

function total(value: unknown, at: string): Traffic {
  const wire = object<Schemas["BandwidthTotalAnalyticModel"]>(value, at);
  return {
    ...part(wire, at),
    parts: partsOf(
      optional(wire.standardStream, `${at}.standardStream`, part),
      optional(wire.restream, `${at}.restream`, restreamPart),
      optional(wire.geoCascade, `${at}.geoCascade`, part),
    ),
  };
}

function series(value: unknown, at: string): TrafficByBucket {
  const wire = object<Schemas["BandwidthSeriesAnalyticModel"]>(value, at);
  const standard = optional(wire.standardStream, `${at}.standardStream`, (map, place) => mapOf(map, place, part));
  const restream = optional(wire.restream, `${at}.restream`, (map, place) => mapOf(map, place, restreamPart));
  const geoCascade = optional(wire.geoCascade, `${at}.geoCascade`, (map, place) => mapOf(map, place, part));
  const figures = new Map<number, Traffic>();
  for (const [start, bandwidth] of mapOf(wire.bandwidth ?? {}, `${at}.bandwidth`, part)) {
    figures.set(instant(start, `${at}.bandwidth`), {
      ...bandwidth,
      parts: partsOf(standard?.get(start) ?? null, restream?.get(start) ?? null, geoCascade?.get(start) ?? null),
    });
  }
  return figures;
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
    return { trackingId: optional(wire.trackingId, `${at}.trackingId`, text) || null, traffic: rowTraffic(wire, at) };
  });
}

function streamRows(value: unknown, at: string): StreamRow[] {
  return list(value, at, (row) => {
    const wire = object<Schemas["TrackingIdTotalAnalyticModel"]>(row, at);
    return { streamName: optional(wire.streamName, `${at}.streamName`, text) || null, traffic: rowTraffic(wire, at) };
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

type TrackingParts = Pick<
  Schemas["StreamTrackingTotalAnalyticModel"],
  "bytesIn" | "bytesOut" | "standardStream" | "restream" | "geoCascade"
>;

function rowTraffic(wire: { readonly [Field in keyof TrackingParts]?: unknown }, at: string): Traffic {
  return {
    ...part(wire, at),
    parts: partsOf(
      optional(wire.standardStream, `${at}.standardStream`, part),
      optional(wire.restream, `${at}.restream`, trackingRestreamPart),
      optional(wire.geoCascade, `${at}.geoCascade`, part),
    ),
  };
}

function part(value: unknown, at: string): TrafficPart {
  const wire = object<Schemas["BaseBandwidthModel"]>(value, at);
  return { bytesOut: count(wire.bytesOut, `${at}.bytesOut`), bytesIn: count(wire.bytesIn, `${at}.bytesIn`) };
}

function restreamPart(value: unknown, at: string): RestreamPart {
  const wire = object<Schemas["UsageWithDurationModel"]>(value, at);
  return { ...part(wire, at), secondsUsed: count(wire.secondsUsed, `${at}.secondsUsed`) };
}

/** Per tracking id the time of a re-stream is spelled otherwise. */
function trackingRestreamPart(value: unknown, at: string): RestreamPart {
  const wire = object<Schemas["UsageWithDurationModel2"]>(value, at);
  return { ...part(wire, at), secondsUsed: count(wire.duration, `${at}.duration`) };
}

const noPart: TrafficPart = { bytesOut: 0n, bytesIn: 0n };

function partsOf(
  standard: TrafficPart | null,
  restream: RestreamPart | null,
  geoCascade: TrafficPart | null,
): TrafficParts | null {
  if (!standard && !restream && !geoCascade) return null;
  return {
    standard: standard ?? noPart,
    restream: restream ?? { ...noPart, secondsUsed: 0n },
    geoCascade: geoCascade ?? noPart,
  };
}
