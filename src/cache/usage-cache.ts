import { LRUCache } from "lru-cache";
import type { Measured } from "../model/usage/measured.ts";
import { freezeUsage } from "../model/usage/packed-traffic.ts";
import type { TimeWindow } from "../model/usage/time.ts";
import { cacheableUntil, freshUntilAt, windowKey } from "../model/usage/time-window.ts";
import { type CancellationSignal, SharedCancellation } from "../primitives/cancellation.ts";
import { remainingMs, setDeadline } from "../primitives/deadline.ts";
import { Deferred } from "../primitives/deferred.ts";
import type { MaybePromise } from "../primitives/maybe-promise.ts";
import { UpstreamError } from "../upstream/upstream-error.ts";
import { type CachedUsage, createEarlierUsage, type EarlierUsage, type HoursOfTotal } from "./earlier-usage.ts";

/** Who waits for figures: it gives up when its client leaves, and is told when it gets one past its time. */
export class UsageReader {
  readonly signal: AbortSignal | undefined;
  readonly onStale: (asOf: number) => void;
  /**
   * The calls it waits for, which are the cache's: one listener serves them all. They stand here and not in a WeakMap, whose
   * values count as alive for as long as the garbage collector looks at the young alone: all that was read for a request, and
   * its loaders, would grow old with it.
   */
  readonly calls = new Set<Call>();

  /**
   * @param signal undefined for one that can't leave
   * @param onStale told when the figure was read, in milliseconds since the epoch
   */
  constructor(signal: AbortSignal | undefined, onStale: (asOf: number) => void) {
    this.signal = signal;
    this.onStale = onStale;
  }
}

/** What figures have in common that one call of the platform can answer with. */
export interface UsageQuery {
  /** Whom they are read for: nothing that was read for one is served to another. */
  readonly scope: string;
  /** What is asked, by the name of its loader. */
  readonly operation: string;
  readonly window: TimeWindow;
  readonly resolution: string | null;
  /** How a total is worked out of hours in an outage; left out where it can't be. */
  readonly hours?: HoursOfTotal | undefined;
}

/** Figures of one question, by name. Ask for it anew before each call: what holds nothing is forgotten. */
export interface UsageEntries<Value> {
  /** What is kept and good, or a promise of what is being read for somebody; undefined where it has to be read. */
  find(name: string, waiter: UsageReader): MaybePromise<Measured<Value>> | undefined;
  /**
   * Makes a call for all who ask for its names while it is under way. A failure is told to those, and not kept; where an
   * older answer is kept and the platform is at fault, they get that, or what an older answer to another question tells of
   * this one: see {@link EarlierUsage}. The call ends when all who wait have left.
   *
   * @param waiting for some of the names; they are settled with the call
   * @returns when the call is over, which never fails
   */
  read(
    names: readonly string[],
    call: (signal: CancellationSignal) => Promise<ReadonlyMap<string, Value>>,
    waiter: UsageReader,
    waiting: ReadonlyMap<string, Deferred<Measured<Value>>>,
  ): Promise<void>;
}

/** Names whose figures were asked for repeatedly, and have run out. */
export interface HotKeys {
  readonly query: UsageQuery;
  readonly names: readonly string[];
}

/** What the cache has done since it was made. */
export interface UsageCacheStats {
  readonly hits: number;
  readonly joined: number;
  readonly misses: number;
  readonly stale: number;
  readonly bytes: number;
}

/**
 * Figures as the platform answered them. They move on the quarter hour only, so an answer is good until the next one. An
 * answer is kept and forgotten as a whole, for the ten names that it is of.
 */
export interface UsageCache {
  of<Value>(query: UsageQuery): UsageEntries<Value>;
  /** What would be read ahead of need now. */
  hot(): readonly HotKeys[];
  /**
   * When anything that has been forgotten for want of room was used last: what was used later, and is still good, is there.
   * Milliseconds since the epoch, of the platform's time; -Infinity while nothing has been forgotten.
   */
  lastEvictedUseAt(): number;
  stats(): UsageCacheStats;
}

/** A call that others may come to share has so long at least, however little time is left to the first who asks. */
const LEAST_SHARED_MS = 1_000;
/** How long an outage lets a stale answer be served before the platform is asked again. */
const STALE_SERVED_MS = 1_000;
/** Older answers are not served any more, whatever fails. */
const MAX_STALE_MS = 86_400_000;
/** Asked for so often between two quarter hours, a figure is read ahead. */
const HOT_HITS = 2;
/** The most names that are read ahead at a quarter hour. */
const MAX_HOT = 2_000;

export interface UsageCacheOptions {
  /** What it may hold, in bytes as far as they can be estimated; 0 keeps nothing. */
  readonly maxBytes: number;
  /** The platform's time, for quarter hours alone: it may be set. */
  readonly now: () => number;
  /** Milliseconds since any fixed moment, by a clock that only goes forward; the process's own when it is left out. */
  readonly elapsed?: (() => number) | undefined;
  /**
   * Whether the platform is left alone for a moment. Nobody joins a call then, which may hang: a call of one's own is refused at
   * once. Never, when it is left out.
   */
  readonly isAbandoned?: () => boolean;
  /** The longest that the platform is taken to lag behind the quarter hour, in milliseconds. */
  readonly lagMs: number;
}

export function createUsageCache({
  maxBytes,
  now,
  elapsed = () => performance.now(),
  lagMs,
  isAbandoned = () => false,
}: UsageCacheOptions): UsageCache {
  const all = new Map<string, AnyUsageEntries>();
  const counts = { hits: 0, joined: 0, misses: 0, stale: 0 };
  const answers =
    maxBytes > 0
      ? new LRUCache<Answer, Answer>({
          maxSize: maxBytes,
          dispose: (answer, _key, reason) => {
            if (reason === "evict") noteForgotten(shared, answer);
            answer.figures.forget(answer);
          },
        })
      : null;
  const shared: Shared = {
    answers,
    newest: null,
    lastEvictedUseAt: Number.NEGATIVE_INFINITY,
    counts,
    now,
    elapsed,
    isAbandoned,
    lagMs,
    earlier: createEarlierUsage(),
    drop: (key) => all.delete(key),
  };

  return {
    of: <Value>(query: UsageQuery) => {
      const key = keyOf(query);
      const known = all.get(key) ?? new UsageEntriesOf<Value>(query, key, shared);
      all.set(key, known);
      // A question has one operation, which has values of one type.
      return known as UsageEntriesOf<Value>;
    },
    hot: () => {
      const hot = new Map<AnyUsageEntries, string[]>();
      let count = 0;
      // There are thousands of answers, of which few have run out: only their names are looked at.
      const at = now();
      for (const answer of answers?.values() ?? []) {
        if (answer.staleUntil !== null || at < answer.goodUntil) continue;
        const { figures } = answer;
        const names = figures.hotNames(answer, MAX_HOT - count);
        if (names.length > 0) hot.set(figures, [...(hot.get(figures) ?? []), ...names]);
        count += names.length;
      }
      return [...hot].map(([{ query }, names]) => ({ query, names }));
    },
    lastEvictedUseAt: () => shared.lastEvictedUseAt,
    stats: () => ({ ...counts, bytes: answers?.calculatedSize ?? 0 }),
  };
}

function keyOf({ scope, operation, window, resolution }: UsageQuery): string {
  return `${scope}|${operation}|${windowKey(window)}|${resolution ?? ""}`;
}

/** What the figures of all questions share. */
interface Shared {
  /** The lately used are forgotten last. */
  readonly answers: LRUCache<Answer, Answer> | null;
  /** The one that was used or read last: the figures of a list come from the same one, one behind the other. */
  newest: Answer | null;
  /** See {@link UsageCache.lastEvictedUseAt}. */
  lastEvictedUseAt: number;
  readonly counts: { hits: number; joined: number; misses: number; stale: number };
  readonly now: () => number;
  readonly elapsed: () => number;
  readonly isAbandoned: () => boolean;
  readonly lagMs: number;
  readonly earlier: EarlierUsage;
  readonly drop: (key: string) => void;
}

function noteForgotten(shared: Shared, { usedAt }: Answer): void {
  shared.lastEvictedUseAt = Math.max(shared.lastEvictedUseAt, usedAt);
}

/** One answer of the platform, as long as some name is served from it. */
interface Answer {
  readonly figures: AnyUsageEntries;
  readonly readAt: number;
  /** The same by the clock that only goes forward. */
  readonly readAtElapsed: number;
  /** When something of it was served last. */
  usedAt: number;
  /** Quarter hour until which the answer is served as fresh, by the platform's time. */
  readonly goodUntil: number;
  /** Until when an answer past its time is served without another call, by the clock that only goes forward; null for a fresh one. */
  staleUntil: number | null;
  readonly names: readonly string[];
  /** How many of its names are still served from it: others have been read anew. */
  used: number;
}

interface Entry<Value> extends Measured<Value> {
  readonly answer: Answer;
  hits: number;
}

/** A call that is under way, and who waits for it. */
interface Call {
  readonly left: SharedCancellation;
  /** Each of them once. */
  readonly waiters: UsageReader[];
}
interface InFlight<Value> extends Call {
  /** Who asked first, by name, beside others who may have asked for other names. */
  readonly asked: ReadonlyMap<string, Deferred<Measured<Value>>>;
  /** What was promised to those who came later and found none of theirs: hardly ever anything. */
  joined: Map<string, Deferred<Measured<Value>>> | null;
}

/** What the cache needs of figures, whatever they are. */
interface AnyUsageEntries {
  readonly query: UsageQuery;
  hotNames(answer: Answer, most: number): string[];
  forget(answer: Answer): void;
}

class UsageEntriesOf<Value> implements AnyUsageEntries, UsageEntries<Value>, CachedUsage {
  readonly query: UsageQuery;
  readonly #key: string;
  readonly #shared: Shared;
  readonly #kept = new Map<string, Entry<Value>>();
  readonly #underWay = new Map<string, InFlight<Value>>();

  constructor(query: UsageQuery, key: string, shared: Shared) {
    this.query = query;
    this.#key = key;
    this.#shared = shared;
  }

  find(name: string, waiter: UsageReader): MaybePromise<Measured<Value>> | undefined {
    const { counts, now, isAbandoned } = this.#shared;
    const kept = this.#kept.get(name);
    const at = kept ? now() : 0;
    if (kept && this.#isServed(kept.answer, at)) {
      this.#use(kept.answer, at);
      kept.hits += 1;
      counts.hits += 1;
      if (kept.hits === 1) freezeUsage(kept.value);
      if (kept.answer.staleUntil !== null) this.#serveStale(kept.answer, waiter);
      return kept;
    }
    const call = this.#underWay.get(name);
    if (!call || isAbandoned()) return undefined;
    counts.joined += 1;
    join(call, waiter);
    return this.#promiseOf(name, call);
  }

  async read(
    names: readonly string[],
    read: (signal: CancellationSignal) => Promise<ReadonlyMap<string, Value>>,
    waiter: UsageReader,
    waiting: ReadonlyMap<string, Deferred<Measured<Value>>>,
  ): Promise<void> {
    const call: InFlight<Value> = {
      left: new SharedCancellation(),
      waiters: [],
      asked: waiting,
      joined: null,
    };
    join(call, waiter);
    // Others may wait for the call as well, so it is not cut much shorter for who began it; one that is begun too late ends.
    const left = remainingMs(waiter.signal, Number.POSITIVE_INFINITY);
    if (left < Number.POSITIVE_INFINITY) {
      setDeadline(call.left, left <= 0 ? 0 : Math.max(left, LEAST_SHARED_MS));
    }
    this.#shared.counts.misses += names.length;
    for (const name of names) this.#underWay.set(name, call);
    // A call may be sent later than this, so its figures are no older.
    const readAt = this.#shared.now();
    const readAtElapsed = this.#shared.elapsed();
    const freshUntil = freshUntilAt(readAt, this.#shared.lagMs);
    try {
      const values = await read(call.left);
      this.#end(names, call);
      this.#keep(names, values, { readAt, readAtElapsed }, freshUntil);
      this.#settle(names, call, (name, deferred) => {
        const value = values.get(name);
        if (value === undefined) deferred.reject(new Error(`no answer was read for ${name}`));
        else deferred.resolve({ value, freshUntil });
      });
    } catch (thrown) {
      const error = thrown instanceof Error ? thrown : new Error(String(thrown));
      this.#end(names, call);
      this.#settle(names, call, (name, deferred) => this.#fallBack(name, deferred, error, call));
    }
    this.#dropIfEmpty();
  }

  kept(name: string): Entry<Value> | undefined {
    return this.#kept.get(name);
  }

  hotNames(answer: Answer, most: number): string[] {
    const isHot = (kept: Entry<Value> | undefined) => kept?.answer === answer && kept.hits >= HOT_HITS;
    return answer.names.filter((name) => isHot(this.#kept.get(name))).slice(0, most);
  }

  forget(answer: Answer): void {
    for (const name of answer.names) if (this.#kept.get(name)?.answer === answer) this.#kept.delete(name);
    if (this.#shared.newest === answer) this.#shared.newest = null;
    this.#dropIfEmpty();
  }

  /** Returns whether the answer is fresh at this time of the platform, or stale and its moment is not over. */
  #isServed({ goodUntil: until, staleUntil }: Answer, at: number): boolean {
    return staleUntil === null ? at < until : this.#shared.elapsed() < staleUntil;
  }

  #use(answer: Answer, at: number): void {
    answer.usedAt = at;
    if (this.#shared.newest === answer) return;
    this.#shared.newest = answer;
    this.#shared.answers?.get(answer);
  }

  #serveStale({ readAt }: Answer, { onStale }: UsageReader): void {
    this.#shared.counts.stale += 1;
    onStale(readAt);
  }

  #promiseOf(name: string, call: InFlight<Value>): Promise<Measured<Value>> {
    const known = call.asked.get(name) ?? call.joined?.get(name);
    if (known) return known.promise;
    const deferred = new Deferred<Measured<Value>>();
    call.joined ??= new Map();
    call.joined.set(name, deferred);
    return deferred.promise;
  }

  #settle(
    names: readonly string[],
    { asked, joined }: InFlight<Value>,
    settle: (name: string, deferred: Deferred<Measured<Value>>) => void,
  ): void {
    for (const name of names) {
      const deferred = asked.get(name) ?? joined?.get(name);
      if (deferred) settle(name, deferred);
    }
  }

  #end(names: readonly string[], call: InFlight<Value>): void {
    for (const name of names) if (this.#underWay.get(name) === call) this.#underWay.delete(name);
  }

  #keep(
    names: readonly string[],
    values: ReadonlyMap<string, Value>,
    { readAt, readAtElapsed }: Pick<Answer, "readAt" | "readAtElapsed">,
    freshUntil: number,
  ): void {
    const { answers } = this.#shared;
    if (!answers) return;
    // Two calls may have been under way: the one that was begun later is kept, whichever ends first.
    const isNewer = (name: string) => (this.#kept.get(name)?.answer.readAtElapsed ?? readAtElapsed) <= readAtElapsed;
    const present = names.filter((name) => values.has(name) && isNewer(name));
    if (present.length === 0) return;
    const answer: Answer = {
      figures: this,
      readAt,
      readAtElapsed,
      usedAt: this.#shared.now(),
      goodUntil: cacheableUntil(readAt, this.#shared.lagMs),
      staleUntil: null,
      names: present,
      used: present.length,
    };
    let size = ANSWER_BYTES;
    for (const name of present) {
      const value = values.get(name) as Value;
      const former = this.#kept.get(name);
      // What was hot stays so for one more quarter hour, unless it is asked for again.
      this.#kept.set(name, { value, freshUntil, answer, hits: former && former.hits >= HOT_HITS ? 1 : 0 });
      size += NAME_BYTES + name.length + sizeOf(value);
      if (!former) continue;
      former.answer.used -= 1;
      if (former.answer.used === 0) answers.delete(former.answer);
    }
    this.#hold(answer, size);
  }

  #hold(answer: Answer, size: number): void {
    const { answers, earlier } = this.#shared;
    earlier.add(this);
    answers?.set(answer, answer, { size });
    this.#shared.newest = answer;
    // One that is larger than all that may be held is not held.
    if (answers?.has(answer)) return;
    noteForgotten(this.#shared, answer);
    this.forget(answer);
  }

  /** An answer past its time, for all who wait for what could not be read now. */
  #fallBack(name: string, deferred: Deferred<Measured<Value>>, error: Error, { waiters }: InFlight<Value>): void {
    const at = this.#shared.elapsed();
    const kept = isOutage(error) ? this.#lastRead(name, at - MAX_STALE_MS) : null;
    if (!kept) {
      deferred.reject(error);
      return;
    }
    const { answer } = kept;
    answer.staleUntil = at + STALE_SERVED_MS;
    for (const waiter of waiters) this.#serveStale(answer, waiter);
    deferred.resolve(kept);
  }

  /** What was read last of the name, for this question or for one whose window ends earlier; null where it is too old. */
  #lastRead(name: string, readSince: number): Entry<Value> | null {
    const own = this.#kept.get(name);
    if (own && own.answer.readAtElapsed >= readSince) return own;
    const earlier = this.#shared.earlier.find(this.query, name, readSince);
    if (!earlier) return null;
    const { value, freshUntil, readAt, readAtElapsed } = earlier;
    const answer: Answer = {
      figures: this,
      readAt,
      readAtElapsed,
      usedAt: this.#shared.now(),
      goodUntil: Number.NEGATIVE_INFINITY,
      staleUntil: Number.NEGATIVE_INFINITY,
      names: [name],
      used: 1,
    };
    // A question of one operation has values of one type.
    const kept: Entry<Value> = { value: value as Value, freshUntil, answer, hits: 0 };
    this.#kept.set(name, kept);
    this.#hold(answer, ANSWER_BYTES + NAME_BYTES + name.length + sizeOf(value));
    return kept;
  }

  #dropIfEmpty(): void {
    if (this.#kept.size > 0) return;
    this.#shared.earlier.delete(this);
    if (this.#underWay.size === 0) this.#shared.drop(this.#key);
  }
}

/** One waiter's leaving does not end the call for the others; when the last has left, nobody needs it. */
function join(call: Call, waiter: UsageReader): void {
  if (call.waiters.includes(waiter)) return;
  call.waiters.push(waiter);
  const { signal, calls } = waiter;
  if (!signal) return;
  calls.add(call);
  if (signal.aborted) leave(call, waiter);
  else if (calls.size === 1) signal.addEventListener("abort", () => leaveAll(waiter), { once: true });
}

function leaveAll(waiter: UsageReader): void {
  for (const awaited of waiter.calls) leave(awaited, waiter);
}

function leave({ left, waiters }: Call, waiter: UsageReader): void {
  const at = waiters.indexOf(waiter);
  if (at >= 0) waiters.splice(at, 1);
  if (waiters.length === 0) left.abort(waiter.signal?.reason);
}

/** The platform is at fault, or out of reach: what it answered before is the best there is. */
function isOutage(error: Error): boolean {
  return (
    error instanceof UpstreamError &&
    [
      "UPSTREAM_TIMEOUT",
      "UPSTREAM_UNAVAILABLE",
      "UPSTREAM_RATE_LIMITED",
      "UPSTREAM_BAD_RESPONSE",
      "OVERLOADED",
    ].includes(error.code)
  );
}

/** What an answer takes in memory beside its values, and what each of its names takes beside its own. */
const ANSWER_BYTES = 500;
const NAME_BYTES = 90;
const ROW_BYTES = 250;

/** Roughly what a value takes in memory, in bytes, without a look at each of its numbers. */
function sizeOf(value: unknown): number {
  if (value instanceof Map) {
    let size = NAME_BYTES;
    for (const entry of value.values()) size += NAME_BYTES + sizeOf(entry);
    return size;
  }
  if (Array.isArray(value)) return ROW_BYTES * (1 + value.length);
  const told = (value as { readonly bytes?: unknown } | null)?.bytes;
  return typeof told === "number" ? told : ROW_BYTES;
}
