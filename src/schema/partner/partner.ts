import { partnerBandwidth } from "../../loaders/bandwidth.ts";
import { openedBy, type PartnerRecord, type StreamRecord } from "../../model/stream.ts";
import { Bandwidth } from "../bandwidth/bandwidth.ts";
import { builder } from "../builder.ts";
import { byCodeUnit, pageOf, sortableNumber } from "../connection.ts";
import { connectionType } from "../connection-type.ts";
import { feedingFigures, figures } from "../feeding.ts";
import { Stream, StreamConnection } from "../stream/stream.ts";
import { SubscribeToken, SubscribeTokenConnection } from "../token/subscribe-token.ts";
import { recordArgs, ViewerRecordConnection, viewerRecordPage } from "../viewer/viewer-record.ts";
import { usageWindow, windowArgs } from "../window.ts";
import { StreamUsage, StreamUsageConnection, StreamUsageOrder, streamUsagePage } from "./stream-usage.ts";

export const Partner = builder.objectRef<PartnerRecord>("Partner");

export const PartnerConnection = connectionType(Partner, "Partner", "partners");

builder.node(Partner, {
  name: "Partner",
  description:
    "Whoever the feed is sold to: the holder of subscribe tokens with one tracking id, which signs its viewers' tokens under them and is billed for what they use.",
  id: { resolve: ({ trackingId }) => trackingId },
  fields: (t) => ({
    trackingId: t.exposeString("trackingId", { description: "Under which the partner's traffic is counted." }),
    name: t.string({
      description: "What to call the partner: its tracking id.",
      resolve: ({ trackingId }) => trackingId,
    }),

    usage: t.field({
      type: Bandwidth,
      nullable: true,
      authScopes: { scope: "usage:read" },
      extensions: figures("TRACKING_IDS"),
      description: "All traffic under its tracking id over a window, on all streams together.",
      args: windowArgs,
      resolve: ({ trackingId }, args, context) => ({
        source: partnerBandwidth(context.loaders.figures, trackingId),
        window: usageWindow(args, context),
      }),
    }),
    usageByStream: t.connection(
      {
        type: StreamUsage,
        nullable: true,
        authScopes: { scope: "usage:read" },
        extensions: figures("TRACKING_IDS"),
        description: "The same by stream: one entry for each with traffic in the window.",
        args: {
          ...windowArgs,
          orderBy: t.arg({
            type: StreamUsageOrder,
            required: true,
            defaultValue: "BYTES_OUT",
            description: "In which order.",
          }),
        },
        resolve: ({ trackingId }, args, context, info) =>
          feedingFigures(context, info, streamUsagePage(trackingId, usageWindow(args, context), args, context)),
      },
      StreamUsageConnection,
    ),

    streams: t.connection(
      {
        type: Stream,
        nullable: true,
        authScopes: { scope: "stream:read" },
        description: "Streams that its subscribe tokens open, as far as they are known by name, sorted.",
        resolve: async ({ trackingId }, args, { loaders, streamCatalog }) => {
          const tokens = await loaders.tokens();
          const isOpen = openedBy(tokens.withTrackingId(trackingId).flatMap((token) => token.streams));
          const streams = streamCatalog.names(tokens).filter(isOpen).map(asStream);
          return pageOf(streams, ({ name }) => name, args);
        },
      },
      StreamConnection,
    ),
    subscribeTokens: t.connection(
      {
        type: SubscribeToken,
        nullable: true,
        authScopes: { scope: "token:read" },
        description: "Its subscribe tokens: the parents of its viewers' tokens, oldest first.",
        resolve: async ({ trackingId }, args, { loaders }) =>
          pageOf((await loaders.tokens()).withTrackingId(trackingId), ({ id }) => sortableNumber(id), args),
      },
      SubscribeTokenConnection,
    ),
    viewerRecords: t.field({
      type: ViewerRecordConnection,
      nullable: true,
      authScopes: { scope: "viewer:read" },
      description: "Its viewers' connections over a window, oldest first.",
      args: recordArgs,
      resolve: ({ trackingId }, args, context, info) =>
        feedingFigures(context, info, viewerRecordPage({ trackingIds: [trackingId] }, args, context)),
    }),
  }),
});

/** Partners by their tracking ids, sorted. */
export function partnersOf(trackingIds: Iterable<string>): PartnerRecord[] {
  return [...trackingIds].sort(byCodeUnit).map((trackingId) => ({ kind: "Partner", trackingId }));
}

function asStream(name: string): StreamRecord {
  return { kind: "Stream", name };
}
