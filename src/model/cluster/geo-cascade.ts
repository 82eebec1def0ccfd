import { InvalidInputError, invalidArgument } from "../errors.ts";
import type { GeoCascade } from "../token/token.ts";

/** Stands for every cluster of the platform, including those added later. */
const ALL_CLUSTERS = "all";

/**
 * Throws unless the account has the cluster.
 *
 * @param known ids of the account's clusters; null when they could not be read, which accepts any
 * @throws InvalidInputError CLUSTER_UNKNOWN
 */
export function assertCluster(clusterId: string, known: readonly string[] | null, argument: string): void {
  if (!known || known.includes(clusterId)) return;
  const rule = `\`${argument}\` must be a cluster of the account, one of ${known.join(", ")}; got ${JSON.stringify(clusterId)}.`;
  throw new InvalidInputError(argument, rule, { known }, "CLUSTER_UNKNOWN");
}

/** Throws unless an enabled geo-cascade has valid clusters; accepts any disabled one. @see assertCascadeClusters */
export function assertCascade(
  { isEnabled, clusters }: GeoCascade,
  known: readonly string[] | null,
  argument: string,
): void {
  if (isEnabled) assertCascadeClusters(clusters, known, `${argument}.clusters`);
}

/**
 * Throws unless the account can relay streams to these clusters.
 *
 * @param known ids of the account's clusters; null when they could not be read
 * @throws InvalidInputError naming the argument
 */
export function assertCascadeClusters(
  clusters: readonly string[],
  known: readonly string[] | null,
  argument: string,
): void {
  if (clusters.length === 0) {
    throw invalidArgument(argument, "must list at least one cluster, or `all`, for an enabled geo-cascade");
  }
  for (const [index, id] of clusters.entries()) {
    if (id !== ALL_CLUSTERS) assertCluster(id, known, `${argument}.${index}`);
  }
}

/** Returns the clusters that a stream is relayed to besides its origin. `auto` is no cluster: the platform picks the origin. */
export function clustersBeside(originCluster: string, clusters: readonly string[], known: readonly string[]): string[] {
  const actual = known.filter((id) => id !== "auto");
  const named = clusters.includes(ALL_CLUSTERS) ? actual : actual.filter((id) => clusters.includes(id));
  if (originCluster !== "auto") return named.filter((id) => id !== originCluster);
  // One of all clusters is the origin, whichever it is.
  return named.length === actual.length ? named.slice(1) : named;
}

/** The traffic of relaying a stream to further clusters over a window: as metered, and as estimated. */
export interface CascadeTraffic {
  /** Bytes that the platform metered as relayed. */
  readonly meteredBytesOut: bigint;
  /** Number of further clusters in the estimate. */
  readonly clusterCount: number;
  /** Bytes that relaying to those clusters would have sent. */
  readonly estimatedBytesOut: bigint;
}

/**
 * Estimates the extra traffic of a geo-cascade.
 *
 * The platform documents that each further cluster with viewers costs about one more viewer. The estimate assumes that a
 * viewer receives all that the broadcaster sent, and that the viewers of one country use one cluster.
 */
export function cascadeTraffic(usage: {
  readonly meteredBytesOut: bigint;
  /** Bytes from broadcasters. */
  readonly bytesIn: bigint;
  /** Number of clusters besides the origin. */
  readonly clustersBeside: number;
  /** Number of countries with viewers. */
  readonly countries: number;
}): CascadeTraffic {
  const clusterCount = Math.min(usage.clustersBeside, usage.countries);
  return {
    meteredBytesOut: usage.meteredBytesOut,
    clusterCount,
    estimatedBytesOut: usage.bytesIn * BigInt(clusterCount),
  };
}
