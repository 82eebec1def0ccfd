import { toPartnerRecord } from "../../loaders/partners.ts";
import { InvalidInputError, NotFoundError } from "../../model/errors.ts";
import { assertPartnerDetails, type PartnerRecord } from "../../model/partner/partner.ts";
import { commitLast } from "../audit/audited.ts";
import { builder } from "../builder.ts";
import { MutationPayload, type Payload, payload } from "../payload.ts";
import { Partner } from "../refs.ts";
import { PartnerRef } from "./find-partner.ts";
import { findRegistered } from "./find-registered-partner.ts";
import { partnerDetailFields } from "./partner-input.ts";

export const PartnerPayload = builder
  .objectRef<Payload & { readonly partner?: PartnerRecord | null }>("PartnerPayload")
  .implement({
    description: "The partner as it is now, or why it was not changed.",
    interfaces: [MutationPayload],
    fields: (t) => ({
      partner: t.expose("partner", { type: Partner, nullable: true, description: "The partner." }),
    }),
  });

const UpdatePartnerInput = builder.inputType("UpdatePartnerInput", {
  description: "What to change of a partner; what is left out stays. Null clears contact and notes.",
  fields: (t) => ({
    partner: t.field({ type: PartnerRef, required: true, description: "Which partner." }),
    name: t.string({ description: "What to call it: 1 to 128 characters." }),
    ...partnerDetailFields(t),
  }),
});

builder.mutationFields((t) => ({
  updatePartner: t.field({
    type: PartnerPayload,
    nullable: true,
    authScopes: { staff: "partner:admin" },
    description: "Changes what is noted of a registered partner.",
    args: { input: t.arg({ type: UpdatePartnerInput, required: true, description: "What to change." }) },
    resolve: (_root, { input: { partner: ref, name, timeZone, currency, ...clearable } }, context) =>
      payload(async () => {
        const changes = {
          name: name ?? undefined,
          timeZone: timeZone ?? undefined,
          currency: currency ?? undefined,
          ...clearable,
        };
        assertPartnerDetails(changes, "input");
        if (Object.values(changes).every((value) => value === undefined)) {
          throw new InvalidInputError("input", "There is nothing to change in it.");
        }
        const { id } = await findRegistered(ref, "input.partner", context);
        const partner = await commitLast(context, ({ partners }) => partners.update(id, changes));
        context.partnerCache.changed();
        if (!partner) throw new NotFoundError("input.partner");
        return { partner: toPartnerRecord(partner) };
      }),
  }),
}));
