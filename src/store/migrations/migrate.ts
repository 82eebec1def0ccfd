import { type Migration, Migrator, sql } from "kysely";
import type { Db } from "../database.ts";
import { StoreError } from "../store-error.ts";
import { up } from "./0001-registry.ts";
import { createCounters } from "./0002-counters.ts";
import { createAuditObjects } from "./0003-audit-objects.ts";
import { createPartnerWork } from "./0004-partner-work.ts";
import { createPatternCoverages } from "./0005-pattern-coverages.ts";
import { createTokensLeftBehind } from "./0006-tokens-left-behind.ts";
import { createTokensOfClaims } from "./0007-tokens-of-claims.ts";

/** Whose SQL is spoken. */
export type SqlDialect = "sqlite" | "postgres";

/** Every step from an empty database to the tables of today. Steps are added at the end, and never changed. */
function migrations(dialect: SqlDialect): Record<string, Migration> {
  return {
    "0001-registry": up(dialect),
    "0002-counters": createCounters(dialect),
    "0003-audit-objects": createAuditObjects(dialect),
    "0004-partner-work": createPartnerWork(),
    "0005-pattern-coverages": createPatternCoverages(),
    "0006-tokens-left-behind": createTokensLeftBehind(),
    "0007-tokens-of-claims": createTokensOfClaims(),
  };
}

/**
 * Brings the tables up to date, under a lock: gateways that start at the same time wait for the first.
 *
 * @throws StoreError when a newer version of the program has been here
 */
export async function migrate(db: Db, dialect: SqlDialect): Promise<void> {
  const known = migrations(dialect);
  const plain = db.withoutPlugins();
  const migrator = new Migrator({ db: plain, provider: { getMigrations: () => Promise.resolve(known) } });
  const { error } = await (dialect === "postgres"
    ? underLock(plain, () => migrator.migrateToLatest())
    : migrator.migrateToLatest());
  if (error === undefined) return;
  if (error instanceof StoreError) throw error;
  const unknown = await firstUnknown(plain, known);
  if (unknown === null) throw error;
  throw new StoreError(
    `The store was made by a newer version of Syndigraph (it has had the migration ${unknown}). Start that version, or restore a backup from before it.`,
  );
}

/** Number of the lock under which tables are made: any that no other program takes in the same database. */
const LOCK_ID = 3_853_314_791;

/**
 * Runs work while no other gateway runs such work. The lock is that of a transaction, which a pooler leaves on one connection
 * of the server; the work runs on another connection. A lock of a session would stay behind on a connection that the pooler
 * gives to somebody else.
 */
function underLock<Result>(db: Db, work: () => Promise<Result>): Promise<Result> {
  return db.transaction().execute(async (transaction) => {
    await sql`select pg_advisory_xact_lock(${sql.lit(LOCK_ID)})`.execute(transaction);
    return work();
  });
}

/** A migration that was made and is not known; null too when that can't be told, since another error came before. */
async function firstUnknown(db: Db, known: object): Promise<string | null> {
  const done = sql<{ name: string }>`select name from kysely_migration order by name`.execute(db);
  const { rows } = await done.catch(() => ({ rows: [] }));
  return rows.find(({ name }) => !(name in known))?.name ?? null;
}
