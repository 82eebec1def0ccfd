import { LRUCache } from "lru-cache";
import { type Clock, type MonotonicClock, processClock } from "../primitives/clock.ts";
import { createEarlierUsage } from "./earlier-usage.ts";
import {
  type CallResult,
  QueryEntries,
  type ResultOwner,
  type UsageCacheState,
  type UsageEntries,
} from "./usage-entries.ts";
import { type UsageQuery, usageQueryKey } from "./usage-query.ts";

/**
 * Cache of usage as the platform reported it.
 *
 * Usage changes every quarter hour, so a result is fresh until the next one. The result of a call is cached and evicted
 * as a whole, for up to ten names: see docs/decisions/0013-usage-cache.md.
 */
export interface UsageCache {
  /** Returns the entries of a query. */
  of<Value>(query: UsageQuery): UsageEntries<Value>;
  /** Returns the names to read ahead: requested repeatedly, and past their quarter hour. */
  hot(): readonly HotNames[];
  /**
   * Returns the latest use of anything that was evicted: usage that was served later, and is still fresh, is cached.
   *
   * Milliseconds since the epoch, of the platform's time; -Infinity while nothing has been evicted.
   */
  lastEvictedUseAt(): number;
  stats(): UsageCacheStats;
}

/** Hot names of one query. */
export interface HotNames {
  readonly query: UsageQuery;
  readonly names: readonly string[];
}

/** Counters since the start, and the estimated memory now. */
export interface UsageCacheStats {
  readonly hits: number;
  readonly joined: number;
  readonly misses: number;
  readonly stale: number;
  readonly bytes: number;
}

export interface UsageCacheOptions {
  /** Estimated memory that the cache may use, in bytes; 0 caches nothing. */
  readonly maxBytes: number;
  /** Platform's time, for quarter hours alone. */
  readonly now: Clock;
  readonly monotonicMs?: MonotonicClock | undefined;
  /**
   * Returns whether the circuit breaker is open; never by default. While it is, no reader joins a call in flight, which
   * may hang: a call of its own is rejected at once.
   */
  readonly isAbandoned?: () => boolean;
  /** Maximum delay of the platform's usage after a quarter hour, in milliseconds. */
  readonly lagMs: number;
}

/** Maximum number of names that are read ahead at a quarter hour. */
const MAX_HOT_NAMES = 2_000;

export function createUsageCache({
  maxBytes,
  now,
  monotonicMs = processClock,
  lagMs,
  isAbandoned = () => false,
}: UsageCacheOptions): UsageCache {
  // Each query has one operation, and thereby values of one type.
  const queries = new Map<string, QueryEntries<unknown>>();
  const counts = { hits: 0, joined: 0, misses: 0, stale: 0 };
  const results =
    maxBytes > 0
      ? new LRUCache<CallResult, CallResult>({
          maxSize: maxBytes,
          dispose: (result, _key, reason) => {
            if (reason === "evict") state.lastEvictedUseAt = Math.max(state.lastEvictedUseAt, result.usedAt);
            result.entries.evict(result);
          },
        })
      : null;
  const state: UsageCacheState = {
    results,
    lastEvictedUseAt: Number.NEGATIVE_INFINITY,
    counts,
    now,
    monotonicMs,
    isAbandoned,
    lagMs,
    earlier: createEarlierUsage(),
    drop: (key) => queries.delete(key),
  };

  return {
    of: <Value>(query: UsageQuery) => {
      const key = usageQueryKey(query);
      let entries = queries.get(key);
      if (!entries) {
        entries = new QueryEntries(query, key, state);
        queries.set(key, entries);
      }
      return entries as QueryEntries<Value>;
    },
    hot: () => {
      const hot = new Map<ResultOwner, string[]>();
      let count = 0;
      const at = now();
      for (const result of results?.values() ?? []) {
        if (result.staleBefore !== null || at < result.freshBefore) continue;
        const names = result.entries.hotNames(result, MAX_HOT_NAMES - count);
        if (names.length > 0) hot.set(result.entries, [...(hot.get(result.entries) ?? []), ...names]);
        count += names.length;
      }
      return [...hot].map(([{ query }, names]) => ({ query, names }));
    },
    lastEvictedUseAt: () => state.lastEvictedUseAt,
    stats: () => ({ ...counts, bytes: results?.calculatedSize ?? 0 }),
  };
}
