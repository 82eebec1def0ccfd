import type { Secret } from "../secret.ts";

/** What kind of media an asset is, with what it means to a client. */
export const mediaAssetTypes = {
  RECORDING: "A broadcast that was recorded from its beginning to its end, or 24 hours of it.",
  CLIP: "Cut out of a broadcast while it was live.",
  TIMELINE: "The cache of a broadcast that clips are cut from, of at most 12 hours.",
  VOD: "Uploaded to the platform, not broadcast.",
  STORAGE_VALIDATION: "A file that was written to try out a storage.",
} as const;
export type MediaAssetType = keyof typeof mediaAssetTypes;

/** Where an asset is on its way, with what it means to a client. */
export const mediaAssetStates = {
  PROCESSING: "Being broadcast still, or being made into a file.",
  COMPLETE: "Ready to be downloaded, or played where it has a distribution.",
  ERROR: "Could not be made: `problem` tells why.",
  DELETING: "The platform is deleting the asset.",
  DELETED: "Gone. It is in no list, and found by its id alone.",
} as const;
export type MediaAssetState = keyof typeof mediaAssetStates;

/** Whose storage an asset lies in. */
export type MediaStorage = "PLATFORM" | "GOOGLE_CLOUD" | "AMAZON_S3";

/** One track of finished media. */
export interface MediaTrack {
  /** `video` or `audio`, as the platform says. */
  readonly type: string | null;
  readonly codec: string | null;
  readonly bitsPerSecond: number | null;
  readonly width: number | null;
  readonly height: number | null;
  readonly framesPerSecond: number | null;
  readonly channels: number | null;
  readonly samplesPerSecond: number | null;
}

/** What is known of finished media. */
export interface MediaFacts {
  /** `mp4`, `webm` or `hls`, as the platform says. */
  readonly format: string | null;
  /** All its files together; null where the platform does not tell. */
  readonly bytes: bigint | null;
  readonly durationSeconds: number | null;
  readonly tracks: readonly MediaTrack[];
}

/** Where finished media is fetched from. Whoever has an address can fetch it. */
export interface MediaDownload {
  /** Of the file; null for media of many files. It lasts for a short time. */
  readonly fileUrl: Secret | null;
  /** Milliseconds since the epoch. */
  readonly fileUrlExpiresAt: number | null;
  /** Of the CDN, lasting; null without a distribution. A distribution with keys wants a signed `?token=` behind it. */
  readonly playbackUrl: Secret | null;
}

/** A recording, a clip, or another stretch of media. Times are milliseconds since the epoch. */
export interface MediaAssetRecord {
  readonly kind: "MediaAsset";
  readonly id: string;
  readonly type: MediaAssetType;
  readonly state: MediaAssetState;
  readonly name: string | null;
  /** Null for media that was not broadcast. */
  readonly streamName: string | null;
  readonly publishTokenId: number | null;
  /** Null for the main source. */
  readonly sourceId: string | null;
  /** Null where the encoder named no layer, empty where it named one without a name. */
  readonly simulcastId: string | null;
  readonly priority: number | null;
  readonly startedAt: number;
  /** Null while it is being broadcast. */
  readonly endedAt: number | null;
  readonly createdAt: number | null;
  /** Null for never. */
  readonly expiresAt: number | null;
  readonly removedAt: number | null;
  /** What went wrong, in the platform's words. */
  readonly problem: string | null;
  readonly storage: MediaStorage;
  /** Null until it is complete. */
  readonly facts: MediaFacts | null;
  readonly distributionId: string | null;
  readonly customPath: string | null;
  /** Null until it is complete, in storage of one's own, and in lists: only a reading of the asset alone has it. */
  readonly download: MediaDownload | null;
}

/** Days that media is kept; null where the account has no rule, which means for ever, and one day for timelines. */
export interface MediaExpiry {
  readonly timelineDays: number | null;
  readonly recordingDays: number | null;
  readonly clipDays: number | null;
}

/** Timelines are kept so long unless the account has a rule. @see GET /api/v3/account/media/expiration */
export const DEFAULT_TIMELINE_DAYS = 1;

/** A key that signs what opens a distribution. Its secret is never shown again. */
export interface MediaKey {
  readonly id: string;
  readonly name: string | null;
}

/** The rules by which media is played from the CDN. Without keys it is open to everyone. */
export interface MediaDistributionRecord {
  readonly kind: "MediaDistribution";
  readonly id: string;
  readonly name: string;
  /** Whether new assets get it that name none. */
  readonly isDefault: boolean;
  /** Milliseconds since the epoch. */
  readonly createdAt: number | null;
  readonly keys: readonly MediaKey[];
}

/** Keys of one distribution, so that one can be replaced while the other is in use. */
export const MAX_MEDIA_KEYS = 2;
