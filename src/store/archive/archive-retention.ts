import { setImmediate as nextTurn } from "node:timers/promises";
import { type RawBuilder, sql } from "kysely";
import type { ArchiveSeries } from "../../model/usage/archive.ts";
import { counterColumns } from "../../model/usage/archive-tables.ts";
import { type RollUp, rollUpOf } from "../../model/usage/roll-up.ts";
import { DAY_MS, HOUR_MS, type TimeWindow } from "../../model/usage/time.ts";
import type { Db } from "../database.ts";
import { fencedTransaction, heldLease, LeaseLostError } from "../leases.ts";
import type { Lease } from "../records.ts";
import type { SqlDialect } from "../sql-dialect.ts";
import { columns, granularityCodes, halvesOf, keyColumns, list, ofSeries } from "./archive-codec.ts";
import { dropEmptyPartitions, ensurePartitions, partitionOf } from "./archive-partitions.ts";

/** Series whose hours become days. */
export type RolledUpSeries = Omit<ArchiveSeries, "granularity">;

/** Replaces old hours by days. See docs/decisions/0035-retention.md. */
export interface ArchiveRetention {
  /** Returns the start of the oldest archived hour within a window; null for none. */
  oldestHour(series: RolledUpSeries, window: TimeWindow): Promise<number | null>;
  /**
   * Lets the row of a UTC day replace its hours, unless one of these may still change, or together they contradict the day
   * or exceed 64 bits.
   *
   * Hours are deleted in short transactions between which the event loop runs; a call that was interrupted is completed by the
   * next one. Calling again changes nothing.
   *
   * @throws LeaseLostError if the lease is not held
   */
  rollUpDay(series: RolledUpSeries, day: number, lease: Lease): Promise<RollUp["outcome"]>;
  /** Drops partitions of hours before an instant that are empty; without effect on SQLite. @throws LeaseLostError */
  dropEmptyPartitions(before: number, lease: Lease): Promise<void>;
}

/** Hours in one transaction, in rows; one hour is never split. */
const MAX_ROWS_PER_BATCH: Record<SqlDialect, number> = { sqlite: 300, postgres: 2_000 };
/** Counts that are compared: those of bytes, which are billed. Views of a day need not be the sum of those of its hours. */
const comparedColumns = counterColumns.filter((name) => name.includes("bytes"));

/** Hours of a day as they are summarized by the database. */
interface Summary {
  readonly held: number;
  readonly rows: number;
  readonly open: number;
  readonly read: number;
  readonly hasDay: number;
  /** Bits of the hours that the day has replaced; null if it has replaced none. */
  readonly replaced: number | null;
  readonly above: number;
  readonly below: number;
  readonly tooLarge: number;
}

/** Creates the retention of an archive. */
export function createArchiveRetention(db: Db, dialect: SqlDialect): ArchiveRetention {
  const deleteHours = (series: RolledUpSeries, { from, to }: TimeWindow, bits: number, lease: Lease, in_: Db) =>
    sql`delete from usage_rows
      where ${ofSeries({ ...series, granularity: "HOUR" })} and bucket >= ${from} and bucket < ${to}
        and (${sql.lit(bits)} >> ${hourOfDay}) & 1 = 1 and exists (${heldLease(lease, dialect)})`.execute(in_);

  return {
    oldestHour: async (series, { from, to }) => {
      const { rows } = await sql<{ bucket: number }>`select bucket from usage_rows
        where ${ofSeries({ ...series, granularity: "HOUR" })} and bucket >= ${from} and bucket < ${to}
        order by bucket limit 1`.execute(db);
      return rows[0]?.bucket ?? null;
    },
    rollUpDay: async (series, day, lease) => {
      if (dialect === "postgres") await ensurePartitions(db, [partitionOf("DAY", day)]);
      const done = await fencedTransaction(db, dialect, async (transaction) => {
        const summary = await summaryOf(series, day, lease, transaction, dialect);
        if (summary.held === 0) throw new LeaseLostError(lease);
        const { rows, replaced } = summary;
        let bits = replaced;
        if (bits === null) {
          const rollUp = rollUpOf({
            read: summary.read,
            isOpen: summary.open > 0,
            hasDay: summary.hasDay > 0,
            exceedsDay: summary.above > 0,
            isBelowDay: summary.below > 0,
            isTooLarge: summary.tooLarge > 0,
          });
          if (rollUp.outcome !== "ROLLED_UP") return { outcome: rollUp.outcome, bits: 0, hours: 24 };
          bits = summary.read;
          if (summary.hasDay === 0) await insertDay(series, day, transaction);
          await sql`update usage_rows set hours_replaced = ${bits}, hours_lacking = ${rollUp.lacking}
            where ${ofSeries({ ...series, granularity: "DAY" })} and bucket = ${day} and part = ''`.execute(
            transaction,
          );
        }
        const hours = Math.max(1, Math.floor((24 * MAX_ROWS_PER_BATCH[dialect]) / Math.max(1, rows)));
        await deleteHours(series, { from: day, to: day + Math.min(24, hours) * HOUR_MS }, bits, lease, transaction);
        return { outcome: "ROLLED_UP" as const, bits, hours };
      });
      const { outcome, bits, hours } = done;
      await nextTurn();
      for (let hour = hours; hour < 24; hour += hours) {
        const window = { from: day + hour * HOUR_MS, to: day + Math.min(24, hour + hours) * HOUR_MS };
        await fencedTransaction(db, dialect, (transaction) => deleteHours(series, window, bits, lease, transaction));
        await nextTurn();
      }
      return outcome;
    },
    dropEmptyPartitions: async (before, lease) => {
      if (dialect === "postgres") await dropEmptyPartitions(db, before, lease);
    },
  };
}

/** Number of a bucket's hour within its UTC day. */
const hourOfDay = sql`cast((bucket % ${sql.lit(DAY_MS)}) / ${sql.lit(HOUR_MS)} as integer)`;

/** Returns what the database has of a day and its hours. */
async function summaryOf(
  series: RolledUpSeries,
  day: number,
  lease: Lease,
  db: Db,
  dialect: SqlDialect,
): Promise<Summary> {
  const isHour = sql`sign = 1`;
  const isWhole = sql`part = ''`;
  const differences = counterColumns.flatMap((name) => {
    const { high, low } = halvesOf(sql.ref(name));
    return [
      sql`cast(sum(sign * ${high}) as bigint) as ${sql.ref(`${name}_high`)}`,
      sql`cast(sum(sign * ${low}) as bigint) as ${sql.ref(`${name}_low`)}`,
    ];
  });
  /** Returns whether a difference is so, given its high bits, with what its low ones carry, and the rest of these. */
  const anyOf = (names: readonly string[], isSo: (high: RawBuilder<unknown>, low: RawBuilder<unknown>) => unknown) =>
    sql.join(
      names.map((name) => {
        const low = halvesOf(sql.ref(`${name}_low`));
        return isSo(sql`(${sql.ref(`${name}_high`)} + ${low.high})`, low.low);
      }),
      sql` or `,
    );
  const isAbove = anyOf(comparedColumns, (high, low) => sql`${high} > 0 or (${high} = 0 and ${low} > 0)`);
  const isBelow = anyOf(comparedColumns, (high) => sql`${high} < 0`);
  const isTooLarge = anyOf(counterColumns, (high) => sql`${high} >= ${sql.lit(2 ** 31)}`);
  const { rows } = await sql<Summary>`
    with held as materialized (${heldLease(lease, dialect)}),
      given as (
        select usage_rows.*, 1 as sign from usage_rows
          where ${ofSeries({ ...series, granularity: "HOUR" })} and bucket >= ${day} and bucket < ${day + DAY_MS}
        union all select usage_rows.*, -1 as sign from usage_rows
          where ${ofSeries({ ...series, granularity: "DAY" })} and bucket = ${day}
      ),
      parts as (
        select part, count(case when ${isHour} then 1 end) as hour_rows,
          count(case when settled_at is null then 1 end) as open_rows,
          sum(case when ${isHour} and ${isWhole} then 1 << ${hourOfDay} else 0 end) as read_bits,
          count(case when not (${isHour}) and ${isWhole} then 1 end) as day_rows,
          max(case when not (${isHour}) and ${isWhole} then hours_replaced end) as replaced_bits,
          ${sql.join(differences)}
        from given group by part
      )
    select (select count(*) from held) as held, ${whole("sum(hour_rows)")} as rows, ${whole("sum(open_rows)")} as open,
      ${whole("sum(read_bits)")} as read, ${whole("sum(day_rows)")} as "hasDay",
      max(replaced_bits) as replaced,
      count(case when ${isAbove} then 1 end) as above, count(case when ${isBelow} then 1 end) as below,
      count(case when ${isTooLarge} then 1 end) as "tooLarge"
    from parts`.execute(db);
  const [summary] = rows;
  if (!summary) throw new RangeError("a summary has one row");
  return summary;
}

/** Sums are of another type than their summands on PostgreSQL. */
function whole(sum: string): RawBuilder<unknown> {
  return sql`cast(coalesce(${sql.raw(sum)}, 0) as bigint)`;
}

/** Inserts the sum of the hours as the row of their day, which the platform did not give. */
async function insertDay(series: RolledUpSeries, day: number, db: Db): Promise<void> {
  const sums = counterColumns.map((name) =>
    name === "bytes_out" || name === "bytes_in"
      ? sql`sum(${sql.ref(name)})`
      : sql`case when count(${sql.ref(name)}) = count(*) then sum(${sql.ref(name)}) end`,
  );
  await sql`insert into usage_rows (${columns()}, changed_at, read_at, settled_at)
    select owner, kind, subject, ${sql.lit(granularityCodes.DAY)}, ${sql.lit(day)}, part, ${sql.join(sums)},
      max(changed_at), max(read_at), max(settled_at)
    from usage_rows
    where ${ofSeries({ ...series, granularity: "HOUR" })} and bucket >= ${day} and bucket < ${day + DAY_MS}
    group by owner, kind, subject, part
    on conflict (${list(keyColumns)}) do nothing`.execute(db);
}
