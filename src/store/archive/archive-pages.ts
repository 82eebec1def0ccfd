import { type RawBuilder, sql } from "kysely";
import type { ArchiveSeries } from "../../model/usage/archive.ts";
import type { TimeWindow } from "../../model/usage/time.ts";
import type { Db } from "../database.ts";
import type { SqlDialect } from "../sql-dialect.ts";
import { clean, counterColumns, ofSeries } from "./archive-codec.ts";

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

/** Rows of one page on PostgreSQL, and the most on SQLite. */
const MAX_ROWS = 1_000;
/** Rows of the first page on SQLite, and the fewest of any. */
const ROWS_ON_SQLITE = { first: 100, fewest: 20 };
/** Longest intended read on SQLite, which runs on the thread of the requests, in milliseconds. */
const READ_MS = 4;

interface RowFromDatabase {
  readonly bucket: number;
  readonly part: string;
  readonly counts: string;
  readonly changed_at: number;
  readonly settled_at: number | null;
  readonly hours_lacking: number | null;
}

export function createArchivePages(db: Db, dialect: SqlDialect): ArchivePages {
  const size = createPageSize(dialect);
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
      size.measure(async (limit) => {
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

/** Creates the size of pages, which on SQLite follows from how long the previous ones took. */
function createPageSize(dialect: SqlDialect) {
  let rows = dialect === "sqlite" ? ROWS_ON_SQLITE.first : MAX_ROWS;
  return {
    measure: async <Result>(read: (limit: number) => Promise<Result>): Promise<Result> => {
      const begun = performance.now();
      const result = await read(rows);
      if (dialect !== "sqlite") return result;
      const tookMs = performance.now() - begun;
      if (tookMs > READ_MS) rows = Math.max(ROWS_ON_SQLITE.fewest, rows >> 1);
      else if (tookMs < READ_MS / 2) rows = Math.min(MAX_ROWS, rows + ROWS_ON_SQLITE.fewest);
      return result;
    },
  };
}
