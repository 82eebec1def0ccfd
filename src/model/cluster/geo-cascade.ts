import { InvalidInputError } from "../errors.ts";
import type { GeoCascade } from "../token/token.ts";

/** What stands for every cluster of the platform, later ones included. */
const ALL_CLUSTERS = "all";

/** @param known ids of the account's clusters; null when they could not be read. @throws InvalidInputError CLUSTER_UNKNOWN */
export function assertCluster(clusterId: string, known: readonly string[] | null, argument: string): void {
  if (!known || known.includes(clusterId)) return;
  const rule = `The account has no such cluster. It has ${known.join(", ")}.`;
  throw new InvalidInputError(argument, rule, { known }, "CLUSTER_UNKNOWN");
}

/** Checks a geo-cascade before it is sent; one that is switched off is not looked at. @see assertCascadeClusters */
export function assertCascade(
  { isEnabled, clusters }: GeoCascade,
  known: readonly string[] | null,
  argument: string,
): void {
  if (isEnabled) assertCascadeClusters(clusters, known, `${argument}.clusters`);
}

/**
 * Checks the clusters that streams shall be relayed to.
 *
 * @param known ids of the account's clusters; null when they could not be read
 * @throws InvalidInputError naming the argument and the documented rule
 */
export function assertCascadeClusters(
  clusters: readonly string[],
  known: readonly string[] | null,
  argument: string,
): void {
  if (clusters.length === 0) {
    throw new InvalidInputError(argument, "Name the clusters, or `all`: a cascade that is enabled has at least one.");
  }
  for (const [index, id] of clusters.entries()) {
    if (id !== ALL_CLUSTERS) assertCluster(id, known, `${argument}.${index}`);
  }
}

/** The clusters that a stream is relayed to beside its origin. `auto` is no place, and takes in where it pleases. */
export function clustersBeside(originCluster: string, clusters: readonly string[], known: readonly string[]): string[] {
  const places = known.filter((id) => id !== "auto");
  const named = clusters.includes(ALL_CLUSTERS) ? places : places.filter((id) => clusters.includes(id));
  if (originCluster !== "auto") return named.filter((id) => id !== originCluster);
  // One of all places takes the stream in, whichever it is.
  return named.length === places.length ? named.slice(1) : named;
}

/** What relaying a stream to further clusters has cost over a window, and what it would cost by estimate. */
export interface CascadeTraffic {
  /** Bytes that the platform has metered as relayed. */
  readonly meteredBytesOut: bigint;
  /** To how many further clusters the stream would have been relayed. */
  readonly clusterCount: number;
  /** Bytes that this would have sent. */
  readonly estimatedBytesOut: bigint;
}

/**
 * Estimates the extra traffic of a geo-cascade by what the platform documents: each further cluster that has viewers costs
 * about one viewer more. A viewer of everything receives what the broadcaster sent, and viewers of one country count as
 * viewers of one cluster.
 */
export function cascadeTraffic(figures: {
  readonly meteredBytesOut: bigint;
  /** From broadcasters. */
  readonly bytesIn: bigint;
  /** How many clusters there are beside the one that takes the stream in. */
  readonly clustersBeside: number;
  /** From how many countries it was watched. */
  readonly countries: number;
}): CascadeTraffic {
  const clusterCount = Math.min(figures.clustersBeside, figures.countries);
  return {
    meteredBytesOut: figures.meteredBytesOut,
    clusterCount,
    estimatedBytesOut: figures.bytesIn * BigInt(clusterCount),
  };
}
