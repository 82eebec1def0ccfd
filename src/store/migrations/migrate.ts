import { type Migration, Migrator, sql } from "kysely";
import type { Db } from "../database.ts";
import type { SqlDialect } from "../sql-dialect.ts";
import { StoreError } from "../store-error.ts";
import { up as createRegistry } from "./0001-registry.ts";
import { up as createCounters } from "./0002-counters.ts";
import { up as addAuditObjects } from "./0003-audit-objects.ts";
import { up as addPartnerWork } from "./0004-partner-work.ts";
import { up as createPatternCoverages } from "./0005-pattern-coverages.ts";
import { up as addTokensLeftBehind } from "./0006-tokens-left-behind.ts";
import { up as addTokensOfClaims } from "./0007-tokens-of-claims.ts";
import { up as renameFingerprints } from "./0008-fingerprints.ts";
import { up as createLeases } from "./0009-leases.ts";
import { up as createUsageArchive } from "./0010-usage-archive.ts";
import { up as createTimeZones } from "./0011-time-zones.ts";
import { up as addUsageRetention } from "./0012-usage-retention.ts";
import { up as createAttendance } from "./0013-attendance.ts";
import { up as createStoreMoves } from "./0014-store-moves.ts";

/**
 * Returns every migration from an empty database to the current tables.
 *
 * New ones are appended; none ever changes.
 */
function migrations(dialect: SqlDialect): Record<string, Migration> {
  return {
    "0001-registry": { up: (db) => createRegistry(db, dialect) },
    "0002-counters": { up: (db) => createCounters(db, dialect) },
    "0003-audit-objects": { up: (db) => addAuditObjects(db, dialect) },
    "0004-partner-work": { up: addPartnerWork },
    "0005-pattern-coverages": { up: createPatternCoverages },
    "0006-tokens-left-behind": { up: addTokensLeftBehind },
    "0007-tokens-of-claims": { up: addTokensOfClaims },
    "0008-fingerprints": { up: renameFingerprints },
    "0009-leases": { up: createLeases },
    "0010-usage-archive": { up: (db) => createUsageArchive(db, dialect) },
    "0011-time-zones": { up: (db) => createTimeZones(db, dialect) },
    "0012-usage-retention": { up: (db) => addUsageRetention(db, dialect) },
    "0013-attendance": { up: (db) => createAttendance(db, dialect) },
    "0014-store-moves": { up: createStoreMoves },
  };
}

/**
 * Brings the tables up to date, under a lock, so that gateways starting together wait for the first.
 *
 * @throws StoreError if a newer version of the program has migrated the database
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

/**
 * Number of the advisory lock for migrations; arbitrary, and used by no other program in the same
 * database.
 */
const LOCK_ID = 3_853_314_791;

/**
 * Runs work while no other gateway runs such work.
 *
 * The lock belongs to a transaction, which a pooler leaves on one connection of the server; the work runs on another
 * connection. A session lock would stay behind on a connection that the pooler then gives to another client.
 */
function underLock<Result>(db: Db, work: () => Promise<Result>): Promise<Result> {
  return db.transaction().execute(async (transaction) => {
    await sql`select pg_advisory_xact_lock(${sql.lit(LOCK_ID)})`.execute(transaction);
    return work();
  });
}

/**
 * Returns the first applied migration that this version does not have; null for none, or if the list
 * cannot be read.
 */
async function firstUnknown(db: Db, known: object): Promise<string | null> {
  const done = sql<{ name: string }>`select name from kysely_migration order by name`.execute(db);
  const { rows } = await done.catch(() => ({ rows: [] }));
  return rows.find(({ name }) => !(name in known))?.name ?? null;
}
