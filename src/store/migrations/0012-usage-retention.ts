import { type QueryExecutorProvider, sql } from "kysely";
import type { SqlDialect } from "../sql-dialect.ts";

/**
 * Adds what becomes of hours that a day has replaced, as bits of the hours of a UTC day, the first hour the lowest: those that it
 * has replaced, and those that its figures do not include. Both are set in the row of a day with an empty part alone.
 *
 * On PostgreSQL, partitions have one granularity each from now on, so that those of hours can be dropped.
 */
export async function up(db: QueryExecutorProvider, dialect: SqlDialect): Promise<void> {
  for (const statement of statements[dialect]) await sql.raw(statement).execute(db);
}

const columns = ["hours_replaced integer", "hours_lacking integer"];

const statements: Record<SqlDialect, string[]> = {
  sqlite: columns.map((column) => `alter table usage_rows add column ${column}`),
  postgres: [
    "alter table usage_rows rename to usage_rows_by_month",
    "alter table usage_rows_by_month rename constraint usage_rows_pkey to usage_rows_by_month_pkey",
    ...columns.map((column) => `alter table usage_rows_by_month add column ${column}`),
    `create table usage_rows (
      like usage_rows_by_month including constraints,
      primary key (owner, kind, subject, granularity, bucket, part)
    ) partition by range (granularity, bucket)`,
    // The gateway creates partitions as it writes; those of the rows that are there are created here, by the same rule.
    `do $$
    declare
      month timestamp;
      opens bigint;
      closes bigint;
      day constant bigint := 86400000;
    begin
      for month in
        select distinct date_trunc('month', timestamp '1970-01-01' + bucket / 1000 * interval '1 second' + d * interval '1 day')
        from usage_rows_by_month, (values (-1), (0), (1)) as days (d)
      loop
        opens := extract(epoch from month) * 1000;
        closes := extract(epoch from month + interval '1 month') * 1000;
        execute format('create table usage_days_%s partition of usage_rows for values from (2, %s) to (2, %s)',
          to_char(month, 'YYYY_MM'), opens, closes);
        execute format('create table usage_hours_turn_%s partition of usage_rows for values from (1, %s) to (1, %s)',
          to_char(month, 'YYYY_MM'), opens - day, opens + day);
        execute format('create table usage_hours_%s partition of usage_rows for values from (1, %s) to (1, %s)',
          to_char(month, 'YYYY_MM'), opens + day, closes - day);
      end loop;
    end $$`,
    "insert into usage_rows select * from usage_rows_by_month",
    "drop table usage_rows_by_month",
  ],
};
