import { type QueryExecutorProvider, sql } from "kysely";
import type { SqlDialect } from "../sql-dialect.ts";

/**
 * Creates the counters that gateways share, with the columns of rate-limiter-flexible.
 *
 * Only PostgreSQL is shared.
 */
export async function up(db: QueryExecutorProvider, dialect: SqlDialect): Promise<void> {
  if (dialect !== "postgres") return;
  // Before this migration the first gateway that counted created the table.
  const statement = `create table if not exists cost_budget (
      key varchar(255) primary key,
      points integer not null default 0,
      expire bigint
    )`;
  await sql.raw(statement).execute(db);
}
