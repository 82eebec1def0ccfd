import type { MonotonicClock } from "../primitives/clock.ts";
import type { Account } from "../upstream/account.ts";
import type { ClusterList, Clusters } from "../upstream/clusters.ts";
import { createReadThrough, type OnStale } from "./read-through.ts";

/** Settings of the account that hardly ever change, cached between requests. */
export interface AccountCache {
  /** Returns the public account id, the first part of every stream id. It never changes. @throws UpstreamError */
  id(): Promise<string>;
  /** Returns the account id if it has been read; null before. */
  knownId(): string | null;
  /**
   * Returns the account's clusters, up to ten minutes old; older ones, reported to `onStale`, if the platform fails.
   *
   * @throws UpstreamError if they have never been read and cannot be read now
   */
  clusters(onStale?: OnStale): Promise<ClusterList>;
  /** Replaces the cached clusters by those that a write of this gateway returned. */
  putClusters(clusters: ClusterList): void;
}

/** Age at which the clusters are read again, in milliseconds. */
const CLUSTERS_TTL_MS = 600_000;

export function createAccountCache(
  account: Pick<Account, "id">,
  clusters: Pick<Clusters, "read">,
  monotonicMs?: MonotonicClock,
): AccountCache {
  const id = createReadThrough(() => account.id(), { ttlMs: Number.POSITIVE_INFINITY, monotonicMs });
  const clusterList = createReadThrough(() => clusters.read(), { ttlMs: CLUSTERS_TTL_MS, monotonicMs });
  return {
    id: () => id.read(),
    knownId: () => id.peek(),
    clusters: (onStale) => clusterList.read(onStale),
    putClusters: (written) => clusterList.set(written),
  };
}
