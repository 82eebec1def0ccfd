import { LRUCache } from "lru-cache";
import type { RegisteredPartner } from "../model/partner/partner.ts";
import type { PublishTokenRecord, SubscribeTokenRecord } from "../model/token/token.ts";
import type { PatternReadings } from "./pattern-readings.ts";
import type { TokenSnapshot } from "./token-cache.ts";
import { TokenIndex } from "./token-index.ts";

/** Returns the subscribe tokens with a tracking id of the partner, as a snapshot of their own. */
export type PartnerTokens = (tokens: TokenSnapshot, partner: RegisteredPartner) => TokenSnapshot;

/** Maximum number of partners whose tokens are cached. */
const MAX_PARTNERS = 1_000;

/**
 * Caches the snapshot of each partner until a token of the account, or the partner's tracking ids,
 * change.
 */
export function createPartnerTokens(readings: PatternReadings): PartnerTokens {
  const snapshots = new LRUCache<string, TokenSnapshot>({ max: MAX_PARTNERS });
  let from: readonly SubscribeTokenRecord[] | null = null;
  return (tokens, { id, trackingIds }) => {
    // The list is the same object until a token changes.
    const all = tokens.subscribe.all();
    if (from !== all) snapshots.clear();
    from = all;
    // The key begins with the partner, so that no snapshot serves another one.
    const key = JSON.stringify([id, ...trackingIds]);
    const cached = snapshots.get(key);
    if (cached) return cached;
    const snapshot = createSnapshot(tokens, trackingIds, readings);
    snapshots.set(key, snapshot);
    return snapshot;
  };
}

function createSnapshot(
  tokens: TokenSnapshot,
  trackingIds: readonly string[],
  readings: PatternReadings,
): TokenSnapshot {
  const subscribe = new TokenIndex<SubscribeTokenRecord>(readings);
  for (const trackingId of trackingIds) for (const token of tokens.withTrackingId(trackingId)) subscribe.put(token);
  return {
    publish: new TokenIndex<PublishTokenRecord>(readings),
    subscribe,
    withTrackingId: (trackingId) => (trackingIds.includes(trackingId) ? tokens.withTrackingId(trackingId) : []),
    trackingIds: () => [...trackingIds].sort(),
  };
}
