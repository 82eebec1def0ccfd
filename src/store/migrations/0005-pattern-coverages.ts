import { type QueryExecutorProvider, sql } from "kysely";

/** Creates the table of what operators have recorded for patterns that the gateway cannot read. */
export async function up(db: QueryExecutorProvider): Promise<void> {
  const statement = `create table pattern_coverages (
      pattern text primary key,
      stream_names text not null,
      recorded_by_id text not null,
      recorded_by_name text not null,
      recorded_at bigint not null
    )`;
  await sql.raw(statement).execute(db);
}
