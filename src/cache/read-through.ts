import { LRUCache } from "lru-cache";
import { orIfFailed } from "../model/errors.ts";
import { boundedLru } from "../primitives/bounded-lru.ts";
import { type MonotonicClock, processClock } from "../primitives/clock.ts";
import { SingleFlight } from "../primitives/single-flight.ts";

/** Receives the age of a value that is served past its freshness, in milliseconds. */
export type OnStale = (ageMs: number) => void;

export interface ReadThroughOptions {
  /** Age at which a value is loaded again, in milliseconds from the start of its load. */
  readonly ttlMs: number;
  /** What to do if the value cannot be loaded again: serve the old one (default), or fail. */
  readonly onRefreshError?: "SERVE_OLD" | "FAIL";
  readonly monotonicMs?: MonotonicClock | undefined;
}

/** One cached value. */
export interface ReadThrough<Value> {
  /**
   * Returns the cached value, or loads it. Concurrent calls share one load.
   *
   * @param onStale called if an old value is served because a load failed
   * @throws the error of the load, unless an old value is served
   */
  read(onStale?: OnStale): Promise<Value>;
  /** Returns the cached value of any age, and loads nothing; null if there is none. */
  peek(): Value | null;
  /** Replaces the value, and discards the result of a load that is running. */
  set(value: Value): void;
}

/** Pause between two loads in the background while an old value is served, in milliseconds. */
const RETRY_AFTER_MS = 1_000;

/**
 * Creates a read-through cache of one value.
 *
 * A failure is not cached; while an old value is served, no caller waits.
 */
export function createReadThrough<Value>(
  load: () => Promise<Value>,
  { ttlMs, onRefreshError = "SERVE_OLD", monotonicMs = processClock }: ReadThroughOptions,
): ReadThrough<Value> {
  return new CachedValue(load, ttlMs, onRefreshError, monotonicMs);
}

/**
 * Creates a read-through cache of up to `maxEntries` values by key; the least recently used are
 * evicted.
 */
export function createKeyedReadThrough<Value>(
  load: (key: string) => Promise<Value>,
  { maxEntries, ...options }: ReadThroughOptions & { readonly maxEntries: number },
): (key: string) => Promise<Value> {
  const entries = new LRUCache<string, ReadThrough<Value>>(boundedLru(maxEntries));
  return (key) => {
    let entry = entries.get(key);
    if (!entry) {
      entry = createReadThrough(() => load(key), options);
      entries.set(key, entry);
    }
    return entry.read();
  };
}

class CachedValue<Value> implements ReadThrough<Value> {
  readonly #ttlMs: number;
  readonly #onRefreshError: "SERVE_OLD" | "FAIL";
  readonly #monotonicMs: MonotonicClock;
  readonly #flight: SingleFlight<Value>;
  #cached: { readonly value: Value; readonly at: number } | null = null;
  #startedAt = Number.NEGATIVE_INFINITY;
  #failedAt: number | null = null;

  constructor(
    load: () => Promise<Value>,
    ttlMs: number,
    onRefreshError: "SERVE_OLD" | "FAIL",
    monotonicMs: MonotonicClock,
  ) {
    this.#ttlMs = ttlMs;
    this.#onRefreshError = onRefreshError;
    this.#monotonicMs = monotonicMs;
    this.#flight = new SingleFlight(async (isCurrent) => {
      const at = monotonicMs();
      this.#startedAt = at;
      try {
        const value = await load();
        if (isCurrent()) {
          this.#cached = { value, at };
          this.#failedAt = null;
        }
        return value;
      } catch (error) {
        if (isCurrent()) this.#failedAt = monotonicMs();
        throw error;
      }
    });
  }

  async read(onStale?: OnStale): Promise<Value> {
    const cached = this.#cached;
    if (cached && this.#monotonicMs() - cached.at < this.#ttlMs) return cached.value;
    if (!cached || this.#onRefreshError === "FAIL") return this.#load();
    if (this.#failedAt === null) {
      const refreshed = await this.#load().catch(orIfFailed(null));
      if (refreshed !== null) return refreshed;
    } else if (this.#monotonicMs() - this.#failedAt >= RETRY_AFTER_MS) {
      this.#load().catch(() => undefined);
    }
    onStale?.(this.#monotonicMs() - cached.at);
    return cached.value;
  }

  peek(): Value | null {
    return this.#cached?.value ?? null;
  }

  set(value: Value): void {
    this.#flight.detach();
    this.#cached = { value, at: this.#monotonicMs() };
    this.#failedAt = null;
  }

  #load(): Promise<Value> {
    // The result of a load that takes longer than the value is fresh would be too old for new callers.
    if (this.#monotonicMs() - this.#startedAt >= this.#ttlMs) this.#flight.detach();
    return this.#flight.run();
  }
}
