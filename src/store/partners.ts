import { randomUUID } from "node:crypto";
import { sql } from "kysely";
import type { PartnerDetails, RegisteredPartner, RegisteredStatus } from "../model/partner/partner.ts";
import { type Db, inTransaction } from "./database.ts";
import type { FormerHolder } from "./records.ts";
import { LastTrackingIdError, TrackingIdTakenError } from "./store-error.ts";

/** A partner to be. */
export interface NewPartner {
  readonly name: string;
  readonly trackingIds: readonly string[];
  readonly contact: string | null;
  readonly timeZone: string;
  readonly currency: string;
  readonly notes: string | null;
}

/** Which subscribe tokens were made since a partner claimed a tracking id, by their ascending ids. */
export interface Claim {
  /** Highest id of a subscribe token when the tracking id was claimed. */
  readonly afterToken: number;
  /** Highest id of a token that is known to have been made under the tracking id since, deleted or not; 0 for none. */
  readonly newestToken: number;
}

export interface PartnerStore {
  byId(id: string): Promise<RegisteredPartner | null>;
  /** The partner that has the tracking id now. */
  byTrackingId(trackingId: string): Promise<RegisteredPartner | null>;
  /** The partner, which stays as it is until the transaction is over. */
  locked(id: string): Promise<RegisteredPartner | null>;
  /** Every partner, by name and then by id. */
  all(): Promise<RegisteredPartner[]>;
  /**
   * Rises with every change of any partner, by whichever gateway: what was read under the same version is still true.
   */
  version(): Promise<number>;
  /**
   * Registers a partner with its tracking ids.
   *
   * @param claim of the tracking ids; `newestToken` is of the first one. Left out, all tokens count as made since
   * @throws TrackingIdTakenError when another partner has one of the tracking ids, also when two race for it
   */
  create(partner: NewPartner, now: number, claim?: Claim): Promise<RegisteredPartner>;
  /** Null when there is no such partner. What is undefined stays as it is. */
  update(
    id: string,
    changes: PartnerDetails & { readonly status?: RegisteredStatus },
  ): Promise<RegisteredPartner | null>;
  /**
   * Gives the partner one more tracking id, which it adopts.
   *
   * @param newestToken highest id of a subscribe token now
   * @throws TrackingIdTakenError
   */
  addTrackingId(id: string, trackingId: string, newestToken: number): Promise<void>;
  /**
   * Takes a tracking id from the partner, and notes that the partner had it.
   *
   * @param newestToken highest id of a subscribe token now
   * @throws LastTrackingIdError when the partner has no other
   */
  removeTrackingId(id: string, trackingId: string, newestToken: number, now: number): Promise<void>;
  /** Returns how the partner claimed a tracking id; null for one that is not the partner's. */
  claim(id: string, trackingId: string): Promise<Claim | null>;
  /** Notes that a subscribe token was made under a tracking id, which is known although the token may be deleted later. */
  noteToken(trackingId: string, tokenId: number): Promise<void>;
  /** True when a statement has been issued for the partner's traffic under a tracking id. No statements are issued yet. */
  hasStatement(id: string, trackingId: string): Promise<boolean>;
  /** The partners that had a tracking id before, by the time at which it left them. */
  formerHolders(trackingId: string): Promise<FormerHolder[]>;
  /** Ids of the subscribe tokens that the partner's suspension is to disable, and its resumption to enable again. */
  suspendedTokenIds(id: string): Promise<number[]>;
  /** Puts others in their place. */
  setSuspendedTokenIds(id: string, tokenIds: readonly number[]): Promise<void>;
  /** Adds some to them. */
  noteSuspendedTokenIds(id: string, tokenIds: readonly number[]): Promise<void>;
  /** Takes tokens out of them that somebody has disabled by hand: no resumption enables those. */
  forgetSuspendedTokenIds(tokenIds: readonly number[]): Promise<void>;
}

/** Partners in the tables of a database. Changes of partners wait for each other, so that none meets another half done. */
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
        return { ...partner, trackingIds };
      }),
    update: (id, changes) =>
      change(async (transaction) => {
        const { name, contact, timeZone, currency, notes, status } = changes;
        const set = { name, contact, timeZone, currency, notes, status };
        if (Object.values(set).some((value) => value !== undefined)) {
          await transaction.updateTable("partners").set(set).where("id", "=", id).execute();
        }
        return (await read(transaction, id))[0] ?? null;
      }),
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
        const leaving = held.find((row) => row.trackingId === trackingId);
        if (!leaving) return;
        if (held.length === 1) throw new LastTrackingIdError(trackingId);
        const range = { afterToken: leaving.adoptedAfter ?? 0, untilToken: newestToken };
        const former = { trackingId, partnerId: id, ...range, heldUntil: now };
        await transaction.insertInto("trackingIdHolders").values(former).execute();
        await transaction.deleteFrom("partnerTrackingIds").where("trackingId", "=", trackingId).execute();
      }),
    claim: async (id, trackingId) => {
      const row = (await positions(db, id)).find((held) => held.trackingId === trackingId);
      return row ? { afterToken: row.adoptedAfter ?? 0, newestToken: row.newestToken ?? 0 } : null;
    },
    noteToken: async (trackingId, tokenId) => {
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
    noteSuspendedTokenIds: async (id, tokenIds) => {
      if (tokenIds.length === 0) return;
      await db
        .insertInto("suspendedTokens")
        .values(tokenIds.map((tokenId) => ({ tokenId, partnerId: id })))
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    },
    forgetSuspendedTokenIds: async (tokenIds) => {
      if (tokenIds.length === 0) return;
      await db.deleteFrom("suspendedTokens").where("tokenId", "in", tokenIds).execute();
    },
  };
}

/** A partner, or all of them. */
async function read(db: Db, id?: string): Promise<RegisteredPartner[]> {
  const rows = await db
    .selectFrom("partnerTrackingIds")
    .innerJoin("partners", "partners.id", "partnerTrackingIds.partnerId")
    .selectAll("partners")
    .select("trackingId")
    .$if(id !== undefined, (query) => query.where("partners.id", "=", id ?? ""))
    .orderBy("position")
    .execute();
  const partners = new Map<string, RegisteredPartner & { readonly trackingIds: string[] }>();
  for (const { trackingId, ...partner } of rows) {
    const known = partners.get(partner.id);
    if (known) known.trackingIds.push(trackingId);
    else partners.set(partner.id, { ...partner, trackingIds: [trackingId] });
  }
  return [...partners.values()];
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

/** Nobody else takes one meanwhile, since changes of partners wait for each other. */
async function assertFree(db: Db, trackingIds: readonly string[]): Promise<void> {
  const taken = await db
    .selectFrom("partnerTrackingIds")
    .select("trackingId")
    .where("trackingId", "in", trackingIds)
    .execute();
  const first = trackingIds.find((trackingId) => taken.some((row) => row.trackingId === trackingId));
  if (first !== undefined) throw new TrackingIdTakenError(first);
}

/** By code units: the two databases would sort by rules of their own. */
function byNameAndId(a: RegisteredPartner, b: RegisteredPartner): number {
  if (a.name !== b.name) return a.name < b.name ? -1 : 1;
  return a.id < b.id ? -1 : 1;
}
