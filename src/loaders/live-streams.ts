import DataLoader from "dataloader";
import type { LiveStream, LiveStreamWithFeeds, Monitoring } from "../upstream/monitoring.ts";
import type { Waves } from "./waves.ts";

/** Which streams are live, or ended within the last hour. */
export interface LiveStreamLoader {
  /** All of them, by name. @throws UpstreamError */
  all(): Promise<ReadonlyMap<string, LiveStream>>;
  /** One, or null for a stream that is not among them. @throws UpstreamError */
  byName(name: string): Promise<LiveStream | null>;
  /** One with its feeds. @throws UpstreamError */
  withFeeds(name: string): Promise<LiveStreamWithFeeds | null>;
}

/** A null name asks for all. */
interface Question {
  readonly name: string | null;
  readonly feeds: boolean;
}
type Answer = ReadonlyMap<string, LiveStream | LiveStreamWithFeeds>;

/**
 * Reads the monitoring list once for a request: a page holds a hundred streams, so that is what many questions cost. A
 * single question about a single stream is asked as such. Feeds come with a heavier list, which then serves all questions.
 */
export function createLiveStreamLoader(monitoring: Monitoring, waves: Waves, signal?: AbortSignal): LiveStreamLoader {
  const lists: { summaries?: Promise<Answer>; withFeeds?: Promise<Answer> } = {};
  const listed = (feeds: boolean): Promise<Answer> => {
    if (feeds) lists.withFeeds ??= monitoring.listStreams(signal).then(byName);
    else if (!lists.withFeeds) lists.summaries ??= monitoring.listSummaries(signal).then(byName);
    return lists.withFeeds ?? lists.summaries ?? Promise.resolve(new Map());
  };
  const single = async (name: string, feeds: boolean): Promise<Answer> => {
    const stream = await (feeds ? monitoring.readStream(name, signal) : monitoring.readSummary(name, signal));
    return new Map(stream ? [[name, stream]] : []);
  };

  const answer = (questions: readonly Question[]): Promise<Answer> => {
    const feeds = questions.some((question) => question.feeds);
    const names = new Set(questions.map(({ name }) => name));
    const [name = null] = names;
    const isListed = lists.withFeeds !== undefined || (!feeds && lists.summaries !== undefined);
    return names.size > 1 || name === null || isListed ? listed(feeds) : single(name, feeds);
  };

  const loader = new DataLoader<Question, Answer, string>(
    async (questions) => {
      const streams = await waves.track(answer(questions));
      return questions.map(() => streams);
    },
    {
      cacheKeyFn: ({ name, feeds }) => `${feeds}|${name ?? ""}`,
      batchScheduleFn: waves.schedule("MONITORING"),
    },
  );

  return {
    all: () => loader.load({ name: null, feeds: false }),
    byName: async (name) => (await loader.load({ name, feeds: false })).get(name) ?? null,
    withFeeds: async (name) => {
      const stream = (await loader.load({ name, feeds: true })).get(name);
      return stream && "feeds" in stream ? stream : null;
    },
  };
}

function byName<Stream extends LiveStream>(streams: readonly Stream[]): ReadonlyMap<string, Stream> {
  return new Map(streams.map((stream) => [stream.name, stream]));
}
