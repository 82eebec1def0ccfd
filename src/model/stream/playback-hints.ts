/**
 * Options and events of players that are built with the platform's SDKs, by their names in the SDKs.
 *
 * @see the platform's guides to multi-view, audio multiplexing, source selection and viewer events
 */

/** An option of the SDKs' `connect`. */
export interface SdkOption {
  readonly name: string;
  /** TypeScript type. */
  readonly type: string;
  readonly description: string;
}

export const multiViewOptions: readonly SdkOption[] = [
  {
    name: "pinnedSourceId",
    type: "string",
    description:
      "The source that is served first, and may take more than its share of the viewer's rate. The main one when it is left out.",
  },
  {
    name: "excludedSourceIds",
    type: "string[]",
    description: "Sources that are not received.",
  },
];

export const audioMultiplexingOptions: readonly SdkOption[] = [
  {
    name: "multiplexedAudioTracks",
    type: "number",
    description:
      "How many sources are heard at once, chosen by who speaks: at least as many as the stream has. It switches multiplexing on.",
  },
  ...multiViewOptions,
  {
    name: "dtx",
    type: "boolean",
    description: "Sound is sent only while there is any, which saves bandwidth and cuts up what is no voice.",
  },
];

/** Events that a connected player receives. */
export const playerEvents = {
  active: "A source has begun: `sourceId` and its tracks.",
  inactive: "A source has ended.",
  updated: "The tracks of a source have changed.",
  layers: "Which qualities each track has now, to be chosen by `encodingId` and spatial and temporal layer.",
  vad: "Which source a multiplexed track carries now: who speaks.",
  viewercount: "How many are watching.",
  stopped: "The stream has ended.",
  migrate: "The server is about to be left for another one; the SDK connects again by itself.",
} as const;
