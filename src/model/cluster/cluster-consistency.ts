import type { PublishTokenRecord, SubscribeTokenRecord } from "../token/token.ts";

/** Whether viewers of a stream find its publishers: their tokens must have one cluster, or all `auto`. */
export interface ClusterConsistency {
  readonly isConsistent: boolean;
  /** Clusters of the tokens that publish the stream, each once. */
  readonly publishClusters: readonly string[];
  readonly subscribeClusters: readonly string[];
  /** Subscribe tokens that do not find the stream, whichever token publishes it. */
  readonly mismatchedTokens: readonly SubscribeTokenRecord[];
}

/** Compares effective clusters: a token that names none has its account's. */
export function clusterConsistency(
  publishTokens: readonly PublishTokenRecord[],
  subscribeTokens: readonly SubscribeTokenRecord[],
): ClusterConsistency {
  const publishClusters = clustersOf(publishTokens);
  const subscribeClusters = clustersOf(subscribeTokens);
  const isAnyPublished = publishClusters.length > 0;
  return {
    isConsistent:
      publishClusters.length <= 1 && (!isAnyPublished || subscribeClusters.every((id) => publishClusters.includes(id))),
    publishClusters,
    subscribeClusters,
    mismatchedTokens: isAnyPublished
      ? subscribeTokens.filter((token) => !publishClusters.includes(token.effective.originCluster))
      : [],
  };
}

function clustersOf(tokens: readonly (PublishTokenRecord | SubscribeTokenRecord)[]): string[] {
  return [...new Set(tokens.map((token) => token.effective.originCluster))].sort();
}
