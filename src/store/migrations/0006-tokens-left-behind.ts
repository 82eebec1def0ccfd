import { type QueryExecutorProvider, sql } from "kysely";

/** Adds what unfinished writes may have left behind on the platform. */
export async function up(db: QueryExecutorProvider): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const statements = [
  "alter table idempotency_keys add column may_leave text",
  `create index idempotency_keys_that_may_leave on idempotency_keys (begun_at)
    where may_leave is not null and result is null`,
];
