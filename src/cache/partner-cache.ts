import type { RegisteredPartner } from "../model/partner/partner.ts";
import { inTime } from "../store/in-time.ts";
import type { PartnerStore } from "../store/partners.ts";

/** The registry of partners as it is now. */
export interface Partners {
  /** Every partner, by name and then by id. */
  readonly all: readonly RegisteredPartner[];
  byId(id: string): RegisteredPartner | null;
  byTrackingId(trackingId: string): RegisteredPartner | null;
}

/** The registry of partners, read once and shared by requests until some gateway changes it. */
export interface PartnerCache {
  /** At most {@link REVALIDATE_MS} old. @throws StoreError */
  read(): Promise<Partners>;
  /** Says that this gateway has written: the next reading sees it. */
  changed(): void;
}

/** How long a reading serves before the store is asked whether another gateway has written. */
export const REVALIDATE_MS = 500;

export function createPartnerCache(
  store: Pick<PartnerStore, "all" | "version">,
  monotonicNow: () => number = () => performance.now(),
): PartnerCache {
  let known: { readonly version: number; readonly partners: Partners } | null = null;
  let checkedAt = Number.NEGATIVE_INFINITY;
  let checking: Promise<Partners> | null = null;

  const check = async (): Promise<Partners> => {
    const startedAt = monotonicNow();
    const version = await store.version();
    // The version was read first: partners that are newer than it are read once more, and never taken for older ones.
    if (known?.version !== version) known = { version, partners: indexed(await store.all()) };
    checkedAt = startedAt;
    return known.partners;
  };

  return {
    read: () => {
      if (known && monotonicNow() - checkedAt < REVALIDATE_MS) return Promise.resolve(known.partners);
      if (checking) return checking;
      const attempt = inTime(check()).finally(() => {
        if (checking === attempt) checking = null;
      });
      checking = attempt;
      return attempt;
    },
    changed: () => {
      checkedAt = Number.NEGATIVE_INFINITY;
      // A check that is under way may have begun before the write.
      checking = null;
    },
  };
}

function indexed(all: readonly RegisteredPartner[]): Partners {
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
