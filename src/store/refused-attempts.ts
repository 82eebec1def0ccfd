import { sql } from "kysely";
import { createBatcher } from "./batcher.ts";
import { type Db, inTransaction } from "./database.ts";
import type { RefusedAttempts } from "./records.ts";
import { assertOutsideTransaction } from "./transaction-scope.ts";

export interface RefusedAttemptFilter {
  readonly principalId?: string | undefined;
  readonly partnerId?: string | undefined;
  readonly operation?: string | undefined;
  /** Start, inclusive, in milliseconds since the epoch. */
  readonly from?: number | undefined;
  /** End, exclusive, in milliseconds since the epoch. */
  readonly to?: number | undefined;
}

/** Position of a row in the list. */
export type RefusedAttemptPosition = Pick<RefusedAttempts, "minute" | "principalId" | "operation">;

/** Store of refused attempts: counts without arguments, so that repeated requests do not fill it. */
export interface RefusedAttemptStore {
  /** Adds to the count of the same caller, operation and minute. */
  add(attempts: RefusedAttempts): Promise<void>;
  /** Returns up to `limit` rows after a position, newest minute first, then by caller and operation. */
  list(filter: RefusedAttemptFilter, limit: number, after?: RefusedAttemptPosition): Promise<RefusedAttempts[]>;
  /** Deletes the rows of minutes that started before this instant. */
  deleteBefore(at: number): Promise<void>;
}

/** Maximum number of rows in one statement, of eight parameters each; SQLite allows 32,766 parameters. */
const MAX_BATCH = 500;

/** Creates the store of refused attempts. Concurrent attempts share a commit. */
export function createRefusedAttemptStore(db: Db): RefusedAttemptStore {
  const addTogether = createBatcher(async (batch: readonly RefusedAttempts[]) => {
    await addAll(db, batch);
    return batch.map(() => undefined);
  }, MAX_BATCH);
  return {
    add: async (attempts) => {
      if (db.isTransaction) return addAll(db, [attempts]);
      assertOutsideTransaction();
      return addTogether(attempts);
    },
    list: async ({ principalId, partnerId, operation, from, to }, limit, after) => {
      let query = db.selectFrom("refusedAttempts").selectAll();
      if (principalId !== undefined) query = query.where("principalId", "=", principalId);
      if (partnerId !== undefined) query = query.where("partnerId", "=", partnerId);
      if (operation !== undefined) query = query.where("operation", "=", operation);
      if (from !== undefined) query = query.where("minute", ">=", from);
      if (to !== undefined) query = query.where("minute", "<", to);
      if (after) {
        query = query.where(({ eb, and, or }) =>
          or([
            eb("minute", "<", after.minute),
            and([eb("minute", "=", after.minute), eb("principalId", ">", after.principalId)]),
            and([
              eb("minute", "=", after.minute),
              eb("principalId", "=", after.principalId),
              eb("operation", ">", after.operation),
            ]),
          ]),
        );
      }
      return query.orderBy("minute", "desc").orderBy("principalId").orderBy("operation").limit(limit).execute();
    },
    deleteBefore: async (at) => {
      await db.deleteFrom("refusedAttempts").where("minute", "<", at).execute();
    },
  };
}

async function addAll(db: Db, batch: readonly RefusedAttempts[]): Promise<void> {
  const rows = new Map<string, RefusedAttempts>();
  for (const row of batch) {
    const key = JSON.stringify([row.principalId, row.operation, row.minute]);
    const former = rows.get(key);
    rows.set(key, former ? { ...row, attempts: former.attempts + row.attempts } : row);
  }
  // One order for all gateways prevents deadlocks.
  const sorted = [...rows.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
  await inTransaction(db, (transaction) =>
    transaction
      .insertInto("refusedAttempts")
      .values(sorted)
      .onConflict((conflict) =>
        conflict.columns(["principalId", "operation", "minute"]).doUpdateSet((eb) => ({
          attempts: sql<number>`${eb.ref("refusedAttempts.attempts")} + ${eb.ref("excluded.attempts")}`,
          code: eb.ref("excluded.code"),
        })),
      )
      .execute(),
  );
}
