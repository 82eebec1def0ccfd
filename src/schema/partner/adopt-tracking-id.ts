import { toPartnerRecord } from "../../loaders/partners.ts";
import type { PartnerRecord } from "../../model/partner/partner.ts";
import { assertNoViolations, masterViolations } from "../../model/partner/syndication.ts";
import { isUsable } from "../../model/token/token.ts";
import { TrackingIdTakenError } from "../../store/store-error.ts";
import { builder } from "../builder.ts";
import { MutationPayload, type Payload, payload } from "../payload.ts";
import { Partner } from "../refs.ts";
import { foreignTokens, newestToken } from "./former-holders.ts";
import { PartnerNotActiveError } from "./partner-active.ts";
import { assertTrackingIds } from "./partner-input.ts";
import { withPartnerLease } from "./partner-tokens.ts";
import { type Holdings, holdingsOf, TrackingIdHoldings } from "./tracking-id-holdings.ts";
import { changeTrackingIds, TrackingIdInput } from "./tracking-ids.ts";

interface Adoption extends Payload {
  readonly partner?: PartnerRecord | null;
  readonly holdings?: Holdings;
}

const AdoptTrackingIdPayload = builder.objectRef<Adoption>("AdoptTrackingIdPayload").implement({
  description: "The partner with what the tracking id brought, or why the id was not adopted.",
  interfaces: [MutationPayload],
  fields: (t) => ({
    partner: t.expose("partner", {
      type: Partner,
      nullable: true,
      description: "The partner as it is now; null after a failure.",
    }),
    holdings: t.expose("holdings", {
      type: TrackingIdHoldings,
      nullable: true,
      description:
        "Tokens, streams and traffic that come with the tracking id, also in a dry run; null after a failure.",
    }),
  }),
});

builder.mutationField("adoptTrackingId", (t) =>
  t.field({
    type: AdoptTrackingIdPayload,
    nullable: true,
    authScopes: { staff: "partner:admin" },
    description:
      "Assigns an unclaimed tracking id, with its traffic and subscribe tokens, to a registered, active partner; a dry run shows them. Refused while a usable token was created for another partner that had the id. undoAdoption reverses it. To register a new partner with the id, use onboardPartner.",
    args: {
      input: t.arg({ type: TrackingIdInput, required: true, description: "The tracking id and its new partner." }),
    },
    resolve: (_root, { input: { partner: ref, trackingId, dryRun } }, context) =>
      payload(() =>
        withPartnerLease(ref, context, async (partner, lease) => {
          const { store, tokenCache, now } = context;
          const argument = "input.trackingId";
          if (partner.status !== "ACTIVE") throw new PartnerNotActiveError(partner, "input.partner");
          assertTrackingIds([...new Set([...partner.trackingIds, trackingId])], argument);
          const holder = await store.partners.byTrackingId(trackingId);
          if (holder && holder.id !== partner.id) throw new TrackingIdTakenError(trackingId, argument);
          const tokens = (await tokenCache.readRefreshed()).withTrackingId(trackingId);
          const usable = tokens.filter((token) => isUsable(token, now));
          const formerHolders = holder ? [] : await store.partners.formerHolders(trackingId);
          assertNoViolations([
            ...masterViolations(usable, argument),
            ...foreignTokens(usable, formerHolders, partner.id, argument),
          ]);
          const holdings = await holdingsOf(trackingId, tokens, formerHolders, context);
          if (dryRun || holder) return { partner: toPartnerRecord(partner), holdings };
          const adopted = await changeTrackingIds(partner, lease, context, async ({ partners }) => {
            const present = await partners.locked(partner.id);
            if (present && present.status !== "ACTIVE") throw new PartnerNotActiveError(present, "input.partner");
            await partners.addTrackingId(partner.id, trackingId, newestToken(context));
          });
          return { ...adopted, holdings };
        }),
      ),
  }),
);
