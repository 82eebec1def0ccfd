import { createHash, randomUUID } from "node:crypto";
import { type RawBuilder, sql } from "kysely";
import { ConflictError } from "../model/errors.ts";
import { archiveTable } from "../model/usage/archive-tables.ts";
import { ensurePartitions } from "./archive/archive-partitions.ts";
import { partitionOfRow } from "./archive/archive-transfer.ts";
import type { Db } from "./database.ts";
import { StoreError } from "./store-error.ts";

/** Rows of one table that were moved. */
export interface MovedTable {
  readonly table: string;
  readonly rows: number;
  /** Digest of all rows, whatever their order, equal in both databases. */
  readonly digest: string;
}

/** Databases of a move; neither has plugins, and no gateway uses either. */
export interface MoveOptions {
  /** SQLite. */
  readonly source: Db;
  /** PostgreSQL. */
  readonly target: Db;
  /** Called after each table. */
  readonly onTable?: (moved: MovedTable) => void;
}

interface Column {
  readonly name: string;
  /** Type in the target. */
  readonly type: string;
  readonly isIdentity: boolean;
}

interface Table {
  readonly name: string;
  readonly columns: readonly Column[];
  /** Names of the columns of the primary key; empty for none. */
  readonly key: readonly string[];
  /** Other tables that this one references. */
  readonly references: readonly string[];
  readonly referencesItself: boolean;
}

type Row = readonly (string | null)[];
interface Position {
  readonly table: string;
  readonly key: Row;
}

/** Tables that say which processes run now, and so are not moved. */
const TRANSIENT = ["leases", "partner_leases", "store_moves"];
/** Tables whose rows the database refuses to change. */
const APPEND_ONLY = ["audit_entries", "audit_ends", "audit_objects"];
/** Conditions of rows that the migrations do not create. */
const notInitial: Readonly<Record<string, string>> = {
  partner_changes: "version > 0",
  time_zones: "owner <> 'account' or from_month <> ''",
};
const ROWS_PER_PAGE = 1_000;

/**
 * Copies a whole store from SQLite to PostgreSQL, and compares both afterwards by the number and digest of the rows of each table.
 *
 * The move can be interrupted at any time and repeated: it goes on where it was. Until it has finished, no gateway starts on the
 * target. The source is not changed.
 *
 * @throws ConflictError if the target holds other data
 * @throws StoreError if the databases differ afterwards, or cannot be used
 */
export async function moveStore({ source, target, onTable = () => undefined }: MoveOptions): Promise<MovedTable[]> {
  const tables = await readTables(source, target);
  const id = await begin(source, target, tables);
  const start = await positionOf(target, id);
  const first = start ? tables.findIndex(({ name }) => name === start.table) : 0;
  const copy = (table: Table, after: Row | null) => copyTable(source, target, table, after, id);
  for (const [index, table] of tables.entries()) {
    if (index >= first) await copy(table, start?.table === table.name ? start.key : null);
  }
  const moved: MovedTable[] = [];
  for (const table of tables) {
    const expected = await digestOf(source, table);
    let actual = await digestOf(target, table);
    if (!isSame(expected, actual)) {
      // The source was changed between two attempts.
      await clear(target, table, tables);
      await copy(table, null);
      actual = await digestOf(target, table);
    }
    if (!isSame(expected, actual)) {
      throw new StoreError(
        `The table ${table.name} must be the same in both databases; SQLite has ${expected.rows} rows, PostgreSQL ${actual.rows}, and their digests differ. Empty the PostgreSQL database, and move again.`,
      );
    }
    moved.push({ table: table.name, ...expected });
    onTable({ table: table.name, ...expected });
  }
  await finish(target, tables, id);
  return moved;
}

/** @throws StoreError if a move to this database was begun and has not finished */
export async function assertMoved(db: Db): Promise<void> {
  const { rows } = await sql`select 1 from store_moves where finished_at is null`.execute(db);
  if (rows.length > 0) {
    throw new StoreError(
      "The store is moved to this database by `syndigraph archive move`, which has not finished. Run it again, or set DATABASE_URL to another database.",
    );
  }
}

/** Returns the tables of the source, those that others reference first. */
async function readTables(source: Db, target: Db): Promise<Table[]> {
  const { rows: names } = await sql<{ name: string }>`select name from sqlite_master where type = 'table'
    and name not like 'sqlite\\_%' escape '\\' and name not like 'kysely\\_%' escape '\\' order by name`.execute(
    source,
  );
  const tables: Table[] = [];
  for (const { name } of names.filter((each) => !TRANSIENT.includes(each.name))) {
    const { rows: own } = await sql<{ name: string; type: string; pk: number }>`select name, lower(type) as type, pk
      from pragma_table_info(${name})`.execute(source);
    const { rows: parents } = await sql<{ parent: string }>`select distinct "table" as parent
      from pragma_foreign_key_list(${name})`.execute(source);
    const { rows: theirs } = await sql<{ name: string; type: string; identity: string }>`select column_name as name,
      data_type as type, is_identity as identity from information_schema.columns
      where table_schema = current_schema() and table_name = ${name}`.execute(target);
    const columns = own.map((column) => {
      const other = theirs.find((each) => each.name === column.name);
      if (!other || !/^(text|bigint|integer|smallint)$/.test(column.type))
        throw new StoreError(`The column ${name}.${column.name} can't be moved: PostgreSQL has no such one.`);
      return { name: column.name, type: other.type, isIdentity: other.identity === "YES" };
    });
    if (columns.length !== theirs.length) throw new StoreError(`The table ${name} has other columns in PostgreSQL.`);
    const key = own.filter(({ pk }) => pk > 0).sort((a, b) => a.pk - b.pk);
    const references = parents.map(({ parent }) => parent);
    tables.push({
      name,
      columns,
      key: key.map((column) => column.name),
      references: references.filter((parent) => parent !== name),
      referencesItself: references.includes(name),
    });
  }
  const sorted: Table[] = [];
  const add = (table: Table) => {
    if (sorted.includes(table)) return;
    for (const parent of tables.filter(({ name }) => table.references.includes(name))) add(parent);
    sorted.push(table);
  };
  for (const table of tables) add(table);
  return sorted;
}

/** Returns the id of the move, which both databases have. */
async function begin(source: Db, target: Db, tables: readonly Table[]): Promise<string> {
  const idsOf = async (db: Db) =>
    (await sql<{ id: string; finished_at: number | null }>`select id, finished_at from store_moves`.execute(db)).rows;
  const [former] = await idsOf(source);
  const begun = await idsOf(target);
  const [only] = begun;
  if (only && only.id === former?.id && only.finished_at === null) return only.id;
  if (begun.length > 0 || !(await isEmpty(target, tables))) {
    throw new ConflictError(
      "DATABASE_URL must name a database without data, or one of a move that was interrupted; it holds other data.",
    );
  }
  const id = former?.id ?? randomUUID();
  const row = sql`insert into store_moves (id, begun_at) values (${id}, ${Date.now()}) on conflict do nothing`;
  // The source first: a target of an unknown move could not be resumed.
  await row.execute(source);
  await row.execute(target);
  return id;
}

async function isEmpty(target: Db, tables: readonly Table[]): Promise<boolean> {
  for (const { name } of tables) {
    const found =
      await sql`select 1 from ${sql.table(name)} where ${sql.raw(notInitial[name] ?? "true")} limit 1`.execute(target);
    if (found.rows.length > 0) return false;
  }
  return true;
}

async function positionOf(target: Db, id: string): Promise<Position | null> {
  const { rows } = await sql<{ position: string | null }>`select position from store_moves where id = ${id}`.execute(
    target,
  );
  const text = rows[0]?.position;
  return text ? (JSON.parse(text) as Position) : null;
}

async function copyTable(source: Db, target: Db, table: Table, start: Row | null, id: string): Promise<void> {
  const isWhole = table.key.length === 0 || table.referencesItself;
  for await (const page of pagesOf(source, table, start, isWhole ? Number.MAX_SAFE_INTEGER : ROWS_PER_PAGE)) {
    if (table.name === "usage_rows")
      await ensurePartitions(
        target,
        page.map((row) => partitionOfRow(inArchiveOrder(table, row))),
      );
    const position: Position = { table: table.name, key: keyOf(table, page.at(-1) ?? []) };
    await target.transaction().execute(async (transaction) => {
      if (table.key.length === 0) await sql`delete from ${sql.table(table.name)}`.execute(transaction);
      await insert(transaction, table, page);
      await sql`update store_moves set position = ${JSON.stringify(position)} where id = ${id}`.execute(transaction);
    });
  }
}

async function insert(transaction: Db, table: Table, rows: readonly Row[]): Promise<void> {
  const names = table.columns.map(({ name }) => name);
  const cells = table.columns.map(({ type }, index) => sql`cast(value ->> ${sql.lit(index)} as ${sql.raw(type)})`);
  const rest = names.filter((name) => !table.key.includes(name));
  const isFixed = rest.length === 0 || APPEND_ONLY.includes(table.name);
  const replaced = rest.map((name) => sql`${sql.ref(name)} = ${sql.ref(`excluded.${name}`)}`);
  const conflict =
    table.key.length === 0
      ? sql``
      : sql`on conflict (${refs(table.key)}) ${isFixed ? sql`do nothing` : sql`do update set ${sql.join(replaced)}`}`;
  const overriding = table.columns.some(({ isIdentity }) => isIdentity) ? sql`overriding system value` : sql``;
  await sql`insert into ${sql.table(table.name)} (${refs(names)}) ${overriding}
    select ${sql.join(cells)} from jsonb_array_elements(cast(${JSON.stringify(rows)} as jsonb)) as t(value) ${conflict}`.execute(
    transaction,
  );
}

/** Yields the rows of a table by its primary key; one page of all rows without one. */
async function* pagesOf(db: Db, table: Table, start: Row | null, limit: number): AsyncGenerator<Row[], void> {
  let after = start;
  for (;;) {
    const place =
      after === null || table.key.length === 0 ? sql`true` : sql`(${refs(table.key)}) > (${parameters(table, after)})`;
    const order =
      table.key.length === 0 ? sql`` : sql`order by ${refs(table.key.map((name) => `${table.name}.${name}`))}`;
    const { rows } = await sql<Readonly<Record<string, string | null>>>`select ${texts(table)}
      from ${sql.table(table.name)} where ${place} ${order} limit ${sql.lit(limit)}`.execute(db);
    const page = rows.map((row) => table.columns.map(({ name }) => row[name] ?? null));
    if (page.length > 0) yield page;
    if (page.length < limit) return;
    after = keyOf(table, page.at(-1) ?? []);
  }
}

/** Returns the key of the last row with its values typed, since SQLite tells numbers from texts. */
function parameters(table: Table, key: Row): RawBuilder<unknown> {
  return sql.join(
    table.key.map((name, index) => {
      const type = table.columns.find((column) => column.name === name)?.type ?? "text";
      return sql`cast(${key[index] ?? null} as ${sql.raw(type)})`;
    }),
  );
}

async function digestOf(db: Db, table: Table): Promise<{ rows: number; digest: string }> {
  const MODULUS = 2n ** 256n;
  let count = 0;
  let total = 0n;
  const limit = table.key.length === 0 ? Number.MAX_SAFE_INTEGER : ROWS_PER_PAGE;
  for await (const page of pagesOf(db, table, null, limit)) {
    count += page.length;
    for (const row of page) {
      const hash = createHash("sha256").update(JSON.stringify(row)).digest("hex");
      total = (total + BigInt(`0x${hash}`)) % MODULUS;
    }
  }
  return { rows: count, digest: total.toString(16).padStart(64, "0") };
}

function isSame(a: { rows: number; digest: string }, b: { rows: number; digest: string }): boolean {
  return a.rows === b.rows && a.digest === b.digest;
}

/** Removes the rows of a table that others do not reference, so that it can be copied again. */
async function clear(target: Db, { name }: Table, tables: readonly Table[]): Promise<void> {
  if (APPEND_ONLY.includes(name) || tables.some(({ references }) => references.includes(name))) return;
  await sql`delete from ${sql.table(name)}`.execute(target);
}

async function finish(target: Db, tables: readonly Table[], id: string): Promise<void> {
  await target.transaction().execute(async (transaction) => {
    for (const { name, columns } of tables) {
      for (const column of columns.filter(({ isIdentity }) => isIdentity)) {
        await sql`select setval(pg_get_serial_sequence(${name}, ${column.name}),
          (select coalesce(max(${sql.ref(column.name)}), 0) + 1 from ${sql.table(name)}), false)`.execute(transaction);
      }
    }
    await sql`update store_moves set finished_at = ${Date.now()} where id = ${id}`.execute(transaction);
  });
}

/** Returns the cells of a row of `usage_rows` in the order of an export. */
function inArchiveOrder({ columns }: Table, row: Row): Row {
  const names = archiveTable("usage_rows")?.columns ?? [];
  return names.map(({ name }) => row[columns.findIndex((column) => column.name === name)] ?? null);
}

function keyOf(table: Table, row: Row): Row {
  return table.key.map((name) => row[table.columns.findIndex((column) => column.name === name)] ?? null);
}

function refs(names: readonly string[]): RawBuilder<unknown> {
  return sql.join(names.map((name) => sql.ref(name)));
}

function texts(table: Table): RawBuilder<unknown> {
  return sql.join(
    table.columns.map(({ name }) => sql`cast(${sql.ref(`${table.name}.${name}`)} as text) as ${sql.ref(name)}`),
  );
}
