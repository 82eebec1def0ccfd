import { type QueryExecutorProvider, sql } from "kysely";

/** Makes claims unique across operations, and adds leases of partners and the history of tracking ids. */
export async function up(db: QueryExecutorProvider): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

/**
 * Kind of the object by the operation that created it before this migration; other operations create
 * none.
 */
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
  // Before this migration two operations could claim one object: the first one keeps it.
  `update idempotency_keys set claim = null where exists (
    select 1 from idempotency_keys other where other.claim = idempotency_keys.claim
      and (other.finished_at < idempotency_keys.finished_at
        or (other.finished_at = idempotency_keys.finished_at and other.id < idempotency_keys.id)))`,
  "create unique index idempotency_keys_by_claim on idempotency_keys (claim) where claim is not null",
  "drop index idempotency_keys_one_at_a_time",
  // Before this migration a likeness was unique per operation only.
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
