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
const REVALIDATE_MS = 500;

export function createPartnerCache(
  store: Pick<PartnerStore, "all" | "version">,
  monotonicMs: MonotonicClock = processClock,
): PartnerCache {
  let cached: { readonly version: number; readonly partners: Partners } | null = null;
  let checkedAt = Number.NEGATIVE_INFINITY;
  let writes = 0;

  const check = async (): Promise<Partners> => {
    const startedAt = monotonicMs();
    const writesBefore = writes;
    // Reading the version first means that newer partners are at worst read once more.
    const version = await store.version();
    const partners = cached?.version === version ? cached.partners : indexPartners(await store.all());
    // Partners read before a write of this gateway must not replace those read after it.
    if (writes === writesBefore) {
      cached = { version, partners };
      checkedAt = startedAt;
    }
    return partners;
  };
  const checking = new SingleFlight(() => inTime(check()));

  return {
    read: () => {
      if (cached && monotonicMs() - checkedAt < REVALIDATE_MS) return Promise.resolve(cached.partners);
      return checking.run();
    },
    changed: () => {
      writes += 1;
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
