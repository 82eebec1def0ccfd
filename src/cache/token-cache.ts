import pLimit from "p-limit";
import type { PublishTokenRecord, SubscribeTokenRecord, TokenRecord } from "../model/token/token.ts";
import type { MaybePromise } from "../primitives/maybe-promise.ts";
import { type ListPage, MAX_ITEMS_ON_PAGE } from "../upstream/token-client.ts";
import { createPatternReadings, type PatternReadings } from "./pattern-readings.ts";
import { TokenIndex } from "./token-index.ts";

/** All tokens of the account, as far as they are known now. */
export interface TokenSnapshot {
  readonly publish: TokenIndex<PublishTokenRecord>;
  readonly subscribe: TokenIndex<SubscribeTokenRecord>;
  /** The subscribe tokens with a tracking id, by ascending id. */
  withTrackingId(trackingId: string): readonly SubscribeTokenRecord[];
  /** Every tracking id that some subscribe token has, sorted. */
  trackingIds(): readonly string[];
}

/**
 * What the gateway knows of the account's tokens. The platform lists them in pages without a total, and a stream's tokens
 * are found only by reading them all: so they are read once, shared by all requests, and kept up to date by reading again
 * in the background and by our own writes at once.
 */
export interface TokenCache {
  /**
   * The tokens, at once where they are known. Waits for the first reading, and for a new one when what is known is too old to be shown; a newer reading
   * is begun in the background when what is known has aged.
   *
   * @param onStale told how old they are when they are past their freshness, because the platform failed
   * @throws UpstreamError when they have never been read, and can't be read now
   */
  read(onStale?: OnStale): MaybePromise<TokenSnapshot>;
  /** The tokens, where they are known and fresh; null else. Nothing is read for it. */
  peek(): TokenSnapshot | null;
  /** A token by its id, read from the platform when the directory has not seen it; null where there is none. */
  publishToken(id: number): Promise<PublishTokenRecord | null>;
  subscribeToken(id: number): Promise<SubscribeTokenRecord | null>;
  /** Takes in a token as a write of ours has left it. */
  put(token: PublishTokenRecord | SubscribeTokenRecord): void;
  /** Takes out a token that a write of ours has deleted. */
  delete(kind: TokenKind, id: number): void;
  /** Reads all pages again; concurrent calls share one reading. @throws UpstreamError */
  refresh(): Promise<void>;
  /**
   * Reads all pages in a reading that begins after the call, and returns the tokens: whatever was made before the call, by
   * whichever gateway, is among them.
   *
   * @throws UpstreamError
   */
  readAnew(): Promise<TokenSnapshot>;
  /**
   * Says that a write of ours has changed what tokens take from the account: all pages are read again, anew where a reading
   * is under way. It does not fail: what could not be read is read in the background, later.
   */
  accountChanged(): Promise<void>;
  stats(): TokenCacheStats;
}

export interface TokenCacheStats {
  /** Since the last reading of all; null before the first. */
  readonly ageMs: number | null;
  readonly publishTokens: number;
  readonly subscribeTokens: number;
}

/** Told the age of what is served past its freshness, in milliseconds. */
export type OnStale = (ageMs: number) => void;

export type TokenKind = "PublishToken" | "SubscribeToken";

/** The calls that the directory is read by. */
export interface TokenSource<Token> {
  list(page: ListPage): Promise<Token[]>;
  read(id: number): Promise<Token | null>;
}

export interface TokenCacheOptions {
  readonly publishTokens: TokenSource<PublishTokenRecord>;
  readonly subscribeTokens: TokenSource<SubscribeTokenRecord>;
  /** Age from which a reading in the background is begun. */
  readonly refreshAfterMs: number;
  /**
   * Age from which tokens are not fresh any more: callers wait for that reading, and if it fails they get what is known.
   * While the platform fails nobody waits for it.
   */
  readonly staleAfterMs: number;
  /** Milliseconds since any fixed moment. */
  readonly monotonicMs?: () => number;
  /** How patterns are read; what operators have recorded of them is read again with the tokens. */
  readonly patternReadings?: PatternReadings;
  /** Told when all pages have been read. */
  readonly onRefreshed?: () => void;
  /** Told when a reading in the background fails; the next is tried when the directory is asked again. */
  readonly onRefreshFailure?: (error: unknown) => void;
}

/** Pages asked for at once: few for a small account, then enough that 5,000 tokens take eight rounds. */
const PAGES_AT_ONCE = [2, 4, 8] as const;
/** After a failure the platform is left alone for so long. */
const PAUSE_AFTER_FAILURE_MS = 1_000;

export function createTokenCache(options: TokenCacheOptions): TokenCache {
  const now = options.monotonicMs ?? (() => performance.now());
  const readings = options.patternReadings ?? createPatternReadings();
  const publish = new CacheOf(options.publishTokens, readings);
  const subscribe = new CacheOf(options.subscribeTokens, readings);
  const tokens: TokenSnapshot = withTrackingIds(publish.index, subscribe.index);

  let readAt: number | null = null;
  let failure: { readonly at: number; readonly error: unknown } | null = null;
  let reading: Promise<void> | null = null;

  // Without the store what was recorded before still holds.
  const refreshRecords = () => readings.refresh().catch((error: unknown) => options.onRefreshFailure?.(error));
  const refresh = () => {
    reading ??= bothRead(publish.refresh(), subscribe.refresh(), refreshRecords())
      .then(
        () => {
          readAt = now();
          failure = null;
          options.onRefreshed?.();
        },
        (error: unknown) => {
          failure = { at: now(), error };
          throw error;
        },
      )
      .finally(() => {
        reading = null;
      });
    return reading;
  };
  let next: Promise<void> | null = null;
  const refreshAnew = () => {
    if (!reading) return refresh();
    // A reading that is under way may have passed the page on which a new token stands.
    next ??= reading
      .catch(() => undefined)
      .then(() => {
        next = null;
        return refresh();
      });
    return next;
  };
  const refreshQuietly = () => refresh().catch((error: unknown) => options.onRefreshFailure?.(error));

  return {
    read: (onStale) => {
      const known = () => {
        const ageMs = now() - (readAt ?? now());
        if (ageMs > options.staleAfterMs) onStale?.(ageMs);
        return tokens;
      };
      const isPausing = failure !== null && now() - failure.at < PAUSE_AFTER_FAILURE_MS;
      if (readAt === null) return isPausing && failure ? Promise.reject(failure.error) : refresh().then(known);
      if (now() - readAt > options.refreshAfterMs && !isPausing) {
        const isFailing = failure !== null;
        const attempt = refreshQuietly();
        if (now() - readAt > options.staleAfterMs && !isFailing) return attempt.then(known);
      }
      return known();
    },
    peek: () => (readAt !== null && now() - readAt <= options.staleAfterMs ? tokens : null),
    publishToken: (id) => publish.find(id),
    subscribeToken: (id) => subscribe.find(id),
    put: (token) => (token.kind === "PublishToken" ? publish.put(token) : subscribe.put(token)),
    delete: (kind, id) => (kind === "PublishToken" ? publish : subscribe).delete(id),
    refresh,
    readAnew: () => refreshAnew().then(() => tokens),
    accountChanged: async () => {
      // What has never been read will be read as it is now.
      if (readAt === null && !reading) return;
      await reading?.catch(() => undefined);
      await refreshQuietly();
    },
    stats: () => ({
      ageMs: readAt === null ? null : now() - readAt,
      publishTokens: publish.index.all().length,
      subscribeTokens: subscribe.index.all().length,
    }),
  };
}

/** A reading is over when both of its parts are: one that went on would not know what was written during the next. */
async function bothRead(...parts: readonly Promise<void>[]): Promise<void> {
  const outcomes = await Promise.allSettled(parts);
  for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
}

/** The tokens of one kind with the calls that read them. */
class CacheOf<Token extends TokenRecord> {
  readonly index: TokenIndex<Token>;
  readonly #source: TokenSource<Token>;
  /** Ids that were written while a reading was under way: the reading may show them as they were before. */
  readonly #writtenMeanwhile = new Set<number>();
  #writes = 0;

  constructor(source: TokenSource<Token>, readings: PatternReadings) {
    this.index = new TokenIndex(readings);
    this.#source = source;
  }

  put(token: Token): void {
    this.#noteWrite(token.id);
    this.index.put(token);
  }

  delete(id: number): void {
    this.#noteWrite(id);
    this.index.delete(id);
  }

  #noteWrite(id: number): void {
    this.#writtenMeanwhile.add(id);
    this.#writes += 1;
  }

  async find(id: number): Promise<Token | null> {
    const known = this.index.get(id);
    if (known) return known;
    const writes = this.#writes;
    const token = await this.#source.read(id);
    // The answer may be older than a write of ours that came in between.
    if (token && writes === this.#writes) this.index.put(token);
    return token;
  }

  async refresh(): Promise<void> {
    this.#writtenMeanwhile.clear();
    const listed = new Map((await this.#listAll()).map((token) => [token.id, token]));
    const missing = this.index.all().filter(({ id }) => !listed.has(id) && !this.#writtenMeanwhile.has(id));
    for (const token of listed.values()) {
      if (!this.#writtenMeanwhile.has(token.id)) this.index.put(token);
    }
    await this.#confirmGone(missing);
  }

  /** The documents call an empty page the end, so a page that is merely short is not taken for it. */
  async #listAll(): Promise<Token[]> {
    const tokens: Token[] = [];
    for (let round = 0, nextPage = 1; ; round += 1) {
      const count = PAGES_AT_ONCE[Math.min(round, PAGES_AT_ONCE.length - 1)] ?? 1;
      const pages = await Promise.all(
        Array.from({ length: count }, (_, offset) =>
          this.#source.list({ page: nextPage + offset, itemsOnPage: MAX_ITEMS_ON_PAGE }),
        ),
      );
      for (const page of pages) {
        if (page.length === 0) return tokens;
        tokens.push(...page);
      }
      nextPage += count;
    }
  }

  /** A deletion shifts pages while they are read and can hide a neighbour: only the token's own read proves it gone. */
  async #confirmGone(missing: readonly Token[]): Promise<void> {
    const atOnce = pLimit(8);
    await Promise.all(
      missing.map(({ id }) =>
        atOnce(async () => {
          const token = await this.#source.read(id);
          if (this.#writtenMeanwhile.has(id)) return;
          if (token) this.index.put(token);
          else this.index.delete(id);
        }),
      ),
    );
  }
}

function withTrackingIds(
  publish: TokenIndex<PublishTokenRecord>,
  subscribe: TokenIndex<SubscribeTokenRecord>,
): TokenSnapshot {
  let grouped: { readonly from: readonly SubscribeTokenRecord[]; readonly byId: TokensByTrackingId } | null = null;
  const byId = () => {
    const all = subscribe.all();
    // The list is the same object until some token changes.
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
