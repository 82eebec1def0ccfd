import type { DiscoveredNames } from "../cache/discovered-names.ts";
import type { PartnerCache } from "../cache/partner-cache.ts";
import type { TokenSnapshot } from "../cache/token-cache.ts";
import { type PartnerRecord, primaryTrackingId, type RegisteredPartner } from "../model/partner/partner.ts";
import { hasNameLength } from "../model/text.ts";
import { allDaysRetained } from "../model/usage/retention.ts";
import { hasBytes } from "../model/usage/traffic.ts";
import type { MaybePromise } from "../primitives/maybe-promise.ts";
import type { BatchScheduler } from "./batch-scheduler.ts";
import type { UsageLoaders } from "./usage.ts";

/** Loader of partners: registered ones, and tracking ids without a registered partner. */
export interface PartnerLoader {
  /** Loads a registered partner by id; null for an unknown id. @throws StoreError */
  byId(id: string): Promise<PartnerRecord | null>;
  /** Loads the partner of a tracking id; null if no partner, token or traffic has it. @throws UpstreamError, StoreError */
  byTrackingId(trackingId: string): Promise<PartnerRecord | null>;
  /** Loads the partners of tracking ids, each once, sorted by their first tracking id. @throws StoreError */
  of(trackingIds: Iterable<string>): Promise<readonly PartnerRecord[]>;
  /** Loads all partners, sorted by their first tracking id. @throws UpstreamError, StoreError */
  all(): Promise<readonly PartnerRecord[]>;
}

interface PartnerSources {
  readonly partnerCache: PartnerCache;
  readonly discoveredNames: DiscoveredNames;
  readonly usage: UsageLoaders;
  readonly batchScheduler: BatchScheduler;
  readonly tokens: () => MaybePromise<TokenSnapshot>;
  readonly now: number;
}

export function createPartnerLoader(sources: PartnerSources): PartnerLoader {
  const { discoveredNames, usage, tokens, now } = sources;
  // Lists of partners bring more keys, so batches wait for the registry as they wait for a call.
  const readRegistry = () => sources.batchScheduler.track(sources.partnerCache.read());

  /** Returns whether an unregistered tracking id has tokens or traffic; the cheapest source first. */
  const exists = async (trackingId: string) => {
    if (!hasNameLength(trackingId)) return false;
    if ((await tokens()).withTrackingId(trackingId).length > 0 || discoveredNames.hasTrackingId(trackingId))
      return true;
    const { value: rows } = await usage.rowsByTrackingId.load({ name: trackingId, window: allDaysRetained(now) });
    const isFound = rows.some(({ traffic }) => hasBytes(traffic));
    if (isFound) discoveredNames.addTrackingId(trackingId);
    return isFound;
  };

  const of = async (trackingIds: Iterable<string>) => {
    const registry = await readRegistry();
    const found = new Map<string, PartnerRecord>();
    for (const trackingId of trackingIds) {
      const partner = registry.byTrackingId(trackingId);
      const record = partner ? toPartnerRecord(partner) : unclaimed(trackingId);
      found.set(primaryTrackingId(record), record);
    }
    return sortedByTrackingId([...found.values()]);
  };

  return {
    byId: async (id) => {
      const partner = (await readRegistry()).byId(id);
      return partner && toPartnerRecord(partner);
    },
    byTrackingId: async (trackingId) => {
      const partner = (await readRegistry()).byTrackingId(trackingId);
      if (partner) return toPartnerRecord(partner);
      return (await exists(trackingId)) ? unclaimed(trackingId) : null;
    },
    of,
    all: async () => {
      const [registry, snapshot] = await Promise.all([readRegistry(), tokens()]);
      const claimed = registry.all.flatMap(({ trackingIds }) => trackingIds);
      return of(new Set([...claimed, ...snapshot.trackingIds(), ...discoveredNames.trackingIds()]));
    },
  };
}

export function toPartnerRecord(partner: RegisteredPartner): PartnerRecord {
  return { kind: "Partner", ...partner };
}

function unclaimed(trackingId: string): PartnerRecord {
  return { kind: "Partner", status: "UNCLAIMED", trackingIds: [trackingId] };
}

function sortedByTrackingId(partners: PartnerRecord[]): readonly PartnerRecord[] {
  return partners.sort((a, b) => (primaryTrackingId(a) < primaryTrackingId(b) ? -1 : 1));
}
