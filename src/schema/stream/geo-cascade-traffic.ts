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
  /** Instant up to which all figures are complete, in epoch milliseconds. */
  readonly freshUntil: number;
}

export const GeoCascadeTraffic = builder.objectRef<CascadeTrafficValue>("GeoCascadeTraffic").implement({
  description:
    "Extra traffic of relaying a stream to further clusters, billed to the account and to no partner. If a cascade has run, the metered figure is the better one.",
  fields: (t) => ({
    window: t.field({
      type: Window,
      description: "The requested window, cut off at the newest complete figures if it is not over yet.",
      resolve: ({ window, freshUntil }) => answeredWindow(window, freshUntil),
    }),
    freshUntil: t.field({
      type: "DateTime",
      description: "Quarter hour up to which all of these figures are complete.",
      resolve: ({ freshUntil }) => bucketBoundary(freshUntil),
    }),
    meteredBytesOut: t.expose("meteredBytesOut", {
      type: "Bytes",
      description: "Bytes that the platform has metered as relayed; zero if no cascade has run.",
    }),
    clusterCount: t.exposeInt("clusterCount", {
      description:
        "Further clusters that the stream would have been relayed to: the requested ones, but no more than countries with viewers.",
    }),
    estimatedBytesOut: t.expose("estimatedBytesOut", {
      type: "Bytes",
      description: "Estimated bytes of that relaying: for each such cluster as many as the broadcaster sent.",
    }),
  }),
});

/**
 * Returns what relaying a stream has cost and an estimate of what it would cost.
 *
 * @throws InvalidInputError, UpstreamError, NotMeteredError
 */
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
  const usage = {
    meteredBytesOut: total.value.parts?.geoCascade.bytesOut ?? 0n,
    bytesIn: total.value.bytesIn,
    clustersBeside: clustersBeside(origin, clusters, ids).length,
    countries: countries.value.filter(({ traffic, viewSeconds }) => traffic.bytesOut > 0n || viewSeconds > 0).length,
  };
  const freshUntil = Math.min(window.retention.freshUntil, earliestFreshUntil([total, countries]));
  return { ...cascadeTraffic(usage), window, freshUntil };
}
