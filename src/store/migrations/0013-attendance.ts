import { type QueryExecutorProvider, sql } from "kysely";
import type { SqlDialect } from "../sql-dialect.ts";

/**
 * Creates the attendance by UTC day.
 *
 * The owner is the tracking id, empty for untracked viewers, and the account for the days; the subject is the stream, and the part
 * the country, empty if it is unknown. A row counts if its day was read at the same time. Viewer-days are null if there were too
 * many.
 */
export async function up(db: QueryExecutorProvider, dialect: SqlDialect): Promise<void> {
  const suffix = dialect === "sqlite" ? " without rowid" : "";
  for (const statement of [rows, days]) await sql.raw(`${statement}${suffix}`).execute(db);
  await sql.raw("create index attendance_by_stream on attendance (subject, day)").execute(db);
}

const rows = `create table attendance (
  owner text not null,
  day bigint not null,
  subject text not null,
  part text not null,
  read_at bigint not null,
  sessions bigint not null,
  connections bigint not null,
  watch_seconds bigint not null,
  viewer_days bigint,
  primary key (owner, day, subject, part, read_at)
)`;
const days = `create table attendance_days (
  owner text not null,
  day bigint not null,
  read_at bigint not null,
  ongoing bigint not null,
  primary key (owner, day)
)`;
