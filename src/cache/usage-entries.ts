import type { LRUCache } from "lru-cache";
import type { Measured } from "../model/usage/measured.ts";
import { cacheableUntil, freshUntilAt } from "../model/usage/retention.ts";
import type { CancellationSignal } from "../primitives/cancellation.ts";
import type { Clock, MonotonicClock } from "../primitives/clock.ts";
import { remainingMs, setDeadline } from "../primitives/deadline.ts";
import { Deferred } from "../primitives/deferred.ts";
import type { MaybePromise } from "../primitives/maybe-promise.ts";
import { UpstreamError } from "../upstream/upstream-error.ts";
import type { CachedQuery, EarlierUsage } from "./earlier-usage.ts";
import type { UsageQuery } from "./usage-query.ts";
import { SharedCall, type UsageReader } from "./usage-reader.ts";

/**
 * Cached usage of one query, by name.
 *
 * Look it up again before each call: without entries it is dropped.
 */
export interface UsageEntries<Value> {
  /** Returns the cached entry, or a promise from a call in flight; undefined if the name must be read. */
  find(name: string, reader: UsageReader): MaybePromise<Measured<Value>> | undefined;
  /**
   * Makes a call that all readers share who look for its names while it is in flight.
   *
   * A failure rejects these readers and is not cached. In an outage they get the old entry instead, or one of an earlier
   * query: see {@link EarlierUsage}. The call is cancelled when all readers have left.
   *
   * @param requested deferred values of some of the names, settled with the call
   * @returns when the call is over; never fails
   */
  read(
    names: readonly string[],
    call: (signal: CancellationSignal) => Promise<ReadonlyMap<string, Value>>,
    reader: UsageReader,
    requested: ReadonlyMap<string, Deferred<Measured<Value>>>,
  ): Promise<void>;
}

/** Result of one call, cached and evicted as a whole. */
export interface CallResult {
  readonly entries: ResultOwner;
  /** Milliseconds since the epoch, of the platform's time. */
  readonly readAt: number;
  /** The same instant by the monotonic clock. */
  readonly readAtMonotonicMs: number;
  /** When an entry was last served, of the platform's time. */
  usedAt: number;
  /** Quarter hour up to which the entries are fresh, of the platform's time. */
  readonly freshBefore: number;
  /**
   * Instant of the monotonic clock up to which stale entries are served without another call; null while
   * fresh.
   */
  staleBefore: number | null;
  readonly names: readonly string[];
  /** Number of names that are still served from this result; others have been read again. */
  liveNames: number;
}

/** Entries of one query, as the cache sees them. */
export interface ResultOwner extends CachedQuery {
  /** Returns up to `max` names of the result that are hot: requested repeatedly since it was read. */
  hotNames(result: CallResult, max: number): string[];
  /** Drops the entries of an evicted result. */
  evict(result: CallResult): void;
}

/** State that the entries of all queries share. */
export interface UsageCacheState {
  /** Results, the least recently used first; null if nothing is cached. */
  readonly results: LRUCache<CallResult, CallResult> | null;
  /** Latest use of any result that was evicted. */
  lastEvictedUseAt: number;
  readonly counts: { hits: number; joined: number; misses: number; stale: number };
  readonly now: Clock;
  readonly monotonicMs: MonotonicClock;
  readonly isAbandoned: () => boolean;
  readonly lagMs: number;
  readonly earlier: EarlierUsage;
  readonly drop: (key: string) => void;
}

/**
 * Minimum time of a call that others may join, in milliseconds, also if its first reader has less time
 * left.
 */
const MIN_SHARED_CALL_MS = 1_000;
/** Time for which a stale entry is served before the platform is called again, in milliseconds. */
const STALE_SERVED_MS = 1_000;
/** Maximum age of a stale entry, in milliseconds. */
const MAX_STALE_MS = 86_400_000;
/** Hits between two quarter hours from which a name is hot. */
const HOT_HITS = 2;

interface Entry<Value> extends Measured<Value> {
  readonly result: CallResult;
  hits: number;
}

/** Call in flight, with the values that readers wait for. */
class InFlightCall<Value> extends SharedCall {
  readonly #requested: ReadonlyMap<string, Deferred<Measured<Value>>>;
  /** Values of names that only readers who joined later wait for; rarely any. */
  #joined: Map<string, Deferred<Measured<Value>>> | null = null;

  constructor(requested: ReadonlyMap<string, Deferred<Measured<Value>>>) {
    super();
    this.#requested = requested;
  }

  promiseOf(name: string): Promise<Measured<Value>> {
    const pending = this.#deferredOf(name);
    if (pending) return pending.promise;
    const deferred = new Deferred<Measured<Value>>();
    this.#joined ??= new Map();
    this.#joined.set(name, deferred);
    return deferred.promise;
  }

  /** Calls `settle` for each name that a reader waits for. */
  settle(names: readonly string[], settle: (name: string, deferred: Deferred<Measured<Value>>) => void): void {
    for (const name of names) {
      const deferred = this.#deferredOf(name);
      if (deferred) settle(name, deferred);
    }
  }

  #deferredOf(name: string): Deferred<Measured<Value>> | undefined {
    return this.#requested.get(name) ?? this.#joined?.get(name);
  }
}

/** Entries and calls in flight of one query. */
export class QueryEntries<Value> implements ResultOwner, UsageEntries<Value> {
  readonly query: UsageQuery;
  readonly #key: string;
  readonly #cache: UsageCacheState;
  readonly #entries = new Map<string, Entry<Value>>();
  readonly #inFlight = new Map<string, InFlightCall<Value>>();

  constructor(query: UsageQuery, key: string, cache: UsageCacheState) {
    this.query = query;
    this.#key = key;
    this.#cache = cache;
  }

  find(name: string, reader: UsageReader): MaybePromise<Measured<Value>> | undefined {
    const { counts, now, isAbandoned } = this.#cache;
    const entry = this.#entries.get(name);
    const at = entry ? now() : 0;
    if (entry && this.#isServed(entry.result, at)) {
      this.#touch(entry.result, at);
      entry.hits += 1;
      counts.hits += 1;
      if (entry.result.staleBefore !== null) this.#reportStale(entry.result, reader);
      return entry;
    }
    const call = this.#inFlight.get(name);
    if (!call || isAbandoned()) return undefined;
    counts.joined += 1;
    reader.join(call);
    return call.promiseOf(name);
  }

  async read(
    names: readonly string[],
    read: (signal: CancellationSignal) => Promise<ReadonlyMap<string, Value>>,
    reader: UsageReader,
    requested: ReadonlyMap<string, Deferred<Measured<Value>>>,
  ): Promise<void> {
    const call = new InFlightCall(requested);
    reader.join(call);
    limitTime(call, reader);
    this.#cache.counts.misses += names.length;
    for (const name of names) this.#inFlight.set(name, call);
    // The call may be sent later than this, so its usage is at least this fresh.
    const [readAt, readAtMonotonicMs] = [this.#cache.now(), this.#cache.monotonicMs()];
    const freshUntil = freshUntilAt(readAt, this.#cache.lagMs);
    try {
      const values = await read(call.cancellation);
      this.#endCall(names, call);
      this.#store(names, values, { readAt, readAtMonotonicMs }, freshUntil);
      call.settle(names, (name, deferred) => {
        const value = values.get(name);
        if (value === undefined) deferred.reject(new Error(`the platform returned no usage for ${name}`));
        else deferred.resolve({ value, freshUntil });
      });
    } catch (thrown) {
      const error = thrown instanceof Error ? thrown : new Error(String(thrown));
      this.#endCall(names, call);
      call.settle(names, (name, deferred) => this.#fallBack(name, deferred, error, call.readers));
    }
    this.#dropIfEmpty();
  }

  entry(name: string): Entry<Value> | undefined {
    return this.#entries.get(name);
  }

  hotNames(result: CallResult, max: number): string[] {
    const isHot = (entry: Entry<Value> | undefined) => entry?.result === result && entry.hits >= HOT_HITS;
    return result.names.filter((name) => isHot(this.#entries.get(name))).slice(0, max);
  }

  evict(result: CallResult): void {
    for (const name of result.names) if (this.#entries.get(name)?.result === result) this.#entries.delete(name);
    this.#dropIfEmpty();
  }

  /** Returns whether the result is fresh, or stale and served without another call. */
  #isServed({ freshBefore, staleBefore }: CallResult, at: number): boolean {
    return staleBefore === null ? at < freshBefore : this.#cache.monotonicMs() < staleBefore;
  }

  #touch(result: CallResult, at: number): void {
    result.usedAt = at;
    this.#cache.results?.get(result);
  }

  #reportStale({ readAt }: CallResult, { onStale }: UsageReader): void {
    this.#cache.counts.stale += 1;
    onStale(readAt);
  }

  #endCall(names: readonly string[], call: InFlightCall<Value>): void {
    for (const name of names) if (this.#inFlight.get(name) === call) this.#inFlight.delete(name);
  }

  #store(
    names: readonly string[],
    values: ReadonlyMap<string, Value>,
    { readAt, readAtMonotonicMs }: Pick<CallResult, "readAt" | "readAtMonotonicMs">,
    freshUntil: number,
  ): void {
    const { results, now, lagMs } = this.#cache;
    if (!results) return;
    // Of two calls for one name, the one that started later is stored, whichever ends first.
    const isNewer = (name: string) =>
      (this.#entries.get(name)?.result.readAtMonotonicMs ?? readAtMonotonicMs) <= readAtMonotonicMs;
    const stored = names.filter((name) => values.has(name) && isNewer(name));
    if (stored.length === 0) return;
    const result: CallResult = {
      entries: this,
      readAt,
      readAtMonotonicMs,
      usedAt: now(),
      freshBefore: cacheableUntil(readAt, lagMs),
      staleBefore: null,
      names: stored,
      liveNames: stored.length,
    };
    let bytes = RESULT_BYTES;
    for (const name of stored) {
      const value = values.get(name) as Value;
      const former = this.#entries.get(name);
      // A hot name stays hot for one more quarter hour if it is requested once.
      this.#entries.set(name, { value, freshUntil, result, hits: former && former.hits >= HOT_HITS ? 1 : 0 });
      bytes += entryBytes(name, value);
      if (!former) continue;
      former.result.liveNames -= 1;
      if (former.result.liveNames === 0) results.delete(former.result);
    }
    this.#add(result, bytes);
  }

  #add(result: CallResult, bytes: number): void {
    const { results, earlier } = this.#cache;
    earlier.add(this);
    results?.set(result, result, { size: bytes });
    // The LRU rejects a result that is larger than the whole cache.
    if (results?.has(result)) return;
    this.#cache.lastEvictedUseAt = Math.max(this.#cache.lastEvictedUseAt, result.usedAt);
    this.evict(result);
  }

  /** Resolves with a stale entry in an outage; rejects otherwise. */
  #fallBack(name: string, deferred: Deferred<Measured<Value>>, error: Error, readers: readonly UsageReader[]): void {
    const at = this.#cache.monotonicMs();
    const entry = isOutage(error) ? this.#staleEntry(name, at - MAX_STALE_MS) : null;
    if (!entry) {
      deferred.reject(error);
      return;
    }
    const { result } = entry;
    result.staleBefore = at + STALE_SERVED_MS;
    for (const reader of readers) this.#reportStale(result, reader);
    deferred.resolve(entry);
  }

  /**
   * Returns the last entry of the name, or one derived from an earlier query; null if all are older than
   * `readSince`.
   */
  #staleEntry(name: string, readSince: number): Entry<Value> | null {
    const own = this.#entries.get(name);
    if (own && own.result.readAtMonotonicMs >= readSince) return own;
    const earlier = this.#cache.earlier.find(this.query, name, readSince);
    if (!earlier) return null;
    const result: CallResult = {
      entries: this,
      readAt: earlier.result.readAt,
      readAtMonotonicMs: earlier.result.readAtMonotonicMs,
      usedAt: this.#cache.now(),
      freshBefore: Number.NEGATIVE_INFINITY,
      staleBefore: Number.NEGATIVE_INFINITY,
      names: [name],
      liveNames: 1,
    };
    // Queries of one operation have values of one type.
    const value = earlier.value as Value;
    const entry: Entry<Value> = { value, freshUntil: earlier.freshUntil, result, hits: 0 };
    this.#entries.set(name, entry);
    this.#add(result, RESULT_BYTES + entryBytes(name, value));
    return entry;
  }

  #dropIfEmpty(): void {
    if (this.#entries.size > 0) return;
    this.#cache.earlier.delete(this);
    if (this.#inFlight.size === 0) this.#cache.drop(this.#key);
  }
}

/** Sets the deadline of a call: that of its first reader, but not much shorter for those who join it. */
function limitTime(call: SharedCall, { signal }: UsageReader): void {
  const leftMs = remainingMs(signal, Number.POSITIVE_INFINITY);
  if (leftMs === Number.POSITIVE_INFINITY) return;
  setDeadline(call.cancellation, leftMs <= 0 ? 0 : Math.max(leftMs, MIN_SHARED_CALL_MS));
}

const OUTAGE_CODES: readonly string[] = [
  "UPSTREAM_TIMEOUT",
  "UPSTREAM_UNAVAILABLE",
  "UPSTREAM_RATE_LIMITED",
  "UPSTREAM_BAD_RESPONSE",
  "OVERLOADED",
];

/** Returns whether the platform failed, and not the request. */
export function isOutage(error: Error): boolean {
  return error instanceof UpstreamError && OUTAGE_CODES.includes(error.code);
}

/** Estimated memory of a result without its entries, in bytes. */
const RESULT_BYTES = 500;
/** Estimated memory of a key of a map, in bytes, without its characters. */
const KEY_BYTES = 90;
/** Estimated memory of a row, in bytes. */
const ROW_BYTES = 250;

function entryBytes(name: string, value: unknown): number {
  return KEY_BYTES + name.length + valueBytes(value);
}

function valueBytes(value: unknown): number {
  if (value instanceof Map) {
    let bytes = KEY_BYTES;
    for (const bucket of value.values()) bytes += KEY_BYTES + valueBytes(bucket);
    return bytes;
  }
  if (Array.isArray(value)) return ROW_BYTES * (1 + value.length);
  const measured = (value as { readonly bytes?: unknown } | null)?.bytes;
  return typeof measured === "number" ? measured : ROW_BYTES;
}
