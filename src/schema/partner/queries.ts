import { primaryTrackingId } from "../../model/partner/partner.ts";
import { holdBatchesFor } from "../batch-hints.ts";
import { builder } from "../builder.ts";
import { pageOf } from "../connection.ts";
import { Partner, PartnerConnection } from "../refs.ts";
import { findPartner, PartnerRef } from "./find-partner.ts";
import { PartnerStatus } from "./partner.ts";

const PartnerFilter = builder.inputType("PartnerFilter", {
  description: "Conditions on partners; a partner must meet all that are set.",
  fields: (t) => ({
    status: t.field({
      type: [PartnerStatus],
      description:
        "Only partners with one of these statuses; UNCLAIMED lists tracking ids that can be adopted. Defaults to any status.",
    }),
  }),
});

builder.queryFields((t) => ({
  partner: t.field({
    type: Partner,
    nullable: true,
    authScopes: { scope: "usage:read" },
    description:
      "One partner, registered or known through a subscribe token or traffic; null with an error if there is none. A partner's caller finds only its own partner.",
    args: {
      by: t.arg({ type: PartnerRef, required: true, description: "The partner to read, by id or by tracking id." }),
    },
    resolve: (_root, { by }, context, info) => holdBatchesFor(context, info, findPartner(by, "by", context)),
  }),
  partners: t.connection(
    {
      type: Partner,
      nullable: true,
      authScopes: { scope: "usage:read" },
      description:
        "All partners, ordered by their first tracking id: registered ones, and unclaimed tracking ids of subscribe tokens and traffic. A partner's caller sees only its own partner. Null, with an error, if the platform cannot be read.",
      args: {
        filter: t.arg({ type: PartnerFilter, description: "Conditions on the partners; all partners by default." }),
      },
      resolve: (_root, { filter, ...page }, context, info) => {
        const statuses = filter?.status;
        const chosen = context.loaders.partners
          .all()
          .then((all) => (statuses ? all.filter(({ status }) => statuses.includes(status)) : all));
        return holdBatchesFor(
          context,
          info,
          chosen.then((partners) => pageOf(partners, primaryTrackingId, page)),
        );
      },
    },
    PartnerConnection,
  ),
}));
