import type { Clock } from "../clock.ts";
import { ingestCluster } from "../cluster.ts";
import { uuidOf } from "../random.ts";
import { effectiveCluster, type PublishToken } from "../tokens/token.ts";
import { type Feed, type FeedStart, type PublisherCredentials, startRestreams, syncRestreams } from "./feed.ts";
import { createScheduledEvents } from "./scheduled-events.ts";
import { endOf, type Viewing, type ViewingStart } from "./viewing.ts";

/** Feeds and viewers since the sandbox started, and feeds that were live when it did. */
export interface Live {
  /** Starts a feed that passed the Director's check. */
  startFeed(start: FeedStart, token: PublishToken): Feed;
  /** Starts a feed as of before the sandbox started; the traffic function meters it as long as it runs. */
  seedFeed(start: FeedStart, token: PublishToken, startedAt: number): Feed;
  /** Ends feeds for good, as when their encoders stop. Viewers of a stream leave with its last feed. */
  endFeeds(which: (feed: Feed) => boolean): readonly Feed[];
  /** Ends feeds as the platform does: the encoders reconnect 5 s later if they still pass the Director's check. */
  interruptFeeds(which: (feed: Feed) => boolean): readonly Feed[];
  /** Makes the running feeds of a token push to exactly its enabled targets. */
  syncRestreams(token: PublishToken): void;
  /** Returns every feed since the start, of one stream or of all, oldest first. */
  feeds(streamName?: string): readonly Feed[];
  /** Returns the feeds that are live now, of one stream or of all, oldest first. */
  liveFeeds(streamName?: string): readonly Feed[];
  /** Attaches a viewer that passed the Director's check. */
  attach(start: ViewingStart): Viewing;
  /** Ends a viewer's connection. @returns the ended connection, or undefined if the client has none open */
  detach(clientId: string): Viewing | undefined;
  /** Returns every viewer connection since the start, of one stream or of all, oldest first. */
  viewings(streamName?: string): readonly Viewing[];
  /** Returns the names of streams with any feed or viewer since the start. */
  streamNames(): readonly string[];
}

/** Time until an encoder reconnects, in milliseconds. */
const RECONNECT_MS = 5_000;

/** First id of a live record, above every id of the past: see records/history.ts. */
const FIRST_RECORD_ID = 2 ** 52;

/**
 * Creates the live part.
 *
 * @param seed - determines the ids of feeds and viewers
 * @param tokenFor - token of a publisher that passes the check at an instant; undefined if it is refused
 */
export function createLive(
  seed: number,
  clock: Clock,
  tokenFor: (streamName: string, credentials: PublisherCredentials, at: number) => PublishToken | undefined,
): Live {
  const scheduledEvents = createScheduledEvents();
  const feeds: Feed[] = [];
  const feedsOf = new Map<string, Feed[]>();
  const viewings: Viewing[] = [];
  const viewingsOf = new Map<string, Viewing[]>();
  const latestOf = new Map<string, Viewing>();
  let clients = 0;

  /** Returns the present, after everything that is due by now has happened. */
  function now(): number {
    const at = clock.now();
    scheduledEvents.settle(at);
    return at;
  }

  function addFeed(start: FeedStart, token: PublishToken, startedAt: number, isSeeded: boolean): Feed {
    const feed: Feed = {
      feedId: uuidOf(seed, `feed ${feeds.length + 1}`),
      streamName: start.streamName,
      tokenId: token.id,
      credentials: start.credentials,
      sourceId: start.sourceId,
      simulcastId: start.simulcastId,
      priority: start.ownPriority ?? token.priority,
      ownPriority: start.ownPriority !== null,
      bitsPerSecond: start.bitsPerSecond,
      isRecorded: token.record,
      isClippable: token.clip,
      clusterId: ingestCluster(effectiveCluster(token), start.credentials.country),
      startedAt,
      endsAt: start.endsAt,
      endedAt: null,
      isSeeded,
      restreams: startRestreams(token.restream, startedAt),
    };
    feeds.push(feed);
    file(feedsOf, feed);
    if (feed.endsAt !== null) scheduledEvents.add(feed.endsAt, (at) => end(feed, at));
    return feed;
  }

  function end(feed: Feed, at: number): void {
    if (feed.endedAt !== null) return;
    feed.endedAt = at;
    for (const restream of feed.restreams) restream.endedAt ??= at;
    if (feedsOf.get(feed.streamName)?.some((other) => other.endedAt === null)) return;
    for (const viewing of viewingsOf.get(feed.streamName) ?? []) {
      if (endOf(viewing) > at) viewing.endedAt = at;
    }
  }

  function allFeeds(streamName?: string): readonly Feed[] {
    now();
    return streamName === undefined ? feeds : (feedsOf.get(streamName) ?? []);
  }

  function endAll(which: (feed: Feed) => boolean, at: number): readonly Feed[] {
    const ending = feeds.filter((feed) => feed.endedAt === null && which(feed));
    for (const feed of ending) end(feed, at);
    return ending;
  }

  function reconnect(ended: Feed, at: number): void {
    if (ended.endsAt !== null && ended.endsAt <= at) return;
    const token = tokenFor(ended.streamName, ended.credentials, at);
    if (token) addFeed({ ...ended, ownPriority: ended.ownPriority ? ended.priority : null }, token, at, false);
  }

  return {
    startFeed: (start, token) => addFeed(start, token, now(), false),
    seedFeed: (start, token, startedAt) => addFeed(start, token, startedAt, true),
    endFeeds: (which) => endAll(which, now()),
    interruptFeeds(which) {
      const at = now();
      const ended = endAll(which, at);
      for (const feed of ended) scheduledEvents.add(at + RECONNECT_MS, (backAt) => reconnect(feed, backAt));
      return ended;
    },
    syncRestreams(token) {
      const at = now();
      for (const feed of feeds) {
        if (feed.tokenId === token.id && feed.endedAt === null) syncRestreams(feed, token.restream, at);
      }
    },
    feeds: (streamName) => allFeeds(streamName),
    liveFeeds: (streamName) => allFeeds(streamName).filter(({ endedAt }) => endedAt === null),
    attach(start) {
      const startedAt = now();
      const clientId = start.clientId ?? uuidOf(seed, `viewer ${++clients}`);
      const previous = latestOf.get(clientId);
      // A client has one connection: a second one replaces the first.
      if (previous && endOf(previous) > startedAt) previous.endedAt = startedAt;
      const viewing: Viewing = {
        ...start,
        clientId,
        recordId: FIRST_RECORD_ID + viewings.length,
        previousRecordId: previous?.recordId ?? null,
        startedAt,
        endedAt: null,
      };
      viewings.push(viewing);
      latestOf.set(clientId, viewing);
      file(viewingsOf, viewing);
      return viewing;
    },
    detach(clientId) {
      const at = now();
      const viewing = latestOf.get(clientId);
      if (!viewing || endOf(viewing) <= at) return undefined;
      viewing.endedAt = at;
      return viewing;
    },
    viewings(streamName) {
      now();
      return streamName === undefined ? viewings : (viewingsOf.get(streamName) ?? []);
    },
    streamNames() {
      now();
      return [...new Set([...feedsOf.keys(), ...viewingsOf.keys()])];
    },
  };
}

function file<T extends { readonly streamName: string }>(byStream: Map<string, T[]>, connection: T): void {
  const connections = byStream.get(connection.streamName);
  if (connections) connections.push(connection);
  else byStream.set(connection.streamName, [connection]);
}
