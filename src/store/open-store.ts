import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Dialect } from "kysely";
import type { Database, Db } from "./database.ts";
import type { Store } from "./store.ts";
import { assertAddress, atStart, StoreError } from "./store-error.ts";

/** File of a folder's SQLite database. */
export const DATABASE_FILE = "syndigraph.db";

/** Location of a store. */
export type StoreLocation =
  /** In memory, until the process ends. */
  | { readonly kind: "memory" }
  /**
   * In a folder, for one gateway at a time.
   *
   * Waits up to `waitMs`, 5 seconds by default, for another one to end.
   */
  | { readonly kind: "file"; readonly folder: string; readonly waitMs?: number }
  /** In PostgreSQL, for any number of gateways. */
  | { readonly kind: "postgres"; readonly url: string };

/**
 * Opens the store, creates it on first use, and brings its tables up to date. Loads only the driver that is used.
 *
 * @throws StoreError if the store cannot be opened; its message is one line for the operator, without a secret
 */
export async function openStore(location: StoreLocation): Promise<Store> {
  if (location.kind === "postgres") assertAddress("DATABASE_URL", location.url);
  const [dialect, { createStore }] = await Promise.all([createDialect(location), import("./create-store.ts")]);
  if (location.kind !== "postgres") return createStore(dialect, "sqlite");
  try {
    return await createStore(dialect, "postgres", await createDialect(location, "background"));
  } catch (error) {
    throw atStart("DATABASE_URL", location.url, error);
  }
}

/**
 * Opens the database of a store without its stores, and brings its tables up to date.
 *
 * @throws StoreError if it cannot be opened, or if the folder has no database
 */
export async function openDatabase(location: Exclude<StoreLocation, { readonly kind: "memory" }>): Promise<Db> {
  if (location.kind === "postgres") assertAddress("DATABASE_URL", location.url);
  else if (!existsSync(join(location.folder, DATABASE_FILE))) {
    throw new StoreError(`DATA_DIRECTORY must be a folder with a store; ${location.folder} has none.`);
  }
  const [dialect, { Kysely }, { migrate }] = await Promise.all([
    createDialect(location),
    import("kysely"),
    import("./migrations/migrate.ts"),
  ]);
  const db = new Kysely<Database>({ dialect });
  try {
    await migrate(db, location.kind === "postgres" ? "postgres" : "sqlite");
    return db;
  } catch (error) {
    await db.destroy();
    throw location.kind === "postgres" ? atStart("DATABASE_URL", location.url, error) : error;
  }
}

async function createDialect(location: StoreLocation, use?: "background"): Promise<Dialect> {
  if (location.kind === "postgres") {
    const { createPostgresDialect } = await import("./postgres.ts");
    return createPostgresDialect(location.url, use);
  }
  const { createSqliteDialect, openFile, openMemory } = await import("./sqlite.ts");
  if (location.kind === "memory") return createSqliteDialect(openMemory());
  return createSqliteDialect(await openFile(location.folder, location.waitMs ?? 5_000));
}
