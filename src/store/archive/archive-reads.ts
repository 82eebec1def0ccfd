import { setImmediate as nextTurn } from "node:timers/promises";
import { type RawBuilder, sql } from "kysely";
import {
  type ArchivedBucket,
  type ArchivedPart,
  type ArchiveSeries,
  BUCKET_MS,
  completeParts,
} from "../../model/usage/archive.ts";
import { counterColumns } from "../../model/usage/archive-tables.ts";
import { hoursIn } from "../../model/usage/roll-up.ts";
import type { TimeWindow } from "../../model/usage/time.ts";
import type { Traffic } from "../../model/usage/traffic.ts";
import type { Db } from "../database.ts";
import type { SqlDialect } from "../sql-dialect.ts";
import { clean, halvesOf, ofSeries, partOf, texts } from "./archive-codec.ts";
import { processCpuMs } from "./step-size.ts";

/**
 * Reads of the usage archive for requests.
 *
 * Sums are computed by the database, and are exact beyond 2^63. On SQLite, which runs on the thread of the requests, a
 * long window is read in steps. See docs/decisions/0032-archived-bandwidth.md.
 */
export interface ArchiveReads {
  /**
   * Returns the buckets of a window that were read, by their start, in order: each with the sum of its parts, or with one
   * part alone.
   */
  buckets(series: ArchiveSeries, window: TimeWindow, part?: string): Promise<Map<number, ArchivedBucket>>;
  /** Returns the sum of each part over a window, in no order, with the one that marks buckets as read. */
  sumsByPart(series: ArchiveSeries, window: TimeWindow): Promise<ArchivedPart[]>;
  /** Returns the parts of each bucket of a window that was read, by its start, in order. */
  partsByBucket(series: ArchiveSeries, window: TimeWindow): Promise<Map<number, ArchivedPart[]>>;
  /** Returns the start of the oldest bucket; null if there is none. */
  oldest(series: ArchiveSeries): Promise<number | null>;
  /** Returns whether no usage is archived, of whomever. */
  isEmpty(): Promise<boolean>;
  /** Returns up to two accounts whose usage is collected, in no order. */
  accounts(): Promise<string[]>;
}

/** Buckets in the first step on SQLite. */
const FIRST_STEP = 24;
/** CPU time below which the next step on SQLite is twice as long, in milliseconds, and above which it is half as long. */
const STEP_MS = { short: 2, long: 5 };

/** Creates the reads. */
export function createArchiveReads(db: Db, dialect: SqlDialect): ArchiveReads {
  const plain = db.withoutPlugins();

  /** Reads a window: in steps between which the event loop runs, on SQLite. */
  const inSteps = async <Row>(
    { granularity }: ArchiveSeries,
    { from, to }: TimeWindow,
    read: (window: TimeWindow, sum: Sum) => Promise<readonly Row[]>,
  ): Promise<Row[]> => {
    if (dialect === "postgres") return [...(await read({ from, to }, sumsOf))];
    const bucketMs = BUCKET_MS[granularity];
    const rows: Row[] = [];
    let length = FIRST_STEP;
    for (let start = from; start < to; ) {
      const end = Math.min(start + length * bucketMs, to);
      const begun = processCpuMs();
      const step = { from: start, to: end };
      const stepRows = await read(step, sumsOf).catch((error: unknown) => {
        if (error instanceof Error && error.message.includes("integer overflow")) return read(step, halfSums);
        throw error;
      });
      for (const row of stepRows) rows.push(row);
      const tookMs = processCpuMs() - begun;
      if (tookMs < STEP_MS.short) length *= 2;
      else if (tookMs > STEP_MS.long) length = Math.max(1, length >> 1);
      start = end;
      if (start < to) await nextTurn();
    }
    return rows;
  };

  /** Returns the time of the last correction of each bucket that was corrected. */
  const corrections = async (series: ArchiveSeries, window: TimeWindow, part: string | undefined) => {
    const ofPart = part === undefined ? sql`` : sql`and part = ${clean(part)}`;
    const { rows } = await sql<{ bucket: number; at: number }>`
      select bucket, max(corrected_at) as at from usage_corrections
      where ${ofSeries(series)} and ${inWindow(window)} ${ofPart} group by bucket`.execute(plain);
    return new Map(rows.map(({ bucket, at }) => [bucket, at]));
  };

  return {
    buckets: async (series, window, part) => {
      const columns = trafficColumns(series);
      const rows = await inSteps(series, window, async (step, sum) => {
        const ofPart = part === undefined ? sql`` : sql`and ${bucketsAndParts(series, step, part, dialect)}`;
        const counted = part === undefined ? null : clean(part);
        const result = await sql<BucketRow>`
          select bucket, count(settled_at) = count(*) as settled,
            max(read_at) as read_at, max(hours_lacking) as hours_lacking,
            ${sql.join(columns.flatMap((name) => sum(name, counted)))}
          from usage_rows where ${ofSeries(series)} and ${inWindow(step)} ${ofPart}
          group by bucket having min(part) = ''
          order by bucket`.execute(plain);
        return result.rows;
      });
      const correctedAt = await corrections(series, window, part);
      return new Map(
        rows.map((row) => [
          row.bucket,
          {
            traffic: trafficOf(row),
            readAt: row.read_at,
            isSettled: Boolean(row.settled),
            correctedAt: correctedAt.get(row.bucket) ?? null,
            lacking: row.hours_lacking === null ? null : hoursIn(row.bucket, row.hours_lacking),
          },
        ]),
      );
    },
    sumsByPart: async (series, window) => {
      const columns = series.kind === "TRACKING_STREAM" ? trafficColumns(series) : counterColumns;
      const rows = await inSteps(series, window, async (step, sum) => {
        const result = await sql<PartRow>`
          select part, ${sql.join(columns.flatMap((name) => sum(name, null)))}
          from usage_rows where ${ofSeries(series)} and ${inWindow(step)} group by part`.execute(plain);
        return result.rows;
      });
      return completeParts(rows.map(partOfSums));
    },
    partsByBucket: async (series, window) => {
      const rows = await inSteps(series, window, async (step) => {
        const result = await sql<Parameters<typeof partOf>[0]>`
          select bucket, part, changed_at, settled_at, ${texts()} from usage_rows
          where ${ofSeries(series)} and ${inWindow(step)} order by bucket, part`.execute(plain);
        return result.rows;
      });
      const byBucket = new Map<number, ArchivedPart[]>();
      for (const row of rows) {
        const parts = byBucket.get(row.bucket);
        if (parts) parts.push(partOf(row));
        // The row that marks the bucket as read comes first.
        else if (row.part === "") byBucket.set(row.bucket, [partOf(row)]);
      }
      return byBucket;
    },
    isEmpty: async () => {
      const { rows } = await sql`select 1 from usage_rows limit 1`.execute(plain);
      return rows.length === 0;
    },
    accounts: async () => {
      const { rows } = await sql<{ owner: string }>`select distinct owner from usage_sources limit 2`.execute(plain);
      return rows.map(({ owner }) => owner);
    },
    oldest: async (series) => {
      const { rows } = await sql<{ oldest: number | null }>`
        select min(bucket) as oldest from usage_rows where ${ofSeries(series)}`.execute(plain);
      return rows[0]?.oldest ?? null;
    },
  };
}

/** Sums of one bucket. */
interface BucketRow extends SumRow {
  readonly bucket: number;
  readonly settled: boolean | number;
  readonly read_at: number;
  readonly hours_lacking: number | null;
}

/** Sums of one part. */
interface PartRow extends SumRow {
  readonly part: string;
}

/** Sums as text: whole, or by their high and low 32 bits. */
type SumRow = Readonly<Record<string, unknown>>;

/** Counts of traffic of which a series may have a breakdown. */
const trafficCounters = counterColumns.filter((name) => /bytes|restream/.test(name));

/** Returns the columns of traffic: the platform gives no breakdown for a tracking id. */
function trafficColumns({ kind }: ArchiveSeries): readonly string[] {
  return kind === "TRACKING_STREAM" ? ["bytes_out", "bytes_in"] : trafficCounters;
}

/** Returns the sum of a column as text, of one part or of all. */
type Sum = (column: string, part: string | null) => RawBuilder<unknown>[];

function sumsOf(column: string, part: string | null): RawBuilder<unknown>[] {
  return [sql`cast(sum(${columnOf(column, part)}) as text) as ${sql.ref(column)}`];
}

/** Adds the high and the low 32 bits apart: the sum of SQLite fails beyond 2^63. */
function halfSums(column: string, part: string | null): RawBuilder<unknown>[] {
  const { high, low } = halvesOf(columnOf(column, part));
  return [
    sql`cast(sum(${high}) as text) as ${sql.ref(`${column}_high`)}`,
    sql`cast(sum(${low}) as text) as ${sql.ref(`${column}_low`)}`,
  ];
}

function columnOf(column: string, part: string | null): RawBuilder<unknown> {
  return part === null ? sql.ref(column) : sql`case when part = ${part} then ${sql.ref(column)} end`;
}

/** Returns a sum; null without a value. */
function sumOf(row: SumRow, column: string): bigint | null {
  const [high, low] = [row[`${column}_high`], row[`${column}_low`]];
  if (typeof high === "string" && typeof low === "string") return (BigInt(high) << 32n) + BigInt(low);
  const whole = row[column];
  return typeof whole === "string" ? BigInt(whole) : null;
}

function trafficOf(row: SumRow): Traffic {
  const sum = (column: string) => sumOf(row, column) ?? 0n;
  const hasParts = sumOf(row, "standard_bytes_out") !== null;
  return {
    bytesOut: sum("bytes_out"),
    bytesIn: sum("bytes_in"),
    parts: hasParts
      ? {
          standard: { bytesOut: sum("standard_bytes_out"), bytesIn: sum("standard_bytes_in") },
          restream: {
            bytesOut: sum("restream_bytes_out"),
            bytesIn: sum("restream_bytes_in"),
            secondsUsed: sum("restream_seconds"),
          },
          geoCascade: { bytesOut: sum("geo_cascade_bytes_out"), bytesIn: sum("geo_cascade_bytes_in") },
        }
      : null,
  };
}

function partOfSums(row: PartRow): ArchivedPart {
  const count = (column: string) => Number(sumOf(row, column) ?? 0n);
  const counts =
    sumOf(row, "views") === null
      ? null
      : {
          viewSeconds: count("view_seconds"),
          publishSeconds: count("publish_seconds"),
          views: count("views"),
          publishes: count("publishes"),
        };
  return { part: row.part, traffic: trafficOf(row), counts };
}

function inWindow({ from, to }: TimeWindow): RawBuilder<unknown> {
  return sql`bucket >= ${sql.lit(from)} and bucket < ${sql.lit(to)}`;
}

/** Returns the condition for a part, and for the rows that mark buckets as read, by which an index finds each of them. */
function bucketsAndParts(
  { granularity }: ArchiveSeries,
  { from, to }: TimeWindow,
  part: string,
  dialect: SqlDialect,
): RawBuilder<unknown> {
  const bucketMs = BUCKET_MS[granularity];
  const starts = Array.from({ length: Math.ceil((to - from) / bucketMs) }, (_, index) => from + index * bucketMs);
  const list =
    dialect === "sqlite"
      ? sql`select value from json_each(${JSON.stringify(starts)})`
      : sql`select unnest(cast(${`{${starts.join()}}`} as bigint[]))`;
  return sql`bucket in (${list}) and part in ('', ${clean(part)})`;
}
