import type { GraphContext } from "../../context.ts";
import { assertMetered } from "../../model/stream/stream.ts";
import { planTotal, type UsageWindow } from "../../model/usage/time-window.ts";
import { Bandwidth, BandwidthValue } from "../bandwidth/bandwidth.ts";
import { builder } from "../builder.ts";
import { byCodeUnit } from "../connection.ts";
import { partnerOfTrackingId } from "../partner/partner-of-tracking-id.ts";
import { Partner } from "../refs.ts";

/** Traffic of one stream under one tracking id; null for untracked traffic. */
interface TrackingUsageValue {
  readonly streamName: string;
  readonly trackingId: string | null;
  readonly window: UsageWindow;
}

export const StreamTrackingUsage = builder.objectRef<TrackingUsageValue>("StreamTrackingUsage").implement({
  description: "Part of a stream's traffic that is counted under one tracking id, or under none.",
  fields: (t) => ({
    trackingId: t.exposeString("trackingId", {
      nullable: true,
      description: "Tracking id of the traffic; null for untracked viewers and the broadcaster's ingest.",
    }),
    partner: t.field({
      type: Partner,
      nullable: true,
      description: "Partner that is billed for this traffic; null for untracked traffic.",
      resolve: ({ trackingId }, _args, context, info) => partnerOfTrackingId(trackingId, context, info),
    }),
    bandwidth: t.field({
      type: Bandwidth,
      description: "Traffic of the stream under this tracking id.",
      resolve: ({ streamName, trackingId, window }, _args, { loaders }) =>
        new BandwidthValue(loaders.streamTrackingBandwidth(streamName, trackingId), window),
    }),
  }),
});

/**
 * Returns one entry for each tracking id with traffic on the stream, sorted.
 *
 * Untracked traffic comes last.
 */
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
