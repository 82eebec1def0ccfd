import type { ClusterRecord } from "../../upstream/clusters.ts";
import { builder } from "../builder.ts";

export const Cluster = builder.objectRef<ClusterRecord>("Cluster");

builder.node(Cluster, {
  name: "Cluster",
  description: "A cluster of the platform: a region where streams are ingested.",
  id: { resolve: ({ id }) => id },
  fields: (t) => ({
    clusterId: t.exposeString("id", {
      description: "The platform's id of the cluster, such as `phx-1`; `auto` selects the nearest one.",
    }),
    name: t.exposeString("name", { description: "Display name of the cluster." }),
    isDefault: t.boolean({
      nullable: true,
      description: "Whether tokens that name no cluster use this one; null if the platform could not be asked.",
      resolve: async ({ id }, _args, { account }) => (await account.clusters()).defaultCluster === id,
    }),
    rtmpHost: t.exposeString("rtmpHost", {
      nullable: true,
      description: "Host name of the RTMP ingest; null if there is none.",
    }),
    srtHost: t.exposeString("srtHost", {
      nullable: true,
      description: "Host name of the SRT ingest; null if there is none.",
    }),
    city: t.exposeString("city", { nullable: true, description: "City where the cluster is; null if unknown." }),
    region: t.exposeString("region", {
      nullable: true,
      description: "Region or state of the cluster; null if unknown.",
    }),
    country: t.exposeString("country", {
      nullable: true,
      description: "Name of the cluster's country; null if unknown.",
    }),
    canTranscode: t.exposeBoolean("canTranscode", { description: "Whether cloud transcoders can run in the cluster." }),
  }),
});
