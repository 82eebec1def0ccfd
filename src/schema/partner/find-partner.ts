import type { GraphContext } from "../../context.ts";
import type { PartnerLoader } from "../../loaders/partners.ts";
import { NotFoundError } from "../../model/errors.ts";
import type { PartnerRecord } from "../../model/partner/partner.ts";
import { builder } from "../builder.ts";
import { keyOfId } from "../global-id.ts";

export const PartnerRef = builder.inputType("PartnerRef", {
  description: "A reference to a partner, by exactly one of these fields.",
  isOneOf: true,
  fields: (t) => ({
    id: t.id({ description: "The global id of the partner." }),
    trackingId: t.string({ description: "Any tracking id of the partner, registered or UNCLAIMED." }),
  }),
});

export interface PartnerReference {
  readonly id?: string | null | undefined;
  readonly trackingId?: string | null | undefined;
}

/** Prefixes of the key in a partner's global id. */
const REGISTERED = "registered:";
const TRACKING_ID = "tracking:";

/** Returns the key of a partner's global id: the id of its record, or its unclaimed tracking id. */
export function partnerKey(partner: PartnerRecord): string {
  return partner.status === "UNCLAIMED" ? `${TRACKING_ID}${partner.trackingIds[0]}` : registeredKey(partner.id);
}

/** Returns the key of a registered partner's global id. */
export function registeredKey(id: string): string {
  return `${REGISTERED}${id}`;
}

/** Returns the partner. @throws NotFoundError if it is neither registered nor known through a token or traffic */
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

/** Finds a partner by the key of its global id, also by the one that it had while it was UNCLAIMED. */
function byKey(key: string, partners: PartnerLoader): Promise<PartnerRecord | null> | null {
  if (key.startsWith(REGISTERED)) return partners.byId(key.slice(REGISTERED.length));
  return key.startsWith(TRACKING_ID) ? partners.byTrackingId(key.slice(TRACKING_ID.length)) : null;
}
