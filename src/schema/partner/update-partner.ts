import { toPartnerRecord } from "../../loaders/partners.ts";
import { NotFoundError } from "../../model/errors.ts";
import { assertPartnerDetails } from "../../model/partner/partner.ts";
import { monthAfter, monthAt } from "../../model/usage/calendar.ts";
import { commitLast } from "../audit/audited.ts";
import { builder } from "../builder.ts";
import { assertAnyChange } from "../input.ts";
import { payload } from "../payload.ts";
import { PartnerRef } from "./find-partner.ts";
import { findRegisteredPartner } from "./find-registered-partner.ts";
import { partnerDetailFields } from "./partner-input.ts";
import { PartnerPayload } from "./partner-payload.ts";

const UpdatePartnerInput = builder.inputType("UpdatePartnerInput", {
  description: "Changes to a partner's record. Omitted fields stay as they are; null clears `contact` and `notes`.",
  fields: (t) => ({
    partner: t.field({
      type: PartnerRef,
      required: true,
      description: "The registered partner, by id or by one tracking id.",
    }),
    name: t.string({ description: "New name of the partner: 1 to 128 characters. Unchanged if left out." }),
    ...partnerDetailFields(t, false),
  }),
});

builder.mutationField("updatePartner", (t) =>
  t.field({
    type: PartnerPayload,
    nullable: true,
    authScopes: { staff: "partner:admin" },
    description:
      "Changes the recorded details of a registered partner: name, contact, time zone, currency and notes. A time zone holds from the next month on; past months and the present one keep theirs.",
    args: { input: t.arg({ type: UpdatePartnerInput, required: true, description: "The partner and the changes." }) },
    resolve: (_root, { input: { partner: ref, name, timeZone, currency, ...clearable } }, context) =>
      payload(async () => {
        const changes = {
          name: name ?? undefined,
          timeZone: timeZone ?? undefined,
          currency: currency ?? undefined,
          ...clearable,
        };
        assertPartnerDetails(changes, "input");
        assertAnyChange(changes);
        const { timeZone: zone, ...others } = changes;
        const { id, zones } = await findRegisteredPartner(ref, "input.partner", context);
        const partner = await commitLast(context, async ({ partners }) => {
          if (zone !== undefined) await partners.setTimeZone(id, zone, monthAfter(monthAt(context.now, zones)));
          return partners.update(id, others);
        });
        context.partnerCache.changed();
        if (!partner) throw new NotFoundError("input.partner");
        return { partner: toPartnerRecord(partner) };
      }),
  }),
);
