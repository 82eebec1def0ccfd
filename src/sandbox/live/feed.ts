import type { RestreamTarget } from "../tokens/token.ts";

/** One publishing connection. Times are in milliseconds. */
export interface Feed {
  readonly feedId: string;
  readonly streamName: string;
  readonly tokenId: number;
  /** What the encoder shows when it connects again. */
  readonly credentials: PublisherCredentials;
  readonly sourceId: string | null;
  readonly simulcastId: string | null;
  /** The priority that the feed runs with: its own, or else its token's when it started. */
  readonly priority: number | null;
  /** True when the encoder named the priority itself, so the token's does not move it. */
  readonly ownPriority: boolean;
  readonly bitsPerSecond: bigint;
  /** Whether its token recorded when it started; a later change is for later feeds. */
  readonly isRecorded: boolean;
  /** Whether its token kept a timeline for clips when it started. */
  readonly isClippable: boolean;
  readonly clusterId: string;
  readonly startedAt: number;
  /** When it means to end; null for never. */
  readonly endsAt: number | null;
  /** Null while it is live. */
  endedAt: number | null;
  /** True for feeds that ran before the sandbox began: the traffic function meters those. */
  readonly isSeeded: boolean;
  readonly restreams: Restream[];
}

/** Who publishes, from where and by which secret. */
export interface PublisherCredentials {
  readonly token: string;
  readonly ip: string;
  readonly country: string;
  readonly origin: string | null;
}

/** One push of a feed to another platform. */
export interface Restream {
  readonly label: string | null;
  readonly url: string | null;
  readonly startedAt: number;
  endedAt: number | null;
}

/** A feed about to begin. */
export interface FeedStart extends Pick<Feed, "streamName" | "credentials" | "sourceId" | "simulcastId"> {
  readonly bitsPerSecond: bigint;
  /** Null for the token's. */
  readonly ownPriority: number | null;
  /** Null for until it is stopped. */
  readonly endsAt: number | null;
}

/** The pushes that a feed begins with: to every target that is enabled. */
export function beginRestreams(targets: readonly RestreamTarget[], startedAt: number): Restream[] {
  return targets.filter(({ enabled }) => enabled).map((target) => beginRestream(target, startedAt));
}

/**
 * Makes a running feed push to exactly the targets that are enabled. Pushes that stay are left alone: they must not be
 * cut for a change elsewhere in the list.
 */
export function syncRestreams(feed: Feed, targets: readonly RestreamTarget[], at: number): void {
  const wanted = targets.filter(({ enabled }) => enabled);
  for (const restream of feed.restreams) {
    if (restream.endedAt === null && !wanted.some(({ url }) => url === restream.url)) restream.endedAt = at;
  }
  for (const target of wanted) {
    const isRunning = feed.restreams.some(({ url, endedAt }) => url === target.url && endedAt === null);
    if (!isRunning) feed.restreams.push(beginRestream(target, at));
  }
}

function beginRestream({ label, url }: RestreamTarget, startedAt: number): Restream {
  return { label, url, startedAt, endedAt: null };
}
