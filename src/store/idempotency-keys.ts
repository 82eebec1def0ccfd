import { type Db, inTransaction } from "./database.ts";
import type { IdempotencyKeyRecord } from "./records.ts";
import { isUniqueViolation, ResultTakenError } from "./store-error.ts";

type Ending = Pick<IdempotencyKeyRecord, "result" | "claim" | "isRecovered" | "expiresAt"> & {
  readonly finishedAt: number;
};

export interface IdempotencyKeyStore {
  /** True when there is a record of this id that has not expired. */
  knows(id: string, now: number): Promise<boolean>;
  /**
   * Puts the record there, and answers with null, if its id is new (or the one there has expired) and no write that is alike
   * is under way; else with the record that stands against it: the one of this id, or the one that is alike.
   */
  begin(record: IdempotencyKeyRecord, now: number): Promise<IdempotencyKeyRecord | null>;
  /**
   * Takes over a record without a result that no gateway is at, or that was this owner's; `lostAt` becomes null. False when
   * another gateway was faster, or is at a write that is alike.
   */
  lease(id: string, owner: string, now: number, leasedUntil: number): Promise<boolean>;
  /**
   * Notes the result and gives the record free.
   *
   * @throws ResultTakenError when another key has this claim. A key that claimed it before this one's
   * write began can't stand for it any more (the platform has given the id anew), and is forgotten.
   */
  finish(id: string, ending: Ending): Promise<void>;
  /** Notes that the answer was lost and gives the record free. */
  lose(id: string, lostAt: number): Promise<void>;
  /** Forgets a write that surely did not happen. */
  forget(id: string): Promise<void>;
  /** True when a key has the claim. */
  isTaken(claim: string): Promise<boolean>;
  /** True when another write that is alike as the one of this id, which has no result, has none either. */
  hasRival(id: string): Promise<boolean>;
  /** True when the write of this id has a result that its own answer told, and not a search after a lost answer. */
  isAnswered(id: string): Promise<boolean>;
  /**
   * Returns the records without a result that may have left a token behind, oldest first: those whose lease is over, and those
   * that no gateway is at and whose answer was lost at `lostBefore` or earlier.
   */
  unsettled(now: number, lostBefore: number): Promise<IdempotencyKeyRecord[]>;
  /** Returns the records with a claim whose operation is a step of this one. */
  finishedSteps(operation: string): Promise<{ readonly id: string; readonly claim: string }[]>;
  /** Keeps records until this instant at least. */
  keep(ids: readonly string[], expiresAt: number): Promise<void>;
  /**
   * Deletes the records that have expired and that no gateway is at. A record with a result stays while an older one without may
   * have left a token behind: its claim says that its own token is not the one that was left.
   */
  deleteExpired(now: number): Promise<void>;
  /** Gives all records free, when it is certain that no gateway is at any. */
  releaseAll(): Promise<void>;
}

/** Idempotency keys in a table of a database. */
export function createIdempotencyKeyStore(db: Db): IdempotencyKeyStore {
  const insert = async (record: IdempotencyKeyRecord) => {
    const { numInsertedOrUpdatedRows } = await db
      .insertInto("idempotencyKeys")
      .values(record)
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirstOrThrow();
    return numInsertedOrUpdatedRows === 1n;
  };

  /** Frees the way of what only seems to stand in it: leases that are over, and the id's own record when it has expired. */
  const clear = (id: string, likeness: string, now: number) =>
    inTransaction(db, async (transaction) => {
      await transaction
        .updateTable("idempotencyKeys")
        // Whoever let the lease run out ended before it did.
        .set(({ ref }) => ({ owner: null, leasedUntil: null, lostAt: ref("leasedUntil") }))
        .where("likeness", "=", likeness)
        .where("leasedUntil", "<=", now)
        .execute();
      await transaction
        .deleteFrom("idempotencyKeys")
        .where("id", "=", id)
        .where("expiresAt", "<", now)
        .where("owner", "is", null)
        .execute();
    });

  const against = async ({ id, likeness }: IdempotencyKeyRecord) => {
    const rows = await db
      .selectFrom("idempotencyKeys")
      .selectAll()
      .where(({ eb, or, and }) =>
        or([eb("id", "=", id), and([eb("likeness", "=", likeness), eb("owner", "is not", null)])]),
      )
      .execute();
    return rows.find((row) => row.id === id) ?? rows[0];
  };

  const begin = async (record: IdempotencyKeyRecord, now: number): Promise<IdempotencyKeyRecord | null> => {
    if (await insert(record)) return null;
    await clear(record.id, record.likeness, now);
    if (await insert(record)) return null;
    // What stood against it may have gone since: then somebody got on, and so will this.
    return (await against(record)) ?? begin(record, now);
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
      await clear(id, row.likeness, now);
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
        .innerJoin("idempotencyKeys as rival", "rival.likeness", "own.likeness")
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
