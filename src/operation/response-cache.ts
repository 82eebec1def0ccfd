import { LRUCache } from "lru-cache";
import type { Caller } from "../auth/caller.ts";
import type { CacheVersion } from "../cache/cache-version.ts";
import type { UsageCache } from "../cache/usage-cache.ts";
import { cacheableUntil } from "../model/usage/retention.ts";
import type { ShownError } from "./mask-error.ts";

/** A response that may be sent again: its errors, if any, follow from the request. */
export interface CachedResponse {
  /** JSON text. */
  readonly data: string;
  readonly errors: readonly ShownError[];
  /** JSON text of the errors, comma-separated; left out if there are none. */
  readonly errorsJson?: string | undefined;
  /** Errors beyond those in `errors`. */
  readonly omittedErrors: number;
  /** Price of the operation, in points. */
  readonly points: number;
}

/** Caches responses for each caller, until something changes that they follow from. */
export interface ResponseCache {
  /**
   * @param caller receives only responses that the same principal has received
   * @param operationKey returns the operation with its variables, as text
   */
  find(caller: Caller, operationKey: () => string): CacheLookup;
  /** Returns how many responses were served from the cache. */
  hits(): number;
}

export interface CacheLookup {
  /** The cached response; null if there is none. */
  readonly response: CachedResponse | null;
  /** Whether the same was served since the last quarter hour, so that its usage data is still cached. */
  readonly wasServedRecently: boolean;
  /**
   * Counts a response. Stores it if it is cacheable, was requested often enough, and the cache version is still the same; null if
   * nothing may be stored.
   */
  readonly store: ((response: CachedResponse, isCacheable: boolean) => void) | null;
}

/**
 * Milliseconds for which a response is served again.
 *
 * Fields such as an expiry depend on the time of day.
 */
const TTL_MS = 1_000;
/** Requests after which a response is stored. */
const MIN_REQUESTS_TO_CACHE = 3;
/** Bytes of all entries. */
const MAX_CACHE_BYTES = 4_000_000;
const MAX_ENTRIES = 5_000;
/**
 * Characters of the longest response that is stored.
 *
 * A longer one takes little more time to execute than to send.
 */
const MAX_RESPONSE_CHARACTERS = 200_000;
/** Characters of the longest operation key that is looked up. */
const MAX_KEY_CHARACTERS = 10_000;

interface Entry {
  /** Cacheable responses so far. */
  readonly count: number;
  /** When the last response was computed, in epoch milliseconds. */
  readonly computedAt: number;
  /** Until when its usage data is fresh, in epoch milliseconds. */
  readonly freshUntil: number;
  readonly stored: StoredResponse | null;
}

interface StoredResponse extends CacheLookup {
  readonly response: CachedResponse;
  readonly caller: Caller;
  readonly version: CacheVersion;
  readonly at: number;
  readonly until: number;
}

export interface ResponseCacheOptions {
  /** False stores nothing, as where usage is not cached. */
  readonly isEnabled: boolean;
  /**
   * Returns the version of all cached data.
   *
   * Null if it is unknown or not fresh, so that nothing is served again.
   */
  readonly version: () => CacheVersion | null;
  readonly usageCache: Pick<UsageCache, "lastEvictedUseAt">;
  /** Time in epoch milliseconds. */
  readonly clock: () => number;
  /** Longest delay of usage data after a quarter hour, in milliseconds. */
  readonly lagMs: number;
}

/** Creates the response cache of one gateway. */
export function createResponseCache({
  isEnabled,
  version: currentVersion,
  usageCache,
  clock,
  lagMs,
}: ResponseCacheOptions): ResponseCache {
  const entries = new LRUCache<string, Entry>({
    max: MAX_ENTRIES,
    maxSize: MAX_CACHE_BYTES,
    // Counting bytes flattens the text, see docs/decisions/0004-json-text.md.
    sizeCalculation: ({ stored }, key) => key.length + (stored ? bytesOf(stored.response) : 0),
  });
  let hits = 0;
  return {
    hits: () => hits,
    find: (caller, operationKey) => {
      const version = isEnabled ? currentVersion() : null;
      if (version === null) return CACHE_MISS;
      const operation = operationKey();
      if (operation.length > MAX_KEY_CHARACTERS) return CACHE_MISS;
      const key = `${caller.principalId}\n${operation}`;
      const entry = entries.get(key);
      const at = clock();
      const stored = entry?.stored;
      if (
        stored &&
        stored.version === version &&
        stored.at <= at &&
        at < stored.until &&
        isSameCaller(caller, stored.caller)
      ) {
        hits += 1;
        return stored;
      }
      const store = (response: CachedResponse, isCacheable: boolean) => {
        const count = (entry?.count ?? 0) + (isCacheable ? 1 : 0);
        const isStored =
          isCacheable &&
          count >= MIN_REQUESTS_TO_CACHE &&
          charactersOf(response) <= MAX_RESPONSE_CHARACTERS &&
          currentVersion() === version;
        const freshUntil = cacheableUntil(at, lagMs);
        const until = Math.min(at + TTL_MS, freshUntil);
        entries.set(key, {
          count,
          computedAt: at,
          freshUntil,
          stored: isStored ? { response, wasServedRecently: true, store: null, caller, version, at, until } : null,
        });
      };
      const wasServedRecently =
        entry !== undefined && at < entry.freshUntil && entry.computedAt > usageCache.lastEvictedUseAt();
      return { response: null, wasServedRecently, store };
    },
  };
}

function bytesOf({ data, errorsJson = "" }: CachedResponse): number {
  return Buffer.byteLength(data) + Buffer.byteLength(errorsJson);
}

function charactersOf({ data, errorsJson = "" }: CachedResponse): number {
  return data.length + errorsJson.length;
}

/** The lookup of an operation that is never stored. */
export const CACHE_MISS: CacheLookup = { response: null, wasServedRecently: false, store: null };

/**
 * Returns whether two callers are the same principal with the same rights.
 *
 * A changed partner is another object.
 */
function isSameCaller(caller: Caller, other: Caller): boolean {
  if (caller === other) return true;
  return (
    caller.principalId === other.principalId &&
    caller.name === other.name &&
    caller.role === other.role &&
    caller.partner === other.partner &&
    caller.expiresAt === other.expiresAt &&
    caller.scopes.size === other.scopes.size &&
    [...caller.scopes].every((scope) => other.scopes.has(scope))
  );
}
