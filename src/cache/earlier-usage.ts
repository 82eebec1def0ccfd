import type { Measured } from "../model/usage/measured.ts";
import type { UsageQuery } from "./usage-query.ts";

/** Cached value of one name, with the time at which it was read. */
export interface ReadValue extends Measured<unknown> {
  readonly result: {
    /** Milliseconds since the epoch, of the platform's time. */
    readonly readAt: number;
    /** The same instant by the monotonic clock. */
    readonly readAtMonotonicMs: number;
  };
}

/** Cached values of one query, by name. */
export interface CachedQuery {
  readonly query: UsageQuery;
  entry(name: string): ReadValue | undefined;
}

/**
 * Index of cached queries, by which usage of an earlier query serves a later one in an outage.
 *
 * A window that is not over is read up to the next full hour, so one hour later the same window of a client is another
 * query. The index holds no values itself.
 */
export interface EarlierUsage {
  add(cached: CachedQuery): void;
  delete(cached: CachedQuery): void;
  /**
   * Returns the value that reaches furthest; null if none fits the query. These fit:
   * - a total of a window with the same start;
   * - a series whose window starts no later, without the buckets before the window of the query;
   * - a total derived from such a series of hours.
   *
   * @param readSince instant of the monotonic clock; values read before are ignored
   */
  find(query: UsageQuery, name: string, readSince: number): ReadValue | null;
}

export function createEarlierUsage(): EarlierUsage {
  const byKind = new Map<string, Set<CachedQuery>>();

  const findLatest = (query: UsageQuery, name: string, readSince: number): ReadValue | null => {
    const { from, to } = query.window;
    let latest: ReadValue | null = null;
    for (const cached of byKind.get(kindOf(query)) ?? []) {
      const { window } = cached.query;
      if (window.from > from || window.to > to) continue;
      const entry = cached.entry(name);
      // A window that was over when it was read ends at its own end, not where its usage ended.
      if (!entry || entry.freshUntil > window.to || entry.freshUntil <= from) continue;
      if (entry.result.readAtMonotonicMs < readSince) continue;
      if (!latest || latest.freshUntil < entry.freshUntil) latest = entry;
    }
    return latest;
  };

  return {
    add: (cached) => {
      const kind = kindOf(cached.query);
      byKind.set(kind, (byKind.get(kind) ?? new Set()).add(cached));
    },
    delete: (cached) => {
      const kind = kindOf(cached.query);
      const ofKind = byKind.get(kind);
      ofKind?.delete(cached);
      if (ofKind?.size === 0) byKind.delete(kind);
    },
    find: (query, name, readSince) => {
      const { window, resolution, hours } = query;
      const same = findLatest(query, name, readSince);
      if (same && resolution !== null) return { ...same, value: bucketsSince(same.value, window.from) };
      const series = hours && findLatest({ ...query, operation: hours.operation, resolution: "HOUR" }, name, readSince);
      if (hours && series && (!same || same.freshUntil < series.freshUntil)) {
        return { ...series, value: hours.sum(bucketsSince(series.value, window.from).values()) };
      }
      return same;
    },
  };
}

/**
 * Returns the part of a query that an earlier one must share.
 *
 * Totals must share their start: no part can be subtracted.
 */
function kindOf({ scope, operation, window, resolution }: UsageQuery): string {
  return `${scope}|${operation}|${resolution ?? window.from}`;
}

/** Part of a series that all loaders of series return. */
type Buckets = Pick<ReadonlyMap<number, unknown>, "get" | "keys">;

function bucketsSince(series: unknown, from: number): Map<number, unknown> {
  const buckets = series as Buckets;
  return new Map([...buckets.keys()].filter((start) => start >= from).map((start) => [start, buckets.get(start)]));
}
