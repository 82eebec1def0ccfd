import { type Kysely, type Migration, sql } from "kysely";

/** Claims of made objects across operations, leases of partners, and the history of tracking ids. */
export function createPartnerWork(): Migration {
  return {
    up: async (db: Kysely<never>) => {
      for (const statement of statements) await sql.raw(statement).execute(db);
    },
  };
}

/** Kinds of objects by the operations that made them until now. Results of other operations are no objects of theirs. */
const kindOfOperation = `case
  when operation = 'createSubscribeToken' or operation like '%/subscribeToken/%' then 'SubscribeToken'
  when operation = 'createPublishToken' or operation = 'syndicateStream/publishToken' then 'PublishToken'
  when operation = 'createTranscoder' then 'Transcoder'
  when operation in ('createApiKey', 'rotateApiKey') then 'ApiKey'
  when operation = 'createMediaDistribution' then 'MediaDistribution'
  when operation = 'addMediaKey' then 'MediaKey'
  when operation = 'createClip' then 'Clip'
  else operation end`;

const statements = [
  "alter table idempotency_keys add column is_recovered bigint not null default 0",
  `update idempotency_keys set claim = ${kindOfOperation} || ' ' || claim where claim is not null`,
  // Two operations could have one object until now: the one that had it first keeps it.
  `update idempotency_keys set claim = null where exists (
    select 1 from idempotency_keys other where other.claim = idempotency_keys.claim
      and (other.finished_at < idempotency_keys.finished_at
        or (other.finished_at = idempotency_keys.finished_at and other.id < idempotency_keys.id)))`,
  "create unique index idempotency_keys_by_claim on idempotency_keys (claim) where claim is not null",
  "drop index idempotency_keys_one_at_a_time",
  // Until now a likeness was known beside its operation alone.
  "update idempotency_keys set likeness = operation || ' ' || likeness",
  "create unique index idempotency_keys_one_at_a_time on idempotency_keys (likeness) where owner is not null",
  "create index idempotency_keys_by_likeness on idempotency_keys (likeness)",
  `create table partner_leases (
    partner_id text primary key,
    owner text not null,
    epoch bigint not null,
    expires_at bigint not null
  )`,
  "alter table partner_tracking_ids add column adopted_after bigint",
  `create table tracking_id_holders (
    tracking_id text not null,
    partner_id text not null references partners (id),
    after_token bigint not null,
    until_token bigint not null,
    held_until bigint not null
  )`,
  "create index tracking_id_holders_of_id on tracking_id_holders (tracking_id)",
];
