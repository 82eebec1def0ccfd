import { builder } from "../builder.ts";
import { Cluster } from "./cluster.ts";

builder.queryFields((t) => ({
  clusters: t.field({
    type: [Cluster],
    nullable: true,
    authScopes: { staff: "stream:read" },
    description: "Clusters that the account can use. Null, with an error, if the platform cannot be read.",
    resolve: async (_root, _args, { account }) => [...(await account.clusters()).clusters],
  }),
}));
