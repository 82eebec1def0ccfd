import type { RegisteredPartner } from "../model/partner/partner.ts";
import { type MonotonicClock, processClock } from "../primitives/clock.ts";
import { SingleFlight } from "../primitives/single-flight.ts";
import { inTime } from "../store/in-time.ts";
import type { PartnerStore } from "../store/partners.ts";

/** Registered partners. */
export interface Partners {
  /** Every partner, sorted by name and then by id. */
  readonly all: readonly RegisteredPartner[];
  byId(id: string): RegisteredPartner | null;
  byTrackingId(trackingId: string): RegisteredPartner | null;
}

/** Registered partners, read once and shared by requests until a gateway changes one. */
export interface PartnerCache {
  /** Returns the partners, at most {@link REVALIDATE_MS} old. @throws StoreError */
  read(): Promise<Partners>;
  /** Makes the next read see what this gateway has written. */
  changed(): void;
}

/** Age at which the store is asked whether another gateway has changed a partner, in milliseconds. */
export const REVALIDATE_MS = 500;

export function createPartnerCache(
  store: Pick<PartnerStore, "all" | "version">,
  monotonicMs: MonotonicClock = processClock,
): PartnerCache {
  let cached: { readonly version: number; readonly partners: Partners } | null = null;
  let checkedAt = Number.NEGATIVE_INFINITY;

  const check = async (isCurrent: () => boolean): Promise<Partners> => {
    const startedAt = monotonicMs();
    // Reading the version first means that newer partners are at worst read once more.
    const version = await store.version();
    if (cached?.version !== version) cached = { version, partners: indexPartners(await store.all()) };
    if (isCurrent()) checkedAt = startedAt;
    return cached.partners;
  };
  const checking = new SingleFlight((isCurrent) => inTime(check(isCurrent)));

  return {
    read: () => {
      if (cached && monotonicMs() - checkedAt < REVALIDATE_MS) return Promise.resolve(cached.partners);
      return checking.run();
    },
    changed: () => {
      checkedAt = Number.NEGATIVE_INFINITY;
      // A check that is running may have read the version before the write.
      checking.detach();
    },
  };
}

function indexPartners(all: readonly RegisteredPartner[]): Partners {
  const byId = new Map(all.map((partner) => [partner.id, partner]));
  const byTrackingId = new Map(
    all.flatMap((partner) => partner.trackingIds.map((trackingId) => [trackingId, partner] as const)),
  );
  return {
    all,
    byId: (id) => byId.get(id) ?? null,
    byTrackingId: (trackingId) => byTrackingId.get(trackingId) ?? null,
  };
}
