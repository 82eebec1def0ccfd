import { type QueryExecutorProvider, sql } from "kysely";
import type { SqlDialect } from "../sql-dialect.ts";

/**
 * Adds the objects of audit entries, the outcome PARTIAL, and the attempts refused for a missing
 * scope.
 */
export async function up(db: QueryExecutorProvider, dialect: SqlDialect): Promise<void> {
  for (const statement of [...partialEnds[dialect], ...tables[dialect]]) await sql.raw(statement).execute(db);
}

const OUTCOMES = "outcome in ('DONE', 'PARTIAL', 'REFUSED', 'FAILED')";
const REFUSAL = "begin select raise(abort, 'the audit log is append-only'); end";

/** Statements that allow the outcome PARTIAL. SQLite cannot change a check, so it copies the table. */
const partialEnds: Record<SqlDialect, string[]> = {
  sqlite: [
    `create table audit_ends_copy (
      entry_id integer primary key references audit_entries (id),
      outcome text not null check (${OUTCOMES}),
      code text,
      object_id text
    )`,
    "insert into audit_ends_copy (entry_id, outcome, code, object_id) select entry_id, outcome, code, object_id from audit_ends",
    "drop table audit_ends",
    "alter table audit_ends_copy rename to audit_ends",
    "create index audit_ends_of_object on audit_ends (object_id)",
    "create index audit_ends_by_outcome on audit_ends (outcome, entry_id)",
    ...appendOnly("audit_ends", "entry_id = new.entry_id"),
  ],
  postgres: [
    "alter table audit_ends drop constraint audit_ends_outcome_check",
    // All rows satisfy the new check, so the database need not read them.
    `alter table audit_ends add constraint audit_ends_outcome_check check (${OUTCOMES}) not valid`,
  ],
};

/** Returns triggers by which SQLite refuses to change, delete or replace a row. */
function appendOnly(table: string, isSameRow: string): string[] {
  return [
    `create trigger ${table}_keep before delete on ${table} ${REFUSAL}`,
    `create trigger ${table}_stay before update on ${table} ${REFUSAL}`,
    `create trigger ${table}_once before insert on ${table} when exists (select 1 from ${table} where ${isSameRow}) ${REFUSAL}`,
  ];
}

/** One row per caller, operation and minute, so that repeated refusals within a minute add no rows. */
const refusedAttempts = `create table refused_attempts (
  principal_id text not null,
  operation text not null,
  minute bigint not null,
  principal_name text not null,
  role text not null,
  partner_id text,
  code text not null,
  attempts bigint not null,
  primary key (principal_id, operation, minute)
)`;
const refusedAttemptsByMinute =
  "create index refused_attempts_by_minute on refused_attempts (minute, principal_id, operation)";

const effectCheck = "effect in ('CHANGED', 'UNDONE', 'UNCHANGED', 'UNKNOWN', 'USED')";

const tables: Record<SqlDialect, string[]> = {
  sqlite: [
    `create table audit_objects (
      entry_id integer not null references audit_entries (id),
      object_id text not null,
      effect text not null check (${effectCheck}),
      position integer not null,
      primary key (entry_id, object_id, effect)
    ) without rowid`,
    "create index audit_objects_of_object on audit_objects (object_id, entry_id)",
    ...appendOnly("audit_objects", "entry_id = new.entry_id and object_id = new.object_id and effect = new.effect"),
    refusedAttempts,
    refusedAttemptsByMinute,
  ],
  postgres: [
    `create table audit_objects (
      entry_id bigint not null references audit_entries (id),
      object_id text not null,
      effect text not null check (${effectCheck}),
      position integer not null,
      primary key (entry_id, object_id, effect)
    )`,
    "create index audit_objects_of_object on audit_objects (object_id, entry_id)",
    "create trigger audit_objects_stay before update or delete or truncate on audit_objects execute function refuse_change()",
    refusedAttempts,
    refusedAttemptsByMinute,
  ],
};
