/** What decides which of a stream's feeds viewers are shown. */
export interface RankedFeed {
  readonly isActive: boolean;
  /** Null for the main source. */
  readonly sourceId: string | null;
  /** Joins feeds of one camera as quality layers; null for the main camera. */
  readonly simulcastId: string | null;
  /** Null is the lowest. */
  readonly priority: number | null;
  /** Milliseconds since the epoch. */
  readonly startedAt: number | null;
}

/**
 * The live feeds of one source, in the order in which viewers are shown them: the first is on the air, the others stand by.
 * The highest priority comes first; among equals the newest, which takes the place of those before it.
 *
 * @param sourceId the source; null for the one that viewers begin with: the main source, or else a layer of the main camera,
 *   or else the first of all
 * @see the platform's guide to redundant ingest
 */
export function rankFeeds<Feed extends RankedFeed>(feeds: readonly Feed[], sourceId: string | null): Feed[] {
  const live = liveFeeds(feeds);
  const [first] = sourceId === null ? live.toSorted(byMainFirst) : live.filter((feed) => feed.sourceId === sourceId);
  if (!first) return [];
  return live.filter((feed) => feed.sourceId === first.sourceId && feed.simulcastId === first.simulcastId);
}

/** All live feeds, whatever their source: the highest priority first, and among equals the newest. */
export function liveFeeds<Feed extends RankedFeed>(feeds: readonly Feed[]): Feed[] {
  return feeds.filter(({ isActive }) => isActive).sort(byRank);
}

function byRank(a: RankedFeed, b: RankedFeed): number {
  if (a.priority !== b.priority) return (b.priority ?? LOWEST) - (a.priority ?? LOWEST);
  return (b.startedAt ?? 0) - (a.startedAt ?? 0);
}

const LOWEST = Number.NEGATIVE_INFINITY;

function byMainFirst(a: RankedFeed, b: RankedFeed): number {
  return distanceFromMain(a) - distanceFromMain(b);
}

function distanceFromMain({ sourceId, simulcastId }: RankedFeed): number {
  if (sourceId === null) return 0;
  return simulcastId === null ? 1 : 2;
}
