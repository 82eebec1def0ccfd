import type { Account } from "./account.ts";
import { HOUR_MS, isoMillis } from "./calendar.ts";
import type { Clock } from "./clock.ts";
import { QueryReader } from "./http/query.ts";
import { fail, success } from "./http/response.ts";
import type { Route } from "./http/route.ts";
import type { Feed, Restream } from "./live/feed.ts";
import type { Live } from "./live/live.ts";
import type { PublishToken } from "./tokens/token.ts";
import type { TokenRepository } from "./tokens/token-repository.ts";

/** A stream as monitoring sees it: its feeds now, or those of its last hour. */
interface MonitoredStream {
  readonly streamName: string;
  readonly feeds: readonly Feed[];
  readonly isLive: boolean;
  readonly isSecured: boolean;
  readonly isRecordingAllowed: boolean;
  readonly isMultisource: boolean;
  readonly isRestreaming: boolean;
  readonly clusters: readonly string[];
  readonly startedAt: number;
  readonly endedAt: number | null;
  readonly viewerCount: number;
}

/** Parts that monitoring reads. */
export interface MonitoringParts {
  readonly account: Account;
  readonly live: Live;
  readonly clock: Clock;
  readonly publishTokens: TokenRepository<PublishToken>;
  /** Returns the viewers of a stream at an instant. */
  viewerCount(streamName: string, now: number): number;
}

/**
 * Creates the routes for streams that are live or ended within the last hour.
 *
 * Unlike token lists, these pages have a total.
 *
 * @see GET /api/monitoring/streams, /api/monitoring/summary and each with /{streamName}
 */
export function monitoringRoutes(parts: MonitoringParts): Route[] {
  const { account } = parts;
  const route = (path: string, operationId: string, handle: Route["handle"]): Route => ({
    method: "GET",
    path: `/api/monitoring/${path}`,
    operationId,
    access: "api secret",
    handle,
  });

  const streamNamed = (streamName: string): MonitoredStream => {
    const stream = monitoredStreams(parts).find((candidate) => candidate.streamName === streamName);
    if (!stream) throw fail({ message: `Stream name ${streamName} not found` });
    return stream;
  };

  return [
    route("streams", "Monitoring_ListRecentStreams", ({ query }) =>
      success(
        listed(monitoredStreams(parts), query, (stream) => ({
          ...summaryOf(account, stream),
          ...feedTraits(stream),
          feeds: stream.feeds.map((feed) => feedOf(account, stream, feed)),
        })),
      ),
    ),
    route("streams/{streamName}", "Monitoring_GetStream", (call) => {
      const stream = streamNamed(call.param("streamName"));
      return success({
        ...summaryOf(account, stream),
        ...feedTraits(stream),
        feeds: stream.feeds.map((feed) => ({
          ...feedOf(account, stream, feed),
          ...feedStats(feed, parts.clock.now()),
        })),
      });
    }),
    route("summary", "Monitoring_ListStreamSummary", ({ query }) =>
      success(listed(monitoredStreams(parts), query, (stream) => summaryOf(account, stream))),
    ),
    route("summary/{streamName}", "Monitoring_GetStreamSummary", (call) =>
      success(summaryOf(account, streamNamed(call.param("streamName")))),
    ),
  ];
}

function monitoredStreams({ live, clock, publishTokens, viewerCount }: MonitoringParts): readonly MonitoredStream[] {
  const now = clock.now();
  const recent = live.feeds().filter(({ endedAt }) => endedAt === null || endedAt > now - HOUR_MS);
  const names = [...new Set(recent.map(({ streamName }) => streamName))];
  return names.map((streamName) => {
    const all = recent.filter((feed) => feed.streamName === streamName);
    const running = all.filter(({ endedAt }) => endedAt === null);
    const isLive = running.length > 0;
    const current = isLive ? running : all;
    const tokens = current.flatMap(({ tokenId }) => publishTokens.byId(tokenId) ?? []);
    return {
      streamName,
      feeds: all,
      isLive,
      isSecured: tokens.every(({ subscribeRequiresAuth }) => subscribeRequiresAuth),
      isRecordingAllowed: tokens.some(({ record }) => record),
      isMultisource: tokens.some(({ multisource }) => multisource),
      isRestreaming: current.some(({ restreams }) => restreams.some(({ endedAt }) => endedAt === null)),
      clusters: [...new Set(current.map(({ clusterId }) => clusterId))],
      startedAt: Math.min(...current.map(({ startedAt }) => startedAt)),
      endedAt: isLive ? null : Math.max(...current.map(({ endedAt }) => endedAt ?? 0)),
      viewerCount: isLive ? viewerCount(streamName, now) : 0,
    };
  });
}

const SORT_BY = ["StreamId", "Cluster", "StartTime", "Duration", "Live", "ViewerCount", "Restream"] as const;

const ORDERS: Readonly<Record<(typeof SORT_BY)[number], (stream: MonitoredStream) => string | number>> = {
  StreamId: ({ streamName }) => streamName,
  Cluster: ({ clusters }) => clusters[0] ?? "",
  StartTime: ({ startedAt }) => startedAt,
  Duration: ({ startedAt, endedAt }) => (endedAt ?? Number.MAX_SAFE_INTEGER) - startedAt,
  Live: ({ isLive }) => Number(isLive),
  ViewerCount: ({ viewerCount }) => viewerCount,
  Restream: ({ isRestreaming }) => Number(isRestreaming),
};

function listed<T>(streams: readonly MonitoredStream[], query: URLSearchParams, row: (stream: MonitoredStream) => T) {
  const reader = new QueryReader(query);
  const page = reader.integer("page", { min: 1, max: 2_147_483_647, fallback: 1 });
  const itemsOnPage = reader.integer("itemsOnPage", { min: 1, max: 100, fallback: 10 });
  const orderOf = ORDERS[reader.choice("sortBy", SORT_BY, "Live")];
  const direction = (reader.boolean("isDescending") ?? true) ? -1 : 1;
  const clusters = reader.all("cluster");
  const search = reader.optional("searchSubstring");
  const traits = [
    [reader.boolean("isActive"), ({ isLive }: MonitoredStream) => isLive],
    [reader.boolean("isSecure"), ({ isSecured }: MonitoredStream) => isSecured],
    [reader.boolean("isMultisource"), ({ isMultisource }: MonitoredStream) => isMultisource],
    [reader.boolean("isRecordingAllowed"), ({ isRecordingAllowed }: MonitoredStream) => isRecordingAllowed],
    [reader.boolean("isRestreaming"), ({ isRestreaming }: MonitoredStream) => isRestreaming],
    [reader.boolean("hasRedundant"), hasRedundant],
  ] as const;
  // Only here the platform returns one text for each field instead of a list.
  reader.done((errors) =>
    fail({ errors: Object.fromEntries(Object.entries(errors).map(([field, texts]) => [field, texts.join(" ")])) }),
  );

  const found = streams
    .filter((stream) => traits.every(([expected, trait]) => expected === undefined || trait(stream) === expected))
    .filter((stream) => clusters.length === 0 || stream.clusters.some((cluster) => clusters.includes(cluster)))
    .filter(({ streamName }) => search === undefined || streamName.includes(search))
    .sort((a, b) => direction * compare(orderOf(a), orderOf(b)) || compare(a.streamName, b.streamName));
  const rows = found.slice((page - 1) * itemsOnPage, page * itemsOnPage);
  return {
    pagination: {
      totalItems: found.length,
      totalPages: Math.ceil(found.length / itemsOnPage),
      itemsOnPage: rows.length,
    },
    data: rows.map(row),
  };
}

function summaryOf({ accountId }: Account, stream: MonitoredStream) {
  return {
    streamId: `${accountId}/${stream.streamName}`,
    streamName: stream.streamName,
    clusterId: stream.clusters[0] ?? "",
    clusters: stream.clusters,
    secureStream: stream.isSecured,
    isRecordingAllowed: stream.isRecordingAllowed,
    multisource: stream.isMultisource,
    live: stream.isLive,
    startTime: isoMillis(stream.startedAt),
    endTime: stream.endedAt === null ? null : isoMillis(stream.endedAt),
    viewerCount: stream.viewerCount,
  };
}

function feedTraits(stream: MonitoredStream) {
  return { hasRedundant: hasRedundant(stream), restreaming: stream.isRestreaming };
}

function feedOf({ accountId }: Account, stream: MonitoredStream, feed: Feed) {
  const { ip, country } = feed.credentials;
  return {
    streamId: `${accountId}/${feed.streamName}`,
    feedId: feed.feedId,
    clusterId: feed.clusterId,
    ...(feed.sourceId === null ? {} : { sourceId: feed.sourceId }),
    ...(feed.simulcastId === null ? {} : { simulcastId: feed.simulcastId }),
    serverId: `${feed.clusterId}-sandbox`,
    active: feed.endedAt === null,
    startTime: isoMillis(feed.startedAt),
    endTime: feed.endedAt === null ? null : isoMillis(feed.endedAt),
    isRecordingAllowed: stream.isRecordingAllowed,
    isRedundant: isRedundant(stream, feed),
    priority: feed.priority,
    tokenId: feed.tokenId,
    client: { country, ip },
    restreams: feed.restreams.map(restreamOf),
  };
}

function restreamOf({ label, url, startedAt, endedAt }: Restream, index: number) {
  return {
    ...(label === null ? {} : { label }),
    index,
    ...(url === null ? {} : { url }),
    active: endedAt === null,
    events: [{ started: isoMillis(startedAt), ended: endedAt === null ? null : isoMillis(endedAt) }],
  };
}

/** A healthy feed; the sandbox loses no packets. */
function feedStats(feed: Feed, now: number) {
  const timestamp = isoMillis(Math.min(feed.endedAt ?? now, now));
  return {
    packetLoss: 0,
    frameRate: 50,
    type: "WebRtc",
    feedStats: [{ timestamp, packetLoss: 0 }],
    trackDetails: [
      {
        trackId: `${feed.feedId}-video`,
        encodingDetails: [
          {
            encodingId: "0",
            encodingStats: [
              {
                timestamp,
                resolution: { width: 1920, height: 1080 },
                bitRate: { videoBitrate: Number(feed.bitsPerSecond), audioBitrate: 128_000 },
                videoCodec: "h264",
                audioCodec: "opus",
                frames: 50,
              },
            ],
          },
        ],
      },
    ],
  };
}

function hasRedundant(stream: MonitoredStream): boolean {
  return stream.feeds.some((feed) => isRedundant(stream, feed));
}

/** Returns whether another live feed carries the same source. */
function isRedundant({ feeds }: MonitoredStream, feed: Feed): boolean {
  return feeds.some(
    (other) =>
      other !== feed &&
      other.endedAt === null &&
      feed.endedAt === null &&
      other.sourceId === feed.sourceId &&
      other.simulcastId === feed.simulcastId,
  );
}

function compare(a: string | number, b: string | number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
