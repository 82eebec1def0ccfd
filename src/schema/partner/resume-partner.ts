import type { GraphContext } from "../../context.ts";
import type { RegisteredPartner } from "../../model/partner/partner.ts";
import type { SubscribeTokenRecord } from "../../model/token/token.ts";
import { commitWithAudit } from "../audit/audited.ts";
import { builder } from "../builder.ts";
import { payload } from "../payload.ts";
import { assertNotRetired, PartnerStatusPayload, setStatus } from "./change-status.ts";
import { PartnerRef } from "./find-partner.ts";
import { freshTokensOf, switchTokens, withPartnerLease } from "./partner-tokens.ts";

const ResumePartnerInput = builder.inputType("ResumePartnerInput", {
  description: "The suspended partner to make active again.",
  fields: (t) => ({
    partner: t.field({ type: PartnerRef, required: true, description: "The partner, by id or by one tracking id." }),
  }),
});

builder.mutationField("resumePartner", (t) =>
  t.field({
    type: PartnerStatusPayload,
    nullable: true,
    authScopes: { staff: "partner:admin" },
    description: "Makes a suspended partner active again and enables the tokens that its suspension disabled.",
    args: { input: t.arg({ type: ResumePartnerInput, required: true, description: "The partner to resume." }) },
    resolve: (_root, { input }, context) =>
      payload(() =>
        withPartnerLease(input.partner, context, async (partner, lease) => {
          assertNotRetired(partner);
          const ids = await context.store.partners.suspendedTokenIds(partner.id);
          const tokens = ids.length === 0 ? [] : await suspendedTokens(partner, ids, context);
          // The status comes first: after a crash here an active partner lacks tokens, which repeating the request enables.
          const resumed = await setStatus(partner, "ACTIVE", lease, context);
          await lease.assertHeld();
          const switched = await switchTokens(tokens, true, context);
          const enabled = new Set(switched.tokens.map(({ id }) => id));
          // Tokens that failed stay recorded as suspended, so that the request can be repeated.
          const failed = tokens.map(({ id }) => id).filter((id) => !enabled.has(id));
          await commitWithAudit(context, async (tables) => {
            await lease.assertHeld(tables);
            await tables.partners.setSuspendedTokenIds(partner.id, failed);
          });
          return { partner: resumed, ...switched };
        }),
      ),
  }),
);

/** Returns those of the tokens that are still the partner's and disabled, by a fresh list. @throws UpstreamError */
async function suspendedTokens(
  partner: RegisteredPartner,
  ids: readonly number[],
  context: GraphContext,
): Promise<SubscribeTokenRecord[]> {
  const listed = new Map((await freshTokensOf(partner, context)).map((token) => [token.id, token]));
  // A deletion can hide a neighbor while the list is read: only reading the token itself proves that it is gone.
  const tokens = await Promise.all(ids.map((id) => listed.get(id) ?? context.upstream.subscribeTokens.read(id)));
  return tokens.flatMap((token) =>
    token && !token.isActive && partner.trackingIds.includes(token.trackingId ?? "") ? [token] : [],
  );
}
