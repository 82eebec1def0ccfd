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
  description: "A push of a feed to another platform, as it runs or ran.",
  fields: (t) => ({
    label: t.exposeString("label", { nullable: true, description: "What people call its target." }),
    url: t.string({
      nullable: true,
      description: "Where it is pushed to, without the stream key and other secrets of the address.",
      resolve: ({ url }) => url && addressWithoutSecrets(url),
    }),
    isActive: t.exposeBoolean("isActive", { description: "Whether it is running now." }),
    startedAt: t.expose("startedAt", {
      type: "DateTime",
      nullable: true,
      description: "When it began, for the last time.",
    }),
    endedAt: t.expose("endedAt", {
      type: "DateTime",
      nullable: true,
      description: "When it ended, for the last time; null while it is running.",
    }),
    error: t.exposeString("error", { nullable: true, description: "Why it ended, in the platform's words." }),
  }),
});

const FeedQuality = builder.objectRef<Quality>("FeedQuality").implement({
  description: "One quality of a track, as it was measured last.",
  fields: (t) => ({
    encodingId: t.exposeString("encodingId", {
      nullable: true,
      description: "What players call it, to choose it.",
    }),
    measuredAt: t.expose("measuredAt", { type: "DateTime", nullable: true, description: "When it was measured." }),
    width: t.exposeFloat("width", { nullable: true, description: "Pixels of a line." }),
    height: t.exposeFloat("height", { nullable: true, description: "Lines of a frame." }),
    videoCodec: t.exposeString("videoCodec", { nullable: true, description: "How the picture is encoded." }),
    audioCodec: t.exposeString("audioCodec", { nullable: true, description: "How the sound is encoded." }),
    videoBitrate: t.exposeFloat("videoBitrate", {
      nullable: true,
      description: "The rate of the picture, as the platform tells it: it does not document the unit.",
    }),
    audioBitrate: t.exposeFloat("audioBitrate", {
      nullable: true,
      description: "The rate of the sound, as the platform tells it.",
    }),
  }),
});

const FeedTrack = builder.objectRef<Track>("FeedTrack").implement({
  description: "A picture or a sound of a feed, in one or more qualities. Its id is another one with each connection.",
  fields: (t) => ({
    trackId: t.exposeString("id", { description: "What the platform calls it." }),
    qualities: t.field({
      type: [FeedQuality],
      description: "The qualities, as viewers can choose among them.",
      resolve: ({ qualities }) => [...qualities],
    }),
  }),
});

export const Feed = builder.objectRef<FeedRecord>("Feed").implement({
  description: "One publishing connection of a stream: a source, a quality layer, or a backup.",
  fields: (t) => ({
    feedId: t.exposeID("id", { description: "What the platform calls it." }),
    isActive: t.exposeBoolean("isActive", { description: "Whether it is connected now." }),
    clusterId: t.exposeString("clusterId", { nullable: true, description: "The cluster that takes it in." }),
    sourceId: t.exposeString("sourceId", { nullable: true, description: "Its source; null for the main one." }),
    simulcastId: t.exposeString("simulcastId", {
      nullable: true,
      description: "Joins feeds of one camera as quality layers; null for none.",
    }),
    priority: t.exposeInt("priority", {
      nullable: true,
      description: "Among redundant feeds the live one with the highest priority is shown; null is the lowest.",
    }),
    startedAt: t.expose("startedAt", { type: "DateTime", nullable: true, description: "When it connected." }),
    endedAt: t.expose("endedAt", {
      type: "DateTime",
      nullable: true,
      description: "When it ended; null while it is active.",
    }),
    country: t.expose("country", { type: "CountryCode", nullable: true, description: "Where it is broadcast from." }),
    restreams: t.field({
      type: [Restream],
      description: "The pushes of it to other platforms.",
      resolve: ({ restreams }) => [...restreams],
    }),
    tracks: t.field({
      type: [FeedTrack],
      nullable: true,
      description:
        "Its tracks with their qualities. The platform tells them of one stream at a time: a call for each stream of a list.",
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
      description: "The token that it is published with; null when that has been deleted.",
      resolve: ({ publishTokenId }, _args, { loaders }) =>
        publishTokenId === null ? null : loaders.publishToken(publishTokenId),
    }),
  }),
});
