import { type Migration, Migrator, sql } from "kysely";
import type { Db } from "../database.ts";
import { StoreError } from "../store-error.ts";
import { createRegistry } from "./0001-registry.ts";
import { createCounters } from "./0002-counters.ts";

/** Whose SQL is spoken. */
export type SqlDialect = "sqlite" | "postgres";

/** Every step from an empty database to the tables of today. Steps are added at the end, and never changed. */
function migrations(dialect: SqlDialect): Record<string, Migration> {
  return { "0001-registry": createRegistry(dialect), "0002-counters": createCounters(dialect) };
}

/**
 * Brings the tables up to date, under a lock: gateways that start at the same time wait for the first.
 *
 * @throws StoreError when a newer version of the program has been here
 */
export async function migrate(db: Db, dialect: SqlDialect): Promise<void> {
  const known = migrations(dialect);
  const plain = db.withoutPlugins();
  const { error } = await new Migrator({
    db: plain,
    provider: { getMigrations: () => Promise.resolve(known) },
  }).migrateToLatest();
  if (error === undefined) return;
  const unknown = await firstUnknown(plain, known);
  if (unknown === null) throw error;
  throw new StoreError(
    `The store was made by a newer version of Syndigraph (it has had the migration ${unknown}). Start that version, or restore a backup from before it.`,
  );
}

/** A migration that was made and is not known; null too when that can't be told, since another error came before. */
async function firstUnknown(db: Db, known: object): Promise<string | null> {
  const done = sql<{ name: string }>`select name from kysely_migration order by name`.execute(db);
  const { rows } = await done.catch(() => ({ rows: [] }));
  return rows.find(({ name }) => !(name in known))?.name ?? null;
}
