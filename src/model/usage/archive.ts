import { DAY_MS, HOUR_MS } from "./time.ts";
import { noTraffic, sumTraffic, type Traffic } from "./traffic.ts";

/**
 * Kind of an archived row, by whom and what it counts: the account, one stream, a country of either, or a stream of a
 * tracking id. The platform has nothing by tracking id and country.
 */
export type ArchiveKind = "ACCOUNT" | "STREAM" | "ACCOUNT_COUNTRY" | "STREAM_COUNTRY" | "TRACKING_STREAM";

/** Size of an archived bucket. */
export type ArchiveGranularity = "HOUR" | "DAY";

/** Length of an archived bucket, in milliseconds. */
export const BUCKET_MS: Readonly<Record<ArchiveGranularity, number>> = { HOUR: HOUR_MS, DAY: DAY_MS };

/** Counts that the platform has by country only. */
export interface CountryCounts {
  readonly viewSeconds: number;
  readonly publishSeconds: number;
  readonly views: number;
  readonly publishes: number;
}

/**
 * One series of the archive.
 *
 * The owner is the tracking id of TRACKING_STREAM, and the account for the other kinds. It is never the partner, since a
 * tracking id can move to another one.
 */
export interface ArchiveSeries {
  readonly owner: string;
  readonly kind: ArchiveKind;
  /** Stream of STREAM and STREAM_COUNTRY; empty for the other kinds. */
  readonly subject: string;
  readonly granularity: ArchiveGranularity;
}

/**
 * Usage of one part of a bucket: a stream of TRACKING_STREAM, a country of the kinds by country, or the whole.
 *
 * Every bucket that was read has a row with an empty name: the whole, or what the platform names no stream or country for,
 * mostly nothing. A bucket without this row is MISSING.
 */
export interface ArchivedPart {
  readonly part: string;
  readonly traffic: Traffic;
  /** Null for kinds that are not by country. */
  readonly counts: CountryCounts | null;
}

/** Usage of a bucket that was read, in all or of one part. */
export interface ArchivedBucket {
  readonly traffic: Traffic;
  /** When the bucket was last read, in milliseconds. */
  readonly readAt: number;
  /** Whether nothing of the bucket had changed for 24 hours. */
  readonly isSettled: boolean;
  /** Time of the last change after the bucket was settled, in milliseconds; null if there was none. */
  readonly correctedAt: number | null;
  /**
   * Starts of the hours that the figures of a day do not include; null if that is not known, as before the day has replaced its
   * hours.
   */
  readonly lacking: readonly number[] | null;
}

/** All that one read says of one series. A bucket that the platform left out is absent. */
export interface UsageReading extends ArchiveSeries {
  /** The platform's time, in milliseconds since the epoch. */
  readonly readAt: number;
  readonly buckets: ReadonlyMap<number, readonly ArchivedPart[]>;
}

/** Time without a change after which a row is SETTLED, in milliseconds. */
export const SETTLED_AFTER_MS = DAY_MS;

/** Largest count that both databases hold. */
const MAX_COUNT = 2n ** 63n - 1n;

/** Returns the parts by name, each once; the one that marks the bucket as read is the first. */
export function completeParts(parts: readonly ArchivedPart[]): ArchivedPart[] {
  const byName = new Map<string, ArchivedPart>([["", { part: "", traffic: noTraffic, counts: null }]]);
  for (const part of parts) {
    const former = byName.get(part.part);
    byName.set(part.part, former ? addParts(former, part) : part);
  }
  return [...byName.values()];
}

/** Returns whether a database can hold every count of the traffic. */
export function isStorable({ traffic }: ArchivedPart): boolean {
  const { bytesOut, bytesIn, parts } = traffic;
  const counts = [bytesOut, bytesIn];
  if (parts) {
    const { standard, restream, geoCascade } = parts;
    counts.push(standard.bytesOut, standard.bytesIn, restream.bytesOut, restream.bytesIn, restream.secondsUsed);
    counts.push(geoCascade.bytesOut, geoCascade.bytesIn);
  }
  return counts.every((count) => count >= 0n && count <= MAX_COUNT);
}

function addParts(a: ArchivedPart, b: ArchivedPart): ArchivedPart {
  const counts = a.counts && b.counts ? addCounts(a.counts, b.counts) : (a.counts ?? b.counts);
  return { part: a.part, traffic: sumTraffic([a.traffic, b.traffic]), counts };
}

function addCounts(a: CountryCounts, b: CountryCounts): CountryCounts {
  return {
    viewSeconds: a.viewSeconds + b.viewSeconds,
    publishSeconds: a.publishSeconds + b.publishSeconds,
    views: a.views + b.views,
    publishes: a.publishes + b.publishes,
  };
}
