import { randomUUID } from "node:crypto";
import { sql } from "kysely";
import type { PartnerDetails, RegisteredPartner, RegisteredStatus } from "../model/partner/partner.ts";
import { type Db, inTransaction } from "./database.ts";
import type { FormerHolder } from "./records.ts";
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
    changes: PartnerDetails & { readonly status?: RegisteredStatus },
  ): Promise<RegisteredPartner | null>;
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
  const partners = new Map<string, RegisteredPartner & { readonly trackingIds: string[] }>();
  for (const { trackingId, ...partner } of rows) {
    const former = partners.get(partner.id);
    if (former) former.trackingIds.push(trackingId);
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
