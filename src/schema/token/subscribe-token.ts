import { builder } from "../builder.ts";
import { partnerOfTrackingId } from "../partner/partner-of-tracking-id.ts";
import { Partner, SubscribeToken, Token } from "../refs.ts";

builder.node(SubscribeToken, {
  name: "SubscribeToken",
  description:
    "A credential for watching. Handed to a partner, it is the parent under which the partner signs its viewers' tokens.",
  interfaces: () => [Token],
  authScopes: ({ trackingId }) => ({ owner: [trackingId] }),
  id: { resolve: ({ id }) => String(id) },
  fields: (t) => ({
    trackingId: t.exposeString("trackingId", {
      nullable: true,
      description: "Under which its viewers' bytes are counted; null for none. It can't be changed.",
    }),
    partner: t.field({
      type: Partner,
      nullable: true,
      description: "The partner that holds it; null without a tracking id.",
      resolve: ({ trackingId }, _args, context, info) => partnerOfTrackingId(trackingId, context, info),
    }),
  }),
});
