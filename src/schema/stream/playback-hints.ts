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
import type { OutputFields } from "../payload.ts";
import { usablePublishTokens } from "./usable-publish-tokens.ts";

/** A stream as players address it. */
export interface PlayedStream {
  readonly accountId: string;
  readonly streamName: string;
}

const SdkOption = builder.objectRef<Option>("SdkOption").implement({
  description: "An option of the platform's player SDKs, passed to `connect`.",
  fields: (t) => ({
    name: t.exposeString("name", { description: "Name of the option in the SDKs." }),
    type: t.exposeString("type", { description: "Type of the option, in TypeScript's notation." }),
    description: t.exposeString("description", { description: "Explanation of what the option does." }),
  }),
});

export const SdkEvent = builder
  .objectRef<{ readonly name: string; readonly description: string }>("SdkEvent")
  .implement({
    description: "An event of the platform's player SDKs, sent over each viewer's own connection.",
    fields: (t) => ({
      name: t.exposeString("name", { description: "Name of the event in the SDKs." }),
      description: t.exposeString("description", { description: "Explanation of what the event reports." }),
    }),
  });

/** All events of player SDKs, with the SDKs' names. */
export const sdkEvents = Object.entries(playerEvents).map(([name, description]) => ({ name, description }));

/** Returns the field that says whether a stream may have several sources. */
const isPossibleField = (t: OutputFields<PlayedStream>) => ({
  isPossible: t.boolean({
    nullable: true,
    authScopes: { staff: "token:read" },
    description:
      "Whether the stream may have several sources: one of its usable publish tokens allows it. Null if no usable token publishes the stream.",
    resolve: mayHaveSources,
  }),
});

export const MultiViewHints = builder.objectRef<PlayedStream>("MultiViewHints").implement({
  description: "Options of players that show several sources of a stream at once.",
  fields: (t) => ({
    ...isPossibleField(t),
    liveSourceIds: t.field({
      type: ["String"],
      nullable: { list: true, items: true },
      authScopes: { staff: "stream:read" },
      description: "Ids of the sources that are live now; null in the list is the main source.",
      resolve: liveSources,
    }),
    hostedPlayerUrl: t.string({
      nullable: true,
      description:
        "Page of the platform's hosted player with all sources in a grid. Null, with the error NOT_PLAYABLE, for a name with a slash.",
      resolve: ({ accountId, streamName }) =>
        hostedPlayerUrl(accountId, streamName) + playerParameters({ isMultisource: true, isGrid: true }, "options"),
    }),
    maxBitsPerSecond: t.int({
      description:
        "Most that one viewer is sent for all sources together, in bits per second. The pinned source comes first and may exceed it.",
      resolve: () => MAX_VIEWER_BITS_PER_SECOND,
    }),
    sdkOptions: t.field({
      type: [SdkOption],
      description: "SDK options to set for showing several sources.",
      resolve: () => [...multiViewOptions],
    }),
  }),
});

export const AudioMultiplexingHints = builder.objectRef<PlayedStream>("AudioMultiplexingHints").implement({
  description: "Options of players that let viewers hear several sources at once, as in a conference.",
  fields: (t) => ({
    ...isPossibleField(t),
    minAudioTracks: t.int({
      nullable: true,
      authScopes: { staff: "stream:read" },
      description:
        "Lowest useful value of `multiplexedAudioTracks`: the number of sources that are live now, 0 for none. Null, with an error, if the platform cannot be read.",
      resolve: async (played, _args, context) => (await liveSources(played, _args, context)).length,
    }),
    sdkOptions: t.field({
      type: [SdkOption],
      description: "SDK options to set for hearing several sources.",
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
