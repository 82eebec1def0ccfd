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
import { Attendance, attendance } from "../viewer/attendance.ts";
import { recordArgs, ViewerRecordConnection, viewerRecordPage } from "../viewer/viewer-record.ts";
import { EffectiveGeoRules } from "../viewing/effective-geo-rules.ts";
import { recordWindowArgs, usageWindow, windowArgs } from "../window.ts";
import { ClusterConsistency } from "./cluster-consistency.ts";
import { StreamIngest, StreamPlayback } from "./endpoints.ts";
import { Feed } from "./feed.ts";
import { GeoCascadeTraffic, geoCascadeTraffic } from "./geo-cascade-traffic.ts";
import { SdkCredentials, SdkRole, sdkCredentials } from "./sdk-credentials.ts";
import { StreamTrackingUsage, trackingUsage } from "./tracking-usage.ts";
import { possiblePublishTokens, usablePublishTokens } from "./usable-publish-tokens.ts";

const sourceArgs = builder.args((t) => ({
  sourceId: t.string({ description: "Id of the source. Defaults to the one that viewers begin with." }),
}));

builder.node(Stream, {
  name: "Stream",
  description:
    "A live stream, identified by its name. The platform has no such object: a stream exists if a token names it, if it is live, or if it has traffic.",
  id: { resolve: ({ name }) => name },
  fields: (t) => ({
    name: t.exposeString("name", { description: "Name of the stream: 1 to 128 characters, compared with their case." }),
    streamId: t.string({
      nullable: true,
      description: "The platform's id of the stream, `{accountId}/{name}`; null if the account's id cannot be read.",
      resolve: async ({ name }, _args, { account }) => `${await account.id()}/${name}`,
    }),

    isLive: t.boolean({
      nullable: true,
      description:
        "Whether the stream is being broadcast now. Null for a partner that has used the stream before and holds no token for it any more.",
      resolve: ({ name }, _args, context) =>
        mapMaybe(context.loaders.seesLiveState(name), (isSeen) =>
          isSeen ? mapMaybe(live(name, context), (stream) => stream?.isLive ?? false) : null,
        ),
    }),
    viewerCount: t.field({
      type: "SafeInt",
      nullable: true,
      authScopes: { staff: "stream:read" },
      description:
        "Viewers who are watching now, of all partners together. 0 while the stream is not live. Null, with an error, if the platform cannot be read.",
      resolve: ({ name }, _args, context) => mapMaybe(live(name, context), (stream) => stream?.viewerCount ?? 0),
    }),
    startedAt: t.field({
      type: "DateTime",
      nullable: true,
      description: "Start of the current broadcast, or of one that ended within the last hour; null without either.",
      resolve: ({ name }, _args, context) => mapMaybe(live(name, context), (stream) => stream?.startedAt),
    }),
    endedAt: t.field({
      type: "DateTime",
      nullable: true,
      description: "End of the broadcast, for an hour afterwards; null while it is live.",
      resolve: ({ name }, _args, context) => mapMaybe(live(name, context), (stream) => stream?.endedAt),
    }),
    feeds: t.field({
      type: [Feed],
      nullable: true,
      authScopes: { staff: "stream:read" },
      description:
        "Publishing connections of the stream: live ones and those that ended within the last hour. Empty for none. Null, with an error, if the platform cannot be read.",
      resolve: async ({ name }, _args, context) => [...(await feedsOf(name, context))],
    }),
    activeFeed: t.field({
      type: Feed,
      nullable: true,
      authScopes: { staff: "stream:read" },
      description:
        "The live feed that viewers see: the one with the highest priority and, among equal ones, the newest. Null while the source is not live.",
      args: sourceArgs,
      resolve: async ({ name }, { sourceId }, context) =>
        rankFeeds(await feedsOf(name, context), sourceId ?? null)[0] ?? null,
    }),
    standbyFeeds: t.field({
      type: [Feed],
      nullable: true,
      authScopes: { staff: "stream:read" },
      description:
        "Live feeds that back up the active one, in the order in which they take over. Empty for none. Null, with an error, if the platform cannot be read.",
      args: sourceArgs,
      resolve: async ({ name }, { sourceId }, context) =>
        rankFeeds(await feedsOf(name, context), sourceId ?? null).slice(1),
    }),

    isSecured: t.boolean({
      nullable: true,
      authScopes: { staff: "token:read" },
      description:
        "Whether viewers need a token whichever publish token is used. One unsecured publish token opens the stream, including one that may publish it by a pattern that the gateway cannot read. Null if no usable token publishes the stream.",
      resolve: async ({ name }, _args, context) => {
        const tokens = await possiblePublishTokens(name, context);
        return tokens.length > 0 ? tokens.every((token) => token.isSecured) : null;
      },
    }),
    clusterConsistency: t.field({
      type: ClusterConsistency,
      nullable: true,
      authScopes: { staff: "token:read" },
      description:
        "Whether broadcasters and viewers of the stream meet in one cluster. Null, with an error, if the platform cannot be read.",
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
        "Geo rules that decide from where the stream may be watched, and who sets them: one entry if all usable publish tokens agree, several if the rules depend on the token in use, empty without a usable token. Null, with an error, if the platform cannot be read.",
      args: {
        token: t.arg({
          type: SubscribeTokenRef,
          description: "Subscribe token that a viewer presents. Left out for a viewer without a token.",
        }),
      },
      resolve: async ({ name }, { token }, context) => {
        const subscribeToken = token ? await findSubscribeToken(token, "token", context) : null;
        return [...geoRulesOfStream(await possiblePublishTokens(name, context), subscribeToken)];
      },
    }),

    publishTokens: t.connection(
      {
        type: PublishToken,
        nullable: true,
        authScopes: { staff: "token:read" },
        extensions: cacheable(),
        description:
          "Publish tokens that may broadcast the stream, by name or pattern, oldest first. Includes tokens with a pattern that the gateway cannot read (`grants { coverage }` is UNKNOWN) if the stream's name begins with the literal part of the pattern. Null, with an error, if the platform cannot be read.",
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
        description:
          "Subscribe tokens that open the stream, by name or pattern, oldest first. Null, with an error, if the platform cannot be read.",
        resolve: async ({ name }, args, { loaders }) =>
          pageOf((await loaders.tokens()).subscribe.covering(name), ({ id }) => sortableNumber(id), args),
      },
      SubscribeTokenConnection,
    ),
    partners: t.connection(
      {
        type: Partner,
        nullable: true,
        description:
          "Partners with a subscribe token for the stream, sorted by tracking id. A partner sees only itself. Null, with an error, if the platform cannot be read.",
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
        "Traffic of the stream over a window. For the broadcaster: all of it, with all partners, untracked viewers and the ingest. For a partner: the share that its own viewers used. Null, with an error, if the platform cannot be read.",
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
        "Traffic of the stream over a window, by tracking id: one entry for each id with traffic, and one without an id for untracked viewers and the broadcaster's ingest. A partner sees only its own tracking ids. Null, with an error, if the platform cannot be read.",
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
        "Traffic of relaying the stream to further clusters over a window, metered and estimated. Relaying costs about as much as one more viewer for each further cluster that has viewers. Null, with an error, if the platform cannot be read.",
      args: {
        ...windowArgs,
        clusters: t.arg.stringList({
          required: true,
          defaultValue: ["all"],
          description: "Ids of the clusters that the stream would be relayed to. Defaults to `all`.",
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
        "Addresses for broadcasting the stream: one entry for each usable publish token. The addresses contain the token, so each reading is audited. Null, with an error, without the scope token:reveal.",
      resolve: async ({ name }, _args, context) => {
        const tokens = await usablePublishTokens(name, context);
        await Promise.all(tokens.map(({ id }) => context.audit.reveal(encodeGlobalId("PublishToken", id), "ingest")));
        return tokens.map((token) => ({ token, streamName: name }));
      },
    }),
    playback: t.field({
      type: StreamPlayback,
      nullable: true,
      description:
        "Addresses for watching the stream. Viewers of a secured stream add a token of their own. Null, with an error, if the platform cannot be read.",
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
        "Credentials for a client SDK of the platform, to play or broadcast the stream. Those for broadcasting contain the publish token, so each reading is audited. Null, with an error, if there is no such token, or the caller may not read it.",
      args: {
        role: t.arg({
          type: SdkRole,
          required: true,
          description: "Role of the SDK: to play or to broadcast the stream.",
        }),
        publishToken: t.arg({
          type: PublishTokenRef,
          description:
            "Publish token to broadcast with. Defaults to the only usable one of the stream; ignored for playing.",
        }),
      },
      resolve: ({ name }, args, context) => sdkCredentials(name, args, context),
    }),

    mediaAssets: t.field({
      type: MediaAssetConnection,
      nullable: true,
      authScopes: { staff: "stream:read" },
      description:
        "Recordings, clips and other assets that were made of the stream. Null, with an error, if the platform cannot be read.",
      args: mediaAssetArgs,
      resolve: ({ name }, args, context, info) =>
        holdBatchesFor(context, info, mediaAssetPage({ streamName: name }, args, context)),
    }),

    attendance: t.field({
      type: Attendance,
      nullable: true,
      authScopes: { scope: "viewer:read" },
      description:
        "Viewers, sessions and watch time of the stream over a window, from viewer records, a premium feature of the platform; for a partner, of its own viewers. Null, with an error, if they cannot be read.",
      args: recordWindowArgs,
      resolve: ({ name }, args, context) => attendance({ streamNames: [name] }, args, context),
    }),
    viewerRecords: t.field({
      type: ViewerRecordConnection,
      nullable: true,
      authScopes: { scope: "viewer:read" },
      description:
        "Connections of the stream's viewers over a window, oldest first. Null, with an error, if the platform cannot be read.",
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
