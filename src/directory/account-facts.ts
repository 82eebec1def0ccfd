import type { Account } from "../upstream/account.ts";
import type { ClusterList, Clusters } from "../upstream/clusters.ts";

/** What hardly ever changes about the account, remembered between requests. */
export interface AccountFacts {
  /** The public account id, first part of every stream id. @throws UpstreamError */
  id(): Promise<string>;
  /** The account's clusters, up to ten minutes old; older when the platform does not answer. @throws UpstreamError */
  clusters(): Promise<ClusterList>;
}

const CLUSTERS_KEPT_MS = 600_000;

export function createAccountFacts(account: Account, clusters: Clusters): AccountFacts {
  const id = remembered(() => account.id(), 0);
  const clusterList = remembered(() => clusters.read(), CLUSTERS_KEPT_MS);
  return { id, clusters: clusterList };
}

/**
 * Loads a value once for all who ask, and again when it is older than `keptMs` (0: never). A failure is not remembered.
 *
 * @param whenItFails whether a value that could not be renewed is served on
 */
export function remembered<Value>(
  load: () => Promise<Value>,
  keptMs: number,
  whenItFails: "SERVE_OLD" | "FAIL" = "SERVE_OLD",
): () => Promise<Value> {
  let known: { readonly value: Value; readonly at: number } | null = null;
  let loading: Promise<Value> | null = null;
  const loadOnce = () => {
    loading ??= load()
      .then((value) => {
        known = { value, at: performance.now() };
        return value;
      })
      .finally(() => {
        loading = null;
      });
    return loading;
  };
  return async () => {
    if (known && (keptMs === 0 || performance.now() - known.at < keptMs)) return known.value;
    try {
      return await loadOnce();
    } catch (error) {
      if (known && whenItFails === "SERVE_OLD") return known.value;
      throw error;
    }
  };
}
