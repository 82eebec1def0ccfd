import { type Db, inTransaction } from "./database.ts";
import type { IdempotencyKeyRecord } from "./records.ts";
import { isUniqueViolation, ResultTakenError } from "./store-error.ts";

type Ending = Pick<IdempotencyKeyRecord, "result" | "claim" | "isRecovered" | "expiresAt"> & {
  readonly finishedAt: number;
};

export interface IdempotencyKeyStore {
  /** Returns whether a record with this id exists that has not expired. */
  knows(id: string, now: number): Promise<boolean>;
  /**
   * Inserts the record, unless another one conflicts: one of the same id, or one with the same fingerprint with an owner.
   *
   * @returns null if it was inserted; otherwise the conflicting record
   */
  begin(record: IdempotencyKeyRecord, now: number): Promise<IdempotencyKeyRecord | null>;
  /**
   * Takes over a record without a result that has no owner, or this one; `lostAt` becomes null.
   *
   * @returns false if another gateway owns the record, or one with the same fingerprint
   */
  lease(id: string, owner: string, now: number, leasedUntil: number): Promise<boolean>;
  /**
   * Records the result and removes the owner.
   *
   * A key that had claimed the object before this write began is deleted, since the platform has reused the id.
   *
   * @throws ResultTakenError if another key has this claim
   */
  finish(id: string, ending: Ending): Promise<void>;
  /** Records that the response was lost and removes the owner. */
  lose(id: string, lostAt: number): Promise<void>;
  /** Deletes the record of a write that certainly did not happen. */
  forget(id: string): Promise<void>;
  /** Returns whether a key has the claim. */
  isTaken(claim: string): Promise<boolean>;
  /** Returns whether the record has no result, and another one with the same fingerprint has none either. */
  hasRival(id: string): Promise<boolean>;
  /** Returns whether the record has a result from its own response, not from a search after a lost one. */
  isAnswered(id: string): Promise<boolean>;
  /**
   * Returns the records without a result that may have left a token behind, oldest first.
   *
   * These are records with an expired lease, and records without an owner whose response was lost by `lostBefore`.
   */
  unsettled(now: number, lostBefore: number): Promise<IdempotencyKeyRecord[]>;
  /** Returns the records with a claim of the operation's steps. */
  finishedSteps(operation: string): Promise<{ readonly id: string; readonly claim: string }[]>;
  /** Extends the expiry of records to this instant at least. */
  keep(ids: readonly string[], expiresAt: number): Promise<void>;
  /**
   * Deletes expired records without an owner.
   *
   * A record with a result stays while an older one without may have left a token behind: its claim proves that its own
   * token is another one.
   */
  deleteExpired(now: number): Promise<void>;
  /** Removes all owners. Call it only if no other gateway uses the store. */
  releaseAll(): Promise<void>;
}

/** Creates the store of idempotency keys. */
export function createIdempotencyKeyStore(db: Db): IdempotencyKeyStore {
  const insert = async (record: IdempotencyKeyRecord) => {
    const { numInsertedOrUpdatedRows } = await db
      .insertInto("idempotencyKeys")
      .values(record)
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirstOrThrow();
    return numInsertedOrUpdatedRows === 1n;
  };

  /** Removes the owners of expired leases, and the record of the id if it has expired. */
  const clearExpired = (id: string, fingerprint: string, now: number) =>
    inTransaction(db, async (transaction) => {
      await transaction
        .updateTable("idempotencyKeys")
        // The owner ended before its lease did.
        .set(({ ref }) => ({ owner: null, leasedUntil: null, lostAt: ref("leasedUntil") }))
        .where("fingerprint", "=", fingerprint)
        .where("leasedUntil", "<=", now)
        .execute();
      await transaction
        .deleteFrom("idempotencyKeys")
        .where("id", "=", id)
        .where("expiresAt", "<", now)
        .where("owner", "is", null)
        .execute();
    });

  const conflictOf = async ({ id, fingerprint }: IdempotencyKeyRecord) => {
    const rows = await db
      .selectFrom("idempotencyKeys")
      .selectAll()
      .where(({ eb, or, and }) =>
        or([eb("id", "=", id), and([eb("fingerprint", "=", fingerprint), eb("owner", "is not", null)])]),
      )
      .execute();
    return rows.find((row) => row.id === id) ?? rows[0];
  };

  const begin = async (record: IdempotencyKeyRecord, now: number): Promise<IdempotencyKeyRecord | null> => {
    if (await insert(record)) return null;
    await clearExpired(record.id, record.fingerprint, now);
    if (await insert(record)) return null;
    // The conflicting record may be gone by now; then the insertion is repeated.
    return (await conflictOf(record)) ?? begin(record, now);
  };

  return {
    knows: async (id, now) => {
      const record = db.selectFrom("idempotencyKeys").select("id").where("id", "=", id).where("expiresAt", ">=", now);
      return (await record.executeTakeFirst()) !== undefined;
    },
    begin,
    lease: async (id, owner, now, leasedUntil) => {
      const row = await db.selectFrom("idempotencyKeys").selectAll().where("id", "=", id).executeTakeFirst();
      if (!row) return false;
      await clearExpired(id, row.fingerprint, now);
      try {
        const { numUpdatedRows } = await db
          .updateTable("idempotencyKeys")
          .set({ owner, leasedUntil, lostAt: null })
          .where("id", "=", id)
          .where("result", "is", null)
          .where(({ eb, or }) => or([eb("owner", "is", null), eb("owner", "=", owner)]))
          .executeTakeFirstOrThrow();
        return numUpdatedRows === 1n;
      } catch (error) {
        if (isUniqueViolation(error)) return false;
        throw error;
      }
    },
    finish: async (id, ending) => {
      try {
        await inTransaction(db, async (transaction) => {
          const own = transaction.selectFrom("idempotencyKeys").where("id", "=", id);
          await transaction
            .deleteFrom("idempotencyKeys")
            .where("id", "<>", id)
            .where("claim", "=", ending.claim)
            .where("finishedAt", "<=", own.select("begunAt"))
            .execute();
          await transaction
            .updateTable("idempotencyKeys")
            .set({ ...ending, owner: null, leasedUntil: null, lostAt: null })
            .where("id", "=", id)
            .execute();
        });
      } catch (error) {
        throw isUniqueViolation(error) ? new ResultTakenError("another key claims this result") : error;
      }
    },
    lose: async (id, lostAt) => {
      await db
        .updateTable("idempotencyKeys")
        .set({ lostAt, owner: null, leasedUntil: null })
        .where("id", "=", id)
        .execute();
    },
    forget: async (id) => {
      await db.deleteFrom("idempotencyKeys").where("id", "=", id).execute();
    },
    isTaken: async (claim) => {
      const row = await db.selectFrom("idempotencyKeys").select("id").where("claim", "=", claim).executeTakeFirst();
      return row !== undefined;
    },
    hasRival: async (id) => {
      const row = await db
        .selectFrom("idempotencyKeys as own")
        .innerJoin("idempotencyKeys as rival", "rival.fingerprint", "own.fingerprint")
        .select("rival.id")
        .where("own.id", "=", id)
        .where("own.result", "is", null)
        .where("rival.id", "<>", id)
        .where("rival.result", "is", null)
        .executeTakeFirst();
      return row !== undefined;
    },
    isAnswered: async (id) => {
      const row = await db
        .selectFrom("idempotencyKeys")
        .select("id")
        .where("id", "=", id)
        .where("result", "is not", null)
        .where("isRecovered", "=", 0)
        .executeTakeFirst();
      return row !== undefined;
    },
    unsettled: (now, lostBefore) =>
      db
        .selectFrom("idempotencyKeys")
        .selectAll()
        .where("mayLeave", "is not", null)
        .where("result", "is", null)
        .where("expiresAt", ">=", now)
        .where(({ eb, or, and }) =>
          or([
            eb("leasedUntil", "<=", now),
            and([eb("owner", "is", null), or([eb("lostAt", "is", null), eb("lostAt", "<=", lostBefore)])]),
          ]),
        )
        .orderBy("begunAt")
        .orderBy("id")
        .execute(),
    finishedSteps: async (operation) => {
      const rows = await db
        .selectFrom("idempotencyKeys")
        .select(["id", "claim"])
        .where("operation", "like", `${operation}/%`)
        .where("claim", "is not", null)
        .execute();
      return rows.map(({ id, claim }) => ({ id, claim: claim ?? "" }));
    },
    keep: async (ids, expiresAt) => {
      if (ids.length === 0) return;
      await db
        .updateTable("idempotencyKeys")
        .set({ expiresAt })
        .where("id", "in", ids)
        .where("expiresAt", "<", expiresAt)
        .execute();
    },
    deleteExpired: async (now) => {
      const { begunAt: oldest } = await db
        .selectFrom("idempotencyKeys")
        .select(({ fn }) => fn.min("begunAt").as("begunAt"))
        .where("mayLeave", "is not", null)
        .where("result", "is", null)
        .where("expiresAt", ">=", now)
        .executeTakeFirstOrThrow();
      await db
        .deleteFrom("idempotencyKeys")
        .where("expiresAt", "<", now)
        .where(({ eb, or, and }) =>
          or([eb("owner", "is", null), and([eb("mayLeave", "is not", null), eb("leasedUntil", "<=", now)])]),
        )
        .$if(oldest !== null, (expired) =>
          expired.where(({ eb, or }) => or([eb("finishedAt", "is", null), eb("finishedAt", "<", oldest)])),
        )
        .execute();
    },
    releaseAll: async () => {
      await db
        .updateTable("idempotencyKeys")
        .set({ owner: null, leasedUntil: null })
        .where("owner", "is not", null)
        .execute();
    },
  };
}
