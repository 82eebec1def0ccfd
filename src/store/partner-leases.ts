import { type Db, inTransaction } from "./database.ts";
import type { PartnerLeaseRecord } from "./records.ts";

export interface PartnerLeaseStore {
  /**
   * Takes the lease of a partner if it is free or expired.
   *
   * Returns the epoch; null while another owner has it.
   */
  take(partnerId: string, owner: string, now: number, expiresAt: number): Promise<number | null>;
  /** Extends the lease. Returns false if another owner has taken it. */
  renew(lease: PartnerLeaseRecord): Promise<boolean>;
  /** Ends the lease, if it is still this one. */
  release(lease: PartnerLeaseRecord): Promise<void>;
  /** Ends all leases. Call it only if no other gateway uses the store. */
  releaseAll(): Promise<void>;
}

/** Creates the store of partner leases. */
export function createPartnerLeaseStore(db: Db): PartnerLeaseStore {
  return {
    take: (partnerId, owner, now, expiresAt) =>
      inTransaction(db, async (transaction) => {
        const { numUpdatedRows } = await transaction
          .updateTable("partnerLeases")
          .set(({ eb }) => ({ owner, expiresAt, epoch: eb("epoch", "+", 1) }))
          .where("partnerId", "=", partnerId)
          .where("expiresAt", "<=", now)
          .executeTakeFirstOrThrow();
        if (numUpdatedRows === 0n) {
          const { numInsertedOrUpdatedRows } = await transaction
            .insertInto("partnerLeases")
            .values({ partnerId, owner, epoch: 1, expiresAt })
            .onConflict((conflict) => conflict.doNothing())
            .executeTakeFirstOrThrow();
          return numInsertedOrUpdatedRows === 1n ? 1 : null;
        }
        const taken = transaction.selectFrom("partnerLeases").select("epoch").where("partnerId", "=", partnerId);
        return (await taken.executeTakeFirstOrThrow()).epoch;
      }),
    renew: async ({ partnerId, owner, epoch, expiresAt }) => {
      const { numUpdatedRows } = await db
        .updateTable("partnerLeases")
        .set({ expiresAt })
        .where("partnerId", "=", partnerId)
        .where("owner", "=", owner)
        .where("epoch", "=", epoch)
        .executeTakeFirstOrThrow();
      return numUpdatedRows === 1n;
    },
    release: async ({ partnerId, owner, epoch }) => {
      await db
        .updateTable("partnerLeases")
        .set({ expiresAt: 0 })
        .where("partnerId", "=", partnerId)
        .where("owner", "=", owner)
        .where("epoch", "=", epoch)
        .execute();
    },
    releaseAll: async () => {
      await db.updateTable("partnerLeases").set({ expiresAt: 0 }).execute();
    },
  };
}
