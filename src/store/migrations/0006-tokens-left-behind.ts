import { type Kysely, type Migration, sql } from "kysely";

/** What unfinished writes may have left behind on the platform. */
export function createTokensLeftBehind(): Migration {
  return {
    up: async (db: Kysely<never>) => {
      await sql.raw("alter table idempotency_keys add column may_leave text").execute(db);
      await sql
        .raw(
          `create index idempotency_keys_that_may_leave on idempotency_keys (begun_at)
            where may_leave is not null and result is null`,
        )
        .execute(db);
    },
  };
}
