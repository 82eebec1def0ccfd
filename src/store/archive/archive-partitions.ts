import { sql } from "kysely";
import type { ArchiveGranularity } from "../../model/usage/archive.ts";
import { DAY_MS } from "../../model/usage/time.ts";
import type { Db } from "../database.ts";
import { fencedTransaction, heldLease, LeaseLostError } from "../leases.ts";
import type { Lease } from "../records.ts";
import { isUniqueViolation } from "../store-error.ts";
import { granularityCodes } from "./archive-codec.ts";

/** Partition of `usage_rows`: the buckets of one granularity in a span that is half-open, in milliseconds. */
export interface Partition {
  readonly name: string;
  readonly granularity: ArchiveGranularity;
  readonly from: number;
  readonly until: number;
}

/** Longest wait for the lock on a partition, in milliseconds: reads that come later wait for it too. */
const LOCK_TIMEOUT_MS = 250;

/**
 * Returns the partition of a bucket: its month. Hours of the first and last UTC day of a month are kept for good, and have
 * partitions of their own, so that the others can be dropped as a whole.
 */
export function partitionOf(granularity: ArchiveGranularity, bucket: number): Partition {
  const isDay = granularity === "DAY";
  // The turn of a month belongs to the month that begins.
  const next = new Date(bucket + DAY_MS).getUTCDate() === 1 && !isDay;
  const date = new Date(next ? bucket + DAY_MS : bucket);
  const [begin, end] = [0, 1].map((months) => Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months)) as [
    number,
    number,
  ];
  const month = date.toISOString().slice(0, 7).replace("-", "_");
  if (isDay) return { name: `usage_days_${month}`, granularity, from: begin, until: end };
  return date.getUTCDate() === 1
    ? { name: `usage_hours_turn_${month}`, granularity, from: begin - DAY_MS, until: begin + DAY_MS }
    : { name: `usage_hours_${month}`, granularity, from: begin + DAY_MS, until: end - DAY_MS };
}

/** Creates the partitions that do not exist yet. */
export async function ensurePartitions(db: Db, partitions: Iterable<Partition>): Promise<void> {
  const byName = new Map([...partitions].map((partition) => [partition.name, partition]));
  if (byName.size === 0) return;
  const { rows } = await sql<{ name: string }>`select name
    from jsonb_array_elements_text(cast(${JSON.stringify([...byName.keys()])} as jsonb)) as t(name)
    where to_regclass(name) is null`.execute(db);
  for (const { name } of rows) {
    const partition = byName.get(name);
    if (!partition) continue;
    const { from, until } = partition;
    const code = granularityCodes[partition.granularity];
    // Another gateway may create it at the same time.
    await sql
      .raw(
        `create table if not exists ${name} partition of usage_rows for values from (${code}, ${from}) to (${code}, ${until})`,
      )
      .execute(db)
      .catch((error: unknown) => {
        if (!isUniqueViolation(error)) throw error;
      });
  }
}

/** Drops the partitions of hours that end before an instant and are empty. @throws LeaseLostError */
export async function dropEmptyPartitions(db: Db, before: number, lease: Lease): Promise<void> {
  const { rows } = await sql<{ name: string }>`select relname as name from pg_inherits
    join pg_class on pg_class.oid = inhrelid
    where inhparent = to_regclass('usage_rows') and relname like 'usage\\_hours\\_2%'`.execute(db);
  for (const { name } of rows) {
    const month = /^usage_hours_(\d{4})_(\d{2})$/.exec(name);
    // The last day of the month belongs to another partition.
    if (!month || Date.UTC(Number(month[1]), Number(month[2])) - DAY_MS > before) continue;
    await fencedTransaction(db, "postgres", async (transaction) => {
      await sql.raw(`set local lock_timeout = ${LOCK_TIMEOUT_MS}`).execute(transaction);
      const { rows: held } = await heldLease(lease, "postgres").execute(transaction);
      if (held.length === 0) throw new LeaseLostError(lease);
      await sql.raw(`lock table ${name} in share mode`).execute(transaction);
      const { rows: left } = await sql.raw(`select 1 from ${name} limit 1`).execute(transaction);
      if (left.length === 0) await sql.raw(`drop table ${name}`).execute(transaction);
    });
  }
}
