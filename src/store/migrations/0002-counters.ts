import { type Kysely, type Migration, sql } from "kysely";
import type { SqlDialect } from "./migrate.ts";

/** What gateways count together, in columns that rate-limiter-flexible reads. One gateway alone counts in memory. */
export function createCounters(dialect: SqlDialect): Migration {
  return {
    up: async (db: Kysely<never>) => {
      if (dialect !== "postgres") return;
      // It may stand already: it was once made by the first gateway that counted.
      await sql
        .raw(
          `create table if not exists ${COUNTERS_TABLE} (
            key varchar(255) primary key,
            points integer not null default 0,
            expire bigint
          )`,
        )
        .execute(db);
    },
  };
}

/** The name of their table. */
export const COUNTERS_TABLE = "cost_budget";
