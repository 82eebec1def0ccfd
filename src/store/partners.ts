import { randomUUID } from "node:crypto";
import { sql } from "kysely";
import type { PartnerDetails, RegisteredPartner, RegisteredStatus } from "../model/partner/partner.ts";
import { hasWholeHours } from "../model/usage/calendar.ts";
import { billedZones, timeZoneOf, type ZonePeriod, type Zones } from "../model/usage/zones.ts";
import { type Db, inTransaction } from "./database.ts";
import type { FormerHolder, TimeZoneRow } from "./records.ts";
import { LastTrackingIdError, TrackingIdTakenError } from "./store-error.ts";

/** Details of a partner to register. */
export interface NewPartner {
  readonly name: string;
  readonly trackingIds: readonly string[];
  readonly contact: string | null;
  readonly timeZone: string;
  readonly currency: string;
  readonly notes: string | null;
}

/** Claim of a tracking id, by which its subscribe tokens are dated: their ids ascend. */
export interface Claim {
  /** Highest subscribe token id when the tracking id was claimed. */
  readonly afterToken: number;
  /** Highest id of a token created under the tracking id since, deleted or not; 0 for none. */
  readonly newestToken: number;
}

export interface PartnerStore {
  byId(id: string): Promise<RegisteredPartner | null>;
  /** Returns the partner that has the tracking id now; null for none. */
  byTrackingId(trackingId: string): Promise<RegisteredPartner | null>;
  /** Returns the partner, locked until the end of the transaction; null for an unknown id. */
  locked(id: string): Promise<RegisteredPartner | null>;
  /** Returns every partner, sorted by name and then by id. */
  all(): Promise<RegisteredPartner[]>;
  /** Returns a number that rises with every change of a partner by any gateway. */
  version(): Promise<number>;
  /**
   * Registers a partner with its tracking ids.
   *
   * @param claim claim of the tracking ids, its `newestToken` for the first one; without it all tokens count as created since
   * @throws TrackingIdTakenError if another partner has one of the tracking ids
   */
  create(partner: NewPartner, now: number, claim?: Claim): Promise<RegisteredPartner>;
  /** Updates the defined fields. Returns null for an unknown id. */
  update(
    id: string,
    changes: Omit<PartnerDetails, "timeZone"> & { readonly status?: RegisteredStatus },
  ): Promise<RegisteredPartner | null>;
  /**
   * Records the partner's time zone from a month, `YYYY-MM`, on.
   *
   * Replaces what was recorded from that month or a later one.
   */
  setTimeZone(id: string, timeZone: string, fromMonth: string): Promise<void>;
  /** Returns the zones that stand in for those without whole-hour offsets, oldest first, at least one. */
  billingTimeZones(): Promise<ZonePeriod[]>;
  /** Records the zone that stands in for those without whole-hour offsets, as {@link setTimeZone} does. */
  setBillingTimeZone(timeZone: string, fromMonth: string): Promise<void>;
  /**
   * Adds a tracking id to the partner.
   *
   * @param newestToken highest subscribe token id now
   * @throws TrackingIdTakenError if another partner has the tracking id
   */
  addTrackingId(id: string, trackingId: string, newestToken: number): Promise<void>;
  /**
   * Removes a tracking id from the partner, and records the partner as its former holder.
   *
   * @param newestToken highest subscribe token id now
   * @throws LastTrackingIdError if the partner has no other tracking id
   */
  removeTrackingId(id: string, trackingId: string, newestToken: number, now: number): Promise<void>;
  /** Returns the partner's claim of a tracking id; null if it does not have it. */
  claim(id: string, trackingId: string): Promise<Claim | null>;
  /** Records that a subscribe token was created under a tracking id. */
  recordToken(trackingId: string, tokenId: number): Promise<void>;
  /**
   * Returns whether a statement covers the partner's traffic under a tracking id.
   *
   * No statements are issued yet.
   */
  hasStatement(id: string, trackingId: string): Promise<boolean>;
  /** Returns the former partners of a tracking id, in the order in which it left them. */
  formerHolders(trackingId: string): Promise<FormerHolder[]>;
  /**
   * Returns the ids of the subscribe tokens that the partner's suspension disables and its resumption
   * enables again.
   */
  suspendedTokenIds(id: string): Promise<number[]>;
  /** Replaces the ids of the suspended tokens. */
  setSuspendedTokenIds(id: string, tokenIds: readonly number[]): Promise<void>;
  /** Adds ids to those of the suspended tokens. */
  addSuspendedTokenIds(id: string, tokenIds: readonly number[]): Promise<void>;
  /** Removes ids of tokens that were disabled otherwise, so that no resumption enables them. */
  removeSuspendedTokenIds(tokenIds: readonly number[]): Promise<void>;
}

/** Creates the store of partners. Changes of partners run one after the other. */
export function createPartnerStore(db: Db): PartnerStore {
  const change = <Result>(work: (db: Db) => Promise<Result>) =>
    inTransaction(db, async (transaction) => {
      await transaction.updateTable("partnerChanges").set({ version: sql`version + 1` }).execute();
      return work(transaction);
    });

  return {
    byId: async (id) => (await read(db, id))[0] ?? null,
    byTrackingId: async (trackingId) => {
      const holder = db.selectFrom("partnerTrackingIds").select("partnerId").where("trackingId", "=", trackingId);
      const row = await holder.executeTakeFirst();
      return row ? ((await read(db, row.partnerId))[0] ?? null) : null;
    },
    locked: async (id) => {
      await db
        .updateTable("partners")
        .set(({ ref }) => ({ status: ref("status") }))
        .where("id", "=", id)
        .execute();
      return (await read(db, id))[0] ?? null;
    },
    all: async () => (await read(db)).sort(byNameAndId),
    version: async () => (await db.selectFrom("partnerChanges").select("version").executeTakeFirstOrThrow()).version,
    create: ({ trackingIds, ...details }, now, claim) =>
      change(async (transaction) => {
        const partner = { id: randomUUID(), ...details, status: "ACTIVE", createdAt: now } as const;
        const first = { owner: partner.id, fromMonth: "", timeZone: details.timeZone };
        await transaction.insertInto("timeZones").values(first).execute();
        await assertFree(transaction, trackingIds);
        await transaction.insertInto("partners").values(partner).execute();
        await transaction
          .insertInto("partnerTrackingIds")
          .values(
            trackingIds.map((trackingId, position) => ({
              trackingId,
              partnerId: partner.id,
              position,
              adoptedAfter: claim?.afterToken ?? null,
              newestToken: position === 0 ? (claim?.newestToken ?? null) : null,
            })),
          )
          .execute();
        const billing = await periodsOf(transaction, ACCOUNT);
        return { ...partner, trackingIds, zones: billedZones([toPeriod(first)], billing, hasWholeHours) };
      }),
    update: (id, changes) =>
      change(async (transaction) => {
        const { name, contact, currency, notes, status } = changes;
        const set = { name, contact, currency, notes, status };
        if (Object.values(set).some((value) => value !== undefined)) {
          await transaction.updateTable("partners").set(set).where("id", "=", id).execute();
        }
        return (await read(transaction, id))[0] ?? null;
      }),
    setTimeZone: (id, timeZone, fromMonth) =>
      change(async (transaction) => {
        await transaction.updateTable("partners").set({ timeZone }).where("id", "=", id).execute();
        await recordZone(transaction, id, timeZone, fromMonth);
      }),
    billingTimeZones: () => periodsOf(db, ACCOUNT),
    setBillingTimeZone: (timeZone, fromMonth) =>
      change((transaction) => recordZone(transaction, ACCOUNT, timeZone, fromMonth)),
    addTrackingId: (id, trackingId, newestToken) =>
      change(async (transaction) => {
        const held = await positions(transaction, id);
        if (held.some((row) => row.trackingId === trackingId)) return;
        await assertFree(transaction, [trackingId]);
        const position = (held.at(-1)?.position ?? -1) + 1;
        const row = { trackingId, partnerId: id, position, adoptedAfter: newestToken, newestToken: null };
        await transaction.insertInto("partnerTrackingIds").values(row).execute();
      }),
    removeTrackingId: (id, trackingId, newestToken, now) =>
      change(async (transaction) => {
        const held = await positions(transaction, id);
        const removed = held.find((row) => row.trackingId === trackingId);
        if (!removed) return;
        if (held.length === 1) throw new LastTrackingIdError(trackingId);
        const range = { afterToken: removed.adoptedAfter ?? 0, untilToken: newestToken };
        const former = { trackingId, partnerId: id, ...range, heldUntil: now };
        await transaction.insertInto("trackingIdHolders").values(former).execute();
        await transaction.deleteFrom("partnerTrackingIds").where("trackingId", "=", trackingId).execute();
      }),
    claim: async (id, trackingId) => {
      const row = (await positions(db, id)).find((held) => held.trackingId === trackingId);
      return row ? { afterToken: row.adoptedAfter ?? 0, newestToken: row.newestToken ?? 0 } : null;
    },
    recordToken: async (trackingId, tokenId) => {
      await db
        .updateTable("partnerTrackingIds")
        .set({ newestToken: tokenId })
        .where("trackingId", "=", trackingId)
        .where(({ eb, or }) => or([eb("newestToken", "is", null), eb("newestToken", "<", tokenId)]))
        .execute();
    },
    hasStatement: async () => false,
    formerHolders: (trackingId) =>
      db
        .selectFrom("trackingIdHolders")
        .select(["partnerId", "afterToken", "untilToken", "heldUntil"])
        .where("trackingId", "=", trackingId)
        .orderBy("heldUntil")
        .execute(),
    suspendedTokenIds: async (id) => {
      const rows = await db.selectFrom("suspendedTokens").select("tokenId").where("partnerId", "=", id).execute();
      return rows.map(({ tokenId }) => tokenId).sort((a, b) => a - b);
    },
    setSuspendedTokenIds: (id, tokenIds) =>
      inTransaction(db, async (transaction) => {
        await transaction.deleteFrom("suspendedTokens").where("partnerId", "=", id).execute();
        if (tokenIds.length === 0) return;
        const rows = tokenIds.map((tokenId) => ({ tokenId, partnerId: id }));
        await transaction.insertInto("suspendedTokens").values(rows).execute();
      }),
    addSuspendedTokenIds: async (id, tokenIds) => {
      if (tokenIds.length === 0) return;
      await db
        .insertInto("suspendedTokens")
        .values(tokenIds.map((tokenId) => ({ tokenId, partnerId: id })))
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    },
    removeSuspendedTokenIds: async (tokenIds) => {
      if (tokenIds.length === 0) return;
      await db.deleteFrom("suspendedTokens").where("tokenId", "in", tokenIds).execute();
    },
  };
}

/** Reads one partner, or all. */
async function read(db: Db, id?: string): Promise<RegisteredPartner[]> {
  const rows = await db
    .selectFrom("partnerTrackingIds")
    .innerJoin("partners", "partners.id", "partnerTrackingIds.partnerId")
    .selectAll("partners")
    .select("trackingId")
    .$if(id !== undefined, (query) => query.where("partners.id", "=", id ?? ""))
    .orderBy("position")
    .execute();
  const zones = await zonesOf(db, id);
  const partners = new Map<string, RegisteredPartner & { readonly trackingIds: string[] }>();
  for (const { trackingId, ...partner } of rows) {
    const former = partners.get(partner.id);
    if (former) former.trackingIds.push(trackingId);
    else partners.set(partner.id, { ...partner, zones: zones(partner.id), trackingIds: [trackingId] });
  }
  return [...partners.values()];
}

/** Reads the zones of one partner, or of all. */
async function zonesOf(db: Db, id?: string): Promise<(id: string) => Zones> {
  const rows = await db
    .selectFrom("timeZones")
    .selectAll()
    .$if(id !== undefined, (query) => query.where("owner", "in", [ACCOUNT, id ?? ""]))
    .orderBy("fromMonth")
    .execute();
  const periods = new Map<string, ZonePeriod[]>();
  for (const row of rows) periods.set(row.owner, [...(periods.get(row.owner) ?? []), toPeriod(row)]);
  const billing = periods.get(ACCOUNT) ?? [];
  const usable = new Map<string, boolean>();
  const isUsable = (timeZone: string) => {
    const isKnown = usable.get(timeZone) ?? hasWholeHours(timeZone);
    usable.set(timeZone, isKnown);
    return isKnown;
  };
  return (partnerId) => billedZones(periods.get(partnerId) ?? [], billing, isUsable);
}

/** Owner of the zone that stands in for zones without whole-hour offsets. */
const ACCOUNT = "account";

async function periodsOf(db: Db, owner: string): Promise<ZonePeriod[]> {
  const rows = await db.selectFrom("timeZones").selectAll().where("owner", "=", owner).orderBy("fromMonth").execute();
  return rows.map(toPeriod);
}

function toPeriod({ fromMonth, timeZone }: TimeZoneRow): ZonePeriod {
  return { fromMonth: fromMonth || null, timeZone };
}

async function recordZone(db: Db, owner: string, timeZone: string, fromMonth: string): Promise<void> {
  await db.deleteFrom("timeZones").where("owner", "=", owner).where("fromMonth", ">=", fromMonth).execute();
  if (timeZoneOf(fromMonth, await periodsOf(db, owner)) === timeZone) return;
  await db.insertInto("timeZones").values({ owner, fromMonth, timeZone }).execute();
}

function positions(
  db: Db,
  id: string,
): Promise<{ trackingId: string; position: number; adoptedAfter: number | null; newestToken: number | null }[]> {
  return db
    .selectFrom("partnerTrackingIds")
    .select(["trackingId", "position", "adoptedAfter", "newestToken"])
    .where("partnerId", "=", id)
    .orderBy("position")
    .execute();
}

/** @throws TrackingIdTakenError if a partner has one of the tracking ids; none can take one before the transaction ends */
async function assertFree(db: Db, trackingIds: readonly string[]): Promise<void> {
  const taken = await db
    .selectFrom("partnerTrackingIds")
    .select("trackingId")
    .where("trackingId", "in", trackingIds)
    .execute();
  const first = trackingIds.find((trackingId) => taken.some((row) => row.trackingId === trackingId));
  if (first !== undefined) throw new TrackingIdTakenError(first);
}

/** Compares by code units, because the two databases sort by different rules. */
function byNameAndId(a: RegisteredPartner, b: RegisteredPartner): number {
  if (a.name !== b.name) return a.name < b.name ? -1 : 1;
  return a.id < b.id ? -1 : 1;
}
