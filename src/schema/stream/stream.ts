import type { GraphContext } from "../../context.ts";
import { cacheable } from "../../engine/cacheability.ts";
import { clusterConsistency } from "../../model/cluster/cluster-consistency.ts";
import { primaryTrackingId } from "../../model/partner/partner.ts";
import { playbackEndpoints } from "../../model/stream/endpoints.ts";
import { rankFeeds } from "../../model/stream/feed-ranking.ts";
import { isUsable } from "../../model/token/token.ts";
import { geoRulesOfStream } from "../../model/viewing/geo-rules.ts";
import { mapMaybe } from "../../primitives/maybe-promise.ts";
import { Bandwidth, BandwidthValue } from "../bandwidth/bandwidth.ts";
import { holdBatchesFor, loadsUsage } from "../batch-hints.ts";
import { builder } from "../builder.ts";
import { type PageArguments, pageOf, sortableNumber } from "../connection.ts";
import { encodeGlobalId } from "../global-id.ts";
import { MediaAssetConnection, mediaAssetArgs, mediaAssetPage } from "../media/media-asset.ts";
import {
  Partner,
  PartnerConnection,
  PublishToken,
  PublishTokenConnection,
  Stream,
  SubscribeToken,
  SubscribeTokenConnection,
} from "../refs.ts";
import { findSubscribeToken, PublishTokenRef, SubscribeTokenRef } from "../token/find-token.ts";
import { recordArgs, ViewerRecordConnection, viewerRecordPage } from "../viewer/viewer-record.ts";
import { EffectiveGeoRules } from "../viewing/effective-geo-rules.ts";
import { usageWindow, windowArgs } from "../window.ts";
import { ClusterConsistency } from "./cluster-consistency.ts";
import { StreamIngest, StreamPlayback } from "./endpoints.ts";
import { Feed } from "./feed.ts";
import { GeoCascadeTraffic, geoCascadeTraffic } from "./geo-cascade-traffic.ts";
import { SdkCredentials, SdkRole, sdkCredentials } from "./sdk-credentials.ts";
import { StreamTrackingUsage, trackingUsage } from "./tracking-usage.ts";
import { possiblePublishTokens, usablePublishTokens } from "./usable-publish-tokens.ts";

const sourceArgs = builder.args((t) => ({
  sourceId: t.string({ description: "The source; the one that viewers begin with when it is left out." }),
}));

builder.node(Stream, {
  name: "Stream",
  description:
    "A live stream, by its name. The platform has no such object: a stream exists through tokens that name it, through being live, or through traffic.",
  id: { resolve: ({ name }) => name },
  fields: (t) => ({
    name: t.exposeString("name", { description: "1 to 128 characters, with their case." }),
    streamId: t.string({
      nullable: true,
      description: "What the platform calls it: `{accountId}/{name}`.",
      resolve: async ({ name }, _args, { account }) => `${await account.id()}/${name}`,
    }),

    isLive: t.boolean({
      nullable: true,
      description:
        "Whether it is being broadcast now. Null for a stream that a partner has used, and that no token of its opens any more.",
      resolve: ({ name }, _args, context) =>
        mapMaybe(context.loaders.seesLiveState(name), (isSeen) =>
          isSeen ? mapMaybe(live(name, context), (stream) => stream?.isLive ?? false) : null,
        ),
    }),
    viewerCount: t.int({
      nullable: true,
      authScopes: { staff: "stream:read" },
      description: "How many are watching now, all partners together.",
      resolve: ({ name }, _args, context) => mapMaybe(live(name, context), (stream) => stream?.viewerCount ?? 0),
    }),
    startedAt: t.field({
      type: "DateTime",
      nullable: true,
      description: "When the present broadcast began, or one that ended within the last hour.",
      resolve: ({ name }, _args, context) => mapMaybe(live(name, context), (stream) => stream?.startedAt),
    }),
    endedAt: t.field({
      type: "DateTime",
      nullable: true,
      description: "When the broadcast ended, for an hour afterwards; null while it is live.",
      resolve: ({ name }, _args, context) => mapMaybe(live(name, context), (stream) => stream?.endedAt),
    }),
    feeds: t.field({
      type: [Feed],
      nullable: true,
      authScopes: { staff: "stream:read" },
      description: "Its publishing connections, live ones and those that ended within the last hour.",
      resolve: async ({ name }, _args, context) => [...(await feedsOf(name, context))],
    }),
    activeFeed: t.field({
      type: Feed,
      nullable: true,
      authScopes: { staff: "stream:read" },
      description:
        "The live feed that viewers are shown: the one with the highest priority, and the newest of equal ones. Null while the source is not live.",
      args: sourceArgs,
      resolve: async ({ name }, { sourceId }, context) =>
        rankFeeds(await feedsOf(name, context), sourceId ?? null)[0] ?? null,
    }),
    standbyFeeds: t.field({
      type: [Feed],
      nullable: true,
      authScopes: { staff: "stream:read" },
      description: "The live feeds that stand by for the active one, the next to be shown first.",
      args: sourceArgs,
      resolve: async ({ name }, { sourceId }, context) =>
        rankFeeds(await feedsOf(name, context), sourceId ?? null).slice(1),
    }),

    isSecured: t.boolean({
      nullable: true,
      authScopes: { staff: "token:read" },
      description:
        "Whether its viewers need a token whichever publish token is used: one unsecured publish token is enough to open it, also one that may broadcast it by a pattern that the gateway can't read. Null when no usable publish token has it.",
      resolve: async ({ name }, _args, context) => {
        const tokens = await possiblePublishTokens(name, context);
        return tokens.length > 0 ? tokens.every((token) => token.isSecured) : null;
      },
    }),
    clusterConsistency: t.field({
      type: ClusterConsistency,
      nullable: true,
      authScopes: { staff: "token:read" },
      description: "Whether those who publish it and those who watch it meet in one cluster.",
      resolve: async ({ name }, _args, context) => {
        const { subscribe } = await context.loaders.tokens();
        const viewers = subscribe.covering(name).filter((token) => isUsable(token, context.now));
        return clusterConsistency(await possiblePublishTokens(name, context), viewers);
      },
    }),

    effectiveGeoRules: t.field({
      type: [EffectiveGeoRules],
      nullable: true,
      authScopes: { staff: "token:read" },
      description:
        "The geo rules that decide where it may be watched from, and who sets them. One entry where all usable publish tokens agree; several where it depends on which of them it is broadcast with; none when there is no usable one.",
      args: {
        token: t.arg({
          type: SubscribeTokenRef,
          description: "The subscribe token that a viewer shows; left out for a viewer who shows none.",
        }),
      },
      resolve: async ({ name }, { token }, context) => {
        const shown = token ? await findSubscribeToken(token, "token", context) : null;
        return [...geoRulesOfStream(await possiblePublishTokens(name, context), shown)];
      },
    }),

    publishTokens: t.connection(
      {
        type: PublishToken,
        nullable: true,
        authScopes: { staff: "token:read" },
        extensions: cacheable(),
        description:
          "Publish tokens that may broadcast it, by name or by pattern, oldest first: also those with a pattern that the gateway can't read (`grants { coverage }` is UNKNOWN) and whose literal beginning the name has.",
        resolve: async ({ name }, args, { loaders }) =>
          pageOf((await loaders.tokens()).publish.possiblyCovering(name), ({ id }) => sortableNumber(id), args),
      },
      PublishTokenConnection,
    ),
    subscribeTokens: t.connection(
      {
        type: SubscribeToken,
        nullable: true,
        authScopes: { scope: "token:read" },
        extensions: cacheable(),
        description: "Subscribe tokens that open it, by name or by pattern, oldest first.",
        resolve: async ({ name }, args, { loaders }) =>
          pageOf((await loaders.tokens()).subscribe.covering(name), ({ id }) => sortableNumber(id), args),
      },
      SubscribeTokenConnection,
    ),
    partners: t.connection(
      {
        type: Partner,
        nullable: true,
        description: "Partners that hold a subscribe token for it, by tracking id. A partner sees itself.",
        resolve: ({ name }, args, context, info) => holdBatchesFor(context, info, partnerPage(name, args, context)),
      },
      PartnerConnection,
    ),

    bandwidth: t.field({
      type: Bandwidth,
      nullable: true,
      authScopes: { scope: "usage:read" },
      extensions: { ...loadsUsage("STREAMS"), ...cacheable() },
      description:
        "Its traffic over a window. For the broadcaster: all of it, of all partners, untracked viewers and the ingest. For a partner: the partner's own share, what its viewers used.",
      args: windowArgs,
      resolve: ({ name }, args, context) =>
        new BandwidthValue(context.loaders.streamBandwidth(name), usageWindow(args, context)),
    }),
    bandwidthByTrackingId: t.field({
      type: [StreamTrackingUsage],
      nullable: true,
      authScopes: { scope: "usage:read" },
      extensions: loadsUsage("STREAM_TRACKING"),
      description:
        "Its traffic over a window, by tracking id: one entry for each that has any, and one without tracking id for untracked viewers and the broadcaster's ingest. A partner sees its own tracking ids.",
      args: windowArgs,
      resolve: ({ name }, args, context, info) =>
        holdBatchesFor(context, info, trackingUsage(name, usageWindow(args, context), context)),
    }),

    geoCascadeTraffic: t.field({
      type: GeoCascadeTraffic,
      nullable: true,
      authScopes: { staff: "usage:read" },
      extensions: loadsUsage("STREAMS"),
      description:
        "What relaying it to further clusters has cost over a window, and an estimate of what it would cost: about one viewer more for each further cluster that has viewers.",
      args: {
        ...windowArgs,
        clusters: t.arg.stringList({
          required: true,
          defaultValue: ["all"],
          description: "Ids of the clusters that it would be relayed to, or `all`.",
        }),
      },
      resolve: ({ name }, { clusters, ...args }, context) =>
        geoCascadeTraffic(name, clusters, usageWindow(args, context), context),
    }),

    ingest: t.field({
      type: [StreamIngest],
      nullable: true,
      authScopes: { staff: "token:reveal" },
      description:
        "Where to broadcast it: one entry for each usable publish token. The addresses hold the token, so each reading is audited.",
      resolve: async ({ name }, _args, context) => {
        const tokens = await usablePublishTokens(name, context);
        await Promise.all(tokens.map(({ id }) => context.audit.reveal(encodeGlobalId("PublishToken", id), "ingest")));
        return tokens.map((token) => ({ token, streamName: name }));
      },
    }),
    playback: t.field({
      type: StreamPlayback,
      nullable: true,
      description: "Where to watch it. Viewers of a secured stream add their own token.",
      resolve: async ({ name }, _args, { account, directorUrl }) => {
        const accountId = await account.id();
        return { ...playbackEndpoints(directorUrl, accountId, name), accountId, streamName: name };
      },
    }),

    sdkCredentials: t.field({
      type: SdkCredentials,
      nullable: true,
      authScopes: (_stream, { role }) => (role === "PUBLISH" ? { staff: "token:reveal" } : { scope: "stream:read" }),
      description:
        "What a client SDK of the platform needs, to play it or to broadcast it. Those for broadcasting hold the publish token, so each reading is audited.",
      args: {
        role: t.arg({ type: SdkRole, required: true, description: "What the SDK does." }),
        publishToken: t.arg({
          type: PublishTokenRef,
          description:
            "To broadcast with which token. It may be left out where a single usable one publishes the stream.",
        }),
      },
      resolve: ({ name }, args, context) => sdkCredentials(name, args, context),
    }),

    mediaAssets: t.field({
      type: MediaAssetConnection,
      nullable: true,
      authScopes: { staff: "stream:read" },
      description: "Its recordings and clips, or other assets that were made of it.",
      args: mediaAssetArgs,
      resolve: ({ name }, args, context, info) =>
        holdBatchesFor(context, info, mediaAssetPage({ streamName: name }, args, context)),
    }),

    viewerRecords: t.field({
      type: ViewerRecordConnection,
      nullable: true,
      authScopes: { scope: "viewer:read" },
      description: "Its viewers' connections over a window, oldest first.",
      args: recordArgs,
      resolve: ({ name }, args, context, info) =>
        holdBatchesFor(context, info, viewerRecordPage({ streamNames: [name] }, args, context)),
    }),
  }),
});

async function feedsOf(name: string, { loaders }: GraphContext) {
  return (await loaders.liveStreams.withFeeds(name))?.feeds ?? [];
}

function live(name: string, { loaders }: GraphContext) {
  return loaders.liveStreams.byName(name);
}

async function partnerPage(streamName: string, args: PageArguments, { loaders }: GraphContext) {
  const tokens = (await loaders.tokens()).subscribe.covering(streamName);
  const trackingIds = new Set(tokens.flatMap((token) => token.trackingId ?? []));
  return pageOf(await loaders.partners.of(trackingIds), primaryTrackingId, args);
}
