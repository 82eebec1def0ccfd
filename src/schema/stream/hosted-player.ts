import { hostedPlayerUrl } from "../../model/stream/endpoints.ts";
import { type PlayerOptions, playerParameters, tokenParameter } from "../../model/stream/hosted-player.ts";
import { builder } from "../builder.ts";
import { omitNulls } from "../input.ts";

const HostedPlayerStrategy = builder.enumType("HostedPlayerStrategy", {
  description: "Rule by which the platform's hosted player chooses among the qualities of a stream.",
  values: {
    QUALITY: { description: "The player prefers the best picture over a fluent one." },
    BANDWIDTH: { description: "The player follows the bandwidth of the connection, as by default." },
    PERFORMANCE: { description: "The player prefers a quality that the device can decode without dropped frames." },
  },
});

const HostedPlayerOptions = builder.inputType("HostedPlayerOptions", {
  description: "Options of the platform's hosted player. An option that is left out has the player's default.",
  fields: (t) => ({
    isMuted: t.boolean({
      description:
        "Whether playback begins muted, as browsers demand of players that start by themselves. Defaults to the player's choice.",
    }),
    isMultisource: t.boolean({
      description: "Whether to show all sources of the stream instead of the main one alone. Defaults to the main one.",
    }),
    isGrid: t.boolean({
      description: "Whether to show the sources in a grid. Needs `isMultisource`. Defaults to no grid.",
    }),
    mainLabel: t.string({
      description:
        "Label of the main source, 1 to 128 characters. Needs `isMultisource`. Defaults to the player's choice.",
    }),
    showsTimer: t.boolean({
      description: "Whether to show how long the stream has been live. Defaults to the player's choice.",
    }),
    showsMetadata: t.boolean({
      description: "Whether to show the metadata of frames. Defaults to the player's choice.",
    }),
    strategy: t.field({
      type: HostedPlayerStrategy,
      description: "Rule by which the player chooses among the qualities. Defaults to BANDWIDTH.",
    }),
    initialBitsPerSecond: t.int({
      description: "Bit rate that playback begins with, in bits per second. Defaults to the player's choice.",
    }),
    minPlayoutDelayMs: t.int({
      description:
        "Shortest playout delay, in milliseconds. Must be given together with `maxPlayoutDelayMs`. Defaults to the player's choice.",
    }),
    maxPlayoutDelayMs: t.int({
      description:
        "Longest playout delay, in milliseconds. Must be given together with `minPlayoutDelayMs`. Defaults to the player's choice.",
    }),
    isDrm: t.boolean({ description: "Whether the stream is encrypted (DRM). Defaults to the player's choice." }),
    usesIpv6: t.boolean({ description: "Whether to connect over IPv6. Defaults to the player's choice." }),
    offlineImageUrl: t.string({
      description:
        "Picture shown while the stream is offline: an `https://` address of at most 2048 characters. Defaults to none.",
    }),
  }),
});

/** Argument of every field that returns the hosted player. */
export const playerArgs = builder.args((t) => ({
  options: t.field({
    type: HostedPlayerOptions,
    description: "Options of the hosted player; the player's defaults if left out.",
  }),
}));

/** Arguments of a stream's own player, which holds no token otherwise. */
export const streamPlayerArgs = {
  ...playerArgs,
  ...builder.args((t) => ({
    viewerToken: t.string({
      description:
        "A signed viewer token of this stream, for its viewers to connect with. The result is then as secret as the token. None by default.",
    }),
  })),
};

type NullableOptions = { readonly [Option in keyof PlayerOptions]: PlayerOptions[Option] | null };

/** Values of {@link playerArgs}. */
export interface PlayerArguments {
  readonly options?: NullableOptions | null | undefined;
}

/** Returns the parameters of the argument `options`. @throws InvalidInputError naming the option */
export function playerParametersOf({ options }: PlayerArguments): string {
  return playerParameters(omitNulls(options ?? {}), "options");
}

/** Returns the URL of a stream's player. @throws InvalidInputError naming the argument */
export function playerUrl(
  { accountId, streamName }: { readonly accountId: string; readonly streamName: string },
  { viewerToken, ...args }: PlayerArguments & { readonly viewerToken?: string | null | undefined },
): string {
  const token = typeof viewerToken === "string" ? tokenParameter(viewerToken, streamName, "viewerToken") : "";
  return hostedPlayerUrl(accountId, streamName) + token + playerParametersOf(args);
}
