import { type QueryExecutorProvider, sql } from "kysely";
import type { SqlDialect } from "../sql-dialect.ts";

/**
 * Adds the time zones of partners and of billing by the month from which they hold; the empty month is the first one.
 *
 * The owner is the id of a partner, or `account`. Usage was in UTC unless a query named a zone, so the zones of present
 * partners hold from the next month.
 */
export async function up(db: QueryExecutorProvider, dialect: SqlDialect): Promise<void> {
  for (const statement of statements(nextMonth[dialect])) await sql.raw(statement).execute(db);
}

const nextMonth: Record<SqlDialect, string> = {
  sqlite: "strftime('%Y-%m', 'now', 'start of month', '+1 month')",
  postgres: "to_char((now() at time zone 'UTC') + interval '1 month', 'YYYY-MM')",
};

const statements = (month: string) => [
  `create table time_zones (
    owner text not null,
    from_month text not null,
    time_zone text not null,
    primary key (owner, from_month)
  )`,
  "insert into time_zones (owner, from_month, time_zone) values ('account', '', 'UTC')",
  "insert into time_zones (owner, from_month, time_zone) select id, '', 'UTC' from partners",
  `insert into time_zones (owner, from_month, time_zone)
    select id, ${month}, time_zone from partners where time_zone <> 'UTC'`,
];
