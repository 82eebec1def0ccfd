import { createHash } from "node:crypto";
import { LRUCache } from "lru-cache";
import { boundedLru } from "../primitives/bounded-lru.ts";
import type { Clock, MonotonicClock } from "../primitives/clock.ts";

/**
 * Maximum age of cached credentials, in milliseconds: every gateway rejects a revoked one within a
 * second.
 */
export const CREDENTIAL_TTL_MS = 800;
/** Maximum number of cached credentials of each kind. */
export const MAX_CREDENTIALS = 10_000;

/**
 * Time after which a valid signature is verified again, in milliseconds, since its key may have been
 * withdrawn.
 */
const VERIFIED_MS = 600_000;

/** Claims of a verified token. */
export interface Verified {
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** Caches the claims of valid tokens by hash until they expire; invalid tokens are verified each time. */
export function cacheVerified<Claims extends Verified>(
  verify: (token: string) => Promise<Claims | null>,
  now: Clock,
  monotonicMs: MonotonicClock,
): (token: string) => Promise<Claims | null> {
  const verified = new LRUCache<string, Claims>({
    ...boundedLru(MAX_CREDENTIALS),
    ttl: VERIFIED_MS,
    perf: { now: monotonicMs },
    ttlResolution: 0,
  });
  return async (token) => {
    const hash = createHash("sha256").update(token).digest("base64");
    const cached = verified.get(hash);
    if (cached && now() < cached.expiresAt) return cached;
    const claims = await verify(token);
    if (claims) verified.set(hash, claims);
    return claims;
  };
}
