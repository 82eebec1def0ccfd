import { setImmediate as nextTurn } from "node:timers/promises";
import { type RawBuilder, sql } from "kysely";
import { type ArchivedPart, SETTLED_AFTER_MS, type UsageReading } from "../../model/usage/archive.ts";
import { counterColumns } from "../../model/usage/archive-tables.ts";
import type { Db } from "../database.ts";
import { fencedTransaction, heldLease, LeaseLostError } from "../leases.ts";
import type { Lease } from "../records.ts";
import type { SqlDialect } from "../sql-dialect.ts";
import {
  type BatchRow,
  bigint,
  bucketRowsOf,
  columns,
  columnsOf,
  completeParts,
  isWithoutUsage,
  keyColumns,
  list,
  ofSeries,
  overAt,
  partOf,
  type RowFromDatabase,
  rowsFrom,
  texts,
  withoutUsage,
  zeroRow,
} from "./archive-codec.ts";
import { ensurePartitions, type Partition, partitionOf } from "./archive-partitions.ts";
import { createStepSize, type StepLimits } from "./step-size.ts";

/** Writes of usage by the collector. */
export interface ArchiveWrites {
  /**
   * Writes what was read, in short transactions between which the event loop runs. Writing a reading again changes nothing.
   * A bucket is written as a whole; one with more rows than a transaction is MISSING until the last of them is written.
   *
   * Parts of a bucket that the reading does not have become zero.
   *
   * @throws LeaseLostError if the lease is not held; earlier transactions of the call are kept
   */
  write(readings: readonly UsageReading[], lease: Lease): Promise<void>;
}

/** Rows in one transaction. SQLite runs on the thread of the requests. */
const ROWS_PER_BATCH: Record<SqlDialect, StepLimits> = {
  sqlite: { first: 100, fewest: 25, most: 1_000, longestMs: 8 },
  postgres: { first: 1_000, fewest: 1_000, most: 1_000, longestMs: Number.POSITIVE_INFINITY },
};
/** Parts whose buckets one query compares with the archive. */
const PARTS_PER_COMPARISON = 2_000;

/** Creates the writes of an archive. */
export function createArchiveWrites(db: Db, dialect: SqlDialect): ArchiveWrites {
  const batchSize = createStepSize(ROWS_PER_BATCH[dialect]);

  /** Returns whether a row of the batch's buckets is settled. @throws LeaseLostError */
  const hasSettled = async (transaction: Db, batch: readonly BatchRow[], lease: Lease): Promise<boolean> => {
    const { rows } = await sql<{ held: number; settled: number }>`
      with held as materialized (${heldLease(lease, dialect)}),
        spans as materialized (${rowsFrom(spansOf(batch), spanColumns, dialect)})
      select (select count(*) from held) as held, case when exists (
        select 1 from spans join usage_rows on ${sameColumns("usage_rows", "spans", seriesColumns)}
          and usage_rows.bucket >= spans.first and usage_rows.bucket <= spans.last
        where usage_rows.settled_at is not null) then 1 else 0 end as settled`.execute(transaction);
    if (rows[0]?.held !== 1) throw new LeaseLostError(lease);
    return rows[0].settled === 1;
  };

  /** Stores the former values of settled rows that the batch changes, with times that rise even if the clock does not. */
  const saveCorrections = (transaction: Db, given: RawBuilder<unknown>, readAt: number, lease: Lease) =>
    sql`
    insert into usage_corrections (${columns()}, corrected_at)
    with held as materialized (${heldLease(lease, dialect)}), given as materialized (${given})
    select ${columnsOf("given", keyColumns)}, ${columnsOf("former", counterColumns)}, coalesce(
      (select max(earlier.corrected_at) + 1 from usage_corrections earlier
        where ${sameColumns("earlier", "given", keyColumns)} and earlier.corrected_at >= ${readAt}),
      ${bigint(readAt, dialect)})
    from held cross join given
      left join usage_rows former on ${sameColumns("former", "given", keyColumns)}
      left join usage_rows whole on ${sameColumns("whole", "given", bucketColumns)} and whole.part = ''
    where coalesce(former.settled_at, whole.settled_at) is not null and not (${sameCounters("former", "given")})`.execute(
      transaction,
    );

  /** Inserts rows, and updates those that change or settle. @returns the number of these */
  const saveRows = async (
    transaction: Db,
    given: RawBuilder<unknown>,
    settled: boolean,
    readAt: number,
    lease: Lease,
  ): Promise<bigint> => {
    const settledAt = settled ? sql`whole.settled_at` : sql`cast(null as bigint)`;
    const whole = sql`left join usage_rows whole
      on ${sameColumns("whole", "given", bucketColumns)} and whole.part = ''`;
    const isSame = sameCounters("usage_rows", "excluded");
    const settles = sql`(usage_rows.settled_at is null
      and excluded.read_at - usage_rows.changed_at >= ${sql.lit(SETTLED_AFTER_MS)})`;
    // A bucket that was read before its end is known as a whole once it is read again, also if nothing has changed.
    const wasOver = sql`usage_rows.read_at >= ${overAt("usage_rows")}`;
    const { numAffectedRows } = await sql`
      insert into usage_rows (${columns()}, changed_at, read_at, settled_at)
      with held as materialized (${heldLease(lease, dialect)}), given as materialized (${given})
      select ${columnsOf("given", [...keyColumns, ...counterColumns])},
        ${bigint(readAt, dialect)}, ${bigint(readAt, dialect)}, ${settledAt}
      from held cross join given ${settled ? whole : sql``}
      where true
      on conflict (${list(keyColumns)}) do update set
        settled_at = case when ${settles} and ${isSame} then excluded.read_at else usage_rows.settled_at end,
        changed_at = case when ${isSame} then usage_rows.changed_at else excluded.read_at end,
        read_at = excluded.read_at,
        ${sql.join(counterColumns.map((name) => sql`${sql.ref(name)} = ${sql.ref(`excluded.${name}`)}`))}
      where ${settles} or not ${isSame} or not ${wasOver}`.execute(transaction);
    return numAffectedRows ?? 0n;
  };

  /** Writes rows of readings with the same time, in one transaction. */
  const writeBatch = (batch: readonly BatchRow[], readAt: number, lease: Lease) =>
    fencedTransaction(db, dialect, async (transaction) => {
      const settled = await hasSettled(transaction, batch, lease);
      const given = rowsFrom(batch, [...keyColumns, ...counterColumns], dialect);
      if (settled) await saveCorrections(transaction, given, readAt, lease);
      const written = await saveRows(transaction, given, settled, readAt, lease);
      // No row has changed, or the lease has expired since it was checked.
      if (written === 0n) await hasSettled(transaction, [], lease);
    });

  const writeRows = async (buckets: Iterable<readonly BatchRow[]>, readAt: number, lease: Lease) => {
    for (const batch of batchesOf(buckets, batchSize.rows)) {
      await batchSize.measure(() => writeBatch(batch, readAt, lease));
      await nextTurn();
    }
  };

  /** Sets to zero the parts of read buckets that the reading does not have. */
  const clearAbsent = async (reading: UsageReading, lease: Lease) => {
    for (const buckets of bucketsByParts(reading)) {
      const [first, last] = extent(buckets.map(([bucket]) => bucket));
      const ofBuckets = sql`${ofSeries(reading)} and bucket >= ${first} and bucket <= ${last} and part <> ''`;
      const { rows } = await sql<{ bucket: number; parts: number }>`
        select bucket, count(*) as parts from usage_rows
        where ${ofBuckets} and not ${withoutUsage} group by bucket`.execute(db);
      const archived = new Map(rows.map(({ bucket, parts }) => [bucket, parts]));
      // All parts of the reading have been written, so that a bucket has others if it has more.
      const exceeded = buckets.filter(([bucket, parts]) => (archived.get(bucket) ?? 0) > parts.length);
      for (const [bucket, parts] of exceeded) {
        const names = new Set(parts.map(({ part }) => part));
        const { rows: former } = await sql<RowFromDatabase>`
          select bucket, part, changed_at, settled_at, ${texts()} from usage_rows
          where ${ofSeries(reading)} and bucket = ${bucket} and part <> '' and not ${withoutUsage}`.execute(db);
        const absent = former
          .filter(({ part }) => !names.has(part))
          .map((row) => zeroRow(reading, bucket, partOf(row)));
        await writeRows([absent], reading.readAt, lease);
      }
      await nextTurn();
    }
  };

  return {
    write: async (readings, lease) => {
      if (dialect === "postgres") await ensurePartitions(db, partitionsOf(readings));
      for (const readAt of new Set(readings.map((reading) => reading.readAt))) {
        await writeRows(bucketRowsOf(readings.filter((reading) => reading.readAt === readAt)), readAt, lease);
      }
      for (const reading of readings) {
        if (reading.kind !== "ACCOUNT" && reading.kind !== "STREAM") await clearAbsent(reading, lease);
      }
    },
  };
}

function* partitionsOf(readings: readonly UsageReading[]): Generator<Partition, void> {
  for (const { granularity, buckets } of readings) {
    for (const bucket of buckets.keys()) yield partitionOf(granularity, bucket);
  }
}

const seriesColumns = ["owner", "kind", "subject", "granularity"] as const;
const bucketColumns = [...seriesColumns, "bucket"] as const;
const spanColumns = [...seriesColumns, "first", "last"] as const;

/** Returns the first and last bucket of each series of a batch. */
function spansOf(batch: readonly BatchRow[]): BatchRow[] {
  const spans = new Map<string, { readonly series: BatchRow; readonly buckets: number[] }>();
  for (const row of batch) {
    const series = row.slice(0, seriesColumns.length);
    const key = series.join("\0");
    const span = spans.get(key) ?? { series, buckets: [] };
    spans.set(key, span);
    span.buckets.push(Number(row[seriesColumns.length]));
  }
  return [...spans.values()].map(({ series, buckets }) => [...series, ...extent(buckets)]);
}

function extent(values: readonly number[]): [number, number] {
  return [
    values.reduce((least, value) => Math.min(least, value), Number.MAX_SAFE_INTEGER),
    values.reduce((most, value) => Math.max(most, value), 0),
  ];
}

/** Yields groups of buckets with their parts that have usage. */
function* bucketsByParts({ buckets }: UsageReading): Generator<[number, ArchivedPart[]][], void> {
  let group: [number, ArchivedPart[]][] = [];
  let size = 0;
  for (const [bucket, parts] of buckets) {
    const used = completeParts(parts).filter((part) => part.part !== "" && !isWithoutUsage(part));
    group.push([bucket, used]);
    size += parts.length;
    if (size < PARTS_PER_COMPARISON) continue;
    yield group;
    [group, size] = [[], 0];
  }
  if (group.length > 0) yield group;
}

/** Yields batches of whole buckets. A bucket that has more rows than a batch is divided. */
function* batchesOf(buckets: Iterable<readonly BatchRow[]>, size: () => number): Generator<readonly BatchRow[], void> {
  let batch: BatchRow[] = [];
  for (const rows of buckets) {
    if (batch.length > 0 && batch.length + rows.length > size()) {
      yield batch;
      batch = [];
    }
    let written = 0;
    while (rows.length - written > size()) {
      const part = rows.slice(written, written + size());
      written += part.length;
      yield part;
    }
    batch.push(...rows.slice(written));
  }
  if (batch.length > 0) yield batch;
}

/** Returns the condition that columns of two tables are equal. */
function sameColumns(a: string, b: string, names: readonly string[]): RawBuilder<unknown> {
  return sql.join(
    names.map((name) => sql`${sql.ref(`${a}.${name}`)} = ${sql.ref(`${b}.${name}`)}`),
    sql` and `,
  );
}

function sameCounters(a: string, b: string): RawBuilder<unknown> {
  return sql`((${columnsOf(a, counterColumns)}) is not distinct from (${columnsOf(b, counterColumns)}))`;
}
