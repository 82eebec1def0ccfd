import { type QueryExecutorProvider, sql } from "kysely";

/** Adds the newest subscribe token created while a partner had a tracking id, deleted or not. */
export async function up(db: QueryExecutorProvider): Promise<void> {
  await sql.raw("alter table partner_tracking_ids add column newest_token bigint").execute(db);
}
