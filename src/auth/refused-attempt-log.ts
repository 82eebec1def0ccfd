import type { Clock } from "../primitives/clock.ts";
import type { RefusedAttempts } from "../store/records.ts";
import type { RefusedAttemptFilter, RefusedAttemptPosition } from "../store/refused-attempts.ts";
import type { Store } from "../store/store.ts";
import type { Caller } from "./caller.ts";

const MINUTE_MS = 60_000;
/** Interval between deletions of old counts, in milliseconds. */
const DELETE_INTERVAL_MS = 3_600_000;

/** Counts of attempts that were refused for a missing scope, by caller, operation and minute. */
export interface RefusedAttemptLog {
  /** Counts one attempt. @throws StoreError */
  count(caller: Caller, operation: string, code: string): Promise<void>;
  /** Returns up to `limit` counts within the retention, newest minute first, after a position. @throws StoreError */
  list(filter: RefusedAttemptFilter, limit: number, after?: RefusedAttemptPosition): Promise<RefusedAttempts[]>;
}

export interface RefusedAttemptLogOptions {
  readonly store: Pick<Store, "refusedAttempts">;
  /** Retention of a count, in milliseconds. */
  readonly retentionMs: number;
  readonly now: Clock;
}

/** Creates the log in the store. Old counts are deleted up to once an hour, after a new one. */
export function createRefusedAttemptLog({
  store: { refusedAttempts },
  retentionMs,
  now,
}: RefusedAttemptLogOptions): RefusedAttemptLog {
  let deletedAt = Number.NEGATIVE_INFINITY;
  const deleteOld = async () => {
    if (now() < deletedAt + DELETE_INTERVAL_MS) return;
    deletedAt = now();
    // An old count is never listed, so a failed deletion can wait for the next one.
    await refusedAttempts.deleteBefore(now() - retentionMs).catch(() => undefined);
  };
  return {
    count: async ({ principalId, name, role, partner }, operation, code) => {
      const minute = now() - (now() % MINUTE_MS);
      const partnerId = partner?.id ?? null;
      await refusedAttempts.add({
        principalId,
        operation,
        minute,
        principalName: name,
        role,
        partnerId,
        code,
        attempts: 1,
      });
      await deleteOld();
    },
    list: ({ from = Number.NEGATIVE_INFINITY, ...filter }, limit, after) =>
      refusedAttempts.list({ ...filter, from: Math.max(from, now() - retentionMs) }, limit, after),
  };
}
