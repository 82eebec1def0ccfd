import { type QueryExecutorProvider, sql } from "kysely";

/** Creates the leases of jobs that one gateway at a time runs. */
export async function up(db: QueryExecutorProvider): Promise<void> {
  const statement = `create table leases (
      name text primary key,
      owner text not null,
      epoch bigint not null,
      expires_at bigint not null
    )`;
  await sql.raw(statement).execute(db);
}
