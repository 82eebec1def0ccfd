import { type Kysely, type Migration, sql } from "kysely";

/** What operators have recorded of patterns that the gateway can't read. */
export function createPatternCoverages(): Migration {
  return {
    up: async (db: Kysely<never>) => {
      await sql
        .raw(
          `create table pattern_coverages (
            pattern text primary key,
            stream_names text not null,
            recorded_by_id text not null,
            recorded_by_name text not null,
            recorded_at bigint not null
          )`,
        )
        .execute(db);
    },
  };
}
