import { DAY_MS, overlap, SECOND_MS, type Span } from "../calendar.ts";
import { bytesAfter } from "../live/metering.ts";

/** Kind of an asset. `vod` is never created here: uploads are no part of the emulated API. */
export type AssetType = "recording" | "clip" | "timeline" | "storageValidation";

/** Status of an asset. Time alone changes it, except for a deletion. */
export type AssetStatus = "processing" | "complete" | "error" | "deleting" | "deleted";

/** Feed that an asset was made from. */
export interface AssetFeed {
  readonly tokenId: number;
  readonly streamName: string;
  /** Null for the main source. */
  readonly sourceId: string | null;
  /** Null if the encoder named none, empty if it sent a bare `simulcastId`. */
  readonly simulcastId: string | null;
  readonly priority: number | null;
}

/** Storage of an asset. */
export interface AssetStorage {
  readonly type: "gcs" | "awsS3" | "dolbyStorage";
  /** Path without the object's name; null in the vendor's own buckets. */
  readonly bucketPath: string | null;
}

/** A stretch of media. Times are in milliseconds; `statusOf` returns its state at an instant. */
export interface MediaAsset {
  /** 32 hexadecimal characters. */
  readonly id: string;
  readonly type: AssetType;
  /** Null for a storage validation. */
  readonly feed: AssetFeed | null;
  readonly name: string | null;
  readonly format: "mp4" | "hls";
  readonly bitsPerSecond: bigint;
  readonly startedAt: number;
  /** Null during the broadcast. */
  readonly stoppedAt: number | null;
  readonly createdAt: number;
  /** End of processing; null during the broadcast. */
  readonly readyAt: number | null;
  /** Failure of processing; null without one. */
  readonly problem: string | null;
  readonly storage: AssetStorage;
  /** Null for never. */
  readonly expiresAt: number | null;
  /** Time of the request to delete the asset. */
  readonly removedAt: number | null;
  readonly mediaDistributionId: string | null;
  readonly customPath: string | null;
}

/** The vendor's own buckets. */
export const DOLBY_STORAGE: AssetStorage = { type: "dolbyStorage", bucketPath: null };

/** Shortest media that becomes an asset, in milliseconds. */
export const SHORTEST_MS = 10 * SECOND_MS;

/** Duration of a deletion, in milliseconds; upstream documents only the status. */
const DELETING_MS = 10 * SECOND_MS;

/** Returns the processing time of media of a length: 10 s and a sixtieth of the length (undocumented). */
export function processingMs(lengthMs: number): number {
  return 10 * SECOND_MS + Math.ceil(lengthMs / 60);
}

/** Returns the status at an instant. An expired asset is gone at once. */
export function statusOf(asset: MediaAsset, now: number): AssetStatus {
  const { removedAt, expiresAt, readyAt, problem } = asset;
  if (removedAt !== null) return now < removedAt + DELETING_MS ? "deleting" : "deleted";
  if (expiresAt !== null && now >= expiresAt) return "deleted";
  if (readyAt === null || now < readyAt) return "processing";
  return problem === null ? "complete" : "error";
}

/** Returns when the asset went or will go; infinite if neither is set. */
export function goneAt({ removedAt, expiresAt }: MediaAsset): number {
  return Math.min(removedAt ?? Number.POSITIVE_INFINITY, expiresAt ?? Number.POSITIVE_INFINITY);
}

/** Returns the whole seconds of media at an instant. */
export function secondsOf({ startedAt, stoppedAt }: MediaAsset, now: number): number {
  return Math.floor(((stoppedAt ?? now) - startedAt) / SECOND_MS);
}

/** Returns the bytes of media at an instant, at the feed's steady rate. */
export function bytesOf({ bitsPerSecond, startedAt, stoppedAt }: MediaAsset, now: number): bigint {
  return bytesAfter(bitsPerSecond, (stoppedAt ?? now) - startedAt);
}

/** Returns the bytes in the vendor's storage at an instant. */
export function storedBytes(asset: MediaAsset, now: number): bigint {
  const isStored = asset.storage.type === "dolbyStorage" && asset.problem === null;
  return isStored && asset.createdAt <= now && now < goneAt(asset) ? bytesOf(asset, now) : 0n;
}

/**
 * Returns the byte-milliseconds of storage over a span in the past.
 *
 * Media of a running broadcast grows with it; a clip exists whole from its order on.
 */
export function storedByteMs(asset: MediaAsset, span: Span): bigint {
  if (asset.storage.type !== "dolbyStorage" || asset.problem !== null) return 0n;
  const madeAt = asset.type === "clip" ? asset.createdAt : (asset.stoppedAt ?? Number.POSITIVE_INFINITY);
  const held = overlap({ from: madeAt, to: goneAt(asset) }, span);
  const heldMs = BigInt(Math.max(0, held.to - held.from));
  if (asset.type === "clip") return bytesOf(asset, held.from) * heldMs;
  const grown = overlap({ from: asset.startedAt, to: Math.min(madeAt, goneAt(asset)) }, span);
  const growth = grown.to > grown.from ? meanBytes(asset, grown) * BigInt(grown.to - grown.from) : 0n;
  return growth + (heldMs === 0n ? 0n : bytesOf(asset, held.from) * heldMs);
}

function meanBytes({ bitsPerSecond, startedAt }: MediaAsset, { from, to }: Span): bigint {
  return (bytesAfter(bitsPerSecond, from - startedAt) + bytesAfter(bitsPerSecond, to - startedAt)) / 2n;
}

/** Returns the end of a retention in whole days; null for never. */
export function afterDays(instant: number, days: number | null): number | null {
  return days === null ? null : instant + days * DAY_MS;
}
