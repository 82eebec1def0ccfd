import { setImmediate as nextTurn } from "node:timers/promises";
import { type RawBuilder, sql } from "kysely";
import { SETTLED_AFTER_MS, type UsageReading } from "../../model/usage/archive.ts";
import type { Db } from "../database.ts";
import { fencedTransaction, heldLease, LeaseLostError } from "../leases.ts";
import type { Lease } from "../records.ts";
import type { SqlDialect } from "../sql-dialect.ts";
import {
  type BatchRow,
  bigint,
  columns,
  columnsOf,
  counterColumns,
  fromJson,
  jsonOf,
  keyColumns,
  list,
  numbers,
  ofSeries,
  rowsOf,
  textColumns,
} from "./archive-codec.ts";
import { ensurePartitions, type Partition, partitionOf } from "./archive-partitions.ts";

/** Writes of usage by the collector. */
export interface ArchiveWrites {
  /**
   * Writes what was read, in short transactions between which the event loop runs. Writing a reading again changes nothing.
   *
   * Parts of a bucket that the reading does not have become zero.
   *
   * @throws LeaseLostError if the lease is not held; earlier transactions of the call are kept
   */
  write(readings: readonly UsageReading[], lease: Lease): Promise<void>;
}

/** Rows in one transaction on PostgreSQL. */
const MAX_ROWS_PER_BATCH = 1_000;
/** Rows in the first transaction on SQLite, and the fewest in any. */
const ROWS_PER_BATCH_ON_SQLITE = { first: 50, fewest: 10 };
/** Longest intended transaction on SQLite, which runs on the thread of the requests, in milliseconds. */
const BATCH_MS = 8;

/** Creates the writes of an archive. */
export function createArchiveWrites(db: Db, dialect: SqlDialect): ArchiveWrites {
  const batchSize = createBatchSize(dialect);

  /** Writes rows of readings with the same time. */
  const writeBatch = async (batch: readonly BatchRow[], readAt: number, lease: Lease) => {
    const given = batchRows(batch, dialect);
    const written = await fencedTransaction(db, dialect, async (transaction) => {
      await sql`
        insert into usage_corrections (${columns()}, corrected_at)
        with held as materialized (${heldLease(lease, dialect)}), given as materialized (${given})
        select ${columnsOf("given", keyColumns)}, ${columnsOf("former", counterColumns)}, ${bigint(readAt, dialect)}
        from held cross join given
          left join usage_rows former on ${sameKey("former", sql.ref("given.part"))}
          left join usage_rows whole on ${sameKey("whole", sql.lit(""))}
        where coalesce(former.settled_at, whole.settled_at) is not null and not (${sameCounters("former", "given")})
        on conflict do nothing`.execute(transaction);
      const { numAffectedRows } = await sql`
        insert into usage_rows (${columns()}, changed_at, read_at, settled_at)
        with held as materialized (${heldLease(lease, dialect)}), given as materialized (${given})
        select ${columnsOf("given", [...keyColumns, ...counterColumns])},
          ${bigint(readAt, dialect)}, ${bigint(readAt, dialect)}, whole.settled_at
        from held cross join given left join usage_rows whole on ${sameKey("whole", sql.lit(""))}
        where true
        on conflict (${list(keyColumns)}) do update set
          settled_at = case
            when usage_rows.settled_at is null and ${sameCounters("usage_rows", "excluded")}
              and excluded.read_at - usage_rows.changed_at >= ${sql.lit(SETTLED_AFTER_MS)}
            then excluded.read_at else usage_rows.settled_at end,
          changed_at = case
            when ${sameCounters("usage_rows", "excluded")} then usage_rows.changed_at else excluded.read_at end,
          read_at = excluded.read_at,
          ${sql.join(counterColumns.map((name) => sql`${sql.ref(name)} = ${sql.ref(`excluded.${name}`)}`))}`.execute(
        transaction,
      );
      return numAffectedRows ?? 0n;
    });
    if (written === 0n && batch.length > 0) throw new LeaseLostError(lease);
  };

  /** Sets to zero the parts of read buckets that the reading does not have. */
  const clearAbsent = async (reading: UsageReading, lease: Lease) => {
    const buckets = [...reading.buckets.keys()];
    const { readAt } = reading;
    const isAbsent = sql`${ofSeries(reading)} and part <> '' and read_at <> ${bigint(readAt, dialect)}
      and bucket in (${numbers(buckets, dialect)})
      and not (bytes_out = 0 and bytes_in = 0 and coalesce(view_seconds, 0) = 0 and coalesce(publish_seconds, 0) = 0
        and coalesce(views, 0) = 0 and coalesce(publishes, 0) = 0)`;
    await fencedTransaction(db, dialect, async (transaction) => {
      await sql`
        insert into usage_corrections (${columns()}, corrected_at)
        with held as materialized (${heldLease(lease, dialect)})
        select ${columnsOf("usage_rows", [...keyColumns, ...counterColumns])}, ${bigint(readAt, dialect)}
        from held cross join usage_rows where ${isAbsent} and settled_at is not null
        on conflict do nothing`.execute(transaction);
      await sql`
        update usage_rows set changed_at = ${readAt}, read_at = ${readAt},
          ${sql.join(counterColumns.map((name) => sql`${sql.ref(name)} = ${zeroed(name)}`))}
        where ${isAbsent} and exists (${heldLease(lease, dialect)})`.execute(transaction);
    });
  };

  return {
    write: async (readings, lease) => {
      if (dialect === "postgres") await ensurePartitions(db, partitionsOf(readings));
      for (const readAt of new Set(readings.map((reading) => reading.readAt))) {
        const simultaneous = readings.filter((reading) => reading.readAt === readAt);
        const rows = rowsOf(simultaneous);
        const next = () => take(rows, batchSize.rows());
        for (let batch = next(); batch.length > 0; batch = next()) {
          await batchSize.measure(() => writeBatch(batch, readAt, lease));
          await nextTurn();
        }
      }
      for (const reading of readings) {
        if (reading.kind === "ACCOUNT" || reading.kind === "STREAM" || reading.buckets.size === 0) continue;
        await clearAbsent(reading, lease);
        await nextTurn();
      }
    },
  };
}

function* partitionsOf(readings: readonly UsageReading[]): Generator<Partition, void> {
  for (const { granularity, buckets } of readings) {
    for (const bucket of buckets.keys()) yield partitionOf(granularity, bucket);
  }
}

/** Returns the next items, up to `count`; none at the end. */
function take<Item>(items: Iterator<Item, void>, count: number): Item[] {
  const taken: Item[] = [];
  while (taken.length < count) {
    const { done, value } = items.next();
    if (done || value === undefined) break;
    taken.push(value);
  }
  return taken;
}

function batchRows(batch: readonly BatchRow[], dialect: SqlDialect): RawBuilder<unknown> {
  return fromJson(jsonOf(batch), [...keyColumns, ...counterColumns], textColumns, dialect);
}

/** Returns the condition that a row has the key of the given one, with this part. */
function sameKey(table: string, part: RawBuilder<unknown>): RawBuilder<unknown> {
  const same = keyColumns
    .filter((name) => name !== "part")
    .map((name) => sql`${sql.ref(`${table}.${name}`)} = ${sql.ref(`given.${name}`)}`);
  return sql.join([...same, sql`${sql.ref(`${table}.part`)} = ${part}`], sql` and `);
}

function sameCounters(a: string, b: string): RawBuilder<unknown> {
  return sql`(${columnsOf(a, counterColumns)}) is not distinct from (${columnsOf(b, counterColumns)})`;
}

/** Keeps columns that are null: a part without a breakdown has none when it is zero either. */
function zeroed(name: string): RawBuilder<unknown> {
  return sql`case when ${sql.ref(name)} is null then null else 0 end`;
}

/** Creates the size of batches, which on SQLite follows from how long the previous ones took. */
function createBatchSize(dialect: SqlDialect) {
  let rows = dialect === "sqlite" ? ROWS_PER_BATCH_ON_SQLITE.first : MAX_ROWS_PER_BATCH;
  return {
    rows: () => rows,
    measure: async (write: () => Promise<void>) => {
      const begun = performance.now();
      await write();
      if (dialect !== "sqlite") return;
      const tookMs = performance.now() - begun;
      if (tookMs > BATCH_MS) rows = Math.max(ROWS_PER_BATCH_ON_SQLITE.fewest, rows >> 1);
      else if (tookMs < BATCH_MS / 2) rows = Math.min(MAX_ROWS_PER_BATCH, rows + ROWS_PER_BATCH_ON_SQLITE.fewest);
    },
  };
}
