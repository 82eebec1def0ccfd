import { type Kysely, type Migration, sql } from "kysely";

/** The newest subscribe token that is known to have been made while a partner had a tracking id, deleted or not. */
export function createTokensOfClaims(): Migration {
  return {
    up: async (db: Kysely<never>) => {
      await sql.raw("alter table partner_tracking_ids add column newest_token bigint").execute(db);
    },
  };
}
