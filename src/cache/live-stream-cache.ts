import type { MaybePromise } from "../primitives/maybe-promise.ts";
import type { LiveStream, LiveStreamWithFeeds, Monitoring } from "../upstream/monitoring.ts";

/** Streams that are live, or ended within the last hour, by name. */
export type LiveStreams = ReadonlyMap<string, LiveStream | LiveStreamWithFeeds>;

/** The list of live streams, read once for all who ask at about the same time. */
export interface LiveStreamCache {
  /** The list as it was moments ago, or null where it has to be read. One with feeds serves as one without. */
  fresh(feeds: boolean): LiveStreams | null;
  /** The list, read now; a reading that is under way is shared, its failure as well. @throws UpstreamError */
  read(feeds: boolean): Promise<LiveStreams>;
  /**
   * Waits until the names of live streams have been learnt lately, as far as the platform tells them; it never fails. Names
   * seldom come, so they may be older than what is told of a live stream: the list is read again beside the request.
   */
  namesReady(): MaybePromise<unknown>;
  /** Says that a stream was stopped: what was read before is no longer so. */
  changed(): void;
}

/** A stream has gone live at most so long before it is told. */
const RECENT_MS = 2_000;
/** Names that were learnt so long ago are learnt again. */
const NAMES_LEARNT_AGAIN_MS = 5_000;
/** Names that were learnt so long ago are waited for. */
const NAMES_TOO_OLD_MS = 30_000;

/** @param elapsed milliseconds since any fixed moment */
export function createLiveStreamCache(
  monitoring: Pick<Monitoring, "listSummaries" | "listStreams">,
  elapsed: () => number = () => performance.now(),
): LiveStreamCache {
  const withFeeds = createReadings<LiveStreamWithFeeds>(() => monitoring.listStreams(), elapsed);
  const summaries = createReadings<LiveStream>(() => monitoring.listSummaries(), elapsed);
  let triedAt = Number.NEGATIVE_INFINITY;

  const learn = () => {
    triedAt = elapsed();
    return summaries.read().catch(() => null);
  };

  return {
    fresh: (feeds) => withFeeds.within(RECENT_MS) ?? (feeds ? null : summaries.within(RECENT_MS)),
    read: (feeds) => (feeds ? withFeeds : summaries).read(),
    namesReady: () => {
      const isKnown = (ms: number) => summaries.within(ms) !== null || withFeeds.within(ms) !== null;
      if (isKnown(NAMES_LEARNT_AGAIN_MS)) return null;
      // While the platform fails it is asked as seldom, and nobody waits for it.
      const isTried = elapsed() - triedAt < NAMES_LEARNT_AGAIN_MS;
      const attempt = isTried ? summaries.inFlight() : learn();
      return isKnown(NAMES_TOO_OLD_MS) ? null : attempt;
    },
    changed: () => {
      for (const readings of [withFeeds, summaries]) readings.forget();
    },
  };
}

interface Readings<Stream> {
  read(): Promise<ReadonlyMap<string, Stream>>;
  /** The last reading, where it was begun at most so long ago. */
  within(ms: number): ReadonlyMap<string, Stream> | null;
  /** Settles with the reading that is under way; null where there is none. */
  inFlight(): Promise<unknown> | null;
  forget(): void;
}

function createReadings<Stream extends LiveStream>(
  list: () => Promise<readonly Stream[]>,
  elapsed: () => number,
): Readings<Stream> {
  let last: { readonly at: number; readonly streams: ReadonlyMap<string, Stream> } | null = null;
  let reading: Promise<ReadonlyMap<string, Stream>> | null = null;
  const begin = () => {
    const at = elapsed();
    const attempt = list()
      .then((rows) => {
        const streams = new Map(rows.map((stream) => [stream.name, stream]));
        if (reading === attempt) last = { at, streams };
        return streams;
      })
      .finally(() => {
        if (reading === attempt) reading = null;
      });
    return attempt;
  };
  return {
    read: () => {
      reading ??= begin();
      return reading;
    },
    within: (ms) => (last && elapsed() - last.at < ms ? last.streams : null),
    inFlight: () => reading?.catch(() => null) ?? null,
    forget: () => {
      last = null;
      reading = null;
    },
  };
}
