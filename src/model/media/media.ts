import type { Secret } from "../secret.ts";

/** Types of assets with their descriptions for clients. */
export const mediaAssetTypes = {
  RECORDING: "A recorded broadcast, from its start to its end, or up to 24 hours of it.",
  CLIP: "A part of a broadcast, cut from its timeline.",
  TIMELINE: "The cache of a broadcast that clips are cut from, of at most 12 hours.",
  VOD: "Media that was uploaded to the platform, not broadcast.",
  STORAGE_VALIDATION: "A file that was written to test a storage.",
} as const;
export type MediaAssetType = keyof typeof mediaAssetTypes;

/** States of assets with their descriptions for clients. */
export const mediaAssetStates = {
  PROCESSING: "The media is still being broadcast, or being converted to a file.",
  COMPLETE: "The asset is ready for download, and for playback if it has a distribution.",
  ERROR: "The asset could not be created; `problem` has the reason.",
  DELETING: "The platform is deleting the asset.",
  DELETED: "The platform has deleted the asset. No list contains it; only a lookup by id finds it.",
} as const;
export type MediaAssetState = keyof typeof mediaAssetStates;

/** Storage of an asset: the platform's, or a bucket of the account. */
export type MediaStorage = "PLATFORM" | "GOOGLE_CLOUD" | "AMAZON_S3";

/** A track of complete media. */
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

/** Properties of complete media. */
export interface MediaFacts {
  /** `mp4`, `webm` or `hls`, as the platform says. */
  readonly format: string | null;
  /** Sum of all files; null if the platform gives none. */
  readonly bytes: bigint | null;
  readonly durationSeconds: number | null;
  readonly tracks: readonly MediaTrack[];
}

/** URLs of complete media. Whoever has one can fetch the media. */
export interface MediaDownload {
  /** URL of the file, valid until `fileUrlExpiresAt`; null for media of many files. */
  readonly fileUrl: Secret | null;
  /** Milliseconds since the epoch. */
  readonly fileUrlExpiresAt: number | null;
  /** Permanent URL on the CDN; null without a distribution. One with keys requires a signed `?token=` parameter. */
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
  /** Null during the broadcast. */
  readonly endedAt: number | null;
  readonly createdAt: number | null;
  /** Null for an asset that never expires. */
  readonly expiresAt: number | null;
  readonly removedAt: number | null;
  /** Reason of a failure, in the platform's words; null without one. */
  readonly problem: string | null;
  readonly storage: MediaStorage;
  /** Null until the asset is complete. */
  readonly facts: MediaFacts | null;
  readonly distributionId: string | null;
  readonly customPath: string | null;
  /** Null until the asset is complete, in a bucket of the account, and in lists: only a read by id has it. */
  readonly download: MediaDownload | null;
}

/** Retention of media, in days. Null means no rule: one day for timelines, unlimited for the rest. */
export interface MediaExpiry {
  readonly timelineDays: number | null;
  readonly recordingDays: number | null;
  readonly clipDays: number | null;
}

/** Retention of timelines without a rule, in days. @see GET /api/v3/account/media/expiration */
export const DEFAULT_TIMELINE_DAYS = 1;

/** A key that signs the tokens for a distribution. The platform never returns its secret. */
export interface MediaKey {
  readonly id: string;
  readonly name: string | null;
}

/** Rules for playback from the CDN. Without keys, everyone can play the media. */
export interface MediaDistributionRecord {
  readonly kind: "MediaDistribution";
  readonly id: string;
  readonly name: string;
  /** Whether new assets that name no distribution get this one. */
  readonly isDefault: boolean;
  /** Milliseconds since the epoch. */
  readonly createdAt: number | null;
  readonly keys: readonly MediaKey[];
}

/** Keys of one distribution at most: one can be replaced while the other is in use. */
export const MAX_MEDIA_KEYS = 2;
