import type { GraphContext } from "../../context.ts";
import type { PartnerLoader } from "../../loaders/partners.ts";
import { NotFoundError } from "../../model/errors.ts";
import type { PartnerRecord } from "../../model/partner/partner.ts";
import { builder } from "../builder.ts";
import { keyOfId } from "../global-id.ts";

export const PartnerRef = builder.inputType("PartnerRef", {
  description: "Names a partner, by exactly one of its fields.",
  isOneOf: true,
  fields: (t) => ({
    id: t.id({ description: "Its id in the graph." }),
    trackingId: t.string({ description: "Its tracking id." }),
  }),
});

export interface PartnerReference {
  readonly id?: string | null | undefined;
  readonly trackingId?: string | null | undefined;
}

/** Ids of partners in the graph hold one of these and a key. */
const REGISTERED = "registered:";
const TRACKING_ID = "tracking:";

/** What a partner's id in the graph is made of: that of its record, or the tracking id that nobody has claimed. */
export function partnerKey(partner: PartnerRecord): string {
  return partner.status === "UNCLAIMED" ? `${TRACKING_ID}${partner.trackingIds[0]}` : registeredKey(partner.id);
}

/** What the id in the graph of a registered partner is made of. */
export function registeredKey(id: string): string {
  return `${REGISTERED}${id}`;
}

/** The partner that is meant. @throws NotFoundError when it is neither registered nor known through a token or traffic */
export async function findPartner(
  { id, trackingId }: PartnerReference,
  argument: string,
  { loaders }: GraphContext,
): Promise<PartnerRecord> {
  const key = trackingId != null ? `${TRACKING_ID}${trackingId}` : id == null ? null : keyOfId(id, "Partner");
  const partner = key === null ? null : await byKey(key, loaders.partners);
  if (!partner) throw new NotFoundError(argument);
  return partner;
}

/** A tracking id's partner is found under the id that it had before it was claimed, too. */
function byKey(key: string, partners: PartnerLoader): Promise<PartnerRecord | null> | null {
  if (key.startsWith(REGISTERED)) return partners.byId(key.slice(REGISTERED.length));
  return key.startsWith(TRACKING_ID) ? partners.byTrackingId(key.slice(TRACKING_ID.length)) : null;
}
