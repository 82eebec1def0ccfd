import type { ClusterConsistency as Consistency } from "../../model/cluster/cluster-consistency.ts";
import { builder } from "../builder.ts";
import { SubscribeToken } from "../refs.ts";

export const ClusterConsistency = builder.objectRef<Consistency>("ClusterConsistency").implement({
  description:
    "Whether broadcasters and viewers of a stream meet: its publish and subscribe tokens must have the same effective cluster, or all `auto`. Only usable tokens are compared.",
  fields: (t) => ({
    isConsistent: t.exposeBoolean("isConsistent", {
      description: "Whether every usable token has the same effective cluster.",
    }),
    publishClusters: t.field({
      type: ["String"],
      description: "Ids of the clusters of the stream's publish tokens, each once. Empty without such tokens.",
      resolve: ({ publishClusters }) => [...publishClusters],
    }),
    subscribeClusters: t.field({
      type: ["String"],
      description: "Ids of the clusters of the stream's subscribe tokens, each once. Empty without such tokens.",
      resolve: ({ subscribeClusters }) => [...subscribeClusters],
    }),
    mismatchedTokens: t.field({
      type: [SubscribeToken],
      description:
        "Subscribe tokens whose cluster differs from that of every publish token, so their viewers do not find the stream. Empty if all agree.",
      resolve: ({ mismatchedTokens }) => [...mismatchedTokens],
    }),
  }),
});
