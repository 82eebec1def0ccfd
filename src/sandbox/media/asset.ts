import { DAY_MS, overlap, SECOND_MS, type Span } from "../calendar.ts";
import { bytesAfter } from "../live/metering.ts";

/** `vod` is not made here: uploads are no part of the emulated API. */
export type AssetType = "recording" | "clip" | "timeline" | "storageValidation";

/** Where an asset is on its way; time alone moves it, but for a deletion. */
export type AssetStatus = "processing" | "complete" | "error" | "deleting" | "deleted";

/** The feed that an asset was made from. */
export interface AssetFeed {
  readonly tokenId: number;
  readonly streamName: string;
  /** Null for the main source. */
  readonly sourceId: string | null;
  /** Null when the encoder named none, empty when it sent a bare `simulcastId`. */
  readonly simulcastId: string | null;
  readonly priority: number | null;
}

/** Where an asset lies. */
export interface AssetStorage {
  readonly type: "gcs" | "awsS3" | "dolbyStorage";
  /** Without the object's name; null in the vendor's own buckets. */
  readonly bucketPath: string | null;
}

/** A stretch of media. Times are in milliseconds; what it is at an instant is told by `statusOf`. */
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
  /** Null while its broadcast goes on. */
  readonly stoppedAt: number | null;
  readonly createdAt: number;
  /** When processing is done; null while its broadcast goes on. */
  readonly readyAt: number | null;
  /** What goes wrong in processing; null when nothing does. */
  readonly problem: string | null;
  readonly storage: AssetStorage;
  /** Null for never. */
  readonly expiresAt: number | null;
  /** When someone asked for its deletion. */
  readonly removedAt: number | null;
  readonly mediaDistributionId: string | null;
  readonly customPath: string | null;
}

/** The vendor's own buckets. */
export const DOLBY_STORAGE: AssetStorage = { type: "dolbyStorage", bucketPath: null };

/** Nothing shorter becomes an asset. */
export const SHORTEST_MS = 10 * SECOND_MS;

/** How long a deletion takes; upstream says only that there is such a status. */
const DELETING_MS = 10 * SECOND_MS;

/** How long the platform works on media of a length: undocumented, so 10 s and a sixtieth of the length. */
export function processingMs(lengthMs: number): number {
  return 10 * SECOND_MS + Math.ceil(lengthMs / 60);
}

/** The status at an instant. An asset whose time is up is gone at once. */
export function statusOf(asset: MediaAsset, now: number): AssetStatus {
  const { removedAt, expiresAt, readyAt, problem } = asset;
  if (removedAt !== null) return now < removedAt + DELETING_MS ? "deleting" : "deleted";
  if (expiresAt !== null && now >= expiresAt) return "deleted";
  if (readyAt === null || now < readyAt) return "processing";
  return problem === null ? "complete" : "error";
}

/** When it went or will go; infinite when nothing says so. */
export function goneAt({ removedAt, expiresAt }: MediaAsset): number {
  return Math.min(removedAt ?? Number.POSITIVE_INFINITY, expiresAt ?? Number.POSITIVE_INFINITY);
}

/** Seconds of media at an instant, whole. */
export function secondsOf({ startedAt, stoppedAt }: MediaAsset, now: number): number {
  return Math.floor(((stoppedAt ?? now) - startedAt) / SECOND_MS);
}

/** Bytes of its media at an instant: a steady rate, as the feed had. */
export function bytesOf({ bitsPerSecond, startedAt, stoppedAt }: MediaAsset, now: number): bigint {
  return bytesAfter(bitsPerSecond, (stoppedAt ?? now) - startedAt);
}

/** Bytes that it takes up in the vendor's storage at an instant. */
export function storedBytes(asset: MediaAsset, now: number): bigint {
  const isStored = asset.storage.type === "dolbyStorage" && asset.problem === null;
  return isStored && asset.createdAt <= now && now < goneAt(asset) ? bytesOf(asset, now) : 0n;
}

/**
 * Byte-milliseconds that it takes up over a span in the past. What is made of a running broadcast grows with it; a clip is
 * there whole from the moment it was ordered.
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

/** When something ends that is kept for whole days; null for never. */
export function afterDays(instant: number, days: number | null): number | null {
  return days === null ? null : instant + days * DAY_MS;
}
