import { type RawBuilder, sql } from "kysely";
import { ApplicationError } from "../model/errors.ts";
import type { Db } from "./database.ts";
import type { Lease, LeaseRow } from "./records.ts";
import type { SqlDialect } from "./sql-dialect.ts";

/** Name of the lease of the gateway that collects usage. */
export const COLLECTOR_LEASE = "usage-collector";

/** Name of the lease of the gateway that counts attendance. */
export const ATTENDANCE_LEASE = "attendance-collector";

/** Another gateway has taken the lease; nothing was written. */
export class LeaseLostError extends ApplicationError {
  constructor({ name }: Lease) {
    super("CONFLICT", `The lease ${name} is held by another gateway, or has expired.`);
  }
}

/**
 * Leases of jobs that one of several gateways runs at a time.
 *
 * Every time is the database's own, so that the clocks of the gateways need not agree.
 */
export interface LeaseStore {
  /** Takes a lease that is free or expired, for `durationMs`; returns null while a gateway holds it. */
  take(name: string, owner: string, durationMs: number): Promise<Lease | null>;
  /** Extends a lease by `durationMs` from now; returns false if it has expired or been taken. */
  renew(lease: Lease, durationMs: number): Promise<boolean>;
  /** Ends a lease, unless another gateway has taken it. */
  release(lease: Lease): Promise<void>;
  /** Returns whether a gateway holds the lease. */
  isHeld(name: string): Promise<boolean>;
  /** Ends all leases. Call it only if no other gateway uses the store. */
  releaseAll(): Promise<void>;
}

/** Longest time that a transaction on PostgreSQL may wait for its gateway, in milliseconds. */
const MAX_IDLE_MS = 3_000;

/** The database's time, in milliseconds since the epoch. */
export const databaseTime: Record<SqlDialect, RawBuilder<number>> = {
  sqlite: sql`cast(unixepoch('subsec') * 1000 as integer)`,
  postgres: sql`cast(extract(epoch from clock_timestamp()) * 1000 as bigint)`,
};

/** Creates the store of leases. */
export function createLeaseStore(db: Db, dialect: SqlDialect): LeaseStore {
  const now = databaseTime[dialect];
  return {
    take: async (name, owner, durationMs) => {
      const { rows } = await sql<Pick<LeaseRow, "epoch">>`
        insert into leases (name, owner, epoch, expires_at) values (${name}, ${owner}, 1, ${now} + ${durationMs})
        on conflict (name) do update
          set owner = excluded.owner, epoch = leases.epoch + 1, expires_at = excluded.expires_at
          where leases.expires_at <= ${now}
        returning epoch`.execute(db);
      const [taken] = rows;
      return taken ? { name, epoch: taken.epoch } : null;
    },
    renew: async ({ name, epoch }, durationMs) => {
      const { numUpdatedRows } = await db
        .updateTable("leases")
        .set({ expiresAt: sql`${now} + ${durationMs}` })
        .where("name", "=", name)
        .where("epoch", "=", epoch)
        .where("expiresAt", ">", now)
        .executeTakeFirstOrThrow();
      return numUpdatedRows === 1n;
    },
    release: async ({ name, epoch }) => {
      await db
        .updateTable("leases")
        .set({ expiresAt: 0 })
        .where("name", "=", name)
        .where("epoch", "=", epoch)
        .execute();
    },
    isHeld: async (name) => {
      const held = db.selectFrom("leases").select("name").where("name", "=", name).where("expiresAt", ">", now);
      return (await held.executeTakeFirst()) !== undefined;
    },
    releaseAll: async () => {
      await db.updateTable("leases").set({ expiresAt: 0 }).execute();
    },
  };
}

/**
 * Returns a query of one row if the lease is held, and of none otherwise, for the `with` of a writing statement.
 *
 * PostgreSQL locks the row until the transaction ends, so that no gateway takes the lease before the write is committed.
 * SQLite has one writer at a time.
 */
export function heldLease({ name, epoch }: Lease, dialect: SqlDialect): RawBuilder<unknown> {
  const held = sql`select 1 from leases where name = ${name} and epoch = ${epoch} and expires_at > ${databaseTime[dialect]}`;
  return dialect === "postgres" ? sql`${held} for share` : held;
}

/**
 * Runs a transaction whose statements check a lease by {@link heldLease}.
 *
 * PostgreSQL ends the transaction of a gateway that is paused in it: otherwise its lock on the lease would let nobody take over.
 * On SQLite a loss of power may undo it as a whole, since its commit does not wait for the disk: what it wrote is read again.
 */
export function fencedTransaction<Result>(
  db: Db,
  dialect: SqlDialect,
  work: (transaction: Db) => Promise<Result>,
): Promise<Result> {
  if (dialect === "postgres") {
    return db.transaction().execute(async (transaction) => {
      await sql`set local idle_in_transaction_session_timeout = ${sql.lit(MAX_IDLE_MS)}`.execute(transaction);
      return work(transaction);
    });
  }
  return db.connection().execute(async (connection) => {
    await sql`pragma synchronous = normal`.execute(connection);
    try {
      return await connection.transaction().execute(work);
    } finally {
      await sql`pragma synchronous = full`.execute(connection);
    }
  });
}
