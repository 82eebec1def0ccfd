import type { MediaDistributionRecord, MediaKey as MediaKeyRecord } from "../../model/media/media.ts";
import { builder } from "../builder.ts";
import { connectionType } from "../connection-type.ts";

export const MediaKey = builder.objectRef<MediaKeyRecord>("MediaKey").implement({
  description: "A key of a distribution, without its secret. What plays its media is signed with one.",
  fields: (t) => ({
    keyId: t.exposeString("id", {
      description: "What the platform calls it: `mediaKeyId` of the JWTs signed with it.",
    }),
    name: t.exposeString("name", { nullable: true, description: "What people call it." }),
  }),
});

export const MediaDistribution = builder.objectRef<MediaDistributionRecord>("MediaDistribution");

export const MediaDistributionConnection = connectionType(
  MediaDistribution,
  "MediaDistribution",
  "media distributions",
);

builder.node(MediaDistribution, {
  name: "MediaDistribution",
  description: "The rules by which recordings and clips are played from the CDN.",
  authScopes: { staff: "stream:read" },
  id: { resolve: ({ id }) => id },
  fields: (t) => ({
    distributionId: t.exposeString("id", { description: "What the platform calls it." }),
    name: t.exposeString("name", { description: "What people call it." }),
    isDefault: t.exposeBoolean("isDefault", { description: "Whether new assets get it that name none." }),
    isOpen: t.boolean({
      description: "Whether everyone who knows an address can play it: it has no key.",
      resolve: ({ keys }) => keys.length === 0,
    }),
    createdAt: t.expose("createdAt", { type: "DateTime", nullable: true, description: "When it was made." }),
    keys: t.field({
      type: [MediaKey],
      description: "Its keys, at most 2, so that one can be replaced while the other is in use.",
      resolve: ({ keys }) => [...keys],
    }),
  }),
});
