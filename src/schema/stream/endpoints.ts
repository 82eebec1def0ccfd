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
import { playerParameters } from "../../model/stream/hosted-player.ts";
import type { PublishTokenRecord } from "../../model/token/token.ts";
import { builder } from "../builder.ts";
import { omitNulls } from "../input.ts";
import { PublishToken } from "../refs.ts";
import { AudioMultiplexingHints, MultiViewHints, SdkEvent, sdkEvents } from "./playback-hints.ts";

const HostedPlayerStrategy = builder.enumType("HostedPlayerStrategy", {
  description: "How the platform's own player chooses among the qualities of a stream.",
  values: {
    QUALITY: { description: "The best picture first." },
    BANDWIDTH: { description: "What the connection carries; the player's default." },
    PERFORMANCE: { description: "What the device plays smoothly." },
  },
});

const HostedPlayerOptions = builder.inputType("HostedPlayerOptions", {
  description: "What the platform's own player is told. What is left out is its default.",
  fields: (t) => ({
    isMuted: t.boolean({
      description: "Begins without sound, as browsers demand of players that start by themselves.",
    }),
    isMultisource: t.boolean({ description: "Shows all sources of the stream, not the main one alone." }),
    isGrid: t.boolean({ description: "Shows the sources in a grid. Needs `isMultisource`." }),
    mainLabel: t.string({ description: "What the main source is called: 1 to 128 characters. Needs `isMultisource`." }),
    showsTimer: t.boolean({ description: "Shows how long the stream has been on." }),
    showsMetadata: t.boolean({ description: "Shows the metadata of frames." }),
    strategy: t.field({ type: HostedPlayerStrategy, description: "How it chooses a quality." }),
    initialBitsPerSecond: t.int({ description: "The rate that it begins with, in bits per second." }),
    minPlayoutDelayMs: t.int({
      description: "The shortest delay, in milliseconds; given with the longest or not at all.",
    }),
    maxPlayoutDelayMs: t.int({ description: "The longest delay, in milliseconds." }),
    isDrm: t.boolean({ description: "Plays an encrypted stream." }),
    usesIpv6: t.boolean({ description: "Connects by IPv6." }),
    offlineImageUrl: t.string({
      description: "A picture to show while the stream is offline: an `https://` address of at most 2048 characters.",
    }),
  }),
});

const playerArgs = builder.args((t) => ({
  options: t.field({ type: HostedPlayerOptions, description: "How the player looks and behaves." }),
}));

export const StreamPlayback = builder
  .objectRef<PlaybackEndpoints & { readonly accountId: string; readonly streamName: string }>("StreamPlayback")
  .implement({
    description: "Where a stream can be watched. Nothing of it is secret: a secured stream needs a viewer's own token.",
    fields: (t) => ({
      hostedPlayerUrl: t.string({
        nullable: true,
        description: "The platform's own player as a page. Append `&token=` and a viewer token for a secured stream.",
        args: playerArgs,
        resolve: ({ hostedPlayerUrl }, { options }) =>
          hostedPlayerUrl + playerParameters(omitNulls(options ?? {}), "options"),
      }),
      embedHtml: t.string({
        nullable: true,
        description: "The same as a frame, to be put into a page.",
        args: playerArgs,
        resolve: ({ hostedPlayerUrl }, { options }) =>
          embedHtml(hostedPlayerUrl + playerParameters(omitNulls(options ?? {}), "options")),
      }),
      whepUrl: t.exposeString("whepUrl", {
        description: "For WHEP players: POST an SDP offer, with the viewer token as bearer.",
      }),
      directorUrl: t.exposeString("directorUrl", {
        description: "For the platform's SDKs, which ask it where to connect.",
      }),
      streamAccountId: t.exposeString("accountId", { description: "What SDKs call the account." }),
      streamName: t.exposeString("streamName", { description: "What SDKs call the stream." }),
      multiView: t.field({
        type: MultiViewHints,
        description: "How to show several of its sources at once.",
        resolve: (played) => played,
      }),
      audioMultiplexing: t.field({
        type: AudioMultiplexingHints,
        description: "How to let viewers hear several of its sources at once.",
        resolve: (played) => played,
      }),
      sdkEvents: t.field({
        type: [SdkEvent],
        description: "What players that are built with the platform's SDKs are told while they play.",
        resolve: () => sdkEvents,
      }),
    }),
  });

export const RtmpIngest = builder
  .objectRef<{ readonly server: string; readonly streamKey: string }>("RtmpIngest")
  .implement({
    description: "RTMP, as encoders ask for it.",
    fields: (t) => ({
      server: t.exposeString("server", { description: "The server." }),
      streamKey: t.exposeString("streamKey", { description: "The stream key. It holds the publish token: a secret." }),
      url: t.string({
        description: "Both in one, for encoders with a single field: a secret.",
        resolve: ({ server, streamKey }) => `${server}/${streamKey}`,
      }),
    }),
  });

interface IngestValue {
  readonly token: PublishTokenRecord;
  readonly streamName: string;
}

export const StreamIngest = builder.objectRef<IngestValue>("StreamIngest").implement({
  description: "Where to broadcast a stream with one publish token.",
  fields: (t) => ({
    publishToken: t.expose("token", { type: PublishToken, description: "The token." }),
    whipUrl: t.string({
      description: "WHIP: POST an SDP offer, with the publish token as bearer.",
      resolve: async (value, _args, context) => (await endpoints(value, context)).whipUrl,
    }),
    bearerToken: t.string({
      description: "The publish token, for WHIP and as `publishingToken` of the platform's SDKs: a secret.",
      resolve: async (value, _args, context) => (await endpoints(value, context)).publishToken,
    }),
    rtmp: t.field({
      type: RtmpIngest,
      description: "RTMP.",
      resolve: async (value, _args, context) => {
        const { rtmpServer, rtmpStreamKey } = await endpoints(value, context);
        return { server: rtmpServer, streamKey: rtmpStreamKey };
      },
    }),
    rtmps: t.field({
      type: RtmpIngest,
      description: "RTMP over TLS.",
      resolve: async (value, _args, context) => {
        const { rtmpsServer, rtmpStreamKey } = await endpoints(value, context);
        return { server: rtmpsServer, streamKey: rtmpStreamKey };
      },
    }),
    srtUrl: t.string({
      description: "SRT, with the stream id: a secret.",
      resolve: async (value, _args, context) => (await endpoints(value, context)).srtUrl,
    }),
    srtPassphrase: t.string({
      nullable: true,
      description: "What SRT is encrypted with, where the publish token asks for it: a secret.",
      resolve: async (value, _args, context) => (await endpoints(value, context)).srtPassphrase,
    }),
  }),
});

async function endpoints({ token, streamName }: IngestValue, context: GraphContext): Promise<IngestEndpoints> {
  const hosts = await ingestHosts(token.effective.originCluster, context);
  return ingestEndpoints(context.directorUrl, hosts, token, streamName);
}

/** The cluster list only tells hosts that the platform's naming tells as well, so its failure costs nothing. */
export async function ingestHosts(clusterId: string, { account }: GraphContext): Promise<IngestHosts> {
  const known = await account.clusters().catch(orIfFailed(null));
  const cluster = known?.clusters.find(({ id }) => id === clusterId);
  const byName = conventionalHosts(clusterId);
  return { rtmpHost: cluster?.rtmpHost ?? byName.rtmpHost, srtHost: cluster?.srtHost ?? byName.srtHost };
}
