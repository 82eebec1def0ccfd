import { CamelCasePlugin, type Dialect, Kysely } from "kysely";
import { createApiKeyStore } from "./api-keys.ts";
import { createArchiveReads } from "./archive/archive-reads.ts";
import { createArchiveTransfer } from "./archive/archive-transfer.ts";
import { createUsageArchive } from "./archive/usage-archive.ts";
import { createAttendanceStore } from "./attendance.ts";
import { createAuditStore } from "./audit.ts";
import type { Database, Db } from "./database.ts";
import { createGatewayMarks } from "./gateway-marks.ts";
import { createIdempotencyKeyStore } from "./idempotency-keys.ts";
import { createLeaseStore } from "./leases.ts";
import { migrate } from "./migrations/migrate.ts";
import { assertMoved } from "./move-store.ts";
import { createPartnerLeaseStore } from "./partner-leases.ts";
import { createPartnerStore } from "./partners.ts";
import { createPatternCoverageStore } from "./pattern-coverages.ts";
import { createRefusedAttemptStore } from "./refused-attempts.ts";
import { createSigningKeyStore } from "./signing-keys.ts";
import type { SqlDialect } from "./sql-dialect.ts";
import type { Store, Tables } from "./store.ts";
import { asTransaction } from "./transaction-scope.ts";

/**
 * Creates the store of a database, and brings its tables up to date.
 *
 * @param backgroundDialect connects to the same database for work that no request waits for; by default the first does
 * @throws StoreError if the database cannot be reached or written, or was migrated by a newer version of the program
 */
export async function createStore(
  dialect: Dialect,
  sqlDialect: SqlDialect,
  backgroundDialect?: Dialect,
): Promise<Store> {
  const connect = (to: Dialect) => new Kysely<Database>({ dialect: to, plugins: [new CamelCasePlugin()] });
  const db = connect(dialect);
  const background = backgroundDialect ? connect(backgroundDialect) : db;
  const leases = createLeaseStore(background, sqlDialect);
  try {
    await migrate(db, sqlDialect);
    // A SQLite database belongs to one process, so the owners of all leases have ended.
    if (sqlDialect === "sqlite") {
      await createIdempotencyKeyStore(db).releaseAll();
      await createPartnerLeaseStore(db).releaseAll();
      await leases.releaseAll();
    } else await assertMoved(db);
  } catch (error) {
    await db.destroy();
    throw error;
  }
  return {
    ...createTables(db),
    leases,
    gatewayMarks: createGatewayMarks(background, sqlDialect),
    usageArchive: createUsageArchive(background, sqlDialect),
    attendance: createAttendanceStore(db, background, sqlDialect),
    archiveReads: createArchiveReads(db, sqlDialect),
    archiveTransfer: createArchiveTransfer(background.withoutPlugins(), sqlDialect),
    transaction: (work) =>
      db.transaction().execute((transaction) => asTransaction(() => work(createTables(transaction)))),
    close: async () => {
      await db.destroy();
      if (background !== db) await background.destroy();
    },
  };
}

function createTables(db: Db): Tables {
  return {
    partners: createPartnerStore(db),
    partnerLeases: createPartnerLeaseStore(db),
    apiKeys: createApiKeyStore(db),
    signingKeys: createSigningKeyStore(db),
    idempotencyKeys: createIdempotencyKeyStore(db),
    patternCoverages: createPatternCoverageStore(db),
    audit: createAuditStore(db),
    refusedAttempts: createRefusedAttemptStore(db),
  };
}
