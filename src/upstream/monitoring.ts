import type { Redactor } from "../model/redactor.ts";
import { isWellFormed } from "../model/text.ts";
import type { components } from "./generated/monitoring.ts";
import { MAX_ITEMS_ON_PAGE } from "./list-page.ts";
import {
  boolean,
  instant,
  integer,
  list,
  number,
  object,
  optional,
  optionalList,
  ShapeError,
  text,
} from "./transport/decode.ts";
import type { Http } from "./transport/http-types.ts";
import { nullIfRejected } from "./upstream-error.ts";

/** A stream that is live, or ended within the last hour. Times are milliseconds since the epoch. */
export interface LiveStream {
  readonly name: string;
  readonly isLive: boolean;
  readonly viewerCount: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  /** Cluster that the stream first connected to. */
  readonly clusterId: string | null;
  readonly clusterIds: readonly string[];
  readonly isSecured: boolean;
}

/** One publishing connection. A stream has several with redundant ingest, several sources or quality layers. */
export interface Feed {
  readonly id: string;
  readonly streamName: string;
  readonly isActive: boolean;
  readonly clusterId: string | null;
  /** Null for the main source. */
  readonly sourceId: string | null;
  readonly simulcastId: string | null;
  readonly priority: number | null;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  readonly publishTokenId: number | null;
  /** ISO 3166-1 alpha-2, of the broadcaster. */
  readonly country: string | null;
  readonly restreams: readonly RunningRestream[];
  /** Tracks of the feed; null where the platform leaves them out, as in lists. */
  readonly tracks: readonly FeedTrack[] | null;
}

/** A track of a feed, in one or more qualities. */
export interface FeedTrack {
  readonly id: string;
  readonly qualities: readonly FeedQuality[];
}

/** The latest measurement of one quality of a track. The unit of its rates is not documented. */
export interface FeedQuality {
  readonly encodingId: string | null;
  readonly measuredAt: number | null;
  readonly width: number | null;
  readonly height: number | null;
  readonly videoCodec: string | null;
  readonly audioCodec: string | null;
  readonly videoBitrate: number | null;
  readonly audioBitrate: number | null;
}

/** A push of a feed to another platform. Times are milliseconds since the epoch. */
export interface RunningRestream {
  readonly label: string | null;
  readonly url: string | null;
  readonly isActive: boolean;
  /** Newest start. */
  readonly startedAt: number | null;
  /** Newest end; null while the push runs. */
  readonly endedAt: number | null;
  /** Reason of the newest end, in the platform's words; null if it gave none. */
  readonly error: string | null;
}

/** A live stream together with its feeds. */
export interface LiveStreamWithFeeds extends LiveStream {
  readonly feeds: readonly Feed[];
}

/** Client for streams that are live or ended within the last hour. Every method throws UpstreamError when there is no usable response. */
export interface Monitoring {
  /** Returns all streams, without feeds. @see GET /api/monitoring/summary */
  listSummaries(signal?: AbortSignal): Promise<LiveStream[]>;
  /** Returns all streams with their feeds. @see GET /api/monitoring/streams */
  listStreams(signal?: AbortSignal): Promise<LiveStreamWithFeeds[]>;
  /** Returns a stream, without feeds; null if it is neither live nor ended within the last hour. @see GET /api/monitoring/summary/{streamName} */
  readSummary(name: string, signal?: AbortSignal): Promise<LiveStream | null>;
  /** Returns a stream with its feeds; null if it is neither live nor ended within the last hour. @see GET /api/monitoring/streams/{streamName} */
  readStream(name: string, signal?: AbortSignal): Promise<LiveStreamWithFeeds | null>;
}

export function createMonitoring(http: Http): Monitoring {
  const readPages = async <T>(operation: string, path: string, item: Item<T>, signal?: AbortSignal) => {
    const read = (page: number) =>
      http.read({
        operation,
        path,
        // Sorted by name, so that pages do not shift when streams start and end.
        query: { page, itemsOnPage: MAX_ITEMS_ON_PAGE, sortBy: "StreamId", isDescending: false },
        decode: (data, redact) => pageOf(data, (row, at) => item(row, at, redact)),
        signal,
      });
    const first = await read(1);
    const others = await Promise.all(
      Array.from({ length: Math.max(0, first.totalPages - 1) }, (_, rest) => read(rest + 2)),
    );
    return [first, ...others].flatMap((page) => page.rows);
  };
  const readOne = async <T>(operation: string, path: string, name: string, item: Item<T>, signal?: AbortSignal) => {
    if (!isWellFormed(name)) return null;
    const decode = (data: unknown, redact: Redactor) => item(data, "data", redact);
    return nullIfRejected(http.read({ operation, path: `${path}/${encodeURIComponent(name)}`, decode, signal }));
  };
  return {
    listSummaries: (signal) => readPages("Monitoring_ListStreamSummary", "/api/monitoring/summary", liveStream, signal),
    listStreams: (signal) =>
      readPages("Monitoring_ListRecentStreams", "/api/monitoring/streams", liveStreamWithFeeds, signal),
    readSummary: (name, signal) =>
      readOne("Monitoring_GetStreamSummary", "/api/monitoring/summary", name, liveStream, signal),
    readStream: (name, signal) =>
      readOne("Monitoring_GetStream", "/api/monitoring/streams", name, liveStreamWithFeeds, signal),
  };
}

type Schemas = components["schemas"];

/** Decodes one row. Every text in which the platform explains a failure passes `redact`. */
type Item<T> = (row: unknown, at: string, redact: Redactor) => T;

/** Most pages that are read, enough for 100,000 streams: a response that announces more is invalid. */
const MAX_PAGES = 1_000;

function pageOf<T>(data: unknown, item: (row: unknown, at: string) => T): { rows: T[]; totalPages: number } {
  const wire = object<Schemas["PaginatedResponseOfStreamBaseSummary"]>(data, "data");
  const pagination = object<Schemas["PaginationData"]>(wire.pagination ?? {}, "data.pagination");
  const totalPages = optional(pagination.totalPages, "data.pagination.totalPages", integer) ?? 1;
  if (totalPages > MAX_PAGES) throw new ShapeError("data.pagination.totalPages", "a number of pages");
  return { rows: optionalList(wire.data, "data.data", item), totalPages };
}

function liveStream(value: unknown, at: string): LiveStream {
  const wire = object<Schemas["StreamBaseSummary"]>(value, at);
  return {
    name: text(wire.streamName, `${at}.streamName`),
    isLive: boolean(wire.live, `${at}.live`),
    viewerCount: optional(wire.viewerCount, `${at}.viewerCount`, integer) ?? 0,
    startedAt: optional(wire.startTime, `${at}.startTime`, instant),
    endedAt: optional(wire.endTime, `${at}.endTime`, instant),
    clusterId: optional(wire.clusterId, `${at}.clusterId`, text),
    clusterIds: optionalList(wire.clusters, `${at}.clusters`, text),
    isSecured: optional(wire.secureStream, `${at}.secureStream`, boolean) ?? false,
  };
}

function liveStreamWithFeeds(value: unknown, at: string, redact: Redactor): LiveStreamWithFeeds {
  const wire = object<Schemas["StreamSummary"]>(value, at);
  const stream = liveStream(value, at);
  return {
    ...stream,
    feeds: list(wire.feeds ?? [], `${at}.feeds`, (each, place) => feed(each, place, stream.name, redact)),
  };
}

/** Decodes a feed of a list, or of a stream, which has more fields. */
function feed(value: unknown, at: string, streamName: string, redact: Redactor): Feed {
  const wire = object<Schemas["FeedSummary"] & Schemas["FeedDetails"]>(value, at);
  const client = object<Schemas["GeoClient"]>(wire.client ?? {}, `${at}.client`);
  return {
    id: text(wire.feedId, `${at}.feedId`),
    streamName,
    isActive: optional(wire.active, `${at}.active`, boolean) ?? false,
    clusterId: optional(wire.clusterId, `${at}.clusterId`, text),
    sourceId: optional(wire.sourceId, `${at}.sourceId`, text) || null,
    simulcastId: optional(wire.simulcastId, `${at}.simulcastId`, text) || null,
    priority: optional(wire.priority, `${at}.priority`, integer),
    startedAt: optional(wire.startTime, `${at}.startTime`, instant),
    endedAt: optional(wire.endTime, `${at}.endTime`, instant),
    publishTokenId: optional(wire.tokenId, `${at}.tokenId`, integer),
    country: optional(client.country, `${at}.client.country`, text),
    restreams: optionalList(wire.restreams, `${at}.restreams`, (each, place) => runningRestream(each, place, redact)),
    tracks: optional(wire.trackDetails, `${at}.trackDetails`, (tracks, place) => list(tracks, place, feedTrack)),
  };
}

function feedTrack(value: unknown, at: string): FeedTrack {
  const wire = object<Schemas["TrackDetails"]>(value, at);
  return {
    id: text(wire.trackId, `${at}.trackId`),
    qualities: optionalList(wire.encodingDetails, `${at}.encodingDetails`, feedQuality),
  };
}

function feedQuality(value: unknown, at: string): FeedQuality {
  const { encodingId, encodingStats } = object<Schemas["EncodingDetails"]>(value, at);
  const [last = {}] = optionalList(encodingStats, `${at}.encodingStats`, object<Schemas["EncodingStats"]>).slice(-1);
  const size = object<Schemas["Resolution"]>(last.resolution ?? {}, `${at}.resolution`);
  const rate = object<Schemas["Bitrate"]>(last.bitRate ?? {}, `${at}.bitRate`);
  return {
    encodingId: optional(encodingId, `${at}.encodingId`, text),
    measuredAt: optional(last.timestamp, `${at}.timestamp`, instant),
    width: optional(size.width, `${at}.width`, number),
    height: optional(size.height, `${at}.height`, number),
    videoCodec: optional(last.videoCodec, `${at}.videoCodec`, text),
    audioCodec: optional(last.audioCodec, `${at}.audioCodec`, text),
    videoBitrate: optional(rate.videoBitrate, `${at}.videoBitrate`, number),
    audioBitrate: optional(rate.audioBitrate, `${at}.audioBitrate`, number),
  };
}

function runningRestream(value: unknown, at: string, redact: Redactor): RunningRestream {
  const wire = object<Schemas["RestreamDetails"]>(value, at);
  const last = optionalList(wire.events, `${at}.events`, (event, place) => restreamEvent(event, place, redact)).at(-1);
  return {
    label: optional(wire.label, `${at}.label`, text),
    url: optional(wire.url, `${at}.url`, text),
    isActive: optional(wire.active, `${at}.active`, boolean) ?? false,
    startedAt: last?.startedAt ?? null,
    endedAt: last?.endedAt ?? null,
    error: last?.error ?? null,
  };
}

function restreamEvent(
  value: unknown,
  at: string,
  redact: Redactor,
): Pick<RunningRestream, "startedAt" | "endedAt" | "error"> {
  const wire = object<Schemas["RestreamEvent"]>(value, at);
  return {
    startedAt: optional(wire.started, `${at}.started`, instant),
    endedAt: optional(wire.ended, `${at}.ended`, instant),
    error: optional(wire.error, `${at}.error`, (reason, place) => redact(text(reason, place))),
  };
}
