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

/** Source of media: a feed, live or past. */
export interface Broadcast extends AssetFeed {
  readonly feedId: string;
  readonly bitsPerSecond: bigint;
  readonly startedAt: number;
  /** Null during the broadcast. */
  readonly endedAt: number | null;
}

/** Settings of the account that apply to derived assets. */
export interface AssetRules {
  /** Retention of new recordings in days; null for unlimited. */
  readonly recordingDays: VersionedSetting<number | null>;
  /** Retention of all timelines in days, old ones included; null for the platform's one day. */
  readonly timelineDays: VersionedSetting<number | null>;
  /** Distribution of new recordings; null for none. */
  readonly defaultDistribution: VersionedSetting<string | null>;
}

const LONGEST_RECORDING_MS = DAY_MS;
const LONGEST_TIMELINE_MS = 12 * HOUR_MS;

/** Retention of timelines in days unless the account has a rule. */
export const TIMELINE_DAYS = 1;

/**
 * Returns the recordings of a broadcast: one for each 24 hours, the last for the rest.
 *
 * A recording appears as `processing` after ten seconds, since nothing shorter is stored, and is complete some time
 * after it stopped.
 */
export function recordingsOf(broadcast: Broadcast, now: number, rules: AssetRules): MediaAsset[] {
  return segmentsOf(broadcast, LONGEST_RECORDING_MS, now)
    .filter(({ from, to }) => to - from >= SHORTEST_MS)
    .map((segment) => {
      const days = rules.recordingDays.at(segment.from);
      return {
        ...assetOf(broadcast, "recording", segment),
        readyAt: segment.isOver ? segment.to + processingMs(segment.to - segment.from) : null,
        expiresAt: segment.isOver ? afterDays(segment.to, days) : null,
        mediaDistributionId: rules.defaultDistribution.at(segment.from),
      };
    });
}

/**
 * Returns the timelines of a broadcast, which clips are cut from: one for each 12 hours, complete as soon as it stops.
 */
export function timelinesOf(broadcast: Broadcast, now: number, rules: AssetRules): MediaAsset[] {
  return segmentsOf(broadcast, LONGEST_TIMELINE_MS, now).map((segment) => ({
    ...assetOf(broadcast, "timeline", segment),
    readyAt: segment.isOver ? segment.to : null,
    expiresAt: segment.isOver ? timelineExpiry(segment.to, rules.timelineDays) : null,
  }));
}

/** A part of a broadcast that becomes one asset. */
interface Segment {
  readonly index: number;
  readonly from: number;
  /** Up to now during the broadcast. */
  readonly to: number;
  readonly isOver: boolean;
}

function segmentsOf({ startedAt, endedAt }: Broadcast, longestMs: number, now: number): Segment[] {
  const end = endedAt ?? now;
  const segments: Segment[] = [];
  for (let from = startedAt; from < end; from += longestMs) {
    const isOver = endedAt !== null || from + longestMs <= now;
    segments.push({ index: segments.length, from, to: Math.min(from + longestMs, end), isOver });
  }
  return segments;
}

function assetOf(broadcast: Broadcast, type: AssetType, { index, from, to, isOver }: Segment): MediaAsset {
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

/** Returns when a timeline expires: a shorter rule removes older ones at once, a longer one applies to those that remain. */
function timelineExpiry(stoppedAt: number, days: VersionedSetting<number | null>): number | null {
  for (const { value, from, to } of days.stretches()) {
    const due = Math.max(stoppedAt + (value ?? TIMELINE_DAYS) * DAY_MS, from);
    if (due < to) return due;
  }
  return null;
}
