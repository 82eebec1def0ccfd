import type { ClusterConsistency as Consistency } from "../../model/cluster/cluster-consistency.ts";
import { builder } from "../builder.ts";
import { SubscribeToken } from "../refs.ts";

export const ClusterConsistency = builder.objectRef<Consistency>("ClusterConsistency").implement({
  description:
    "Whether broadcasters and viewers of a stream meet: its publish and subscribe tokens must be of one cluster, or all of `auto`. Usable tokens are compared, by their effective clusters.",
  fields: (t) => ({
    isConsistent: t.exposeBoolean("isConsistent", { description: "Every usable token is of the same cluster." }),
    publishClusters: t.field({
      type: ["String"],
      description: "Clusters of its publish tokens.",
      resolve: ({ publishClusters }) => [...publishClusters],
    }),
    subscribeClusters: t.field({
      type: ["String"],
      description: "Clusters of its subscribe tokens.",
      resolve: ({ subscribeClusters }) => [...subscribeClusters],
    }),
    mismatchedTokens: t.field({
      type: [SubscribeToken],
      description: "Subscribe tokens that do not find the stream, whichever token publishes it.",
      resolve: ({ mismatchedTokens }) => [...mismatchedTokens],
    }),
  }),
});
