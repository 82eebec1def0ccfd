import { mkdir } from "node:fs/promises";
import { join } from "node:path";
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
import { toSqlParameter } from "./sql-parameter.ts";
import { StoreError, toStoreError } from "./store-error.ts";
import { assertOutsideTransaction } from "./transaction-scope.ts";

/** How long a query waits for a lock of another process. It holds up all of this process meanwhile. */
const BUSY_TIMEOUT_MS = 250;
/** How often the folder's lock is tried. */
const LOCK_RETRY_MS = 50;

/** A database of SQLite, ready to be queried. */
export interface Sqlite {
  readonly database: Libsql.Database;
  /** Lets another process have the folder. Call it when the database is closed. */
  release(): void;
}

/** A database that nobody else sees, and that is gone when it is closed. */
export function openMemory(): Sqlite {
  return { database: prepared(new Libsql(":memory:")), release: () => undefined };
}

/**
 * Opens, or creates, the database in a folder, which is made too. One process has a folder at a time; another one waits so
 * long for the first to end.
 *
 * @throws StoreError when the folder can't be written, is in use, or holds no database
 */
export async function openFile(folder: string, waitMs: number): Promise<Sqlite> {
  // What callers are and did is nobody's business on a shared machine.
  await mkdir(folder, { recursive: true, mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    throw new StoreError(`The folder ${folder} can't be made (${error.code}). Set DATA_DIRECTORY to another one.`);
  });
  const lock = open(join(folder, "syndigraph.lock"), folder);
  try {
    await take(lock, folder, waitMs);
    const database = open(join(folder, "syndigraph.db"), folder);
    return { database: prepared(database), release: () => lock.close() };
  } catch (error) {
    lock.close();
    throw toStoreError(error);
  }
}

/** The dialect of kysely for it. Every transaction may write from its beginning, so that none is refused half way. */
export function createSqliteDialect(sqlite: Sqlite): Dialect {
  const dialect = new SqliteDialect({ database: () => Promise.resolve(adapted(sqlite)) });
  return {
    createAdapter: () => new TransactionalSqliteAdapter(),
    createDriver: () => new ImmediateSqliteDriver(sqlite),
    createIntrospector: (db) => dialect.createIntrospector(db),
    createQueryCompiler: () => dialect.createQueryCompiler(),
  };
}

class TransactionalSqliteAdapter extends SqliteAdapter {
  /** Kysely leaves it unused, but SQLite has it: a migration is made as a whole or not at all. */
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

class ImmediateSqliteDriver extends SqliteDriver {
  readonly #database: Libsql.Database;

  constructor(sqlite: Sqlite) {
    super({ database: adapted(sqlite) });
    this.#database = sqlite.database;
  }

  override async acquireConnection(): Promise<DatabaseConnection> {
    assertOutsideTransaction();
    return super.acquireConnection();
  }

  override async beginTransaction(): Promise<void> {
    execute(this.#database, "begin immediate");
  }

  override async commitTransaction(): Promise<void> {
    execute(this.#database, "commit");
  }

  override async rollbackTransaction(): Promise<void> {
    // A full disk has ended the transaction already; to end it again is an error that would hide the first.
    if (this.#database.inTransaction) execute(this.#database, "rollback");
  }
}

/** The database as kysely uses it, with failures told as StoreError. */
function adapted({ database, release }: Sqlite): SqliteDatabase {
  return {
    prepare: (sql) => {
      const statement = mapErrors(() => database.prepare(sql));
      return {
        reader: statement.reader,
        all: (parameters) => written(database, sql, () => statement.all(parameters.map(bindable))),
        run: (parameters) => written(database, sql, () => statement.run(parameters.map(bindable))),
        iterate: (parameters) => mapErrors(() => statement.iterate(parameters.map(bindable))),
      };
    },
    close: () => {
      // The driver closes its files only when the last statement is collected as garbage: so the database is made whole
      // in one file now. Where that fails nothing is lost, since the next opening reads both files.
      attempt(() => database.exec("pragma wal_checkpoint(truncate)"));
      database.close();
      release();
    },
  };
}

/** @throws TypeError for a boolean, on which the driver would end the process */
function bindable(value: unknown): unknown {
  if (typeof value === "boolean") throw new TypeError("SQLite has no booleans: bind 0 or 1");
  return toSqlParameter(value);
}

/**
 * Runs a statement, in a transaction of its own where it writes and none is open. A statement that has to wait for a lock
 * in vain stays under way in this driver until it is collected as garbage, and no transaction could be committed until
 * then: so it is the transaction's beginning, which leaves nothing behind, that waits for the lock.
 */
function written<Result>(database: Libsql.Database, sql: string, run: () => Result): Result {
  if (database.inTransaction || !/^(insert|update|delete)/i.test(sql)) return mapErrors(run);
  execute(database, "begin immediate");
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
 * Holds a lock that the system takes back when the process ends, however it ends. It is a file of its own, so that the
 * database itself can be read and copied by other programs at any time.
 */
async function take(lock: Libsql.Database, folder: string, waitMs: number): Promise<void> {
  for (let waited = 0; ; waited += LOCK_RETRY_MS) {
    try {
      lock.exec("begin exclusive");
      return;
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "SQLITE_BUSY")) throw error;
      if (waited >= waitMs) {
        throw new StoreError(
          `The folder ${folder} is in use by another gateway. Set DATA_DIRECTORY to another one, or DATABASE_URL to a PostgreSQL that both share.`,
        );
      }
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

/** A commit is on the disk when it is acknowledged; readers do not wait for the writer. */
function prepared(database: Libsql.Database): Libsql.Database {
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
