import type { GraphContext } from "../../context.ts";
import { hostedPlayerUrl } from "../../model/stream/endpoints.ts";
import { playerParameters } from "../../model/stream/hosted-player.ts";
import { MAX_VIEWER_BITS_PER_SECOND } from "../../model/stream/ingest-plan.ts";
import {
  audioMultiplexingOptions,
  multiViewOptions,
  type SdkOption as Option,
  playerEvents,
} from "../../model/stream/playback-hints.ts";
import { builder } from "../builder.ts";
import { usablePublishTokens } from "./usable-publish-tokens.ts";

/** The stream that is played. */
export interface PlayedStream {
  readonly accountId: string;
  readonly streamName: string;
}

const SdkOption = builder.objectRef<Option>("SdkOption").implement({
  description: "An option of the platform's SDKs for players, given to `connect`.",
  fields: (t) => ({
    name: t.exposeString("name", { description: "Its name." }),
    type: t.exposeString("type", { description: "What it takes, as TypeScript writes it." }),
    description: t.exposeString("description", { description: "What it does." }),
  }),
});

export const SdkEvent = builder
  .objectRef<{ readonly name: string; readonly description: string }>("SdkEvent")
  .implement({
    description: "An event of the platform's SDKs for players, told over each viewer's own connection.",
    fields: (t) => ({
      name: t.exposeString("name", { description: "Its name." }),
      description: t.exposeString("description", { description: "What it tells." }),
    }),
  });

/** All events, as the SDKs name them. */
export const sdkEvents = Object.entries(playerEvents).map(([name, description]) => ({ name, description }));

const possibleWhen =
  "Whether the stream may have several sources: a usable publish token of it says so. Null without such a token.";

export const MultiViewHints = builder.objectRef<PlayedStream>("MultiViewHints").implement({
  description: "How to show several sources of a stream at once.",
  fields: (t) => ({
    isPossible: t.boolean({
      nullable: true,
      authScopes: { staff: "token:read" },
      description: possibleWhen,
      resolve: mayHaveSources,
    }),
    liveSourceIds: t.field({
      type: ["String"],
      nullable: { list: true, items: true },
      authScopes: { staff: "stream:read" },
      description: "The sources that are live now; null among them is the main one.",
      resolve: liveSources,
    }),
    hostedPlayerUrl: t.string({
      description: "The platform's own player with all sources in a grid.",
      resolve: ({ accountId, streamName }) =>
        hostedPlayerUrl(accountId, streamName) + playerParameters({ isMultisource: true, isGrid: true }, "options"),
    }),
    maxBitsPerSecond: t.int({
      description:
        "What a viewer is sent at most, all sources together, in bits per second. The pinned source comes first, and may exceed it.",
      resolve: () => MAX_VIEWER_BITS_PER_SECOND,
    }),
    sdkOptions: t.field({
      type: [SdkOption],
      description: "What SDKs are told for it.",
      resolve: () => [...multiViewOptions],
    }),
  }),
});

export const AudioMultiplexingHints = builder.objectRef<PlayedStream>("AudioMultiplexingHints").implement({
  description: "How to let viewers hear several sources at once, as in a conference. It is done by players alone.",
  fields: (t) => ({
    isPossible: t.boolean({
      nullable: true,
      authScopes: { staff: "token:read" },
      description: possibleWhen,
      resolve: mayHaveSources,
    }),
    minAudioTracks: t.int({
      nullable: true,
      authScopes: { staff: "stream:read" },
      description: "What `multiplexedAudioTracks` has to be at least: how many sources are live now.",
      resolve: async (played, _args, context) => (await liveSources(played, _args, context)).length,
    }),
    sdkOptions: t.field({
      type: [SdkOption],
      description: "What SDKs are told for it.",
      resolve: () => [...audioMultiplexingOptions],
    }),
  }),
});

async function mayHaveSources({ streamName }: PlayedStream, _args: unknown, context: GraphContext) {
  const tokens = await usablePublishTokens(streamName, context);
  return tokens.length > 0 ? tokens.some(({ isMultisource }) => isMultisource) : null;
}

async function liveSources({ streamName }: PlayedStream, _args: unknown, { loaders }: GraphContext) {
  const feeds = (await loaders.liveStreams.withFeeds(streamName))?.feeds ?? [];
  return [...new Set(feeds.filter(({ isActive }) => isActive).map(({ sourceId }) => sourceId))];
}
