import type { GraphContext } from "../../context.ts";
import { streamRecord } from "../../model/stream/stream.ts";
import { planTotal, type UsageWindow } from "../../model/usage/time-window.ts";
import { Bandwidth, BandwidthValue } from "../bandwidth/bandwidth.ts";
import { builder } from "../builder.ts";
import { byCodeUnit, type PageArguments, pageOf, pageOfMoving } from "../connection.ts";
import { connectionType } from "../connection-type.ts";
import { Stream } from "../refs.ts";

/** A partner's traffic on one stream. */
interface StreamUsageValue {
  readonly trackingIds: readonly string[];
  readonly streamName: string;
  readonly bytesOut: bigint;
  readonly window: UsageWindow;
}

export const StreamUsage = builder.objectRef<StreamUsageValue>("StreamUsage").implement({
  description: "The part of a partner's traffic that was used on one stream.",
  fields: (t) => ({
    stream: t.field({
      type: Stream,
      description: "The stream.",
      resolve: ({ streamName }) => streamRecord(streamName),
    }),
    usage: t.field({
      type: Bandwidth,
      description: "The traffic.",
      resolve: ({ trackingIds, streamName, window }, _args, { loaders }) =>
        new BandwidthValue(loaders.partnerBandwidth(trackingIds, streamName), window),
    }),
  }),
});

export const StreamUsageConnection = connectionType(StreamUsage, "StreamUsage", "streams with their usage");

export const StreamUsageOrder = builder.enumType("StreamUsageOrder", {
  description: "In which order usage by stream is listed.",
  values: {
    BYTES_OUT: {
      description:
        "The most bytes sent first. Figures grow between two pages: each page is ordered by the figures of its time, and holds no stream of a page before. Cursors hold what has been seen, 8 characters for each stream.",
    },
    STREAM_NAME: { description: "By the stream's name." },
  },
});

type Order = typeof StreamUsageOrder.$inferType;

/** One entry for each stream that the tracking ids have traffic on. */
export async function streamUsagePage(
  trackingIds: readonly string[],
  window: UsageWindow,
  { orderBy, ...page }: PageArguments & { readonly orderBy: Order },
  { loaders }: GraphContext,
) {
  const { direct } = planTotal(window, { monthsRetained: false });
  const rows = direct
    ? await Promise.all(trackingIds.map((name) => loaders.usage.rowsByTrackingId.load({ name, window: direct })))
    : [];
  const bytesOf = new Map<string, bigint>();
  for (const { streamName, traffic } of rows.flatMap(({ value }) => value)) {
    if (streamName !== null) bytesOf.set(streamName, (bytesOf.get(streamName) ?? 0n) + traffic.bytesOut);
  }
  const usages = [...bytesOf].map(([streamName, bytesOut]) => ({ trackingIds, streamName, bytesOut, window }));
  return orderBy === "BYTES_OUT"
    ? pageOfMoving(usages.sort(largestFirst), nameOf, page)
    : pageOf(
        usages.sort((a, b) => byCodeUnit(a.streamName, b.streamName)),
        nameOf,
        page,
      );
}

function nameOf({ streamName }: StreamUsageValue): string {
  return streamName;
}

function largestFirst(a: StreamUsageValue, b: StreamUsageValue): number {
  if (a.bytesOut !== b.bytesOut) return a.bytesOut > b.bytesOut ? -1 : 1;
  return byCodeUnit(a.streamName, b.streamName);
}
