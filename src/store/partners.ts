import type { PartnerDetails, RegisteredPartner, RegisteredStatus } from "../model/partner.ts";

/** A partner to be. */
export interface NewPartner {
  readonly name: string;
  readonly trackingIds: readonly string[];
  readonly contact: string | null;
  readonly timeZone: string;
  readonly currency: string;
  readonly notes: string | null;
}

export interface PartnerStore {
  byId(id: string): Promise<RegisteredPartner | null>;
  /** Every partner, by name and then by id. */
  all(): Promise<RegisteredPartner[]>;
  /**
   * Rises with every change of any partner, by whichever gateway: what was read under the same version is still true.
   */
  version(): Promise<number>;
  /** @throws TrackingIdTakenError when another partner has one of the tracking ids, also when two race for it */
  create(partner: NewPartner, now: number): Promise<RegisteredPartner>;
  /** Null when there is no such partner. What is undefined stays as it is. */
  update(
    id: string,
    changes: PartnerDetails & { readonly status?: RegisteredStatus },
  ): Promise<RegisteredPartner | null>;
  /** Gives the partner one more tracking id. @throws TrackingIdTakenError */
  addTrackingId(id: string, trackingId: string): Promise<void>;
  /** Takes a tracking id from the partner, which the caller has found to be without traffic. */
  removeTrackingId(id: string, trackingId: string): Promise<void>;
}
