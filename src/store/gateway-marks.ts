import { sql } from "kysely";
import type { Db } from "./database.ts";
import { databaseTime } from "./leases.ts";
import type { SqlDialect } from "./sql-dialect.ts";

/**
 * Marks of the gateways that use a store, so that a command does not open it beside them.
 *
 * Every time is the database's own. The folder of a SQLite database has a lock besides, which ends with its process.
 */
export interface GatewayMarks {
  /** Sets or renews the mark of a gateway, for `durationMs` from now. */
  set(gatewayId: string, durationMs: number): Promise<void>;
  /** Removes the mark of a gateway that ends. */
  remove(gatewayId: string): Promise<void>;
  /** Returns whether a gateway uses the store: one with a mark, or one that holds the lease of a job. */
  isAnySet(): Promise<boolean>;
}

const PREFIX = "gateway ";

/** Creates the marks, which are rows of the table of leases. */
export function createGatewayMarks(db: Db, dialect: SqlDialect): GatewayMarks {
  const now = databaseTime[dialect];
  return {
    set: async (gatewayId, durationMs) => {
      const name = `${PREFIX}${gatewayId}`;
      await sql`insert into leases (name, owner, epoch, expires_at) values (${name}, ${gatewayId}, 1, ${now} + ${durationMs})
        on conflict (name) do update set expires_at = excluded.expires_at`.execute(db);
      await sql`delete from leases where name like ${`${PREFIX}%`} and expires_at <= ${now}`.execute(db);
    },
    remove: async (gatewayId) => {
      await sql`delete from leases where name = ${`${PREFIX}${gatewayId}`}`.execute(db);
    },
    isAnySet: async () => {
      const { rows } = await sql`select 1 from leases where expires_at > ${now} limit 1`.execute(db);
      return rows.length > 0;
    },
  };
}
