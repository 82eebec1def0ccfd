import type { ClusterRecord } from "../../upstream/clusters.ts";
import { builder } from "../builder.ts";

export const Cluster = builder.objectRef<ClusterRecord>("Cluster");

builder.node(Cluster, {
  name: "Cluster",
  description: "A region where streams are taken in.",
  id: { resolve: ({ id }) => id },
  fields: (t) => ({
    clusterId: t.exposeString("id", {
      description: "What the platform calls it, such as `phx-1`; `auto` is the nearest.",
    }),
    name: t.exposeString("name", { description: "What people call it." }),
    isDefault: t.boolean({
      nullable: true,
      description: "Whether tokens that name no cluster are of this one.",
      resolve: async ({ id }, _args, { account }) => (await account.clusters()).defaultCluster === id,
    }),
    rtmpHost: t.exposeString("rtmpHost", { nullable: true, description: "The host that takes RTMP." }),
    srtHost: t.exposeString("srtHost", { nullable: true, description: "The host that takes SRT." }),
    city: t.exposeString("city", { nullable: true, description: "Where it is." }),
    region: t.exposeString("region", { nullable: true, description: "Its region or state." }),
    country: t.exposeString("country", { nullable: true, description: "Its country, by name." }),
    canTranscode: t.exposeBoolean("canTranscode", { description: "Whether cloud transcoders run there." }),
  }),
});
