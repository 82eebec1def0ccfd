import { addressWithoutSecrets } from "../../model/token/restream.ts";
import type {
  Feed as FeedRecord,
  FeedQuality as Quality,
  RunningRestream,
  FeedTrack as Track,
} from "../../upstream/monitoring.ts";
import { builder } from "../builder.ts";
import { PublishToken } from "../refs.ts";

const Restream = builder.objectRef<RunningRestream>("Restream").implement({
  description: "A push of a feed to another platform, running or ended.",
  fields: (t) => ({
    label: t.exposeString("label", {
      nullable: true,
      description: "Label of the push's target; null if the target has none.",
    }),
    url: t.string({
      nullable: true,
      description:
        "Address that the feed is pushed to, without its stream key and other secrets; null if the platform reports none.",
      resolve: ({ url }) => url && addressWithoutSecrets(url),
    }),
    isActive: t.exposeBoolean("isActive", { description: "Whether the push is running now." }),
    startedAt: t.expose("startedAt", {
      type: "DateTime",
      nullable: true,
      description: "Start of the most recent run; null before the first.",
    }),
    endedAt: t.expose("endedAt", {
      type: "DateTime",
      nullable: true,
      description: "End of the most recent run; null while it is running.",
    }),
    error: t.exposeString("error", {
      nullable: true,
      description: "Why the most recent run ended, in the platform's words; null without an error.",
    }),
  }),
});

const FeedQuality = builder.objectRef<Quality>("FeedQuality").implement({
  description: "One quality of a track, as last measured.",
  fields: (t) => ({
    encodingId: t.exposeString("encodingId", {
      nullable: true,
      description: "Id by which players choose this quality; null if the encoder names none.",
    }),
    measuredAt: t.expose("measuredAt", {
      type: "DateTime",
      nullable: true,
      description: "Time of the measurement; null before the first.",
    }),
    width: t.exposeFloat("width", { nullable: true, description: "Width of the picture in pixels; null for sound." }),
    height: t.exposeFloat("height", {
      nullable: true,
      description: "Height of the picture in pixels; null for sound.",
    }),
    videoCodec: t.exposeString("videoCodec", {
      nullable: true,
      description: "Codec of the picture, such as `h264`; null for sound.",
    }),
    audioCodec: t.exposeString("audioCodec", {
      nullable: true,
      description: "Codec of the sound, such as `opus`; null for a picture.",
    }),
    videoBitrate: t.exposeFloat("videoBitrate", {
      nullable: true,
      description:
        "Bit rate of the picture as the platform reports it, which does not document the unit; null for sound.",
    }),
    audioBitrate: t.exposeFloat("audioBitrate", {
      nullable: true,
      description:
        "Bit rate of the sound as the platform reports it, which does not document the unit; null for a picture.",
    }),
  }),
});

const FeedTrack = builder.objectRef<Track>("FeedTrack").implement({
  description: "A video or audio track of a feed, in one or more qualities. Each connection gives its tracks new ids.",
  fields: (t) => ({
    trackId: t.exposeString("id", { description: "The platform's id of the track." }),
    qualities: t.field({
      type: [FeedQuality],
      description: "Qualities of the track that viewers can choose among. Empty if the platform reports none.",
      resolve: ({ qualities }) => [...qualities],
    }),
  }),
});

export const Feed = builder.objectRef<FeedRecord>("Feed").implement({
  description: "One publishing connection of a stream: a source, a quality layer, or a backup.",
  fields: (t) => ({
    feedId: t.exposeID("id", { description: "The platform's id of the feed." }),
    isActive: t.exposeBoolean("isActive", { description: "Whether the feed is connected now." }),
    clusterId: t.exposeString("clusterId", {
      nullable: true,
      description: "Id of the cluster that receives the feed; null if the platform reports none.",
    }),
    sourceId: t.exposeString("sourceId", {
      nullable: true,
      description: "Id of the source that the feed sends; null for the main source.",
    }),
    simulcastId: t.exposeString("simulcastId", {
      nullable: true,
      description: "Id that joins the feeds of one camera as its quality layers; null for a feed without layers.",
    }),
    priority: t.expose("priority", {
      type: "SafeInt",
      nullable: true,
      description: "Among redundant feeds viewers see the live one with the highest priority; null ranks lowest.",
    }),
    startedAt: t.expose("startedAt", {
      type: "DateTime",
      nullable: true,
      description: "Time at which the feed connected; null if the platform reports none.",
    }),
    endedAt: t.expose("endedAt", {
      type: "DateTime",
      nullable: true,
      description: "Time at which the feed ended; null while it is active.",
    }),
    country: t.expose("country", {
      type: "CountryCode",
      nullable: true,
      description: "Country that the feed is broadcast from; null if the platform reports none.",
    }),
    restreams: t.field({
      type: [Restream],
      description: "Pushes of this feed to other platforms, running or ended; empty for none.",
      resolve: ({ restreams }) => [...restreams],
    }),
    tracks: t.field({
      type: [FeedTrack],
      nullable: true,
      description:
        "Tracks of the feed with their qualities. The platform reports the tracks of one stream per call, so a list of streams costs a call each. Null, with an error, if the platform cannot be read.",
      resolve: async ({ id, streamName, tracks }, _args, { loaders }) => {
        if (tracks) return [...tracks];
        const stream = await loaders.liveStreams.details(streamName);
        return [...(stream?.feeds.find((feed) => feed.id === id)?.tracks ?? [])];
      },
    }),
    publishToken: t.field({
      type: PublishToken,
      nullable: true,
      authScopes: { scope: "token:read" },
      description: "Publish token that the feed is broadcast with; null when that has been deleted.",
      resolve: ({ publishTokenId }, _args, { loaders }) =>
        publishTokenId === null ? null : loaders.publishToken(publishTokenId),
    }),
  }),
});
