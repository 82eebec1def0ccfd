import type { PartnerRecord } from "../../model/partner/partner.ts";
import { builder } from "../builder.ts";
import { MutationPayload, type Payload } from "../payload.ts";
import { Partner } from "../refs.ts";

export const PartnerPayload = builder
  .objectRef<Payload & { readonly partner?: PartnerRecord | null }>("PartnerPayload")
  .implement({
    description: "The partner after the change, or why nothing was changed.",
    interfaces: [MutationPayload],
    fields: (t) => ({
      partner: t.expose("partner", {
        type: Partner,
        nullable: true,
        description: "The partner as it is now; null after a failure.",
      }),
    }),
  });
