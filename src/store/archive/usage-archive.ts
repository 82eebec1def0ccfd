import { sql } from "kysely";
import type { ArchiveSeries } from "../../model/usage/archive.ts";
import { hoursIn } from "../../model/usage/roll-up.ts";
import type { TimeWindow } from "../../model/usage/time.ts";
import type { Db } from "../database.ts";
import type { SqlDialect } from "../sql-dialect.ts";
import { ofSeries, overAt, partOf, type RowFromDatabase, texts } from "./archive-codec.ts";
import { type ArchivePages, createArchivePages } from "./archive-pages.ts";
import type { ArchiveCorrection, ArchivedRow } from "./archive-records.ts";
import { type ArchiveRetention, createArchiveRetention } from "./archive-retention.ts";
import { type ArchiveSpans, createArchiveSpans } from "./archive-spans.ts";
import { type ArchiveWrites, createArchiveWrites } from "./archive-writes.ts";

/** Usage that outlives the platform's memory. See docs/decisions/0029-usage-archive.md. */
export interface UsageArchive extends ArchiveWrites, ArchiveSpans, ArchivePages, ArchiveRetention {
  /** Returns the rows of a window, by bucket and part. */
  rows(series: ArchiveSeries, window: TimeWindow): Promise<ArchivedRow[]>;
  /** Returns the corrections of a window, by bucket, part and time. */
  corrections(series: ArchiveSeries, window: TimeWindow): Promise<ArchiveCorrection[]>;
  /**
   * Returns the starts of the buckets that were read when they were over and published, in order.
   *
   * @param lagMs longest time that the platform needs to publish a quarter hour
   */
  readBuckets(series: ArchiveSeries, window: TimeWindow, lagMs: number): Promise<number[]>;
  /** Returns the start of the oldest bucket of a window that is not settled and has not changed since; null for none. */
  oldestOpen(series: ArchiveSeries, window: TimeWindow, unchangedSince: number): Promise<number | null>;
}

/** Creates the archive. */
export function createUsageArchive(database: Db, dialect: SqlDialect): UsageArchive {
  const db = database.withoutPlugins();
  return {
    ...createArchiveWrites(db, dialect),
    ...createArchiveSpans(db, dialect),
    ...createArchiveRetention(db, dialect),
    ...createArchivePages(db, dialect),
    rows: async (series, { from, to }) => {
      const { rows } = await sql<RowFromDatabase & { hours_lacking: number | null }>`
        select bucket, part, changed_at, settled_at, hours_lacking, ${texts()} from usage_rows
        where ${ofSeries(series)} and bucket >= ${from} and bucket < ${to} order by bucket, part`.execute(db);
      return rows.map((row) => ({
        ...partOf(row),
        bucket: row.bucket,
        changedAt: row.changed_at,
        state: row.settled_at === null ? "OPEN" : "SETTLED",
        lacking: row.hours_lacking === null ? null : hoursIn(row.bucket, row.hours_lacking),
      }));
    },
    corrections: async (series, { from, to }) => {
      const { rows } = await sql<RowFromDatabase & { corrected_at: number }>`
        select bucket, part, corrected_at, ${texts()} from usage_corrections
        where ${ofSeries(series)} and bucket >= ${from} and bucket < ${to}
        order by bucket, part, corrected_at`.execute(db);
      return rows.map((row) => ({
        bucket: row.bucket,
        part: row.part,
        correctedAt: row.corrected_at,
        former: row.bytes_out === null ? null : partOf(row),
      }));
    },
    readBuckets: async (series, { from, to }, lagMs) => {
      const { rows } = await sql<{ bucket: number }>`select bucket from usage_rows
        where ${ofSeries(series)} and bucket >= ${from} and bucket < ${to} and part = ''
          and read_at >= ${overAt("usage_rows", lagMs)} order by bucket`.execute(db);
      return rows.map(({ bucket }) => bucket);
    },
    oldestOpen: async (series, { from, to }, unchangedSince) => {
      const { rows } = await sql<{ bucket: number }>`select bucket from usage_rows
        where ${ofSeries(series)} and bucket >= ${from} and bucket < ${to}
          and settled_at is null and changed_at <= ${unchangedSince} order by bucket limit 1`.execute(db);
      return rows[0]?.bucket ?? null;
    },
  };
}
