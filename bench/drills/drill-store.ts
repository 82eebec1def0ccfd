import { join } from "node:path";
import Libsql from "libsql";
import pg from "pg";
import { DATABASE_FILE, openStore, type StoreLocation } from "../../src/store/open-store.ts";
import { createTestDatabase, databaseKinds, type TestDatabase } from "../../test/support/databases.ts";

export type StoreName = "SQLite" | "PostgreSQL";

/** Whether TEST_DATABASE_URL names a PostgreSQL. Its user must be allowed to create databases. */
export const hasPostgres = databaseKinds.some(({ kind, isReachable }) => kind === "postgres" && isReachable);
/** Stores that a drill runs over. */
export const storeNames: readonly StoreName[] = hasPostgres ? ["SQLite", "PostgreSQL"] : ["SQLite"];

export type Row = Readonly<Record<string, string | number | null>>;

/** A store of a drill's own, with empty tables at first, and gone afterwards. */
export interface DrillStore extends TestDatabase {
  readonly name: StoreName;
  /** Settings of a gateway that uses it. */
  readonly environment: Readonly<Record<string, string>>;
  /** Returns the rows of a query, also while a gateway uses the store. */
  rows(query: string): Promise<Row[]>;
  execute(statements: string): Promise<void>;
}

export async function createDrillStore(name: StoreName): Promise<DrillStore> {
  const database = await createTestDatabase(name === "SQLite" ? "file" : "postgres");
  await (await openStore(database.location)).close();
  const { close, ...access } = accessTo(database.location);
  return {
    ...database,
    ...access,
    name,
    [Symbol.asyncDispose]: async () => {
      await close();
      await database[Symbol.asyncDispose]();
    },
  };
}

interface Access extends Pick<DrillStore, "location" | "environment" | "rows" | "execute"> {
  close(): Promise<void>;
}

function accessTo(location: StoreLocation): Access {
  if (location.kind === "memory") throw new RangeError("A store in memory belongs to one process.");
  if (location.kind === "postgres") {
    const pool = new pg.Pool({ connectionString: location.url, max: 2 });
    return {
      location,
      environment: { DATABASE_URL: location.url },
      rows: async (query) => (await pool.query<Row>(query)).rows,
      execute: async (statements) => void (await pool.query(statements)),
      close: () => pool.end(),
    };
  }
  const { folder } = location;
  const use = <Result>(readonly: boolean, work: (database: Libsql.Database) => Result): Result => {
    const database = new Libsql(join(folder, DATABASE_FILE), { readonly });
    try {
      return work(database);
    } finally {
      database.close();
    }
  };
  return {
    location: { kind: "file", folder },
    environment: { DATA_DIRECTORY: folder },
    rows: async (query) => use(true, (database) => database.prepare(query).all() as Row[]),
    execute: async (statements) => void use(false, (database) => database.exec(statements)),
    close: async () => undefined,
  };
}
