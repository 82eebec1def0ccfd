import { mkdir, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  type DatabaseConnection,
  type Dialect,
  SqliteAdapter,
  type SqliteDatabase,
  SqliteDialect,
  SqliteDriver,
} from "kysely";
import Libsql from "libsql";
import { type MonotonicClock, processClock } from "../primitives/clock.ts";
import { toSqlParameter } from "./sql-parameter.ts";
import { FolderInUseError, StoreError, toStoreError } from "./store-error.ts";
import { assertOutsideTransaction } from "./transaction-scope.ts";

/**
 * Time that a query waits for a lock of another process, in milliseconds.
 *
 * It blocks the event loop meanwhile.
 */
const BUSY_TIMEOUT_MS = 250;
/** Time after a lock was not obtained in which writes do not wait for it, in milliseconds. */
const IMPATIENCE_MS = 1_000;
/** Interval between attempts to lock the folder, in milliseconds. */
const LOCK_RETRY_MS = 50;

/** Open SQLite database. */
export interface Sqlite {
  readonly database: Libsql.Database;
  /** Unlocks the folder for other processes. Call it after the database is closed. */
  release(): void;
}

/** Opens a database in memory, which ends when it is closed. */
export function openMemory(): Sqlite {
  return { database: configure(new Libsql(":memory:")), release: () => undefined };
}

/**
 * Opens the database in a folder; creates both if they do not exist. One process can use a folder at a time.
 *
 * @param waitMs maximum time to wait for another process to end
 * @throws StoreError if the folder cannot be written, is in use, or its file is not a database
 */
export async function openFile(folder: string, waitMs: number): Promise<Sqlite> {
  await createFolder(folder).catch((error: NodeJS.ErrnoException) => {
    throw new StoreError(`The folder ${folder} can't be created (${error.code}). Set DATA_DIRECTORY to another one.`);
  });
  const lock = open(join(folder, "syndigraph.lock"), folder);
  try {
    await takeLock(lock, folder, waitMs);
    const database = open(join(folder, "syndigraph.db"), folder);
    return { database: configure(database), release: () => lock.close() };
  } catch (error) {
    lock.close();
    throw toStoreError(error);
  }
}

/**
 * Creates a folder and those above it, for the user of the gateway alone.
 *
 * Node.js does not end `mkdir` with `recursive` where a file system, such as /proc, has no place for a folder.
 *
 * @throws Error of the system, if a folder cannot be created or its path names a file
 */
async function createFolder(folder: string): Promise<void> {
  const missing: string[] = [];
  for (let path = resolve(folder); !(await exists(path)); path = dirname(path)) missing.unshift(path);
  for (const path of missing) {
    await mkdir(path, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error;
    });
  }
  if (!(await stat(folder)).isDirectory()) throw Object.assign(new Error("not a directory"), { code: "ENOTDIR" });
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return false;
    throw error;
  }
}

/**
 * Creates kysely's dialect.
 *
 * Every transaction locks for writing at its start, so that none fails half way.
 */
export function createSqliteDialect(sqlite: Sqlite, monotonicMs: MonotonicClock = processClock): Dialect {
  const begin = createBegin(sqlite.database, monotonicMs);
  const dialect = new SqliteDialect({ database: () => Promise.resolve(adapted(sqlite, begin)) });
  return {
    createAdapter: () => new TransactionalSqliteAdapter(),
    createDriver: () => new ImmediateSqliteDriver(sqlite, begin),
    createIntrospector: (db) => dialect.createIntrospector(db),
    createQueryCompiler: () => dialect.createQueryCompiler(),
  };
}

class TransactionalSqliteAdapter extends SqliteAdapter {
  /** Makes a migration transactional, which kysely does not do for SQLite by default. */
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

class ImmediateSqliteDriver extends SqliteDriver {
  readonly #database: Libsql.Database;
  readonly #begin: () => void;

  constructor(sqlite: Sqlite, begin: () => void) {
    super({ database: adapted(sqlite, begin) });
    this.#database = sqlite.database;
    this.#begin = begin;
  }

  override async acquireConnection(): Promise<DatabaseConnection> {
    assertOutsideTransaction();
    return super.acquireConnection();
  }

  override async beginTransaction(): Promise<void> {
    this.#begin();
  }

  override async commitTransaction(): Promise<void> {
    execute(this.#database, "commit");
  }

  override async rollbackTransaction(): Promise<void> {
    // A full disk has ended the transaction already; a second rollback would hide that error.
    if (this.#database.inTransaction) execute(this.#database, "rollback");
  }
}

/**
 * Returns a function that begins a transaction for writing. If one does not get the lock, those that follow within
 * {@link IMPATIENCE_MS} do not wait for it, since each would block the event loop.
 */
function createBegin(database: Libsql.Database, monotonicMs: MonotonicClock): () => void {
  let impatientUntil = Number.NEGATIVE_INFINITY;
  return () => {
    const isPatient = monotonicMs() >= impatientUntil;
    if (!isPatient) database.exec("pragma busy_timeout = 0");
    try {
      execute(database, "begin immediate");
      impatientUntil = Number.NEGATIVE_INFINITY;
    } catch (error) {
      if (isPatient) impatientUntil = monotonicMs() + IMPATIENCE_MS;
      throw error;
    } finally {
      if (!isPatient) database.exec(`pragma busy_timeout = ${BUSY_TIMEOUT_MS}`);
    }
  };
}

/** Adapts the database to kysely, with failures as StoreError. */
function adapted({ database, release }: Sqlite, begin: () => void): SqliteDatabase {
  return {
    prepare: (sql) => {
      const statement = mapErrors(() => database.prepare(sql));
      return {
        reader: statement.reader,
        all: (parameters) => runStatement(database, begin, sql, () => statement.all(parameters.map(bindable))),
        run: (parameters) => runStatement(database, begin, sql, () => statement.run(parameters.map(bindable))),
        iterate: (parameters) => mapErrors(() => statement.iterate(parameters.map(bindable))),
      };
    },
    close: () => {
      // The driver closes its files late, so the log is merged into the database now. If that fails nothing is lost: the
      // next process reads both files.
      attempt(() => database.exec("pragma wal_checkpoint(truncate)"));
      database.close();
      release();
    },
  };
}

/** @throws TypeError for a boolean, for which the driver would end the process */
function bindable(value: unknown): unknown {
  if (typeof value === "boolean") throw new TypeError("SQLite has no booleans: bind 0 or 1");
  return toSqlParameter(value);
}

/**
 * Runs a statement; a write in a transaction of its own if none is open.
 *
 * In this driver, a statement that fails to get its lock stays open for an indefinite time and blocks every commit. So the
 * start of the transaction, which leaves no statement, waits for the lock.
 */
function runStatement<Result>(database: Libsql.Database, begin: () => void, sql: string, run: () => Result): Result {
  if (database.inTransaction || !/^(insert|update|delete)/i.test(sql)) return mapErrors(run);
  begin();
  try {
    const result = mapErrors(run);
    execute(database, "commit");
    return result;
  } finally {
    if (database.inTransaction) database.exec("rollback");
  }
}

function execute(database: Libsql.Database, sql: string): void {
  mapErrors(() => database.exec(sql));
}

function attempt(run: () => void): void {
  try {
    run();
  } catch {
    return;
  }
}

function mapErrors<Result>(run: () => Result): Result {
  try {
    return run();
  } catch (error) {
    throw toStoreError(error);
  }
}

/**
 * Takes a lock that the system releases when the process ends, however it ends.
 *
 * The lock is a file of its own, so that other programs can read and copy the database at any time.
 */
async function takeLock(lock: Libsql.Database, folder: string, waitMs: number): Promise<void> {
  for (let waited = 0; ; waited += LOCK_RETRY_MS) {
    try {
      lock.exec("begin exclusive");
      return;
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "SQLITE_BUSY")) throw error;
      if (waited >= waitMs) throw new FolderInUseError(folder);
      await sleep(LOCK_RETRY_MS);
    }
  }
}

function open(path: string, folder: string): Libsql.Database {
  try {
    return new Libsql(path);
  } catch (error) {
    throw new StoreError(`The folder ${folder} can't be written. Set DATA_DIRECTORY to another one.`, { cause: error });
  }
}

/**
 * Configures the database: a commit is on the disk when it returns, and readers do not wait for the
 * writer.
 */
function configure(database: Libsql.Database): Libsql.Database {
  try {
    database.exec(`pragma busy_timeout = ${BUSY_TIMEOUT_MS}`);
    database.exec("pragma journal_mode = wal");
    database.exec("pragma synchronous = full");
    database.exec("pragma foreign_keys = on");
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}
