import { type QueryExecutorProvider, sql } from "kysely";

/** Renames the column of idempotency keys that recognizes the created object. */
export async function up(db: QueryExecutorProvider): Promise<void> {
  await sql.raw("alter table idempotency_keys rename column likeness to fingerprint").execute(db);
}
