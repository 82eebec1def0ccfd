import { randomUUID } from "node:crypto";
import { sql } from "kysely";
import type { PartnerDetails, RegisteredPartner, RegisteredStatus } from "../model/partner.ts";
import { type Db, inTransaction } from "./database.ts";
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

export interface PartnerStore {
  byId(id: string): Promise<RegisteredPartner | null>;
  /** Every partner, by name and then by id. */
  all(): Promise<RegisteredPartner[]>;
  /**
   * Rises with every change of any partner, by whichever gateway: what was read under the same version is still true.
   */
  version(): Promise<number>;
  /** @throws TrackingIdTakenError when another partner has one of the tracking ids, also when two race for it */
  create(partner: NewPartner, now: number): Promise<RegisteredPartner>;
  /** Null when there is no such partner. What is undefined stays as it is. */
  update(
    id: string,
    changes: PartnerDetails & { readonly status?: RegisteredStatus },
  ): Promise<RegisteredPartner | null>;
  /** Gives the partner one more tracking id. @throws TrackingIdTakenError */
  addTrackingId(id: string, trackingId: string): Promise<void>;
  /**
   * Takes a tracking id from the partner, which the caller has found to be without traffic.
   *
   * @throws LastTrackingIdError when the partner has no other
   */
  removeTrackingId(id: string, trackingId: string): Promise<void>;
  /** Ids of the subscribe tokens that the partner's suspension is to disable, and its resumption to enable again. */
  suspendedTokenIds(id: string): Promise<number[]>;
  /** Puts others in their place. */
  setSuspendedTokenIds(id: string, tokenIds: readonly number[]): Promise<void>;
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
    all: async () => (await read(db)).sort(byNameAndId),
    version: async () => (await db.selectFrom("partnerChanges").select("version").executeTakeFirstOrThrow()).version,
    create: ({ trackingIds, ...details }, now) =>
      change(async (transaction) => {
        const partner = { id: randomUUID(), ...details, status: "ACTIVE", createdAt: now } as const;
        await assertFree(transaction, trackingIds);
        await transaction.insertInto("partners").values(partner).execute();
        await transaction
          .insertInto("partnerTrackingIds")
          .values(trackingIds.map((trackingId, position) => ({ trackingId, partnerId: partner.id, position })))
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
    addTrackingId: (id, trackingId) =>
      change(async (transaction) => {
        const held = await positions(transaction, id);
        if (held.some((row) => row.trackingId === trackingId)) return;
        await assertFree(transaction, [trackingId]);
        const position = (held.at(-1)?.position ?? -1) + 1;
        await transaction.insertInto("partnerTrackingIds").values({ trackingId, partnerId: id, position }).execute();
      }),
    removeTrackingId: (id, trackingId) =>
      change(async (transaction) => {
        const held = await positions(transaction, id);
        if (!held.some((row) => row.trackingId === trackingId)) return;
        if (held.length === 1) throw new LastTrackingIdError(trackingId);
        await transaction.deleteFrom("partnerTrackingIds").where("trackingId", "=", trackingId).execute();
      }),
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

function positions(db: Db, id: string): Promise<{ trackingId: string; position: number }[]> {
  return db
    .selectFrom("partnerTrackingIds")
    .select(["trackingId", "position"])
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
