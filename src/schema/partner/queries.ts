import { builder } from "../builder.ts";
import { pageOf } from "../connection.ts";
import { feedingFigures } from "../feeding.ts";
import { findPartner, PartnerRef } from "./find-partner.ts";
import { Partner, PartnerConnection, partnersOf } from "./partner.ts";

builder.queryFields((t) => ({
  partner: t.field({
    type: Partner,
    nullable: true,
    authScopes: { scope: "usage:read" },
    description: "One partner, known through a subscribe token or through traffic.",
    args: { by: t.arg({ type: PartnerRef, required: true, description: "Which partner." }) },
    resolve: (_root, { by }, context, info) => feedingFigures(context, info, findPartner(by, "by", context)),
  }),
  partners: t.connection(
    {
      type: Partner,
      nullable: true,
      authScopes: { scope: "usage:read" },
      description: "Every partner, by tracking id: those of subscribe tokens, and those that were seen in traffic.",
      resolve: async (_root, args, { loaders, sightings }) => {
        const tokens = await loaders.tokens();
        const trackingIds = new Set([...tokens.trackingIds(), ...sightings.trackingIds()]);
        return pageOf(partnersOf(trackingIds), ({ trackingId }) => trackingId, args);
      },
    },
    PartnerConnection,
  ),
}));
