import { cacheable } from "../../engine/cacheability.ts";
import { partnerName, primaryTrackingId } from "../../model/partner/partner.ts";
import { mapMaybe } from "../../primitives/maybe-promise.ts";
import { Bandwidth, BandwidthValue } from "../bandwidth/bandwidth.ts";
import { holdBatchesFor, loadsUsage } from "../batch-hints.ts";
import { builder } from "../builder.ts";
import { pageOf, sortableNumber } from "../connection.ts";
import { apiKeysOf } from "../key/api-key.ts";
import {
  ApiKey,
  ApiKeyConnection,
  Partner,
  Stream,
  StreamConnection,
  SubscribeToken,
  SubscribeTokenConnection,
} from "../refs.ts";
import { grantedStreamPage } from "../stream/granted-streams.ts";
import { recordArgs, ViewerRecordConnection, viewerRecordPage } from "../viewer/viewer-record.ts";
import { usageWindow, windowArgs } from "../window.ts";
import { partnerKey } from "./find-partner.ts";
import { tokensOf } from "./partner-tokens.ts";
import { StreamUsage, StreamUsageConnection, StreamUsageOrder, streamUsagePage } from "./stream-usage.ts";

export const PartnerStatus = builder.enumType("PartnerStatus", {
  description: "Whether a partner may use what it holds.",
  values: {
    ACTIVE: { description: "It may." },
    SUSPENDED: {
      description: "Its subscribe tokens are disabled and it signs nothing; its keys still read its usage.",
    },
    RETIRED: { description: "It is a partner no more: its tokens are disabled and its keys are refused." },
    UNCLAIMED: { description: "Nobody has registered a partner with the tracking id." },
  },
});

builder.node(Partner, {
  name: "Partner",
  description:
    "Whoever the feed is sold to: the holder of subscribe tokens with its tracking ids, which signs its viewers' tokens under them and is billed for what they use. A tracking id that no registered partner has is shown as a partner of its own, with the status UNCLAIMED.",
  authScopes: ({ trackingIds }) => ({ owner: trackingIds }),
  id: { resolve: partnerKey },
  fields: (t) => ({
    trackingId: t.string({
      description: "Under which the partner's traffic is counted; its first one, where it has several.",
      resolve: primaryTrackingId,
    }),
    trackingIds: t.field({
      type: ["String"],
      description: "All its tracking ids. No other partner has any of them.",
      resolve: ({ trackingIds }) => [...trackingIds],
    }),
    name: t.string({
      description: "What to call the partner; its tracking id while nobody has claimed that.",
      resolve: partnerName,
    }),
    status: t.expose("status", { type: PartnerStatus, description: "Whether it may use what it holds." }),
    timeZone: t.field({
      type: "TimeZone",
      nullable: true,
      description:
        "Recorded to be shown: figures are in UTC unless a query names a time zone of its own. Null while nobody has claimed the tracking id.",
      resolve: (partner) => (partner.status === "UNCLAIMED" ? null : partner.timeZone),
    }),
    currency: t.string({
      nullable: true,
      description:
        "Recorded to be shown, by ISO 4217: the gateway reckons no amounts of money. Null while nobody has claimed the tracking id.",
      resolve: (partner) => (partner.status === "UNCLAIMED" ? null : partner.currency),
    }),
    contact: t.string({
      nullable: true,
      authScopes: { scope: "partner:read" },
      description: "How to reach it.",
      resolve: (partner) => (partner.status === "UNCLAIMED" ? null : partner.contact),
    }),
    notes: t.string({
      nullable: true,
      authScopes: { staff: "partner:read" },
      description: "What the broadcaster noted of it. The partner does not see it.",
      resolve: (partner) => (partner.status === "UNCLAIMED" ? null : partner.notes),
    }),
    createdAt: t.field({
      type: "DateTime",
      nullable: true,
      description: "When it was registered; null while nobody has claimed the tracking id.",
      resolve: (partner) => (partner.status === "UNCLAIMED" ? null : partner.createdAt),
    }),

    usage: t.field({
      type: Bandwidth,
      nullable: true,
      authScopes: { scope: "usage:read" },
      extensions: { ...loadsUsage("TRACKING_IDS"), ...cacheable() },
      description: "All traffic under its tracking ids over a window, on all streams together.",
      args: windowArgs,
      resolve: ({ trackingIds }, args, context) =>
        new BandwidthValue(context.loaders.partnerBandwidth(trackingIds), usageWindow(args, context)),
    }),
    usageByStream: t.connection(
      {
        type: StreamUsage,
        nullable: true,
        authScopes: { scope: "usage:read" },
        extensions: loadsUsage("TRACKING_IDS"),
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
        resolve: ({ trackingIds }, args, context, info) =>
          holdBatchesFor(context, info, streamUsagePage(trackingIds, usageWindow(args, context), args, context)),
      },
      StreamUsageConnection,
    ),

    streams: t.connection(
      {
        type: Stream,
        nullable: true,
        authScopes: { scope: "stream:read" },
        description: "Streams that its subscribe tokens open, as far as they are known by name, sorted.",
        resolve: ({ trackingIds }, args, context, info) => {
          const grants = mapMaybe(context.loaders.tokens(), (tokens) =>
            tokensOf(trackingIds, tokens).flatMap((token) => token.streams),
          );
          return holdBatchesFor(
            context,
            info,
            mapMaybe(grants, (granted) => grantedStreamPage(granted, args, context)),
          );
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
        resolve: async ({ trackingIds }, args, { loaders }) =>
          pageOf(tokensOf(trackingIds, await loaders.tokens()), ({ id }) => sortableNumber(id), args),
      },
      SubscribeTokenConnection,
    ),
    apiKeys: t.connection(
      {
        type: ApiKey,
        nullable: true,
        authScopes: (_partner, _args, { caller }) =>
          caller.partner ? { scope: "partner:read" } : { staff: "key:admin" },
        description: "The keys of its callers, oldest first; none while nobody has claimed the tracking id.",
        resolve: (partner, args, context) =>
          partner.status === "UNCLAIMED" ? pageOf([], String, args) : apiKeysOf(partner.id, args, context),
      },
      ApiKeyConnection,
    ),
    viewerRecords: t.field({
      type: ViewerRecordConnection,
      nullable: true,
      authScopes: { scope: "viewer:read" },
      description: "Its viewers' connections over a window, oldest first.",
      args: recordArgs,
      resolve: ({ trackingIds }, args, context, info) =>
        holdBatchesFor(context, info, viewerRecordPage({ trackingIds }, args, context)),
    }),
  }),
});
