import { type QueryExecutorProvider, sql } from "kysely";
import type { SqlDialect } from "../sql-dialect.ts";

/** Creates the tables of partners, keys, idempotency keys and the audit log. */
export async function up(db: QueryExecutorProvider, dialect: SqlDialect): Promise<void> {
  for (const statement of [...tables(dialect), ...appendOnly[dialect]]) await sql.raw(statement).execute(db);
}

const serial: Record<SqlDialect, string> = {
  // Without `autoincrement` SQLite would reuse the ids of deleted rows.
  sqlite: "integer primary key autoincrement",
  postgres: "bigint generated always as identity primary key",
};

/** Only with the type `integer` is the column SQLite's own row id, which needs no second index. */
const entryId: Record<SqlDialect, string> = { sqlite: "integer", postgres: "bigint" };

function tables(dialect: SqlDialect): string[] {
  return [
    `create table partners (
      id text primary key,
      name text not null,
      contact text,
      time_zone text not null,
      currency text not null,
      status text not null check (status in ('ACTIVE', 'SUSPENDED', 'RETIRED')),
      notes text,
      created_at bigint not null
    )`,
    `create table partner_tracking_ids (
      tracking_id text primary key,
      partner_id text not null references partners (id),
      position bigint not null,
      unique (partner_id, position)
    )`,
    `create table suspended_tokens (
      token_id bigint not null,
      partner_id text not null references partners (id),
      primary key (partner_id, token_id)
    )`,
    "create table partner_changes (version bigint not null)",
    "insert into partner_changes (version) values (0)",
    `create table api_keys (
      id text primary key,
      hash text not null unique,
      name text not null,
      role text not null check (role in ('OPERATOR', 'ANALYST', 'PARTNER')),
      partner_id text references partners (id),
      scopes text not null,
      allowed_origins text not null,
      allowed_networks text not null,
      created_at bigint not null,
      expires_at bigint,
      revoked_at bigint,
      last_used_at bigint,
      replaced_by_id text references api_keys (id)
    )`,
    "create index api_keys_of_partner on api_keys (partner_id)",
    `create table signing_keys (
      kid text primary key,
      public_jwk text not null,
      sealed_private_jwk text not null,
      created_at bigint not null,
      retires_at bigint not null,
      expires_at bigint not null
    )`,
    `create table idempotency_keys (
      id text primary key,
      operation text not null,
      likeness text not null,
      input_hash text not null,
      before text,
      result text,
      claim text,
      begun_at bigint not null,
      finished_at bigint,
      lost_at bigint,
      owner text,
      leased_until bigint,
      expires_at bigint not null,
      unique (operation, claim)
    )`,
    "create unique index idempotency_keys_one_at_a_time on idempotency_keys (operation, likeness) where owner is not null",
    "create index idempotency_keys_by_expiry on idempotency_keys (expires_at)",
    `create table audit_entries (
      id ${serial[dialect]},
      at bigint not null,
      principal_id text not null,
      principal_name text not null,
      role text not null,
      partner_id text,
      address text,
      operation text not null,
      object_id text,
      detail text not null
    )`,
    "create index audit_entries_of_partner on audit_entries (partner_id, id)",
    "create index audit_entries_of_principal on audit_entries (principal_id, id)",
    "create index audit_entries_of_operation on audit_entries (operation, id)",
    "create index audit_entries_of_object on audit_entries (object_id, id)",
    `create table audit_ends (
      entry_id ${entryId[dialect]} primary key references audit_entries (id),
      outcome text not null check (outcome in ('DONE', 'REFUSED', 'FAILED')),
      code text,
      object_id text
    )`,
    "create index audit_ends_of_object on audit_ends (object_id)",
    "create index audit_ends_by_outcome on audit_ends (outcome, entry_id)",
  ];
}

const auditTables = ["audit_entries", "audit_ends"];

/** Triggers by which the database itself refuses to change or delete rows of the audit log. */
const appendOnly: Record<SqlDialect, string[]> = {
  sqlite: auditTables.flatMap((table) => {
    const id = table === "audit_ends" ? "entry_id" : "id";
    const refusal = "begin select raise(abort, 'the audit log is append-only'); end";
    return [
      `create trigger ${table}_keep before delete on ${table} ${refusal}`,
      `create trigger ${table}_stay before update on ${table} ${refusal}`,
      // `insert or replace` deletes the former row without firing the trigger for deletions.
      `create trigger ${table}_once before insert on ${table} when exists (select 1 from ${table} where ${id} = new.${id}) ${refusal}`,
    ];
  }),
  postgres: [
    `create function refuse_change() returns trigger language plpgsql as
      $$ begin raise exception 'the audit log is append-only'; end $$`,
    ...auditTables.map(
      (table) =>
        `create trigger ${table}_stay before update or delete or truncate on ${table} execute function refuse_change()`,
    ),
  ],
};
