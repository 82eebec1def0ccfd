import { assertMetered } from "../model/stream/stream.ts";
import type { ArchivedBucket, ArchivedPart, ArchiveGranularity } from "../model/usage/archive.ts";
import type { CountryBuckets } from "../model/usage/country-usage.ts";
import type { Measured } from "../model/usage/measured.ts";
import type { RetentionPolicy } from "../model/usage/retention.ts";
import type { Granularity, SeriesRequest, UsageSeries } from "../model/usage/series.ts";
import type { TimeWindow } from "../model/usage/time.ts";
import type { Traffic } from "../model/usage/traffic.ts";
import type { MaybePromise } from "../primitives/maybe-promise.ts";
import type { CountryRow, StreamResolution } from "../upstream/analytics.ts";
import type { ArchivedUsage, ArchiveSubject } from "./archived-usage.ts";

/**
 * Source of the bandwidth of one subject, for the graph's type `Bandwidth`.
 *
 * Each method loads by one operation of the platform, returns cached values without a promise, and throws UpstreamError if
 * the platform gives no usable response.
 */
export interface BandwidthSource {
  readonly retention: RetentionPolicy;
  total(window: TimeWindow): MaybePromise<Measured<Traffic>>;
  /**
   * Starts the load of a total, see `PrefetchingLoader`; undefined if the total is derived from other
   * loads.
   */
  prefetchTotal?(window: TimeWindow): boolean;
  series(read: SeriesRequest): MaybePromise<Measured<UsageSeries>>;
  /** Loads the traffic by country; null if the platform does not report countries for the subject. */
  readonly countries: ((window: TimeWindow) => MaybePromise<Measured<readonly CountryRow[]>>) | null;
  /** Loads a series by country; null like `countries`. */
  readonly countrySeries: ((read: SeriesRequest) => MaybePromise<Measured<CountryBuckets>>) | null;
  /** Returns the archived usage of the subject; undefined if it is not archived. */
  readonly archive?: (() => BandwidthArchive) | undefined;
}

/** Archived bucket of a source, of which a summand may lack the bucket. */
export interface SourceBucket extends ArchivedBucket {
  readonly isPartial: boolean;
}

/** Archived usage of the subject of a source. Every method throws StoreError. */
export interface BandwidthArchive {
  /** Loads the buckets of a window that were read, by their start. */
  buckets(granularity: ArchiveGranularity, window: TimeWindow): Promise<ReadonlyMap<number, SourceBucket>>;
  /** Loads the start of the oldest bucket; null if there is none. */
  oldest(granularity: ArchiveGranularity): Promise<number | null>;
  /** Archived usage by country; null if the subject has none. */
  readonly countries: PartArchive | null;
  readonly completeUntil: ArchivedUsage["completeUntil"];
  readonly onStale: ArchivedUsage["onStale"];
}

/** Archived usage by part: by country, or by stream of a tracking id. */
export interface PartArchive extends Omit<BandwidthArchive, "countries"> {
  /** Loads the sum of each part over a window; the part of traffic that has none is empty. */
  sums(granularity: ArchiveGranularity, window: TimeWindow): Promise<readonly ArchivedPart[]>;
  /** Loads the parts of each bucket of a window that was read, by its start. */
  byBucket(granularity: ArchiveGranularity, window: TimeWindow): Promise<ReadonlyMap<number, readonly ArchivedPart[]>>;
}

/** Returns the archived usage of a subject, or of one part of it. */
export function archiveOf(
  archived: ArchivedUsage,
  subject: ArchiveSubject,
  part?: string,
  byCountry: ArchiveSubject | null = null,
): BandwidthArchive {
  return {
    ...bucketsOf(archived, subject, part),
    countries: byCountry && partArchiveOf(archived, byCountry),
  };
}

/** Returns the archived usage of a subject by part. */
export function partArchiveOf(archived: ArchivedUsage, subject: ArchiveSubject): PartArchive {
  return {
    ...bucketsOf(archived, subject, ""),
    sums: (granularity, window) => archived.sumsByPart(subject, granularity, window),
    byBucket: (granularity, window) => archived.partsByBucket(subject, granularity, window),
  };
}

function bucketsOf(archived: ArchivedUsage, subject: ArchiveSubject, part: string | undefined) {
  const { completeUntil, onStale } = archived;
  return {
    buckets: async (granularity: ArchiveGranularity, window: TimeWindow) =>
      new Map(
        [...(await archived.buckets(subject, granularity, window, part))].map(([start, bucket]) => [
          start,
          { ...bucket, isPartial: false },
        ]),
      ),
    oldest: (granularity: ArchiveGranularity) => archived.oldest(subject, granularity),
    completeUntil,
    onStale,
  };
}

/** Returns the name of a stream. @throws NotMeteredError if analytics reject it */
export function metered(name: string): string {
  assertMetered(name);
  return name;
}

/** Narrows the resolution: only the account has monthly series. */
export function daily(resolution: Granularity): StreamResolution {
  if (resolution === "MONTH") throw new RangeError("only the account has monthly series");
  return resolution;
}
