import type { GraphContext } from "../../context.ts";
import { assertMetered } from "../../model/stream/stream.ts";
import { planTotal, type UsageWindow } from "../../model/usage/time-window.ts";
import { Bandwidth, BandwidthValue } from "../bandwidth/bandwidth.ts";
import { builder } from "../builder.ts";
import { byCodeUnit } from "../connection.ts";
import { partnerOfTrackingId } from "../partner/partner-of-tracking-id.ts";
import { Partner } from "../refs.ts";

/** The traffic of one stream under one tracking id; null for its untracked rest. */
interface TrackingUsageValue {
  readonly streamName: string;
  readonly trackingId: string | null;
  readonly window: UsageWindow;
}

export const StreamTrackingUsage = builder.objectRef<TrackingUsageValue>("StreamTrackingUsage").implement({
  description: "The part of a stream's traffic that is counted under one tracking id, or under none.",
  fields: (t) => ({
    trackingId: t.exposeString("trackingId", {
      nullable: true,
      description: "The tracking id; null for untracked viewers and the broadcaster's ingest.",
    }),
    partner: t.field({
      type: Partner,
      nullable: true,
      description: "Who is billed for it; null for untracked traffic.",
      resolve: ({ trackingId }, _args, context, info) => partnerOfTrackingId(trackingId, context, info),
    }),
    bandwidth: t.field({
      type: Bandwidth,
      description: "The traffic.",
      resolve: ({ streamName, trackingId, window }, _args, { loaders }) =>
        new BandwidthValue(loaders.streamTrackingBandwidth(streamName, trackingId), window),
    }),
  }),
});

/** One entry for each tracking id with traffic on the stream, sorted; untracked traffic comes last. */
export async function trackingUsage(
  streamName: string,
  window: UsageWindow,
  { loaders }: GraphContext,
): Promise<TrackingUsageValue[]> {
  assertMetered(streamName);
  const { direct } = planTotal(window, { monthsRetained: false });
  if (!direct) return [];
  const rows = await loaders.trackingRows(streamName, direct);
  return rows
    .map(({ trackingId }) => ({ streamName, trackingId, window }))
    .sort((a, b) => byCodeUnit(a.trackingId ?? "\uffff", b.trackingId ?? "\uffff"));
}
