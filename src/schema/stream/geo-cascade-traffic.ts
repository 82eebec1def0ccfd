import type { GraphContext } from "../../context.ts";
import { readCountries, readTotal } from "../../loaders/bandwidth.ts";
import {
  assertCascadeClusters,
  type CascadeTraffic,
  cascadeTraffic,
  clustersBeside,
} from "../../model/cluster/geo-cascade.ts";
import { bucketBoundary } from "../../model/usage/bucket-date.ts";
import { earliestFreshUntil } from "../../model/usage/measured.ts";
import type { UsageWindow } from "../../model/usage/time-window.ts";
import { builder } from "../builder.ts";
import { answeredWindow, Window } from "../window.ts";
import { usablePublishTokens } from "./usable-publish-tokens.ts";

interface CascadeTrafficValue extends CascadeTraffic {
  readonly window: UsageWindow;
  /** Up to when all of its figures are whole. */
  readonly freshUntil: number;
}

export const GeoCascadeTraffic = builder.objectRef<CascadeTrafficValue>("GeoCascadeTraffic").implement({
  description:
    "The extra traffic of relaying a stream to further clusters: it is billed to the account, and to no partner. Where a cascade has run, what was metered is the better figure.",
  fields: (t) => ({
    window: t.field({
      type: Window,
      description: "The window as it is answered: up to the newest figures when it is not over yet.",
      resolve: ({ window, freshUntil }) => answeredWindow(window, freshUntil),
    }),
    freshUntil: t.field({
      type: "DateTime",
      description: "The quarter hour up to which all of these figures are whole.",
      resolve: ({ freshUntil }) => bucketBoundary(freshUntil),
    }),
    meteredBytesOut: t.expose("meteredBytesOut", {
      type: "Bytes",
      description: "What the platform has metered as relayed.",
    }),
    clusterCount: t.exposeInt("clusterCount", {
      description:
        "To how many further clusters it would have been relayed: those that are asked for, and no more than countries that it was watched from.",
    }),
    estimatedBytesOut: t.expose("estimatedBytesOut", {
      type: "Bytes",
      description: "What that would have sent: for each such cluster as much as the broadcaster sent.",
    }),
  }),
});

/** @throws InvalidInputError, UpstreamError, NotMeteredError */
export async function geoCascadeTraffic(
  streamName: string,
  clusters: readonly string[],
  window: UsageWindow,
  context: GraphContext,
): Promise<CascadeTrafficValue> {
  const { loaders, account } = context;
  const checked = account.clusters().then(({ clusters: all, defaultCluster }) => {
    const ids = all.map(({ id }) => id);
    assertCascadeClusters(clusters, ids, "clusters");
    return { ids, defaultCluster };
  });
  const { ids, defaultCluster } = await loaders.batchScheduler.holdUntil(new Set(["STREAMS"]), checked);
  const source = loaders.streamBandwidth(streamName);
  const [publishTokens, total, countries] = await Promise.all([
    usablePublishTokens(streamName, context),
    readTotal(source, window),
    readCountries(source, window),
  ]);
  const origin = publishTokens[0]?.effective.originCluster ?? defaultCluster;
  const figures = {
    meteredBytesOut: total.value.parts?.geoCascade.bytesOut ?? 0n,
    bytesIn: total.value.bytesIn,
    clustersBeside: clustersBeside(origin, clusters, ids).length,
    countries: countries.value.filter(({ traffic, viewSeconds }) => traffic.bytesOut > 0n || viewSeconds > 0).length,
  };
  const freshUntil = Math.min(window.retention.freshUntil, earliestFreshUntil([total, countries]));
  return { ...cascadeTraffic(figures), window, freshUntil };
}
