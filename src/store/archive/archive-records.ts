import type { ArchivedPart, ArchiveGranularity, ArchiveKind } from "../../model/usage/archive.ts";

/** Archived usage of one part of a bucket. */
export interface ArchivedRow extends ArchivedPart {
  readonly bucket: number;
  /** When the values were last seen to change, in milliseconds. */
  readonly changedAt: number;
  /** OPEN until nothing has changed for 24 hours. A row that is SETTLED is changed by corrections only. */
  readonly state: "OPEN" | "SETTLED";
  /**
   * Starts of the hours that the figures of a day do not include, in order; null if that is not known, as before the day has
   * replaced its hours.
   */
  readonly lacking: readonly number[] | null;
}

/** Correction of a settled row. */
export interface ArchiveCorrection {
  readonly bucket: number;
  readonly part: string;
  readonly correctedAt: number;
  /** Former values; null if there was no row. */
  readonly former: ArchivedPart | null;
}

/** Series that is collected, and how far. */
export interface ArchiveSource {
  readonly kind: ArchiveKind;
  /** Stream or tracking id; empty for the account. */
  readonly name: string;
  readonly granularity: ArchiveGranularity;
  /** Start of the first bucket, in milliseconds. */
  readonly from: number;
  /** End of the last bucket before the first that is still to be read, in milliseconds. */
  readonly until: number;
  /** Time up to which the platform had published usage when the series was last read, in milliseconds. */
  readonly readUntil: number;
}

/** Span that was not read while the platform had it. */
export type ArchiveGap = Omit<ArchiveSource, "readUntil">;

/** How far the series of one granularity have been read. */
export interface ArchiveProgress {
  readonly granularity: ArchiveGranularity;
  readonly series: number;
  /** Series in which the platform left out a bucket that it may still give. */
  readonly incomplete: number;
  /** Start of the oldest bucket of any series, in milliseconds. */
  readonly from: number;
  /** Time up to which every series was read, in milliseconds. */
  readonly readUntil: number;
}
