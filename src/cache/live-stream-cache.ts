import { type MonotonicClock, processClock } from "../primitives/clock.ts";
import type { MaybePromise } from "../primitives/maybe-promise.ts";
import { SingleFlight } from "../primitives/single-flight.ts";
import type { LiveStream, LiveStreamWithFeeds, Monitoring } from "../upstream/monitoring.ts";

/** Streams that are live, or ended within the last hour, by name. */
export type LiveStreams = ReadonlyMap<string, LiveStream | LiveStreamWithFeeds>;

/** Lists of live streams, with and without feeds, shared by all requests. */
export interface LiveStreamCache {
  /**
   * Returns a list that is at most 2 seconds old; null if there is none.
   *
   * A list with feeds also serves without.
   */
  fresh(feeds: boolean): LiveStreams | null;
  /** Reads the list, or joins a read that is running. @throws UpstreamError */
  read(feeds: boolean): Promise<LiveStreams>;
  /**
   * Resolves once the names of live streams are known, as far as the platform lists them. Never fails.
   *
   * New names are rare, so they may be up to 30 seconds old; from 5 seconds on they are read in the background.
   */
  namesReady(): MaybePromise<unknown>;
  /** Discards all lists, because a stream was stopped. */
  changed(): void;
}

/** Maximum age of a list that is served, in milliseconds. */
const FRESH_MS = 2_000;
/**
 * Age at which names are read again in the background, in milliseconds; also the pause after a
 * failure.
 */
const NAMES_REFRESH_MS = 5_000;
/** Age at which requests wait for names, in milliseconds. */
const NAMES_MAX_AGE_MS = 30_000;

export function createLiveStreamCache(
  monitoring: Pick<Monitoring, "listSummaries" | "listStreams">,
  monotonicMs: MonotonicClock = processClock,
): LiveStreamCache {
  const withFeeds = createListCache<LiveStreamWithFeeds>(() => monitoring.listStreams(), monotonicMs);
  const summaries = createListCache<LiveStream>(() => monitoring.listSummaries(), monotonicMs);
  let namesReadAt = Number.NEGATIVE_INFINITY;

  const readNames = () => {
    namesReadAt = monotonicMs();
    return summaries.read().catch(() => null);
  };

  return {
    fresh: (feeds) => withFeeds.within(FRESH_MS) ?? (feeds ? null : summaries.within(FRESH_MS)),
    read: (feeds) => (feeds ? withFeeds : summaries).read(),
    namesReady: () => {
      const areYoungerThan = (ms: number) => summaries.within(ms) !== null || withFeeds.within(ms) !== null;
      if (areYoungerThan(NAMES_REFRESH_MS)) return null;
      // While the platform fails it is called no more often than that, and no request waits for it.
      const isRecentlyTried = monotonicMs() - namesReadAt < NAMES_REFRESH_MS;
      const attempt = isRecentlyTried ? summaries.inFlight() : readNames();
      return areYoungerThan(NAMES_MAX_AGE_MS) ? null : attempt;
    },
    changed: () => {
      for (const list of [withFeeds, summaries]) list.discard();
    },
  };
}

interface ListCache<Stream> {
  read(): Promise<ReadonlyMap<string, Stream>>;
  /** Returns the last list if its read started less than `ms` ago; null otherwise. */
  within(ms: number): ReadonlyMap<string, Stream> | null;
  /** Resolves when the running read has settled; null if none is running. */
  inFlight(): Promise<unknown> | null;
  discard(): void;
}

function createListCache<Stream extends LiveStream>(
  list: () => Promise<readonly Stream[]>,
  monotonicMs: MonotonicClock,
): ListCache<Stream> {
  let last: { readonly at: number; readonly streams: ReadonlyMap<string, Stream> } | null = null;
  const reading = new SingleFlight(async (isCurrent) => {
    const at = monotonicMs();
    const streams = new Map((await list()).map((stream) => [stream.name, stream]));
    if (isCurrent()) last = { at, streams };
    return streams;
  });
  return {
    read: () => reading.run(),
    within: (ms) => (last && monotonicMs() - last.at < ms ? last.streams : null),
    inFlight: () => reading.current?.catch(() => null) ?? null,
    discard: () => {
      last = null;
      reading.detach();
    },
  };
}
