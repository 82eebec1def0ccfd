import { builder } from "../builder.ts";
import { payload } from "../payload.ts";
import { CONNECTED_VIEWERS_STAY, disableAll, PartnerStatusPayload, setStatus } from "./change-status.ts";
import { PartnerRef } from "./find-partner.ts";
import { withPartnerLease } from "./partner-tokens.ts";

const RetirePartnerInput = builder.inputType("RetirePartnerInput", {
  description: "The partner to retire, which cannot be undone.",
  fields: (t) => ({
    partner: t.field({ type: PartnerRef, required: true, description: "The partner, by id or by one tracking id." }),
  }),
});

builder.mutationField("retirePartner", (t) =>
  t.field({
    type: PartnerStatusPayload,
    nullable: true,
    authScopes: { staff: "partner:admin" },
    description:
      "Ends a partnership permanently: disables the partner's subscribe tokens and revokes its API keys. Its record, tracking ids and usage are kept for billing.",
    args: { input: t.arg({ type: RetirePartnerInput, required: true, description: "The partner to retire." }) },
    resolve: (_root, { input }, context) =>
      payload(() =>
        withPartnerLease(input.partner, context, async (partner, lease) => {
          const retired = await setStatus(partner, "RETIRED", lease, context, async ({ apiKeys, partners }) => {
            await apiKeys.revokeOf(partner.id, context.ownNow);
            await partners.setSuspendedTokenIds(partner.id, []);
          });
          return { partner: retired, ...(await disableAll(partner, lease, context)), warning: CONNECTED_VIEWERS_STAY };
        }),
      ),
  }),
);
