import { primaryTrackingId } from "../../model/partner/partner.ts";
import { holdBatchesFor } from "../batch-hints.ts";
import { builder } from "../builder.ts";
import { pageOf } from "../connection.ts";
import { Partner, PartnerConnection } from "../refs.ts";
import { findPartner, PartnerRef } from "./find-partner.ts";
import { PartnerStatus } from "./partner.ts";

const PartnerFilter = builder.inputType("PartnerFilter", {
  description: "Which partners: those that satisfy every field that is set.",
  fields: (t) => ({
    status: t.field({
      type: [PartnerStatus],
      description: "Those with one of these states: UNCLAIMED lists the tracking ids that wait to be adopted.",
    }),
  }),
});

builder.queryFields((t) => ({
  partner: t.field({
    type: Partner,
    nullable: true,
    authScopes: { scope: "usage:read" },
    description:
      "One partner: registered, or known through a subscribe token or through traffic. A partner finds itself alone.",
    args: { by: t.arg({ type: PartnerRef, required: true, description: "Which partner." }) },
    resolve: (_root, { by }, context, info) => holdBatchesFor(context, info, findPartner(by, "by", context)),
  }),
  partners: t.connection(
    {
      type: Partner,
      nullable: true,
      authScopes: { scope: "usage:read" },
      description:
        "Every partner, by its first tracking id: registered ones, and tracking ids of subscribe tokens and traffic that nobody has claimed yet. A partner sees itself.",
      args: { filter: t.arg({ type: PartnerFilter, description: "Which partners; all when it is left out." }) },
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
