import { type RawBuilder, sql } from "kysely";
import type { ArchiveSeries } from "../../model/usage/archive.ts";
import { counterColumns } from "../../model/usage/archive-tables.ts";
import type { TimeWindow } from "../../model/usage/time.ts";
import type { Db } from "../database.ts";
import type { SqlDialect } from "../sql-dialect.ts";
import { clean, ofSeries } from "./archive-codec.ts";
import { createStepSize, type StepLimits } from "./step-size.ts";

/** Position of a row in its series, which is sorted by bucket and then by part. */
export interface RowPosition {
  readonly bucket: number;
  readonly part: string;
}

/** Names of the counts of a row, in their order. */
export const rowCounts = [
  "bytesOut",
  "bytesIn",
  "standardBytesOut",
  "standardBytesIn",
  "restreamBytesOut",
  "restreamBytesIn",
  "restreamSeconds",
  "geoCascadeBytesOut",
  "geoCascadeBytesIn",
  "viewSeconds",
  "publishSeconds",
  "views",
  "publishes",
] as const satisfies { readonly length: typeof counterColumns.length };

/** Archived row as texts, which are exact beyond 2^53. */
export interface RowOfPage extends RowPosition {
  /** One decimal text for each of {@link rowCounts}; empty for a count that the platform does not give. */
  readonly counts: readonly string[];
  /** When the counts were last seen to change, in milliseconds. */
  readonly changedAt: number;
  readonly state: "OPEN" | "SETTLED";
  /** Whether a day has replaced its hours and is known not to include all. Of the row with an empty part, for the whole day. */
  readonly lacksHours: boolean;
}

/** Reads of any number of rows, each in a short statement without a cursor. */
export interface ArchivePages {
  /**
   * Returns the rows of a window that follow a position, in their order; none at the end.
   *
   * @param after null for the first rows
   */
  page(series: ArchiveSeries, window: TimeWindow, after: RowPosition | null): Promise<RowOfPage[]>;
}

/** Rows of one page. SQLite runs on the thread of the requests. */
const ROWS_PER_PAGE: Record<SqlDialect, StepLimits> = {
  sqlite: { first: 100, fewest: 20, most: 1_000, longestMs: 4 },
  postgres: { first: 1_000, fewest: 1_000, most: 1_000, longestMs: Number.POSITIVE_INFINITY },
};

interface RowFromDatabase {
  readonly bucket: number;
  readonly part: string;
  readonly counts: string;
  readonly changed_at: number;
  readonly settled_at: number | null;
  readonly hours_lacking: number | null;
}

export function createArchivePages(db: Db, dialect: SqlDialect): ArchivePages {
  const size = createStepSize(ROWS_PER_PAGE[dialect]);
  // One text for all counts: a value of its own for each takes twice the time.
  const counts = sql.join(
    counterColumns.map((name) => sql`coalesce(cast(${sql.ref(name)} as text), '')`),
    sql` || ',' || `,
  );
  const read = async (series: ArchiveSeries, range: RawBuilder<unknown>, limit: number) => {
    const { rows } = await sql<RowFromDatabase>`
      select bucket, part, ${counts} as counts, changed_at, settled_at, hours_lacking from usage_rows
      where ${ofSeries(series)} and ${range} order by bucket, part limit ${sql.lit(limit)}`.execute(db);
    return rows;
  };
  return {
    page: (series, { from, to }, after) =>
      size.measure(async () => {
        const limit = size.rows();
        // Two ranges of the key: as one condition, SQLite would read the bucket from its start for each page.
        const rest = after
          ? await read(series, sql`bucket = ${after.bucket} and part > ${clean(after.part)}`, limit)
          : [];
        const missing = limit - rest.length;
        const begin = after ? sql`bucket > ${after.bucket}` : sql`bucket >= ${from}`;
        const next = missing > 0 ? await read(series, sql`${begin} and bucket < ${to}`, missing) : [];
        return [...rest, ...next].map((row) => ({
          bucket: row.bucket,
          part: row.part,
          counts: row.counts.split(","),
          changedAt: row.changed_at,
          state: row.settled_at === null ? "OPEN" : "SETTLED",
          lacksHours: (row.hours_lacking ?? 0) > 0,
        }));
      }),
  };
}
