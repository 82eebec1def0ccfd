import { type QueryExecutorProvider, sql } from "kysely";

/** Creates the table of moves from SQLite to PostgreSQL; `position` is where an interrupted one goes on. */
export async function up(db: QueryExecutorProvider): Promise<void> {
  const statement = `create table store_moves (
      id text primary key,
      begun_at bigint not null,
      finished_at bigint,
      position text
    )`;
  await sql.raw(statement).execute(db);
}
