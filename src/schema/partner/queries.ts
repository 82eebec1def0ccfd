import { type PartnerRecord, partnerName, partnerZones, primaryTrackingId } from "../../model/partner/partner.ts";
import { pageByUsage, UsageOrderInput } from "../bandwidth/usage-order.ts";
import { holdBatchesFor } from "../batch-hints.ts";
import { builder } from "../builder.ts";
import { pageOf } from "../connection.ts";
import { findEach } from "../find-each.ts";
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
    nameContains: t.string({
      description:
        "Only partners with this text in their name, ignoring case; the name of an UNCLAIMED partner is its tracking id. Defaults to any name.",
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
  partnersByTrackingId: t.field({
    type: [Partner],
    nullable: { list: true, items: true },
    authScopes: { scope: "usage:read" },
    description:
      "Several partners by tracking id, in the order of `trackingIds`: null for an id under which the caller finds no partner, and null with an error for one that cannot be read. A partner with two of the ids is listed twice. The whole list is null, with an error, if the caller may not read usage.",
    args: {
      trackingIds: t.arg.stringList({
        required: true,
        description: "Tracking ids, registered or UNCLAIMED, at most 100.",
      }),
    },
    resolve: (_root, { trackingIds }, context, info) =>
      holdBatchesFor(
        context,
        info,
        findEach(trackingIds, "trackingIds", (trackingId, argument) => findPartner({ trackingId }, argument, context)),
      ),
  }),
  partners: t.connection(
    {
      type: Partner,
      nullable: true,
      authScopes: { scope: "usage:read" },
      description:
        "All partners, ordered by their first tracking id unless `orderByUsage` is given: registered ones, and unclaimed tracking ids of subscribe tokens and traffic. A partner's caller sees only its own partner. Null, with an error, if the platform cannot be read.",
      args: {
        filter: t.arg({ type: PartnerFilter, description: "Conditions on the partners; all partners by default." }),
        orderByUsage: t.arg({
          type: UsageOrderInput,
          description:
            "Order by traffic. Defaults to the order by first tracking id. Costs the usage of every partner in the list, not of the page alone.",
        }),
      },
      resolve: (_root, { filter, orderByUsage, ...page }, context, info) => {
        const [statuses, part] = [filter?.status, filter?.nameContains?.toLowerCase()];
        const found = context.loaders.partners.all().then((all) => {
          const chosen = all.filter(
            (partner) =>
              (!statuses || statuses.includes(partner.status)) &&
              (part === undefined || partnerName(partner).toLowerCase().includes(part)),
          );
          const bandwidth = ({ trackingIds }: PartnerRecord) => context.loaders.partnerBandwidth(trackingIds);
          return orderByUsage
            ? pageByUsage(chosen, primaryTrackingId, bandwidth, orderByUsage, page, context, partnerZones)
            : pageOf(chosen, primaryTrackingId, page);
        });
        return holdBatchesFor(context, info, found);
      },
    },
    PartnerConnection,
  ),
}));
