import type { GraphContext } from "../../context.ts";
import { readStreamRows } from "../../loaders/bandwidth.ts";
import { streamRecord } from "../../model/stream/stream.ts";
import type { UsageWindow } from "../../model/usage/time-window.ts";
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
  description: "A partner's traffic on one stream over a window.",
  fields: (t) => ({
    stream: t.field({
      type: Stream,
      description: "The stream that the traffic was used on.",
      resolve: ({ streamName }) => streamRecord(streamName),
    }),
    usage: t.field({
      type: Bandwidth,
      description: "The partner's traffic on the stream over the window.",
      resolve: ({ trackingIds, streamName, window }, _args, { loaders }) =>
        new BandwidthValue(loaders.partnerBandwidth(trackingIds, streamName), window),
    }),
  }),
});

export const StreamUsageConnection = connectionType(StreamUsage, "StreamUsage", "streams with their usage");

export const StreamUsageOrder = builder.enumType("StreamUsageOrder", {
  description: "Order of usage by stream.",
  values: {
    BYTES_OUT: {
      description:
        "Most bytes sent first. Usage grows between two pages: each page is ordered by the usage at its time and repeats no stream of an earlier page. Cursors grow by 8 characters for each stream.",
    },
    STREAM_NAME: { description: "The entries ascend by the name of the stream." },
  },
});

type Order = typeof StreamUsageOrder.$inferType;

/** Returns a page with an entry for each stream that the tracking ids have traffic on. @throws UpstreamError */
export async function streamUsagePage(
  trackingIds: readonly string[],
  window: UsageWindow,
  { orderBy, ...page }: PageArguments & { readonly orderBy: Order },
  { loaders }: GraphContext,
) {
  const rows = await readStreamRows(loaders.usage, trackingIds, window);
  const bytesOf = new Map<string, bigint>();
  for (const { streamName, traffic } of rows) {
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
