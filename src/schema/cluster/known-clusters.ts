import type { GraphContext } from "../../context.ts";
import { orIfFailed } from "../../model/errors.ts";
import type { KnownClusters } from "../../model/partner/syndication.ts";

/** Returns the account's clusters; null if the platform cannot be read now, which then rejects what does not fit. */
export async function knownClusters({ account }: GraphContext): Promise<KnownClusters | null> {
  const list = await account.clusters().catch(orIfFailed(null));
  return list && { ids: list.clusters.map(({ id }) => id), defaultCluster: list.defaultCluster };
}
