import type { Account } from "../account.ts";
import { HOUR_MS, isoMillis } from "../calendar.ts";
import { hexSecret } from "../random.ts";
import { bytesOf, goneAt, type MediaAsset, secondsOf, statusOf } from "./asset.ts";

/** Lifetime of a download link, in milliseconds; upstream only says that it is short. */
const DOWNLOAD_MS = HOUR_MS;

/** Share of a feed's bits that are sound. */
const AUDIO_BITS_PER_SECOND = 128_000;

/** Returns an asset as REST sends it. Fields without a value are left out. */
export function assetWire(asset: MediaAsset, now: number) {
  const status = statusOf(asset, now);
  const { feed, storage } = asset;
  return {
    id: asset.id,
    type: asset.type,
    ...(feed === null ? {} : { feed: present({ ...feed }) }),
    startTime: isoMillis(asset.startedAt),
    ...(asset.stoppedAt === null ? {} : { stopTime: isoMillis(asset.stoppedAt) }),
    ...present({ name: asset.name }),
    storage: { type: storage.type, ...pathOf(asset) },
    status,
    ...(status === "error" ? { error: asset.problem } : {}),
    created: isoMillis(asset.createdAt),
    ...(asset.expiresAt === null ? {} : { expiration: isoMillis(asset.expiresAt) }),
    ...(status === "deleted" ? { removed: isoMillis(goneAt(asset)) } : {}),
    ...(status === "complete" && feed !== null ? { metadata: metadataOf(asset, now) } : {}),
    ...present({ mediaDistributionId: asset.mediaDistributionId, customPath: asset.customPath }),
  };
}

/** Returns an asset read by itself: a complete one has its links, unlike in a list. */
export function downloadableWire(asset: MediaAsset, account: Account, now: number) {
  const wire = assetWire(asset, now);
  // An asset in a bucket of the account is fetched from there.
  const hasLinks = wire.status === "complete" && asset.feed !== null && asset.storage.bucketPath === null;
  return hasLinks ? { ...wire, download: downloadOf(asset, account, now) } : wire;
}

/** Returns the facts of finished media. */
export function metadataOf(asset: MediaAsset, now: number) {
  const video = Math.max(Number(asset.bitsPerSecond) - AUDIO_BITS_PER_SECOND, 0);
  return {
    format: asset.format,
    sizes: { [asset.format]: bytesOf(asset, now) },
    duration: secondsOf(asset, now),
    tracks: [
      { type: "video", codec: "h264", bitrate: video, width: 1920, height: 1080, framerate: 30 },
      { type: "audio", codec: "opus", bitrate: AUDIO_BITS_PER_SECOND, channels: 2, samplerate: 48_000 },
    ],
    thumbnails: [],
    fileCount: 1,
  };
}

/** Returns the short-lived link to an asset's file. The link leads nowhere: the sandbox has no media. */
export function downloadUrlOf({ id, format }: MediaAsset, now: number) {
  const expiresAt = now + DOWNLOAD_MS;
  const signature = hexSecret(0, `download ${id} ${expiresAt}`);
  return {
    downloadUrl: `https://media.sandbox.example/${id}.${format}?expires=${Math.floor(expiresAt / 1000)}&signature=${signature}`,
    downloadExpiresOn: isoMillis(expiresAt),
  };
}

/** HLS is many files and has no single one to download; the CDN serves only assets with a distribution. */
function downloadOf(asset: MediaAsset, { accountId }: Account, now: number) {
  const { id, format, customPath, mediaDistributionId } = asset;
  const file = format === "hls" ? "index.m3u8" : `${id}.mp4`;
  const url = `https://cdn.optiview.dolby.com/vod/${accountId}/${customPath ?? id}/${file}`;
  return { ...(format === "mp4" ? downloadUrlOf(asset, now) : {}), ...(mediaDistributionId === null ? {} : { url }) };
}

function pathOf({ storage, name, id, format }: MediaAsset) {
  return storage.bucketPath === null ? {} : { path: `${storage.bucketPath}${name ?? id}.${format}` };
}

function present(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
}
