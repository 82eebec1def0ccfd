import type { GraphContext } from "../../context.ts";
import { ApplicationError } from "../../model/errors.ts";
import type { RegisteredPartner } from "../../model/partner/partner.ts";
import { findPartner, type PartnerReference } from "./find-partner.ts";

/**
 * The registered partner that is meant.
 *
 * @throws NotFoundError
 * @throws ApplicationError PARTNER_NOT_ACTIVE for a tracking id that nobody has claimed
 */
export async function findRegisteredPartner(
  ref: PartnerReference,
  argument: string,
  context: GraphContext,
): Promise<RegisteredPartner> {
  // Another gateway may have changed it a moment ago.
  context.partnerCache.changed();
  const partner = await findPartner(ref, argument, context);
  if (partner.status !== "UNCLAIMED") return partner;
  const message = `Nobody has claimed the tracking id \`${partner.trackingIds[0]}\`: register a partner with it by onboardPartner first.`;
  throw new ApplicationError("PARTNER_NOT_ACTIVE", message, { argument });
}
