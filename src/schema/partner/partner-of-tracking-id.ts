import type { GraphQLResolveInfo } from "graphql";
import type { GraphContext } from "../../context.ts";
import type { PartnerRecord } from "../../model/partner/partner.ts";
import type { MaybePromise } from "../../primitives/maybe-promise.ts";
import { holdBatchesFor } from "../batch-hints.ts";

/** Returns the partner that the tracking id's traffic is counted for; null for untracked traffic. */
export function partnerOfTrackingId(
  trackingId: string | null,
  context: GraphContext,
  info: GraphQLResolveInfo,
): MaybePromise<PartnerRecord | null> {
  if (trackingId === null) return null;
  const holders = context.loaders.partners.of([trackingId]);
  return holdBatchesFor(
    context,
    info,
    holders.then(([partner = null]) => partner),
  );
}
