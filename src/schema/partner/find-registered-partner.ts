import type { GraphContext } from "../../context.ts";
import { ApplicationError } from "../../model/errors.ts";
import type { RegisteredPartner } from "../../model/partner/partner.ts";
import { findPartner, type PartnerReference } from "./find-partner.ts";

/**
 * Returns the registered partner.
 *
 * @throws NotFoundError
 * @throws ApplicationError PARTNER_NOT_ACTIVE for an unclaimed tracking id
 */
export async function findRegisteredPartner(
  ref: PartnerReference,
  argument: string,
  context: GraphContext,
): Promise<RegisteredPartner> {
  // Another gateway may have changed the partner just now.
  context.partnerCache.changed();
  const partner = await findPartner(ref, argument, context);
  if (partner.status !== "UNCLAIMED") return partner;
  const rule = "must be a registered partner: register one with the tracking id by onboardPartner";
  const message = `\`${argument}\` ${rule}; got the unclaimed tracking id \`${partner.trackingIds[0]}\`.`;
  throw new ApplicationError("PARTNER_NOT_ACTIVE", message, { argument });
}
