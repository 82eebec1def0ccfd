import { builder } from "../builder.ts";
import { partnerOfTrackingId } from "../partner/partner-of-tracking-id.ts";
import { Partner, SubscribeToken, Token } from "../refs.ts";

builder.node(SubscribeToken, {
  name: "SubscribeToken",
  description:
    "A credential for watching. In a partner's hands, the parent under which the partner signs viewer tokens.",
  interfaces: () => [Token],
  authScopes: ({ trackingId }) => ({ owner: [trackingId] }),
  id: { resolve: ({ id }) => String(id) },
  fields: (t) => ({
    trackingId: t.exposeString("trackingId", {
      nullable: true,
      description:
        "Tracking id under which the viewers' bytes are counted; null for none. Can't be changed after creation.",
    }),
    partner: t.field({
      type: Partner,
      nullable: true,
      description: "The partner whose tracking id the token has; null without a tracking id.",
      resolve: ({ trackingId }, _args, context, info) => partnerOfTrackingId(trackingId, context, info),
    }),
  }),
});
