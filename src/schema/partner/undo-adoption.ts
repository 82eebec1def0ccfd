import { ConflictError, NotFoundError } from "../../model/errors.ts";
import { isUsable } from "../../model/token/token.ts";
import { builder } from "../builder.ts";
import { payload } from "../payload.ts";
import { inUse } from "./former-holders.ts";
import { PartnerPayload } from "./partner-payload.ts";
import { withPartnerLease } from "./partner-tokens.ts";
import { assertNoConnectedViewer, removeTrackingId, TrackingIdInput } from "./tracking-ids.ts";

builder.mutationField("undoAdoption", (t) =>
  t.field({
    type: PartnerPayload,
    nullable: true,
    authScopes: { staff: "partner:admin" },
    description:
      "Reverses the adoption of a tracking id by adoptTrackingId or onboardPartner: the id is unclaimed again and keeps its tokens and usage. Refused for the partner's last tracking id and once a statement was issued for the id. Refused with TRACKING_ID_IN_USE while a usable token exists that was created for the partner under the id since the adoption, or while a viewer is connected and any token was created since, even if it is disabled or deleted now. Tokens that were created and deleted in the platform's dashboard are not known to the gateway and do not count.",
    args: {
      input: t.arg({ type: TrackingIdInput, required: true, description: "The tracking id and its present partner." }),
    },
    resolve: (_root, { input: { partner: ref, trackingId, dryRun } }, context) =>
      payload(() =>
        withPartnerLease(ref, context, async (partner, lease) => {
          const { store, tokenCache, now } = context;
          const argument = "input.trackingId";
          if (!partner.trackingIds.includes(trackingId)) throw new NotFoundError(argument);
          const claim = await store.partners.claim(partner.id, trackingId);
          if (!claim) throw new NotFoundError(argument);
          if (await store.partners.hasStatement(partner.id, trackingId)) {
            const message =
              "`input.trackingId` must have no statement: its adoption is final once a statement was issued.";
            throw new ConflictError(message, { argument });
          }
          const tokens = (await tokenCache.readRefreshed()).withTrackingId(trackingId);
          const since = tokens.filter((token) => token.id > claim.afterToken);
          const usable = since.filter((token) => isUsable(token, now));
          if (usable.length > 0) {
            throw inUse("was created for the partner since it adopted the tracking id", usable, argument);
          }
          // A viewer with such a token stays connected after the token is disabled or deleted, and would count for the next
          // partner with the id.
          const isCreatedSince = since.length > 0 || claim.newestToken > claim.afterToken;
          if (isCreatedSince) await assertNoConnectedViewer(trackingId, context);
          return removeTrackingId(partner, { trackingId, dryRun }, lease, context);
        }),
      ),
  }),
);
