import { orIfFailed } from "../model/errors.ts";
import type { Account } from "../upstream/account.ts";
import type { ClusterList, Clusters } from "../upstream/clusters.ts";
import type { OnStale } from "./token-cache.ts";

/** What hardly ever changes about the account, remembered between requests. */
export interface AccountCache {
  /** The public account id, first part of every stream id. It never changes. @throws UpstreamError */
  id(): Promise<string>;
  /**
   * The account's clusters, up to ten minutes old; older when the platform does not answer, of which `onStale` is told.
   *
   * @throws UpstreamError when they have never been read, and can't be read now
   */
  clusters(onStale?: OnStale): Promise<ClusterList>;
  /** Takes in the clusters as a write of ours has left them. */
  putClusters(clusters: ClusterList): void;
}

const CLUSTERS_KEPT_MS = 600_000;

export function createAccountCache(
  account: Pick<Account, "id">,
  clusters: Pick<Clusters, "read">,
  elapsed?: () => number,
): AccountCache {
  const id = createReadThrough(() => account.id(), { ttlMs: 0, elapsed });
  const kept = { ttlMs: CLUSTERS_KEPT_MS, elapsed };
  let clusterList = createReadThrough(() => clusters.read(), kept);
  return {
    id: () => id(),
    clusters: (onStale) => clusterList(onStale),
    putClusters: (written) => {
      clusterList = createReadThrough(() => clusters.read(), { ...kept, initially: written });
    },
  };
}

export interface ReadThroughOptions<Value> {
  /** How old the value may grow before it is loaded again; 0 for ever. */
  readonly ttlMs: number;
  /** What to do when it can't be loaded again: serve the old value, the default, or fail. */
  readonly onRefreshError?: "SERVE_OLD" | "FAIL";
  /** What is known already. */
  readonly initially?: Value;
  /** Milliseconds since any fixed moment. */
  readonly elapsed?: (() => number) | undefined;
}

/** While an old value is served because the new one can't be loaded, it is tried this often. */
const RETRY_AFTER_MS = 1_000;

/**
 * Loads a value once for all who ask, and again when it has grown too old. A failure is not remembered as a value; but where
 * the old value is served on, nobody waits for the new one until a load has succeeded again.
 */
export function createReadThrough<Value>(
  load: () => Promise<Value>,
  { ttlMs, onRefreshError = "SERVE_OLD", initially, elapsed = () => performance.now() }: ReadThroughOptions<Value>,
): (onStale?: OnStale) => Promise<Value> {
  let known: { readonly value: Value; readonly at: number } | null =
    initially === undefined ? null : { value: initially, at: elapsed() };
  let failedAt: number | null = null;
  let loading: Promise<Value> | null = null;
  const loadOnce = () => {
    loading ??= load()
      .then(
        (value) => {
          known = { value, at: elapsed() };
          failedAt = null;
          return value;
        },
        (error: unknown) => {
          failedAt = elapsed();
          throw error;
        },
      )
      .finally(() => {
        loading = null;
      });
    return loading;
  };
  return async (onStale) => {
    const old = known;
    if (old && (ttlMs === 0 || elapsed() - old.at < ttlMs)) return old.value;
    if (!old || onRefreshError === "FAIL") return loadOnce();
    if (failedAt === null) {
      const renewed = await loadOnce().catch(orIfFailed(null));
      if (renewed !== null) return renewed;
    } else if (elapsed() - failedAt >= RETRY_AFTER_MS) {
      loadOnce().catch(() => undefined);
    }
    onStale?.(elapsed() - old.at);
    return old.value;
  };
}
