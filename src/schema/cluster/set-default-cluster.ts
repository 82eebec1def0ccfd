import { assertCluster } from "../../model/cluster/geo-cascade.ts";
import type { ClusterRecord } from "../../upstream/clusters.ts";
import { Account, type AccountRecord, accountRecord } from "../account/account.ts";
import { builder } from "../builder.ts";
import { MutationPayload, type Payload, payload } from "../payload.ts";
import { Cluster } from "./cluster.ts";
import { knownClusters } from "./known-clusters.ts";

const SetDefaultClusterInput = builder.inputType("SetDefaultClusterInput", {
  description: "The new default cluster of the account.",
  fields: (t) => ({
    clusterId: t.string({
      required: true,
      description: "Id of the cluster, such as `phx-1`, or `auto` for the nearest one.",
    }),
  }),
});

interface Changed {
  readonly account?: AccountRecord;
  readonly cluster?: ClusterRecord | null;
}

const SetDefaultClusterPayload = builder.objectRef<Payload & Changed>("SetDefaultClusterPayload").implement({
  description: "The account with its default cluster, or why it was not changed.",
  interfaces: [MutationPayload],
  fields: (t) => ({
    account: t.expose("account", {
      type: Account,
      nullable: true,
      description: "The account after the change; null after a failure.",
    }),
    cluster: t.expose("cluster", {
      type: Cluster,
      nullable: true,
      description: "The default cluster now; null for `auto` and after a failure.",
    }),
  }),
});

builder.mutationField("setDefaultCluster", (t) =>
  t.field({
    type: SetDefaultClusterPayload,
    nullable: true,
    authScopes: { scope: "token:write" },
    description: "Sets the cluster of new tokens that name none. Existing tokens keep theirs.",
    args: {
      input: t.arg({
        type: SetDefaultClusterInput,
        required: true,
        description: "The new default cluster of the account.",
      }),
    },
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
