import { cacheable } from "../../engine/cacheability.ts";
import { partnerName, partnerZones, primaryTrackingId } from "../../model/partner/partner.ts";
import { mapMaybe } from "../../primitives/maybe-promise.ts";
import { Bandwidth, BandwidthValue } from "../bandwidth/bandwidth.ts";
import { holdBatchesFor, loadsUsage } from "../batch-hints.ts";
import { builder } from "../builder.ts";
import { pageOf, sortableNumber } from "../connection.ts";
import { Finding } from "../finding/finding.ts";
import { FindingConnection, findingArgs, findingPage, partnerFindings } from "../finding/finding-list.ts";
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
import { periodsOf, TimeZonePeriod } from "../time-zone-period.ts";
import { Attendance, attendance } from "../viewer/attendance.ts";
import { recordArgs, ViewerRecordConnection, viewerRecordPage } from "../viewer/viewer-record.ts";
import { recordWindowArgs, usageWindow, windowArgs } from "../window.ts";
import { partnerKey } from "./find-partner.ts";
import { tokensOf } from "./partner-tokens.ts";
import { StreamUsage, StreamUsageConnection, StreamUsageOrder, streamUsagePage } from "./stream-usage.ts";

export const PartnerStatus = builder.enumType("PartnerStatus", {
  description: "Status of a partner.",
  values: {
    ACTIVE: { description: "The partner is registered and may sign and watch." },
    SUSPENDED: {
      description: "The partner's subscribe tokens are disabled and it cannot sign; its API keys still read its usage.",
    },
    RETIRED: {
      description: "The partnership has ended: the partner's tokens are disabled and its API keys are rejected.",
    },
    UNCLAIMED: { description: "No registered partner has the tracking id." },
  },
});

builder.node(Partner, {
  name: "Partner",
  description:
    "A customer of the broadcaster: holds subscribe tokens with its tracking ids, signs its viewers' tokens under them, and is billed for their traffic. A tracking id that no registered partner has is listed as a partner with the status UNCLAIMED.",
  authScopes: ({ trackingIds }) => ({ owner: trackingIds }),
  id: { resolve: partnerKey },
  fields: (t) => ({
    trackingId: t.string({
      description: "Tracking id that the partner's traffic is counted under; the first one if there are several.",
      resolve: primaryTrackingId,
    }),
    trackingIds: t.field({
      type: ["String"],
      description: "All tracking ids of the partner, at least one; no other partner has any of them.",
      resolve: ({ trackingIds }) => [...trackingIds],
    }),
    name: t.string({
      description: "Name of the partner; the tracking id while the partner is UNCLAIMED.",
      resolve: partnerName,
    }),
    status: t.expose("status", { type: PartnerStatus, description: "Status of the partner." }),
    timeZone: t.field({
      type: "TimeZone",
      nullable: true,
      description:
        "Time zone of the partner as it was last recorded; a change holds from the next month on, see `usageTimeZones`. Null while the partner is UNCLAIMED.",
      resolve: (partner) => (partner.status === "UNCLAIMED" ? null : partner.timeZone),
    }),
    usageTimeZones: t.field({
      type: [TimeZonePeriod],
      description:
        "Time zones of the days and months of the partner's usage, unless a query names another, oldest first. Where the recorded zone has no whole-hour offsets, the account's `billingTimeZone`; UTC while the partner is UNCLAIMED.",
      resolve: (partner) => periodsOf(partnerZones(partner)),
    }),
    currency: t.string({
      nullable: true,
      description:
        "Currency of the partner by ISO 4217, for display only: the gateway computes no amounts of money. Null while the partner is UNCLAIMED.",
      resolve: (partner) => (partner.status === "UNCLAIMED" ? null : partner.currency),
    }),
    contact: t.string({
      nullable: true,
      authScopes: { scope: "partner:read" },
      description: "Contact of the partner, as recorded; null if none is.",
      resolve: (partner) => (partner.status === "UNCLAIMED" ? null : partner.contact),
    }),
    notes: t.string({
      nullable: true,
      authScopes: { staff: "partner:read" },
      description: "Internal notes of the broadcaster, which the partner cannot read; null if there are none.",
      resolve: (partner) => (partner.status === "UNCLAIMED" ? null : partner.notes),
    }),
    createdAt: t.field({
      type: "DateTime",
      nullable: true,
      description: "Time of the registration; null while the partner is UNCLAIMED.",
      resolve: (partner) => (partner.status === "UNCLAIMED" ? null : partner.createdAt),
    }),

    usage: t.field({
      type: Bandwidth,
      nullable: true,
      authScopes: { scope: "usage:read" },
      extensions: { ...loadsUsage("TRACKING_IDS"), ...cacheable() },
      description:
        "Traffic under the partner's tracking ids over a window, on all streams together. The partner is billed for its `bytesOut`. Null, with an error, if the platform cannot be read.",
      args: windowArgs,
      resolve: (partner, args, context) =>
        new BandwidthValue(
          context.loaders.partnerBandwidth(partner.trackingIds),
          usageWindow(args, context, partnerZones(partner)),
        ),
    }),
    usageByStream: t.connection(
      {
        type: StreamUsage,
        nullable: true,
        authScopes: { scope: "usage:read" },
        extensions: loadsUsage("TRACKING_IDS"),
        description:
          "Traffic under the partner's tracking ids by stream: one entry for each stream with traffic in the window. Null, with an error, if the platform cannot be read.",
        args: {
          ...windowArgs,
          orderBy: t.arg({
            type: StreamUsageOrder,
            required: true,
            defaultValue: "BYTES_OUT",
            description: "Order of the entries; most bytes first by default.",
          }),
        },
        resolve: (partner, args, context, info) => {
          const window = usageWindow(args, context, partnerZones(partner));
          return holdBatchesFor(context, info, streamUsagePage(partner.trackingIds, window, args, context));
        },
      },
      StreamUsageConnection,
    ),

    streams: t.connection(
      {
        type: Stream,
        nullable: true,
        authScopes: { scope: "stream:read" },
        description:
          "Streams that the partner's subscribe tokens open, by name; only streams that are known by name. Null, with an error, if the platform cannot be read.",
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
        description:
          "Subscribe tokens of the partner, oldest first: the parents of its viewers' tokens. Null, with an error, if the platform cannot be read.",
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
        description:
          "API keys of the partner's callers, oldest first; empty while the partner is UNCLAIMED. Null, with an error, if the caller may not read them.",
        resolve: (partner, args, context) =>
          partner.status === "UNCLAIMED" ? pageOf([], String, args) : apiKeysOf(partner.id, args, context),
      },
      ApiKeyConnection,
    ),
    findings: t.connection(
      {
        type: Finding,
        nullable: true,
        authScopes: { scope: "partner:read" },
        description:
          "Problems of the partner's own subscribe tokens, most severe first. Null, with an error, if the platform cannot be read.",
        args: findingArgs,
        resolve: async (partner, args, context) =>
          findingPage(await partnerFindings(partner, args.expiringWithinDays, context), args),
      },
      FindingConnection,
    ),
    attendance: t.field({
      type: Attendance,
      nullable: true,
      authScopes: { scope: "viewer:read" },
      description:
        "Viewers, sessions and watch time under the partner's tracking ids over a window, from viewer records, a premium feature of the platform. Null, with an error, if they cannot be read.",
      args: recordWindowArgs,
      resolve: (partner, args, context) =>
        attendance({ trackingIds: partner.trackingIds }, args, context, partnerZones(partner)),
    }),
    viewerRecords: t.field({
      type: ViewerRecordConnection,
      nullable: true,
      authScopes: { scope: "viewer:read" },
      description:
        "Connections of the partner's viewers over a window, oldest first. Retained for a year; a premium feature of the platform. Null, with an error, if they cannot be read.",
      args: recordArgs,
      resolve: (partner, args, context, info) => {
        const { trackingIds } = partner;
        return holdBatchesFor(
          context,
          info,
          viewerRecordPage({ trackingIds, zones: partnerZones(partner) }, args, context),
        );
      },
    }),
  }),
});
