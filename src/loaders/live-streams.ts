import DataLoader from "dataloader";
import type { LiveStreamCache, LiveStreams } from "../cache/live-stream-cache.ts";
import { remainingMs } from "../primitives/deadline.ts";
import { type MaybePromise, mapMaybe } from "../primitives/maybe-promise.ts";
import type { LiveStream, LiveStreamWithFeeds, Monitoring } from "../upstream/monitoring.ts";
import type { BatchScheduler } from "./batch-scheduler.ts";

/** Loader of streams that are live, or ended within the last hour. */
export interface LiveStreamLoader {
  /** Loads all of them, by name. @throws UpstreamError */
  all(): MaybePromise<LiveStreams>;
  /** Loads one by name; null for a stream that is not among them. @throws UpstreamError */
  byName(name: string): MaybePromise<LiveStream | null>;
  /** Loads one with its feeds. @throws UpstreamError */
  withFeeds(name: string): MaybePromise<LiveStreamWithFeeds | null>;
  /** Loads one with all details of its feeds, by one call per stream. @throws UpstreamError */
  details(name: string): Promise<LiveStreamWithFeeds | null>;
}

/** Key of the loader; the name is null for all streams. */
interface LiveStreamKey {
  readonly name: string | null;
  readonly feeds: boolean;
}

/**
 * Creates the loader of one request.
 *
 * Several streams cost one list, which requests share while it is fresh; a single stream is read by itself. Feeds come
 * with a longer list, which then serves the whole request.
 */
export function createLiveStreamLoader(
  monitoring: Monitoring,
  cache: LiveStreamCache,
  batchScheduler: BatchScheduler,
  signal?: AbortSignal,
): LiveStreamLoader {
  const lists: { summaries?: Promise<LiveStreams>; withFeeds?: Promise<LiveStreams> } = {};
  const read = (feeds: boolean): Promise<LiveStreams> => {
    // A shared read is not bound by the deadline of one request, but none is started after it.
    if (remainingMs(signal, 1) > 0) return cache.read(feeds);
    return (feeds ? monitoring.listStreams(signal) : monitoring.listSummaries(signal)).then(byName);
  };
  const listed = (feeds: boolean): Promise<LiveStreams> => {
    if (feeds) lists.withFeeds ??= read(true);
    else if (!lists.withFeeds) lists.summaries ??= read(false);
    return lists.withFeeds ?? lists.summaries ?? Promise.resolve(new Map());
  };
  const single = async (name: string, feeds: boolean): Promise<LiveStreams> => {
    const stream = await (feeds ? monitoring.readStream(name, signal) : monitoring.readSummary(name, signal));
    return new Map(stream ? [[name, stream]] : []);
  };

  const loadAll = (keys: readonly LiveStreamKey[]): Promise<LiveStreams> => {
    const feeds = keys.some((key) => key.feeds);
    const names = new Set(keys.map(({ name }) => name));
    const [name = null] = names;
    const isListed = lists.withFeeds !== undefined || (!feeds && lists.summaries !== undefined);
    return names.size > 1 || name === null || isListed ? listed(feeds) : single(name, feeds);
  };

  const loader = new DataLoader<LiveStreamKey, LiveStreams, string>(
    async (keys) => {
      const streams = await batchScheduler.track(loadAll(keys));
      return keys.map(() => streams);
    },
    {
      cacheKeyFn: ({ name, feeds }) => `${feeds}|${name ?? ""}`,
      batchScheduleFn: batchScheduler.schedule("MONITORING"),
    },
  );
  const details = new DataLoader<string, LiveStreamWithFeeds | null>(
    (names) => batchScheduler.track(Promise.all(names.map((name) => monitoring.readStream(name, signal)))),
    { batch: false },
  );
  const load = (key: LiveStreamKey) => cache.fresh(key.feeds) ?? loader.load(key);

  return {
    details: (name) => details.load(name),
    all: () => load({ name: null, feeds: false }),
    byName: (name) => mapMaybe(load({ name, feeds: false }), (streams) => streams.get(name) ?? null),
    withFeeds: (name) =>
      mapMaybe(load({ name, feeds: true }), (streams) => {
        const stream = streams.get(name);
        return stream && "feeds" in stream ? stream : null;
      }),
  };
}

function byName<Stream extends LiveStream>(streams: readonly Stream[]): LiveStreams {
  return new Map(streams.map((stream) => [stream.name, stream]));
}
