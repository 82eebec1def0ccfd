import { LRUCache } from "lru-cache";
import { goodUntil } from "../model/time-window.ts";
import { setDeadline, timeLeft } from "../upstream/deadline.ts";
import { UpstreamError } from "../upstream/upstream-error.ts";

/** Who waits for a figure: it gives up when its client leaves, and is told when it gets one past its time. */
export interface Waiter {
  readonly signal: AbortSignal | undefined;
  /** @param asOf when the figure was read, in milliseconds since the epoch */
  readonly onStale: (asOf: number) => void;
}

/** A call that answers for several keys. */
export interface FigureCall<Value> {
  /** The keys, each with the name that the answer has it by. */
  readonly names: ReadonlyMap<string, string>;
  readonly read: (signal: AbortSignal) => Promise<ReadonlyMap<string, Value>>;
  /** Makes the same call again for some of the names, to have them before they are asked for. */
  readonly again: (names: readonly string[]) => Promise<unknown>;
}

/** What the cache has done since it was made. */
export interface FigureCacheStats {
  readonly hits: number;
  readonly joined: number;
  readonly misses: number;
  readonly stale: number;
  readonly bytes: number;
}

/**
 * Figures as the platform answered them. They move on the quarter hour only, so an answer is good until the next one. Keys
 * begin with the scope of whom they were read for: nothing that was read for one is served to another.
 */
export interface FigureCache {
  /** What is kept under the key and good, or is being read for somebody; undefined where it has to be read. */
  find<Value>(key: string, waiter: Waiter): Promise<Value> | undefined;
  /**
   * Makes a call for all who ask for its keys while it is under way. A failure is told to those, and not kept; where an
   * older answer is kept and the platform is at fault, they get that. The call ends when all who wait have left.
   *
   * @returns an answer for each key
   */
  read<Value>(call: FigureCall<Value>, waiter: Waiter): Map<string, Promise<Value>>;
  /** Reads again, ahead of need, what was asked for repeatedly and has run out. Call it every few seconds. */
  refreshHot(): Promise<void>;
  stats(): FigureCacheStats;
}

interface Kept {
  readonly answer: Promise<unknown>;
  readonly readAt: number;
  /** Until when it is served; a stale one is served for moments only, so that its time is renewed. */
  goodUntil: number;
  /** When it was read, for one that is past its time; null for one that is not. */
  staleSince: number | null;
  hits: number;
  readonly name: string;
  readonly again: (names: readonly string[]) => Promise<unknown>;
}

/** A call that is under way, and who waits for it. */
interface UnderWay {
  readonly controller: AbortController;
  readonly waiters: Set<Waiter>;
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

export interface FigureCacheOptions {
  /** What it may hold, in bytes as far as they can be estimated; 0 keeps nothing. */
  readonly maxBytes: number;
  /** The platform's time. */
  readonly now: () => number;
}

export function createFigureCache({ maxBytes, now }: FigureCacheOptions): FigureCache {
  const kept = maxBytes > 0 ? new LRUCache<string, Kept>({ maxSize: maxBytes }) : null;
  const underWay = new Map<string, { readonly answer: Promise<unknown>; readonly call: UnderWay }>();
  const counts = { hits: 0, joined: 0, misses: 0, stale: 0 };

  const serve = (entry: Kept, waiter: Waiter): Promise<unknown> => {
    entry.hits += 1;
    counts.hits += 1;
    if (entry.staleSince !== null) {
      counts.stale += 1;
      waiter.onStale(entry.staleSince);
    }
    return entry.answer;
  };

  /** An answer past its time, for all who wait for what could not be read now. */
  const fallBack = (key: string, error: unknown, { waiters }: UnderWay): Promise<unknown> => {
    const entry = kept?.peek(key);
    if (!entry || !isOutage(error) || now() - entry.readAt > MAX_STALE_MS) throw error;
    entry.goodUntil = now() + STALE_SERVED_MS;
    entry.staleSince = entry.readAt;
    counts.stale += waiters.size;
    for (const { onStale } of waiters) onStale(entry.readAt);
    return entry.answer;
  };

  const keep = (key: string, value: unknown, readAt: number, made: Pick<Kept, "name" | "again">) => {
    if (!kept) return;
    const former = kept.peek(key);
    const entry: Kept = {
      ...made,
      answer: Promise.resolve(value),
      readAt,
      goodUntil: goodUntil(readAt),
      staleSince: null,
      // What was hot stays so for one more quarter hour, unless it is asked for again.
      hits: former && former.hits >= HOT_HITS ? 1 : 0,
    };
    kept.set(key, entry, { size: key.length + sizeOf(value) });
  };

  return {
    find: <Value>(key: string, waiter: Waiter) => {
      const entry = kept?.get(key);
      if (entry && now() < entry.goodUntil) return serve(entry, waiter) as Promise<Value>;
      const current = underWay.get(key);
      if (!current) return undefined;
      counts.joined += 1;
      join(current.call, waiter);
      return current.answer as Promise<Value>;
    },
    read: <Value>({ names, read, again }: FigureCall<Value>, waiter: Waiter) => {
      const call: UnderWay = { controller: new AbortController(), waiters: new Set() };
      join(call, waiter);
      // Others may wait for the call as well, so it is not cut much shorter for who began it; one that is begun too late ends.
      const left = timeLeft(waiter.signal, Number.POSITIVE_INFINITY);
      setDeadline(call.controller.signal, left <= 0 ? 0 : Math.max(left, LEAST_SHARED_MS));
      const readAt = now();
      const reading = read(call.controller.signal);
      const answers = new Map<string, Promise<Value>>();
      for (const [key, name] of names) {
        counts.misses += 1;
        const answer = reading
          .then(
            (values) => {
              const value = values.get(name);
              if (value === undefined) throw new Error(`no answer was read for ${name}`);
              keep(key, value, readAt, { name, again });
              return value;
            },
            (error: unknown) => fallBack(key, error, call) as Promise<Value>,
          )
          .finally(() => {
            if (underWay.get(key)?.call === call) underWay.delete(key);
          });
        underWay.set(key, { answer, call });
        answers.set(key, answer);
      }
      return answers;
    },
    refreshHot: async () => {
      const hot = new Map<Kept["again"], string[]>();
      let count = 0;
      for (const entry of kept?.values() ?? []) {
        if (count === MAX_HOT) break;
        if (entry.hits < HOT_HITS || entry.staleSince !== null || now() < entry.goodUntil) continue;
        count += 1;
        const names = hot.get(entry.again);
        if (names) names.push(entry.name);
        else hot.set(entry.again, [entry.name]);
      }
      for (const [again, names] of hot) await again(names);
    },
    stats: () => ({ ...counts, bytes: kept?.calculatedSize ?? 0 }),
  };
}

/** The calls that each waiter waits for: one listener serves them all. */
const callsOf = new WeakMap<Waiter, Set<UnderWay>>();

/** One waiter's leaving does not end the call for the others; when the last has left, nobody needs it. */
function join(call: UnderWay, waiter: Waiter): void {
  call.waiters.add(waiter);
  const { signal } = waiter;
  if (!signal) return;
  const known = callsOf.get(waiter);
  if (known) {
    known.add(call);
    if (signal.aborted) leave(call, waiter);
    return;
  }
  const calls = new Set([call]);
  callsOf.set(waiter, calls);
  const leaveAll = () => {
    for (const awaited of calls) leave(awaited, waiter);
  };
  if (signal.aborted) leaveAll();
  else signal.addEventListener("abort", leaveAll, { once: true });
}

function leave({ controller, waiters }: UnderWay, waiter: Waiter): void {
  waiters.delete(waiter);
  if (waiters.size === 0) controller.abort(waiter.signal?.reason);
}

/** The platform is at fault, or out of reach: what it answered before is the best there is. */
function isOutage(error: unknown): boolean {
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

/** Roughly what a value takes in memory, in bytes: maps and lists of small objects that hold numbers and bigints. */
function sizeOf(value: unknown): number {
  if (typeof value === "string") return 24 + value.length;
  if (typeof value !== "object" || value === null) return 24;
  if (value instanceof Map) {
    let size = 100;
    for (const [key, entry] of value) size += 32 + sizeOf(key) + sizeOf(entry);
    return size;
  }
  let size = 48;
  for (const entry of Object.values(value)) size += 8 + sizeOf(entry);
  return size;
}
