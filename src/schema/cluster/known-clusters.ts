import type { GraphContext } from "../../context.ts";
import { orIfFailed } from "../../model/errors.ts";
import type { KnownClusters } from "../../model/partner/syndication.ts";

/** The account's clusters; null when the platform can't tell now, so that it will have to refuse what does not fit. */
export async function knownClusters({ account }: GraphContext): Promise<KnownClusters | null> {
  const list = await account.clusters().catch(orIfFailed(null));
  return list && { ids: list.clusters.map(({ id }) => id), defaultCluster: list.defaultCluster };
}
