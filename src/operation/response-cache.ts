import { LRUCache } from "lru-cache";
import type { Caller } from "../auth/caller.ts";
import type { CacheVersion } from "../cache/cache-version.ts";
import type { UsageCache } from "../cache/usage-cache.ts";
import { cacheableUntil } from "../model/usage/time-window.ts";
import type { ShownError } from "./mask-error.ts";

/** An answer as it was given: without errors, or with such alone as follow from the question. */
export interface CachedResponse {
  /** JSON text. */
  readonly data: string;
  /** The errors that were shown. */
  readonly errors: readonly ShownError[];
  /** The JSON text of these errors, between commas; left out where there are none. */
  readonly errorsJson?: string | undefined;
  /** How many more errors there were than were shown. */
  readonly omittedErrors: number;
  /** What it costs, in points. */
  readonly points: number;
}

/** Answers that are given again, to the same caller, for as long as nothing changes that they follow from. */
export interface ResponseCache {
  /**
   * @param caller who asks: nobody else is given what it was given
   * @param question gives what it asks, with its variables, as text
   */
  find(caller: Caller, question: () => string): CacheLookup;
  /** How often an answer was given again. */
  hits(): number;
}

/** An answer that is still good; or null, and how to keep the one that is made now, where it may be kept. */
export interface CacheLookup {
  readonly answer: CachedResponse | null;
  /** Whether the same was answered since the last quarter hour, and the figures that it follows from are there still. */
  readonly wasServedRecently: boolean;
  /**
   * Notes that it was answered, and keeps the answer if it is repeatable, was asked for often enough, and nothing has changed
   * while it was made.
   */
  readonly store: ((answer: CachedResponse, isRepeatable: boolean) => void) | null;
}

/**
 * So long is an answer given again, in milliseconds: what depends on the time of day, as expiry does, is told no later. Then
 * it is made anew, which has the platform asked for what has aged.
 */
const TTL_MS = 1_000;
/** Kept when it is made so often: most are asked for once, and figures that are kept have been seen to be asked for again. */
const MIN_REQUESTS_TO_CACHE = 3;
/** What all answers together may take. */
const MAX_CACHE_BYTES = 4_000_000;
const MAX_ENTRIES = 5_000;
/** Longer ones are seldom asked for again by many, and take little longer to make than to send. */
const MAX_ANSWER_CHARACTERS = 200_000;
const MAX_QUESTION_CHARACTERS = 2_000;

interface Entry {
  /** How often it was made of what can be repeated. */
  readonly made: number;
  /** When it was made last, */
  readonly madeAt: number;
  /** and how long the figures are good that it was made of. */
  readonly familiarUntil: number;
  readonly kept: Kept | null;
}

interface Kept extends CacheLookup {
  readonly answer: CachedResponse;
  readonly caller: Caller;
  readonly known: CacheVersion;
  readonly at: number;
  readonly until: number;
}

/** What kept answers depend on. */
export interface ResponseCacheOptions {
  /** Whether anything is kept: not where figures are not. */
  readonly isKeeping: boolean;
  /** What answers follow from; null where that is not known or not fresh, and nothing is given again. */
  readonly known: () => CacheVersion | null;
  /** The figures that answers are made of. */
  readonly figures: Pick<UsageCache, "lastEvictedUseAt">;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  /** The longest that figures are taken to lag behind the quarter hour, in milliseconds. */
  readonly lagMs: number;
}

/** Keeps the answers of one gateway, of all its callers, each for whoever was given it. */
export function createResponseCache({ isKeeping, known, figures, clock, lagMs }: ResponseCacheOptions): ResponseCache {
  const entries = new LRUCache<string, Entry>({
    max: MAX_ENTRIES,
    maxSize: MAX_CACHE_BYTES,
    // Counting bytes makes one text of what is linked out of hundreds, which take ten times as much.
    sizeCalculation: ({ kept }, key) => key.length + (kept ? bytesOf(kept.answer) : 0),
  });
  let hits = 0;
  return {
    hits: () => hits,
    find: (caller, question) => {
      const now = isKeeping ? known() : null;
      if (now === null) return CACHE_MISS;
      const text = question();
      if (text.length > MAX_QUESTION_CHARACTERS) return CACHE_MISS;
      const key = `${caller.principalId}\n${text}`;
      const entry = entries.get(key);
      const at = clock();
      const kept = entry?.kept;
      if (kept && kept.known === now && kept.at <= at && at < kept.until && isSame(caller, kept.caller)) {
        hits += 1;
        return kept;
      }
      const store = (answer: CachedResponse, isRepeatable: boolean) => {
        const made = (entry?.made ?? 0) + (isRepeatable ? 1 : 0);
        const isKept =
          isRepeatable &&
          made >= MIN_REQUESTS_TO_CACHE &&
          charactersOf(answer) <= MAX_ANSWER_CHARACTERS &&
          known() === now;
        const familiarUntil = cacheableUntil(at, lagMs);
        const until = Math.min(at + TTL_MS, familiarUntil);
        entries.set(key, {
          made,
          madeAt: at,
          familiarUntil,
          kept: isKept ? { answer, wasServedRecently: true, store: null, caller, known: now, at, until } : null,
        });
      };
      const wasServedRecently =
        entry !== undefined && at < entry.familiarUntil && entry.madeAt > figures.lastEvictedUseAt();
      return { answer: null, wasServedRecently, store };
    },
  };
}

function bytesOf({ data, errorsJson = "" }: CachedResponse): number {
  return Buffer.byteLength(data) + Buffer.byteLength(errorsJson);
}

function charactersOf({ data, errorsJson = "" }: CachedResponse): number {
  return data.length + errorsJson.length;
}

/** What is asked is not kept. */
export const CACHE_MISS: CacheLookup = { answer: null, wasServedRecently: false, store: null };

/** Whether a caller is who it was, and may see what it did. A partner is another object when anything of it changes. */
function isSame(caller: Caller, former: Caller): boolean {
  if (caller === former) return true;
  return (
    caller.principalId === former.principalId &&
    caller.name === former.name &&
    caller.role === former.role &&
    caller.partner === former.partner &&
    caller.expiresAt === former.expiresAt &&
    caller.scopes.size === former.scopes.size &&
    [...caller.scopes].every((scope) => former.scopes.has(scope))
  );
}
