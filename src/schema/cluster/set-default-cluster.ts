import { assertCluster } from "../../model/cluster/geo-cascade.ts";
import type { ClusterRecord } from "../../upstream/clusters.ts";
import { Account, type AccountRecord, accountRecord } from "../account/account.ts";
import { builder } from "../builder.ts";
import { MutationPayload, type Payload, payload } from "../payload.ts";
import { Cluster } from "./cluster.ts";
import { knownClusters } from "./known-clusters.ts";

const SetDefaultClusterInput = builder.inputType("SetDefaultClusterInput", {
  description: "The cluster of new tokens that name none.",
  fields: (t) => ({
    clusterId: t.string({ required: true, description: "What the platform calls it, such as `phx-1`, or `auto`." }),
  }),
});

interface Changed {
  readonly account?: AccountRecord;
  readonly cluster?: ClusterRecord | null;
}

const SetDefaultClusterPayload = builder.objectRef<Payload & Changed>("SetDefaultClusterPayload").implement({
  description: "The account's default cluster, or why it was not changed.",
  interfaces: [MutationPayload],
  fields: (t) => ({
    account: t.expose("account", { type: Account, nullable: true, description: "The account." }),
    cluster: t.expose("cluster", {
      type: Cluster,
      nullable: true,
      description: "The cluster that is the default now.",
    }),
  }),
});

builder.mutationField("setDefaultCluster", (t) =>
  t.field({
    type: SetDefaultClusterPayload,
    nullable: true,
    authScopes: { scope: "token:write" },
    description:
      "Chooses the cluster of tokens that are made from now on and name none. Tokens that there are keep theirs.",
    args: { input: t.arg({ type: SetDefaultClusterInput, required: true, description: "The cluster." }) },
    resolve: (_root, { input: { clusterId } }, context) =>
      payload(async () => {
        const known = await knownClusters(context);
        assertCluster(clusterId, known?.ids ?? null, "input.clusterId");
        const now = await context.upstream.clusters.setDefault(clusterId);
        context.account.putClusters(now);
        const cluster = now.clusters.find(({ id }) => id === now.defaultCluster) ?? null;
        return { account: await accountRecord(context), cluster };
      }),
  }),
);
