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
      "Id of the source that is served first and may exceed its share of the viewer's bit rate. Defaults to the main source.",
  },
  {
    name: "excludedSourceIds",
    type: "string[]",
    description: "Ids of the sources that the player does not receive. Defaults to none.",
  },
];

export const audioMultiplexingOptions: readonly SdkOption[] = [
  {
    name: "multiplexedAudioTracks",
    type: "number",
    description:
      "Number of sources that are heard at once, chosen by voice activity: at least the number of the stream's sources. Enables multiplexing.",
  },
  ...multiViewOptions,
  {
    name: "dtx",
    type: "boolean",
    description:
      "Whether silence is not transmitted (discontinuous transmission). Saves bandwidth, but interrupts sound other than speech.",
  },
];

/** Events that a connected player receives. */
export const playerEvents = {
  active: "A source has started; carries its `sourceId` and tracks.",
  inactive: "A source has stopped; carries its `sourceId`.",
  updated: "The tracks of a source have changed; carries the new tracks.",
  layers:
    "The available qualities of each track have changed; a quality is selected by `encodingId`, spatial and temporal layer.",
  vad: "The source that a multiplexed audio track carries has changed, because another participant speaks.",
  viewercount: "The number of viewers has changed; carries the new number.",
  stopped: "The stream has stopped.",
  migrate: "The connection is about to move to another server; the SDK reconnects by itself.",
} as const;
