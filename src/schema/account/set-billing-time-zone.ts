import { InvalidInputError } from "../../model/errors.ts";
import { assertTimeZone } from "../../model/partner/partner.ts";
import { hasWholeHours, monthAfter, monthAt } from "../../model/usage/calendar.ts";
import { commitLast } from "../audit/audited.ts";
import { builder } from "../builder.ts";
import { encodeGlobalId } from "../global-id.ts";
import { MutationPayload, type Payload, payload } from "../payload.ts";
import { Account, type AccountRecord, accountRecord } from "./account.ts";

const SetBillingTimeZoneInput = builder.inputType("SetBillingTimeZoneInput", {
  description: "The new time zone for partners whose own zone has no whole-hour offsets.",
  fields: (t) => ({
    timeZone: t.string({
      required: true,
      description: "IANA time zone such as Europe/Berlin, whose offsets from 2020 to 2029 are whole hours.",
    }),
  }),
});

const SetBillingTimeZonePayload = builder
  .objectRef<Payload & { readonly account?: AccountRecord }>("SetBillingTimeZonePayload")
  .implement({
    description: "The account with its billing time zones, or why they were not changed.",
    interfaces: [MutationPayload],
    fields: (t) => ({
      account: t.expose("account", {
        type: Account,
        nullable: true,
        description: "The account after the change; null after a failure.",
      }),
    }),
  });

builder.mutationField("setBillingTimeZone", (t) =>
  t.field({
    type: SetBillingTimeZonePayload,
    nullable: true,
    authScopes: { staff: "partner:admin" },
    description:
      "Sets the time zone in which the days and months of partners are whose own zone has no whole-hour offsets, such as Asia/Kolkata. Holds from the next month on; past months and the present one keep theirs.",
    args: {
      input: t.arg({ type: SetBillingTimeZoneInput, required: true, description: "The new time zone of billing." }),
    },
    resolve: (_root, { input: { timeZone } }, context) =>
      payload(async () => {
        assertTimeZone(timeZone, "input.timeZone");
        if (!hasWholeHours(timeZone)) {
          const rule = "must be a time zone with whole-hour offsets, as the platform meters full UTC hours";
          const message = `\`input.timeZone\` ${rule}; got ${timeZone}.`;
          throw new InvalidInputError("input.timeZone", message, { reason: "OFFSET_NOT_WHOLE_HOURS", timeZone });
        }
        const account = await accountRecord(context);
        const month = monthAfter(monthAt(context.now, await context.store.partners.billingTimeZones()));
        await commitLast(context, async ({ partners }) => {
          await partners.setBillingTimeZone(timeZone, month);
          context.action?.touched(encodeGlobalId("Account", account.accountId), "CHANGED");
        });
        context.partnerCache.changed();
        return { account };
      }),
  }),
);
