import type { GraphContext } from "../../context.ts";
import { orIfFailed } from "../../model/errors.ts";
import {
  conventionalHosts,
  embedHtml,
  type IngestEndpoints,
  type IngestHosts,
  ingestEndpoints,
  type PlaybackEndpoints,
} from "../../model/stream/endpoints.ts";
import type { PublishTokenRecord } from "../../model/token/token.ts";
import { builder } from "../builder.ts";
import { PublishToken } from "../refs.ts";
import { playerUrl, streamPlayerArgs } from "./hosted-player.ts";
import { AudioMultiplexingHints, MultiViewHints, SdkEvent, sdkEvents } from "./playback-hints.ts";

export const StreamPlayback = builder
  .objectRef<PlaybackEndpoints & { readonly accountId: string; readonly streamName: string }>("StreamPlayback")
  .implement({
    description:
      "Where a stream can be watched. None of these values is secret, except those with a `viewerToken`: viewers of a secured stream need a token of their own.",
    fields: (t) => ({
      hostedPlayerUrl: t.string({
        nullable: true,
        description:
          "Page of the platform's hosted player. Viewers of a secured stream need `viewerToken` in it. Null, with the error NOT_PLAYABLE, for a name with a slash.",
        args: streamPlayerArgs,
        resolve: playerUrl,
      }),
      embedHtml: t.string({
        nullable: true,
        description:
          "HTML of a frame with the hosted player, to embed in a page. Viewers of a secured stream need `viewerToken` in it. Null, with the error NOT_PLAYABLE, for a name with a slash.",
        args: streamPlayerArgs,
        resolve: (playback, args) => embedHtml(playerUrl(playback, args)),
      }),
      whepUrl: t.exposeString("whepUrl", {
        description: "WHEP address: POST an SDP offer, with the viewer token as bearer.",
      }),
      directorUrl: t.exposeString("directorUrl", {
        description: "Address at which the platform's SDKs look up their servers.",
      }),
      streamAccountId: t.exposeString("accountId", {
        description: "Account id that SDKs need: their option `streamAccountId`.",
      }),
      streamName: t.exposeString("streamName", {
        description: "Stream name that SDKs need: their option `streamName`.",
      }),
      multiView: t.field({
        type: MultiViewHints,
        description: "Options of players that show several sources of the stream at once.",
        resolve: (played) => played,
      }),
      audioMultiplexing: t.field({
        type: AudioMultiplexingHints,
        description: "Options of players that let viewers hear several sources of the stream at once.",
        resolve: (played) => played,
      }),
      sdkEvents: t.field({
        type: [SdkEvent],
        description: "Events that the platform's player SDKs emit during playback.",
        resolve: () => sdkEvents,
      }),
    }),
  });

export const RtmpIngest = builder
  .objectRef<{ readonly server: string; readonly streamKey: string }>("RtmpIngest")
  .implement({
    description: "An RTMP destination, split into the two fields that encoders have.",
    fields: (t) => ({
      server: t.exposeString("server", { description: "RTMP server address, without the stream key." }),
      streamKey: t.exposeString("streamKey", {
        description: "RTMP stream key. Secret: it contains the publish token.",
      }),
      url: t.string({
        description: "Server and stream key in one address, for encoders with a single field. Secret.",
        resolve: ({ server, streamKey }) => `${server}/${streamKey}`,
      }),
    }),
  });

interface IngestValue {
  readonly token: PublishTokenRecord;
  readonly streamName: string;
}

export const StreamIngest = builder.objectRef<IngestValue>("StreamIngest").implement({
  description: "Addresses for broadcasting a stream with one publish token.",
  fields: (t) => ({
    publishToken: t.expose("token", {
      type: PublishToken,
      description: "The publish token that these addresses are for.",
    }),
    whipUrl: t.string({
      description: "WHIP address: POST an SDP offer, with the publish token as bearer.",
      resolve: async (value, _args, context) => (await endpoints(value, context)).whipUrl,
    }),
    bearerToken: t.string({
      description: "Publish token for WHIP, and `publishingToken` of the platform's SDKs. Secret.",
      resolve: async (value, _args, context) => (await endpoints(value, context)).publishToken,
    }),
    rtmp: t.field({
      type: RtmpIngest,
      description: "RTMP destination, unencrypted.",
      resolve: async (value, _args, context) => {
        const { rtmpServer, rtmpStreamKey } = await endpoints(value, context);
        return { server: rtmpServer, streamKey: rtmpStreamKey };
      },
    }),
    rtmps: t.field({
      type: RtmpIngest,
      description: "RTMP destination over TLS (RTMPS).",
      resolve: async (value, _args, context) => {
        const { rtmpsServer, rtmpStreamKey } = await endpoints(value, context);
        return { server: rtmpsServer, streamKey: rtmpStreamKey };
      },
    }),
    srtUrl: t.string({
      description: "SRT address with the stream id. Secret.",
      resolve: async (value, _args, context) => (await endpoints(value, context)).srtUrl,
    }),
    srtPassphrase: t.string({
      nullable: true,
      description: "Passphrase that SRT is encrypted with; null unless the publish token requires encryption. Secret.",
      resolve: async (value, _args, context) => (await endpoints(value, context)).srtPassphrase,
    }),
  }),
});

async function endpoints({ token, streamName }: IngestValue, context: GraphContext): Promise<IngestEndpoints> {
  const hosts = await ingestHosts(token.effective.originCluster, context);
  return ingestEndpoints(context.directorUrl, hosts, token, streamName);
}

/**
 * Returns a cluster's ingest hosts.
 *
 * If the cluster list cannot be read, the hosts follow from the platform's naming convention.
 */
export async function ingestHosts(clusterId: string, { account }: GraphContext): Promise<IngestHosts> {
  const list = await account.clusters().catch(orIfFailed(null));
  const cluster = list?.clusters.find(({ id }) => id === clusterId);
  const conventional = conventionalHosts(clusterId);
  return { rtmpHost: cluster?.rtmpHost ?? conventional.rtmpHost, srtHost: cluster?.srtHost ?? conventional.srtHost };
}
