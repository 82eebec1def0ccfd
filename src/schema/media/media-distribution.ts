import type { MediaDistributionRecord, MediaKey as MediaKeyRecord } from "../../model/media/media.ts";
import { builder } from "../builder.ts";
import { connectionType } from "../connection-type.ts";

export const MediaKey = builder.objectRef<MediaKeyRecord>("MediaKey").implement({
  description:
    "A key of a distribution, without its secret. JWTs that play the distribution's media are signed with one of its keys.",
  fields: (t) => ({
    keyId: t.exposeString("id", {
      description: "The platform's id of the key: `mediaKeyId` of the JWTs signed with it.",
    }),
    name: t.exposeString("name", { nullable: true, description: "Name of the key; null if it has none." }),
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
  description: "Rules by which recordings and clips are played from the CDN.",
  authScopes: { staff: "stream:read" },
  id: { resolve: ({ id }) => id },
  fields: (t) => ({
    distributionId: t.exposeString("id", { description: "The platform's id of the distribution." }),
    name: t.exposeString("name", { description: "Name of the distribution." }),
    isDefault: t.exposeBoolean("isDefault", {
      description: "Whether new assets use this distribution unless they name another.",
    }),
    isOpen: t.boolean({
      description: "Whether everyone who knows an address can play the media: the distribution has no key.",
      resolve: ({ keys }) => keys.length === 0,
    }),
    createdAt: t.expose("createdAt", {
      type: "DateTime",
      nullable: true,
      description: "Time of creation; null if the platform reports none.",
    }),
    keys: t.field({
      type: [MediaKey],
      description:
        "Keys of the distribution, at most 2, so that one can be replaced while the other is in use. Empty if its media plays without a key.",
      resolve: ({ keys }) => [...keys],
    }),
  }),
});
