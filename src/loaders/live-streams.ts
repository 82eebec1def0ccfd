import DataLoader from "dataloader";
import type { LiveStreamCache, LiveStreams } from "../cache/live-stream-cache.ts";
import { remainingMs } from "../primitives/deadline.ts";
import { type MaybePromise, mapMaybe } from "../primitives/maybe-promise.ts";
import type { LiveStream, LiveStreamWithFeeds, Monitoring } from "../upstream/monitoring.ts";
import type { BatchScheduler } from "./batch-scheduler.ts";

/** Which streams are live, or ended within the last hour. */
export interface LiveStreamLoader {
  /** All of them, by name. @throws UpstreamError */
  all(): MaybePromise<LiveStreams>;
  /** One, or null for a stream that is not among them. @throws UpstreamError */
  byName(name: string): MaybePromise<LiveStream | null>;
  /** One with its feeds. @throws UpstreamError */
  withFeeds(name: string): MaybePromise<LiveStreamWithFeeds | null>;
  /** One with all that is told of its feeds, which takes a call for each. @throws UpstreamError */
  details(name: string): Promise<LiveStreamWithFeeds | null>;
}

/** A null name asks for all. */
interface Question {
  readonly name: string | null;
  readonly feeds: boolean;
}

/**
 * Reads the monitoring list once for a request, or not at all where some request has read it moments ago: a page holds a
 * hundred streams, so that is what many questions cost. A single question about a single stream is asked as such. Feeds
 * come with a heavier list, which then serves all questions.
 */
export function createLiveStreamLoader(
  monitoring: Monitoring,
  directory: LiveStreamCache,
  batchScheduler: BatchScheduler,
  signal?: AbortSignal,
): LiveStreamLoader {
  const lists: { summaries?: Promise<LiveStreams>; withFeeds?: Promise<LiveStreams> } = {};
  const read = (feeds: boolean): Promise<LiveStreams> => {
    // A reading that is shared is not bound by whose turn it was; but nobody begins one when it is too late.
    if (remainingMs(signal, 1) > 0) return directory.read(feeds);
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

  const answer = (questions: readonly Question[]): Promise<LiveStreams> => {
    const feeds = questions.some((question) => question.feeds);
    const names = new Set(questions.map(({ name }) => name));
    const [name = null] = names;
    const isListed = lists.withFeeds !== undefined || (!feeds && lists.summaries !== undefined);
    return names.size > 1 || name === null || isListed ? listed(feeds) : single(name, feeds);
  };

  const loader = new DataLoader<Question, LiveStreams, string>(
    async (questions) => {
      const streams = await batchScheduler.track(answer(questions));
      return questions.map(() => streams);
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
  const load = (question: Question) => directory.fresh(question.feeds) ?? loader.load(question);

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
