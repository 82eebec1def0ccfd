import { commitWithAudit } from "../audit/audited.ts";
import { builder } from "../builder.ts";
import { payload } from "../payload.ts";
import {
  assertNotRetired,
  CONNECTED_VIEWERS_STAY,
  disableAll,
  PartnerStatusPayload,
  setStatus,
} from "./change-status.ts";
import { PartnerRef } from "./find-partner.ts";
import { withPartnerLease } from "./partner-tokens.ts";

const SuspendPartnerInput = builder.inputType("SuspendPartnerInput", {
  description: "The partner to suspend.",
  fields: (t) => ({
    partner: t.field({ type: PartnerRef, required: true, description: "The partner, by id or by one tracking id." }),
  }),
});

builder.mutationField("suspendPartner", (t) =>
  t.field({
    type: PartnerStatusPayload,
    nullable: true,
    authScopes: { staff: "partner:admin" },
    description:
      "Disables every subscribe token of a partner and signs no viewer token for it. The partner's API keys still read its usage. Viewer tokens that are signed already are refused from the viewer's next connection on.",
    args: { input: t.arg({ type: SuspendPartnerInput, required: true, description: "The partner to suspend." }) },
    resolve: (_root, { input }, context) =>
      payload(() =>
        withPartnerLease(input.partner, context, async (partner, lease) => {
          assertNotRetired(partner);
          // The registry comes first: from then on nothing is signed and no token created, even if the platform is down.
          const suspended = await setStatus(partner, "SUSPENDED", lease, context);
          const recordSuspended = (ids: readonly number[]) =>
            commitWithAudit(context, async (tables) => {
              await lease.assertHeld(tables);
              await tables.partners.addSuspendedTokenIds(partner.id, ids);
            });
          const disabled = await disableAll(partner, lease, context, recordSuspended);
          return { partner: suspended, ...disabled, warning: CONNECTED_VIEWERS_STAY };
        }),
      ),
  }),
);
