import { setImmediate as nextTurn } from "node:timers/promises";
import { type RawBuilder, sql } from "kysely";
import { ApplicationError } from "../../model/errors.ts";
import type { ArchiveKind } from "../../model/usage/archive.ts";
import {
  type ArchiveRow,
  type ArchiveTable,
  type ArchiveTableName,
  archiveRowsProblem,
  archiveTable,
  archiveTables,
} from "../../model/usage/archive-tables.ts";
import { type MergeEffect, mergeBucket } from "../../model/usage/merge-archives.ts";
import { DAY_MS, HOUR_MS } from "../../model/usage/time.ts";
import type { Db } from "../database.ts";
import { ATTENDANCE_LEASE, COLLECTOR_LEASE, fencedTransaction } from "../leases.ts";
import type { SqlDialect } from "../sql-dialect.ts";
import { granularityCodes, kindCodes, nameOf, rowsFrom } from "./archive-codec.ts";
import { ensurePartitions, type Partition, partitionOf } from "./archive-partitions.ts";
import { createStepSize, type StepLimits } from "./step-size.ts";

/** Position in an export, behind the row with this key. */
export interface ArchiveCursor {
  readonly table: ArchiveTableName;
  readonly key: readonly string[];
}

/** Rows of one table in the order of its key. */
export interface ArchivePage {
  readonly table: ArchiveTableName;
  readonly rows: readonly ArchiveRow[];
  /** Position of the next page; null after the last. */
  readonly next: ArchiveCursor | null;
}

/** Effects of imported rows, by number. */
export interface ImportedRows extends Readonly<Record<MergeEffect, number>> {
  /** Keys of rows that contradict the archive, and were left out. */
  readonly conflicts: readonly string[];
}

/** Reads and writes the archive as a whole. See docs/decisions/0036-archive-files.md. */
export interface ArchiveTransfer {
  /** Returns the accounts whose usage the archive has, in order. */
  accounts(): Promise<string[]>;
  /** Returns the page after a position; the first one for null. Rows of one bucket are in one page. */
  page(after: ArchiveCursor | null): Promise<ArchivePage>;
  /**
   * Merges rows, in short transactions that exclude the collector. Importing them again changes nothing.
   *
   * @throws ApplicationError INVALID_INPUT if the rows break a rule of their table; then none is written
   */
  merge(table: ArchiveTableName, rows: readonly ArchiveRow[]): Promise<ImportedRows>;
  /** Removes from the recorded gaps what is no longer missing. Call it after the last {@link merge}. */
  closeGaps(): Promise<void>;
}

/** Name of an import in the audit log. */
export const IMPORT_ARCHIVE = "importArchive";
/** Rows of a page; a bucket with more has a page of its own. */
const ROWS_PER_PAGE = 500;
/** Rows in one transaction. SQLite runs on the thread of the requests. */
const ROWS_PER_BATCH: Record<SqlDialect, StepLimits> = {
  sqlite: { first: 50, fewest: 10, most: 500, longestMs: 6 },
  postgres: { first: 1_000, fewest: 1_000, most: 1_000, longestMs: Number.POSITIVE_INFINITY },
};
/** Gaps that are read at once. */
const GAPS_PER_PAGE = 50;

/** Leases of the gateways that write what an import writes. */
const LEASES = [ATTENDANCE_LEASE, COLLECTOR_LEASE];

const noRows: ImportedRows = { ADDED: 0, UNCHANGED: 0, UPDATED: 0, CORRECTED: 0, OUTDATED: 0, conflicts: [] };

/** Creates the transfer of a database; `db` has no plugins. */
export function createArchiveTransfer(db: Db, dialect: SqlDialect): ArchiveTransfer {
  const batchSize = createStepSize(ROWS_PER_BATCH[dialect]);

  /** Runs a transaction that those of the collectors exclude, by the rows of their leases. */
  const exclusive = <Result>(work: (transaction: Db) => Promise<Result>): Promise<Result> =>
    fencedTransaction(db, dialect, async (transaction) => {
      if (dialect === "postgres")
        await sql`select 1 from leases where name in (${sql.join(LEASES)}) order by name for update`.execute(
          transaction,
        );
      return work(transaction);
    });

  const createLeaseRows = async () => {
    for (const name of LEASES)
      await sql`insert into leases (name, owner, epoch, expires_at) values (${name}, '', 0, 0) on conflict do nothing`.execute(
        db,
      );
  };

  const writeRows = async (
    transaction: Db,
    table: ArchiveTable,
    rows: readonly ArchiveRow[],
    onConflict: RawBuilder<unknown>,
  ) => {
    if (rows.length === 0) return;
    const names = table.columns.map(({ name }) => name);
    await sql`insert into ${sql.table(table.name)} (${refs(names)})
      with given as materialized (${given(table, rows, dialect)}) select ${refs(names)} from given where true
      on conflict (${refs(names.slice(0, table.keyLength))}) ${onConflict}`.execute(transaction);
  };

  /** Returns the rows whose first columns equal those of the given ones. */
  const readRows = async (
    transaction: Db,
    table: ArchiveTable,
    rows: readonly ArchiveRow[],
    columns: number,
  ): Promise<ArchiveRow[]> => {
    if (rows.length === 0) return [];
    const of: ArchiveTable = { ...table, columns: table.columns.slice(0, columns) };
    const keys = new Map(rows.map((row) => [JSON.stringify(row.slice(0, columns)), row.slice(0, columns)]));
    const names = of.columns.map(({ name }) => name);
    const same = names.map((name) => sql`${sql.ref(`archived.${name}`)} = ${sql.ref(`given.${name}`)}`);
    const { rows: found } = await sql<Record<string, string | null>>`
      with given as materialized (${given(of, [...keys.values()], dialect)})
      select ${texts(table, "archived")} from given cross join ${sql.table(table.name)} archived
      where ${sql.join(same, sql` and `)}`.execute(transaction);
    return found.map((row) => cellsOf(table, row));
  };

  const insertAlike = async (
    transaction: Db,
    table: ArchiveTable,
    rows: readonly ArchiveRow[],
  ): Promise<ImportedRows> => {
    const former = byKey(table, await readRows(transaction, table, rows, table.keyLength));
    await writeRows(transaction, table, rows, sql`do nothing`);
    const of = (row: ArchiveRow) => former.get(keyOf(table, row));
    return {
      ...noRows,
      ADDED: rows.filter((row) => !of(row)).length,
      UNCHANGED: rows.filter((row) => JSON.stringify(of(row)) === JSON.stringify(row)).length,
      conflicts: rows
        .filter((row) => of(row) && JSON.stringify(of(row)) !== JSON.stringify(row))
        .map((row) => `${table.name} ${keyOf(table, row)}`),
    };
  };

  const mergeBuckets = async (transaction: Db, table: ArchiveTable, rows: readonly ArchiveRow[]) => {
    const archived = groupsOf(table, await readRows(transaction, table, rows, table.groupLength));
    const merges = [...groupsOf(table, rows)].map(([key, group]) => mergeBucket(archived.get(key) ?? [], group));
    await writeRows(
      transaction,
      table,
      merges.flatMap((each) => each.rows),
      replaced(table),
    );
    const corrections = merges.flatMap((each) => each.corrections);
    const { conflicts } = await insertAlike(transaction, tableOf("usage_corrections"), corrections);
    return sum([...merges.map(({ effects }) => ({ ...effects, conflicts: [] })), { ...noRows, conflicts }]);
  };

  /** Widens sources; what neither side has read in between becomes a gap. */
  const mergeSources = async (transaction: Db, table: ArchiveTable, rows: readonly ArchiveRow[]) => {
    const former = byKey(table, await readRows(transaction, table, rows, table.keyLength));
    const changed: ArchiveRow[] = [];
    const gaps: ArchiveRow[] = [];
    let added = 0;
    for (const row of rows) {
      const own = former.get(keyOf(table, row));
      const key = row.slice(0, table.keyLength);
      if (!own) {
        added += 1;
        changed.push(row);
        continue;
      }
      const [from = 0, until = 0, readUntil = 0] = row.slice(table.keyLength).map(Number);
      const [ownFrom = 0, ownUntil = 0, ownReadUntil = 0] = own.slice(table.keyLength).map(Number);
      const [hole, end] = [Math.min(until, ownUntil), Math.max(from, ownFrom)];
      if (hole < end) gaps.push([...key, `${hole}`, `${end}`]);
      const span = [Math.min(from, ownFrom), Math.max(until, ownUntil), Math.max(readUntil, ownReadUntil)];
      const merged = [...key, ...span.map(String)];
      if (JSON.stringify(merged) !== JSON.stringify(own)) changed.push(merged);
    }
    await writeRows(transaction, table, changed, replaced(table));
    await writeRows(transaction, tableOf("usage_gaps"), gaps, widest(dialect));
    return { ...noRows, ADDED: added, UPDATED: changed.length - added, UNCHANGED: rows.length - changed.length };
  };

  const mergeGaps = async (transaction: Db, table: ArchiveTable, rows: readonly ArchiveRow[]) => {
    const former = byKey(table, await readRows(transaction, table, rows, table.keyLength));
    await writeRows(transaction, table, rows, widest(dialect));
    const added = rows.filter((row) => !former.has(keyOf(table, row))).length;
    return { ...noRows, ADDED: added, UNCHANGED: rows.length - added };
  };

  /** Inserts attendance that no day counts yet, unless the archive has counted its day later. */
  const mergeAttendance = async (transaction: Db, table: ArchiveTable, rows: readonly ArchiveRow[]) => {
    const days = [...new Set(rows.map((row) => Number(row[1])))];
    const { rows: counted } = await sql<{ day: number; read_at: number }>`select day, max(read_at) as read_at
      from attendance_days where day in (select day from (${rowsFrom(
        days.map((day) => [day]),
        ["day"],
        dialect,
      )}) as given) group by day`.execute(transaction);
    const countedAt = new Map(counted.map(({ day, read_at }) => [day, Number(read_at)]));
    const current = rows.filter((row) => Number(row[4]) >= (countedAt.get(Number(row[1])) ?? 0));
    const merged = await insertAlike(transaction, table, current);
    return { ...merged, OUTDATED: rows.length - current.length };
  };

  /** Lets days count that were read later than those of the archive. */
  const mergeDays = async (transaction: Db, table: ArchiveTable, rows: readonly ArchiveRow[]) => {
    const former = byKey(table, await readRows(transaction, table, rows, table.keyLength));
    const of = (row: ArchiveRow) => former.get(keyOf(table, row));
    const isNewer = (row: ArchiveRow) => Number(row[2]) > Number(of(row)?.[2] ?? -1);
    const isSame = (row: ArchiveRow) => Number(row[2]) === Number(of(row)?.[2] ?? -1);
    await writeRows(transaction, table, rows.filter(isNewer), replaced(table));
    const added = rows.filter((row) => !of(row)).length;
    const unchanged = rows.filter(isSame).length;
    const updated = rows.filter(isNewer).length - added;
    return {
      ...noRows,
      ADDED: added,
      UPDATED: updated,
      UNCHANGED: unchanged,
      OUTDATED: rows.length - added - updated - unchanged,
    };
  };

  const mergers: Readonly<
    Record<
      ArchiveTableName,
      (transaction: Db, table: ArchiveTable, rows: readonly ArchiveRow[]) => Promise<ImportedRows>
    >
  > = {
    usage_rows: mergeBuckets,
    usage_corrections: insertAlike,
    usage_sources: mergeSources,
    usage_gaps: mergeGaps,
    attendance: mergeAttendance,
    attendance_days: mergeDays,
  };

  /** Returns the next rows of whole groups, about as many as fit into a batch. */
  const batchEnd = (table: ArchiveTable, rows: readonly ArchiveRow[], start: number): number => {
    let end = Math.min(rows.length, start + batchSize.rows());
    while (end < rows.length && groupOf(table, rows[end] ?? []) === groupOf(table, rows[end - 1] ?? [])) end += 1;
    return end;
  };

  const readPage = async (table: ArchiveTable, after: readonly string[] | null, limit: number) => {
    const keys = table.columns.slice(0, table.keyLength);
    const place =
      after === null
        ? sql`true`
        : sql`(${refs(keys.map(({ name }) => name))}) > (${sql.join(
            keys.map(({ type }, index) => parameter(type, after[index] ?? "", dialect)),
          )})`;
    const { rows } = await sql<Record<string, string | null>>`select ${texts(table, table.name)}
      from ${sql.table(table.name)} where ${place}
      order by ${refs(keys.map(({ name }) => `${table.name}.${name}`))} limit ${sql.lit(limit)}`.execute(db);
    return rows.map((row) => cellsOf(table, row));
  };

  return {
    accounts: async () => {
      const { rows } = await sql<{ owner: string }>`select owner from usage_sources
        union select owner from attendance_days`.execute(db);
      return rows.map(({ owner }) => owner).sort();
    },
    page: async (after) => {
      const table = after ? tableOf(after.table) : archiveTables[0];
      if (!table) throw new RangeError("the archive has no tables");
      for (let limit = ROWS_PER_PAGE; ; limit *= 8) {
        const rows = await readPage(table, after && after.key.length > 0 ? after.key : null, limit + 1);
        if (rows.length <= limit) {
          const following = archiveTables[archiveTables.indexOf(table) + 1];
          return { table: table.name, rows, next: following ? { table: following.name, key: [] } : null };
        }
        // The last group goes on in the next page, unless it is the only one.
        const last = groupOf(table, rows.at(-1) ?? []);
        const whole =
          table.groupLength === table.keyLength
            ? rows.slice(0, -1)
            : rows.filter((row) => groupOf(table, row) !== last);
        const end = whole.at(-1);
        if (!end) continue;
        return {
          table: table.name,
          rows: whole,
          next: { table: table.name, key: end.slice(0, table.keyLength).map(String) },
        };
      }
    },
    merge: async (name, rows) => {
      const table = tableOf(name);
      const problem = archiveRowsProblem(table, rows);
      if (problem !== null) {
        throw new ApplicationError("INVALID_INPUT", `Rows of ${name} must be those of an export; ${problem}.`);
      }
      await nextTurn();
      await createLeaseRows();
      if (name === "usage_rows" && dialect === "postgres") await ensurePartitions(db, rows.map(partitionOfRow));
      const results: ImportedRows[] = [];
      for (let start = 0, end = 0; start < rows.length; start = end) {
        end = batchEnd(table, rows, start);
        const batch = rows.slice(start, end);
        results.push(
          await batchSize.measure(() => exclusive((transaction) => mergers[name](transaction, table, batch))),
        );
        await nextTurn();
      }
      return sum(results);
    },
    closeGaps: async () => {
      const table = tableOf("usage_gaps");
      await createLeaseRows();
      let after: readonly string[] | null = null;
      for (;;) {
        const gaps: ArchiveRow[] = await readPage(table, after, GAPS_PER_PAGE);
        for (const gap of gaps) {
          await exclusive((transaction) => closeGap(transaction, gap, writeRows));
          await nextTurn();
        }
        const last = gaps.at(-1);
        if (!last) return;
        after = last.slice(0, table.keyLength).map(String);
      }
    },
  };
}

type WriteRows = (
  transaction: Db,
  table: ArchiveTable,
  rows: readonly ArchiveRow[],
  onConflict: RawBuilder<unknown>,
) => Promise<void>;

/** Replaces a gap by the spans of it that have no rows. */
async function closeGap(transaction: Db, gap: ArchiveRow, writeRows: WriteRows): Promise<void> {
  const table = tableOf("usage_gaps");
  const [owner = "", kind = "0", name = "", granularity = "0", from = "0", until = "0"] = gap.map((cell) => cell ?? "");
  const isOfTrackingId = Number(kind) === kindCodes["TRACKING_STREAM" satisfies ArchiveKind];
  const [rowOwner, subject] = isOfTrackingId ? [name, ""] : [owner, name];
  const { rows } = await sql<{ bucket: number }>`select bucket from usage_rows
    where owner = ${rowOwner} and kind = ${Number(kind)} and subject = ${subject} and granularity = ${Number(granularity)}
      and bucket >= ${Number(from)} and bucket < ${Number(until)} and part = '' order by bucket`.execute(transaction);
  if (rows.length === 0) return;
  const step = Number(granularity) === granularityCodes.HOUR ? HOUR_MS : DAY_MS;
  const key = gap.slice(0, 4);
  const spans: ArchiveRow[] = [];
  let start = Number(from);
  for (const { bucket } of rows) {
    if (bucket > start) spans.push([...key, `${start}`, `${bucket}`]);
    start = bucket + step;
  }
  if (start < Number(until)) spans.push([...key, `${start}`, until]);
  await sql`delete from usage_gaps where owner = ${owner} and kind = ${Number(kind)} and name = ${name}
    and granularity = ${Number(granularity)} and gap_from = ${Number(from)}`.execute(transaction);
  await writeRows(transaction, table, spans, sql`do nothing`);
}

/** Returns the partition of a row of `usage_rows`. */
export function partitionOfRow(row: ArchiveRow): Partition {
  const { columns } = tableOf("usage_rows");
  const cell = (name: string) => Number(row[columns.findIndex((column) => column.name === name)]);
  return partitionOf(nameOf(granularityCodes, cell("granularity")), cell("bucket"));
}

function tableOf(name: ArchiveTableName): ArchiveTable {
  const table = archiveTable(name);
  if (!table) throw new RangeError(`the archive has no table ${name}`);
  return table;
}

function keyOf({ keyLength }: ArchiveTable, row: ArchiveRow): string {
  return JSON.stringify(row.slice(0, keyLength));
}

function groupOf({ groupLength }: ArchiveTable, row: ArchiveRow): string {
  return JSON.stringify(row.slice(0, groupLength));
}

function byKey(table: ArchiveTable, rows: readonly ArchiveRow[]): ReadonlyMap<string, ArchiveRow> {
  return new Map(rows.map((row) => [keyOf(table, row), row]));
}

function groupsOf(table: ArchiveTable, rows: readonly ArchiveRow[]): ReadonlyMap<string, ArchiveRow[]> {
  const groups = new Map<string, ArchiveRow[]>();
  for (const row of rows) {
    const key = groupOf(table, row);
    const group = groups.get(key);
    if (group) group.push(row);
    else groups.set(key, [row]);
  }
  return groups;
}

function cellsOf({ columns }: ArchiveTable, row: Readonly<Record<string, string | null>>): ArchiveRow {
  return columns.map(({ name }) => row[name] ?? null);
}

function sum(results: readonly ImportedRows[]): ImportedRows {
  return results.reduce(
    (total, each) => ({
      ADDED: total.ADDED + each.ADDED,
      UNCHANGED: total.UNCHANGED + each.UNCHANGED,
      UPDATED: total.UPDATED + each.UPDATED,
      CORRECTED: total.CORRECTED + each.CORRECTED,
      OUTDATED: total.OUTDATED + each.OUTDATED,
      conflicts: [...total.conflicts, ...each.conflicts],
    }),
    noRows,
  );
}

function refs(names: readonly string[]): RawBuilder<unknown> {
  return sql.join(names.map((name) => sql.ref(name)));
}

function texts({ columns }: ArchiveTable, table: string): RawBuilder<unknown> {
  return sql.join(columns.map(({ name }) => sql`cast(${sql.ref(`${table}.${name}`)} as text) as ${sql.ref(name)}`));
}

function parameter(type: "TEXT" | "INTEGER", cell: string, dialect: SqlDialect): RawBuilder<unknown> {
  if (type === "TEXT") return sql`${cell}`;
  // A number of JavaScript has too few digits for counts, but keys are times and codes.
  return dialect === "sqlite" ? sql`${Number(cell)}` : sql`cast(${cell} as bigint)`;
}

/** Returns a query of rows. */
function given({ columns }: ArchiveTable, rows: readonly ArchiveRow[], dialect: SqlDialect): RawBuilder<unknown> {
  const typed = rows.map((row) =>
    columns.map(({ type }, index) => {
      const cell = row[index] ?? null;
      return cell === null || type === "TEXT" ? cell : BigInt(cell);
    }),
  );
  return rowsFrom(
    typed,
    columns.map(({ name }) => name),
    dialect,
  );
}

function replaced({ columns, keyLength }: ArchiveTable): RawBuilder<unknown> {
  const values = columns.slice(keyLength);
  return sql`do update set ${sql.join(values.map(({ name }) => sql`${sql.ref(name)} = ${sql.ref(`excluded.${name}`)}`))}`;
}

/** Of two gaps with one start, the longer applies. */
function widest(dialect: SqlDialect): RawBuilder<unknown> {
  return sql`do update set gap_until = ${sql.raw(dialect === "sqlite" ? "max" : "greatest")}(usage_gaps.gap_until, excluded.gap_until)`;
}
