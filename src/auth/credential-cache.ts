import { createHash } from "node:crypto";
import { LRUCache } from "lru-cache";
import { boundedLru } from "../primitives/bounded-lru.ts";

/** A clock that only goes forward: milliseconds since any instant. */
export type MonotonicClock = () => number;

/** So old may a fact be that can be taken back: what is revoked is refused within a second by every gateway. */
const REMEMBERED_MS = 800;
/** The most keys of one kind that are remembered. */
const MAX_REMEMBERED = 10_000;

/**
 * Reads that are remembered for a moment, also those that found nothing, and shared while they are under way. The age
 * counts from when a read began, so a slow one is not believed for longer. A read that failed is not remembered.
 */
export function rememberReads<Value>(
  read: (key: string) => Promise<Value>,
  elapsed: MonotonicClock,
): (key: string) => Promise<Value> {
  const reads = new LRUCache<string, Promise<Value>>({
    ...boundedLru(MAX_REMEMBERED),
    ttl: REMEMBERED_MS,
    perf: { now: elapsed },
    ttlResolution: 0,
  });
  return (key) => {
    const known = reads.get(key);
    if (known) return known;
    const reading = read(key);
    reads.set(key, reading);
    reading.catch(() => {
      if (reads.peek(key) === reading) reads.delete(key);
    });
    return reading;
  };
}

/** A signature that was found good is not looked at again for so long: by then a key that signed it may have been taken back. */
const VERIFIED_MS = 600_000;

/** What a signed token says, and until when. */
export interface Verified {
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** Tokens that were found good are remembered by their hash until they expire; a refused one is looked at again. */
export function cacheVerified<Claims extends Verified>(
  verify: (token: string) => Promise<Claims | null>,
  now: () => number,
  elapsed: MonotonicClock,
): (token: string) => Promise<Claims | null> {
  const verified = new LRUCache<string, Claims>({
    ...boundedLru(MAX_REMEMBERED),
    ttl: VERIFIED_MS,
    perf: { now: elapsed },
    ttlResolution: 0,
  });
  return async (token) => {
    const hash = createHash("sha256").update(token).digest("base64");
    const known = verified.get(hash);
    if (known && now() < known.expiresAt) return known;
    const claims = await verify(token);
    if (claims) verified.set(hash, claims);
    return claims;
  };
}
