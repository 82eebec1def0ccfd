import { DAY_MS, HOUR_MS } from "../calendar.ts";
import { hexSecret } from "../random.ts";
import type { VersionedSetting } from "../versioned-setting.ts";
import {
  type AssetFeed,
  type AssetType,
  afterDays,
  DOLBY_STORAGE,
  type MediaAsset,
  processingMs,
  SHORTEST_MS,
} from "./asset.ts";

/** What media is made of: a feed, live or past. */
export interface Broadcast extends AssetFeed {
  readonly feedId: string;
  readonly bitsPerSecond: bigint;
  readonly startedAt: number;
  /** Null while it goes on. */
  readonly endedAt: number | null;
}

/** The settings that footage takes on when it is made. */
export interface FootageRules {
  /** Days that new recordings are kept; null for ever. */
  readonly recordingDays: VersionedSetting<number | null>;
  /** Days that timelines are kept, the old ones too; null for the platform's one day. */
  readonly timelineDays: VersionedSetting<number | null>;
  /** The distribution that new recordings get; null for none. */
  readonly defaultDistribution: VersionedSetting<string | null>;
}

const LONGEST_RECORDING_MS = DAY_MS;
const LONGEST_TIMELINE_MS = 12 * HOUR_MS;

/** Timelines are kept a day unless the account has a rule of its own. */
export const TIMELINE_DAYS = 1;

/**
 * The recordings of a broadcast: one for each 24 hours, the last as long as the rest. Each is there as `processing` once
 * ten seconds of it are, since nothing shorter is kept, and is complete some time after it stopped.
 */
export function recordingsOf(broadcast: Broadcast, now: number, rules: FootageRules): MediaAsset[] {
  return piecesOf(broadcast, LONGEST_RECORDING_MS, now)
    .filter(({ from, to }) => to - from >= SHORTEST_MS)
    .map((piece) => {
      const days = rules.recordingDays.at(piece.from);
      return {
        ...assetOf(broadcast, "recording", piece),
        readyAt: piece.isOver ? piece.to + processingMs(piece.to - piece.from) : null,
        expiresAt: piece.isOver ? afterDays(piece.to, days) : null,
        mediaDistributionId: rules.defaultDistribution.at(piece.from),
      };
    });
}

/** The timelines of a broadcast, what clips are cut from: one for each 12 hours, ready as soon as it stops. */
export function timelinesOf(broadcast: Broadcast, now: number, rules: FootageRules): MediaAsset[] {
  return piecesOf(broadcast, LONGEST_TIMELINE_MS, now).map((piece) => ({
    ...assetOf(broadcast, "timeline", piece),
    readyAt: piece.isOver ? piece.to : null,
    expiresAt: piece.isOver ? timelineExpiry(piece.to, rules.timelineDays) : null,
  }));
}

interface Piece {
  readonly index: number;
  readonly from: number;
  /** Up to now while it goes on. */
  readonly to: number;
  readonly isOver: boolean;
}

function piecesOf({ startedAt, endedAt }: Broadcast, longestMs: number, now: number): Piece[] {
  const end = endedAt ?? now;
  const pieces: Piece[] = [];
  for (let from = startedAt; from < end; from += longestMs) {
    const isOver = endedAt !== null || from + longestMs <= now;
    pieces.push({ index: pieces.length, from, to: Math.min(from + longestMs, end), isOver });
  }
  return pieces;
}

function assetOf(broadcast: Broadcast, type: AssetType, { index, from, to, isOver }: Piece): MediaAsset {
  const { tokenId, streamName, sourceId, simulcastId, priority, bitsPerSecond } = broadcast;
  return {
    id: hexSecret(0, `${type} ${index} of ${broadcast.feedId}`).slice(0, 32),
    type,
    feed: { tokenId, streamName, sourceId, simulcastId, priority },
    name: null,
    format: "mp4",
    bitsPerSecond,
    startedAt: from,
    stoppedAt: isOver ? to : null,
    createdAt: from,
    readyAt: null,
    problem: null,
    storage: DOLBY_STORAGE,
    expiresAt: null,
    removedAt: null,
    mediaDistributionId: null,
    customPath: null,
  };
}

/** A shorter rule removes what is older at once, a longer one keeps what is still there. */
function timelineExpiry(stoppedAt: number, days: VersionedSetting<number | null>): number | null {
  for (const { value, from, to } of days.stretches()) {
    const due = Math.max(stoppedAt + (value ?? TIMELINE_DAYS) * DAY_MS, from);
    if (due < to) return due;
  }
  return null;
}
