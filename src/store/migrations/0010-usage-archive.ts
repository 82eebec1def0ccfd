import { type QueryExecutorProvider, sql } from "kysely";
import type { SqlDialect } from "../sql-dialect.ts";

/**
 * Creates the usage archive: rows, corrections, and the progress of its collector. Every unique key begins with the owner.
 *
 * Kinds are 1 ACCOUNT, 2 STREAM, 3 ACCOUNT_COUNTRY, 4 STREAM_COUNTRY and 5 TRACKING_STREAM; granularities are 1 HOUR and
 * 2 DAY. Times are of the platform, in milliseconds.
 */
export async function up(db: QueryExecutorProvider, dialect: SqlDialect): Promise<void> {
  for (const statement of tables[dialect]) await sql.raw(statement).execute(db);
}

const key = `owner text not null,
  kind smallint not null,
  subject text not null,
  granularity smallint not null,
  bucket bigint not null,
  part text not null`;
const keyColumns = "owner, kind, subject, granularity, bucket, part";
const breakdown = `standard_bytes_out bigint,
  standard_bytes_in bigint,
  restream_bytes_out bigint,
  restream_bytes_in bigint,
  restream_seconds bigint,
  geo_cascade_bytes_out bigint,
  geo_cascade_bytes_in bigint,
  view_seconds bigint,
  publish_seconds bigint,
  views bigint,
  publishes bigint`;
const rows = `create table usage_rows (
  ${key},
  bytes_out bigint not null check (bytes_out >= 0),
  bytes_in bigint not null check (bytes_in >= 0),
  ${breakdown},
  changed_at bigint not null,
  read_at bigint not null,
  settled_at bigint,
  primary key (${keyColumns})
)`;
/** Values that settled rows had before they were corrected; null for a row that was not there. */
const corrections = `create table usage_corrections (
  ${key},
  corrected_at bigint not null,
  bytes_out bigint,
  bytes_in bigint,
  ${breakdown},
  primary key (${keyColumns}, corrected_at)
)`;
/** What is collected, and up to where: the names that the platform does not list are found here after a restart. */
const sources = `create table usage_sources (
  owner text not null,
  kind smallint not null,
  name text not null,
  granularity smallint not null,
  collected_from bigint not null,
  collected_until bigint not null,
  read_until bigint not null,
  primary key (owner, kind, name, granularity)
)`;
/** Spans that were not read while the platform had them. */
const gaps = `create table usage_gaps (
  owner text not null,
  kind smallint not null,
  name text not null,
  granularity smallint not null,
  gap_from bigint not null,
  gap_until bigint not null,
  primary key (owner, kind, name, granularity, gap_from)
)`;

const tables: Record<SqlDialect, string[]> = {
  sqlite: [rows, corrections, sources, gaps].map((table) => `${table} without rowid`),
  // The archive creates the partitions, one a month.
  postgres: [`${rows} partition by range (bucket)`, corrections, sources, gaps],
};
