import pLimit from "p-limit";
import type { PublishTokenRecord, SubscribeTokenRecord, TokenRecord } from "../model/token/token.ts";
import { type MonotonicClock, processClock } from "../primitives/clock.ts";
import type { MaybePromise } from "../primitives/maybe-promise.ts";
import { SingleFlight } from "../primitives/single-flight.ts";
import { type ListPage, MAX_ITEMS_ON_PAGE } from "../upstream/list-page.ts";
import { createPatternReadings, type PatternReadings } from "./pattern-readings.ts";
import type { OnStale } from "./read-through.ts";
import { TokenIndex } from "./token-index.ts";

/** All cached tokens of the account. */
export interface TokenSnapshot {
  readonly publish: TokenIndex<PublishTokenRecord>;
  readonly subscribe: TokenIndex<SubscribeTokenRecord>;
  /** Returns the subscribe tokens with a tracking id, by ascending id. */
  withTrackingId(trackingId: string): readonly SubscribeTokenRecord[];
  /** Returns every tracking id of a subscribe token, sorted. */
  trackingIds(): readonly string[];
}

/**
 * Cache of all tokens of the account, shared by all requests.
 *
 * The platform lists tokens in pages without a total, and the tokens of a stream are found only by reading all of them.
 * The cache is refreshed in the background, and at once by the gateway's own writes.
 */
export interface TokenCache {
  /**
   * Returns the tokens, without a promise while they are fresh.
   *
   * Waits for the first refresh, and for a new one once the tokens are older than `staleAfterMs`.
   *
   * @param onStale called if old tokens are served because the platform failed
   * @throws UpstreamError if the tokens have never been read and cannot be read now
   */
  read(onStale?: OnStale): MaybePromise<TokenSnapshot>;
  /** Returns the tokens if they are cached and fresh; null otherwise. Never reads. */
  peek(): TokenSnapshot | null;
  /** Returns a publish token by id, read from the platform if it is not cached; null for an unknown id. @throws UpstreamError */
  publishToken(id: number): MaybePromise<PublishTokenRecord | null>;
  /** Returns a subscribe token by id, read from the platform if it is not cached; null for an unknown id. @throws UpstreamError */
  subscribeToken(id: number): MaybePromise<SubscribeTokenRecord | null>;
  /** Stores a token as a write of this gateway has left it. */
  put(token: PublishTokenRecord | SubscribeTokenRecord): void;
  /** Removes a token that this gateway has deleted. */
  delete(kind: TokenKind, id: number): void;
  /** Reads all pages again; concurrent calls share one refresh. @throws UpstreamError */
  refresh(): Promise<void>;
  /**
   * Returns the tokens of a refresh that starts after the call: tokens created before it, by any gateway, are included.
   *
   * @throws UpstreamError
   */
  readRefreshed(): Promise<TokenSnapshot>;
  /**
   * Refreshes all tokens, because this gateway has changed account settings that tokens inherit.
   *
   * Never fails: a failed refresh is repeated later in the background.
   */
  accountChanged(): Promise<void>;
  stats(): TokenCacheStats;
}

export interface TokenCacheStats {
  /** Milliseconds since the last full refresh; null before the first. */
  readonly ageMs: number | null;
  readonly publishTokens: number;
  readonly subscribeTokens: number;
}

export type TokenKind = "PublishToken" | "SubscribeToken";

/** Calls that read tokens of one kind. */
export interface TokenSource<Token> {
  list(page: ListPage): Promise<Token[]>;
  read(id: number): Promise<Token | null>;
}

export interface TokenCacheOptions {
  readonly publishTokens: TokenSource<PublishTokenRecord>;
  readonly subscribeTokens: TokenSource<SubscribeTokenRecord>;
  /** Age from which a refresh is started in the background, in milliseconds. */
  readonly refreshAfterMs: number;
  /**
   * Age from which tokens are stale, in milliseconds: callers wait for the refresh, and get the old tokens if it fails.
   * While the platform fails, no caller waits.
   */
  readonly staleAfterMs: number;
  readonly monotonicMs?: MonotonicClock;
  /** Readings of patterns, refreshed together with the tokens. */
  readonly patternReadings?: PatternReadings;
  /** Called after each full refresh. */
  readonly onRefreshed?: () => void;
  /** Called if a refresh in the background fails. */
  readonly onRefreshFailure?: (error: unknown) => void;
}

/** Pages read concurrently in each round: few for a small account; the last number repeats. */
const PAGES_PER_ROUND = [2, 4, 8] as const;
/** Maximum number of tokens read concurrently by id. */
const MAX_CONCURRENT_READS = 8;
/** Pause after a failed refresh, in milliseconds. */
const PAUSE_AFTER_FAILURE_MS = 1_000;

export function createTokenCache(options: TokenCacheOptions): TokenCache {
  const { monotonicMs = processClock } = options;
  const readings = options.patternReadings ?? createPatternReadings();
  const publish = new TokensOfKind(options.publishTokens, readings);
  const subscribe = new TokensOfKind(options.subscribeTokens, readings);
  const tokens = createSnapshot(publish.index, subscribe.index);

  let refreshedAt: number | null = null;
  let failure: { readonly at: number; readonly error: unknown } | null = null;

  // If the store fails, the readings recorded before are kept.
  const refreshReadings = () => readings.refresh().catch((error: unknown) => options.onRefreshFailure?.(error));
  const refreshing = new SingleFlight(async () => {
    try {
      await allSettledOrThrow([publish.refresh(), subscribe.refresh(), refreshReadings()]);
    } catch (error) {
      failure = { at: monotonicMs(), error };
      throw error;
    }
    refreshedAt = monotonicMs();
    failure = null;
    options.onRefreshed?.();
  });
  const refresh = () => refreshing.run();
  const refreshQuietly = () => refresh().catch((error: unknown) => options.onRefreshFailure?.(error));
  /** Waits for a refresh that is running: it may have passed the page on which a new token is listed. */
  const currentSettled = () => refreshing.current?.catch(() => undefined);

  return {
    read: (onStale) => {
      const serve = () => {
        const ageMs = monotonicMs() - (refreshedAt ?? monotonicMs());
        if (ageMs > options.staleAfterMs) onStale?.(ageMs);
        return tokens;
      };
      const isPausing = failure !== null && monotonicMs() - failure.at < PAUSE_AFTER_FAILURE_MS;
      if (refreshedAt === null) return isPausing && failure ? Promise.reject(failure.error) : refresh().then(serve);
      if (monotonicMs() - refreshedAt > options.refreshAfterMs && !isPausing) {
        const isFailing = failure !== null;
        const attempt = refreshQuietly();
        if (monotonicMs() - refreshedAt > options.staleAfterMs && !isFailing) return attempt.then(serve);
      }
      return serve();
    },
    peek: () => (refreshedAt !== null && monotonicMs() - refreshedAt <= options.staleAfterMs ? tokens : null),
    publishToken: (id) => publish.find(id),
    subscribeToken: (id) => subscribe.find(id),
    put: (token) => (token.kind === "PublishToken" ? publish.put(token) : subscribe.put(token)),
    delete: (kind, id) => (kind === "PublishToken" ? publish : subscribe).delete(id),
    refresh,
    readRefreshed: async () => {
      await currentSettled();
      await refresh();
      return tokens;
    },
    accountChanged: async () => {
      // Tokens that have never been read will be read with the new settings.
      if (refreshedAt === null && !refreshing.current) return;
      await currentSettled();
      await refreshQuietly();
    },
    stats: () => ({
      ageMs: refreshedAt === null ? null : monotonicMs() - refreshedAt,
      publishTokens: publish.index.all().length,
      subscribeTokens: subscribe.index.all().length,
    }),
  };
}

/**
 * Waits for all promises, then throws the first error.
 *
 * A part that went on would miss writes during the next refresh.
 */
async function allSettledOrThrow(parts: readonly Promise<void>[]): Promise<void> {
  const outcomes = await Promise.allSettled(parts);
  for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
}

/** Tokens of one kind, with the calls that read them. */
class TokensOfKind<Token extends TokenRecord> {
  readonly index: TokenIndex<Token>;
  readonly #source: TokenSource<Token>;
  /** Whether the last listing failed, or has not ended. */
  #hasFailed = false;
  /** Ids written during the current refresh, whose pages may show them as they were before. */
  readonly #writtenDuringRefresh = new Set<number>();
  #writes = 0;

  constructor(source: TokenSource<Token>, readings: PatternReadings) {
    this.index = new TokenIndex(readings);
    this.#source = source;
  }

  put(token: Token): void {
    this.#recordWrite(token.id);
    this.index.put(token);
  }

  delete(id: number): void {
    this.#recordWrite(id);
    this.index.delete(id);
  }

  #recordWrite(id: number): void {
    this.#writtenDuringRefresh.add(id);
    this.#writes += 1;
  }

  find(id: number): MaybePromise<Token | null> {
    return this.index.get(id) ?? this.#read(id);
  }

  async #read(id: number): Promise<Token | null> {
    const writes = this.#writes;
    const token = await this.#source.read(id);
    // The response may be older than a write of this gateway made meanwhile.
    if (token && writes === this.#writes) this.index.put(token);
    return token;
  }

  async refresh(): Promise<void> {
    this.#writtenDuringRefresh.clear();
    const listed = new Map((await this.#listAll()).map((token) => [token.id, token]));
    const missing = this.index.all().filter(({ id }) => !listed.has(id) && !this.#writtenDuringRefresh.has(id));
    for (const token of listed.values()) {
      if (!this.#writtenDuringRefresh.has(token.id)) this.index.put(token);
    }
    await this.#removeDeleted(missing);
  }

  /**
   * Reads pages up to the first empty one, which the API documents as the end; a short page is not the
   * end.
   */
  async #listAll(): Promise<Token[]> {
    const tokens: Token[] = [];
    // After a failure the first page goes alone: an open circuit breaker lets one call through, and rejects others beside it.
    const isProbe = this.#hasFailed;
    this.#hasFailed = true;
    for (let round = 0, nextPage = 1; ; round += 1) {
      const pages = PAGES_PER_ROUND[Math.min(round, PAGES_PER_ROUND.length - 1)] ?? 1;
      const count = isProbe && round === 0 ? 1 : pages;
      const lists = await Promise.all(
        Array.from({ length: count }, (_, offset) =>
          this.#source.list({ page: nextPage + offset, itemsOnPage: MAX_ITEMS_ON_PAGE }),
        ),
      );
      for (const page of lists) {
        if (page.length === 0) {
          this.#hasFailed = false;
          return tokens;
        }
        tokens.push(...page);
      }
      nextPage += count;
    }
  }

  /**
   * Removes unlisted tokens that their own read confirms to be gone.
   *
   * A deletion shifts pages while they are read, and can hide the token beside the deleted one.
   */
  async #removeDeleted(missing: readonly Token[]): Promise<void> {
    const limit = pLimit(MAX_CONCURRENT_READS);
    await Promise.all(
      missing.map(({ id }) =>
        limit(async () => {
          const token = await this.#source.read(id);
          if (this.#writtenDuringRefresh.has(id)) return;
          if (token) this.index.put(token);
          else this.index.delete(id);
        }),
      ),
    );
  }
}

function createSnapshot(
  publish: TokenIndex<PublishTokenRecord>,
  subscribe: TokenIndex<SubscribeTokenRecord>,
): TokenSnapshot {
  let grouped: { readonly from: readonly SubscribeTokenRecord[]; readonly byId: TokensByTrackingId } | null = null;
  const byId = () => {
    const all = subscribe.all();
    // The list is the same object until a token changes.
    if (grouped?.from !== all) grouped = { from: all, byId: groupByTrackingId(all) };
    return grouped.byId;
  };
  return {
    publish,
    subscribe,
    withTrackingId: (trackingId) => byId().get(trackingId) ?? [],
    trackingIds: () => [...byId().keys()].sort(),
  };
}

type TokensByTrackingId = ReadonlyMap<string, readonly SubscribeTokenRecord[]>;

function groupByTrackingId(tokens: readonly SubscribeTokenRecord[]): TokensByTrackingId {
  const groups = new Map<string, SubscribeTokenRecord[]>();
  for (const token of tokens) {
    if (token.trackingId === null) continue;
    const group = groups.get(token.trackingId);
    if (group) group.push(token);
    else groups.set(token.trackingId, [token]);
  }
  return groups;
}
