import type { RestreamTarget } from "../tokens/token.ts";

/** One publishing connection. Times are in milliseconds. */
export interface Feed {
  readonly feedId: string;
  readonly streamName: string;
  readonly tokenId: number;
  /** Credentials that the encoder presents when it reconnects. */
  readonly credentials: PublisherCredentials;
  readonly sourceId: string | null;
  readonly simulcastId: string | null;
  /** Priority that the feed runs with: its own, otherwise its token's when it started. */
  readonly priority: number | null;
  /** True if the encoder set the priority itself, so the token's does not change it. */
  readonly ownPriority: boolean;
  readonly bitsPerSecond: bigint;
  /** Whether its token recorded when it started; a later change applies to later feeds. */
  readonly isRecorded: boolean;
  /** Whether its token stored a timeline for clips when it started. */
  readonly isClippable: boolean;
  readonly clusterId: string;
  readonly startedAt: number;
  /** Planned end; null for none. */
  readonly endsAt: number | null;
  /** Null while the feed is live. */
  endedAt: number | null;
  /** True for feeds that ran before the sandbox started, which the traffic function meters. */
  readonly isSeeded: boolean;
  readonly restreams: Restream[];
}

/** Credentials and origin of a publisher. */
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

/** A feed about to start. */
export interface FeedStart extends Pick<Feed, "streamName" | "credentials" | "sourceId" | "simulcastId"> {
  readonly bitsPerSecond: bigint;
  /** Null for the token's priority. */
  readonly ownPriority: number | null;
  /** Null for a feed that runs until it is stopped. */
  readonly endsAt: number | null;
}

/** Returns the pushes that a feed starts with: to every enabled target. */
export function startRestreams(targets: readonly RestreamTarget[], startedAt: number): Restream[] {
  return targets.filter(({ enabled }) => enabled).map((target) => startRestream(target, startedAt));
}

/**
 * Makes a running feed push to exactly the enabled targets.
 *
 * Pushes that stay are not interrupted by a change elsewhere in the list.
 */
export function syncRestreams(feed: Feed, targets: readonly RestreamTarget[], at: number): void {
  const enabledTargets = targets.filter(({ enabled }) => enabled);
  for (const restream of feed.restreams) {
    if (restream.endedAt === null && !enabledTargets.some(({ url }) => url === restream.url)) restream.endedAt = at;
  }
  for (const target of enabledTargets) {
    const isRunning = feed.restreams.some(({ url, endedAt }) => url === target.url && endedAt === null);
    if (!isRunning) feed.restreams.push(startRestream(target, at));
  }
}

function startRestream({ label, url }: RestreamTarget, startedAt: number): Restream {
  return { label, url, startedAt, endedAt: null };
}
