import type { RefusedAttempts } from "../store/records.ts";
import type { RefusedAttemptFilter, RefusedAttemptPosition } from "../store/refused-attempts.ts";
import type { Store } from "../store/store.ts";
import type { Caller } from "./caller.ts";

const MINUTE_MS = 60_000;
/** Old rows are deleted at most once in this time. */
const SWEEP_EVERY_MS = 3_600_000;

/** Attempts that were refused for lack of a right: counted by caller, operation and minute, and kept for some days. */
export interface RefusedAttemptLog {
  /** Counts one attempt. @throws StoreError */
  count(caller: Caller, operation: string, code: string): Promise<void>;
  /** Newest minute first; what is older than is kept is left out. @throws StoreError */
  list(filter: RefusedAttemptFilter, limit: number, after?: RefusedAttemptPosition): Promise<RefusedAttempts[]>;
}

export interface RefusedAttemptLogOptions {
  readonly store: Pick<Store, "refusedAttempts">;
  /** How long a count is kept, in milliseconds. */
  readonly retentionMs: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Counts in the store, and deletes what is older than is kept: now, and then once an hour when something is counted. */
export function createRefusedAttemptLog({
  store: { refusedAttempts },
  retentionMs,
  now,
}: RefusedAttemptLogOptions): RefusedAttemptLog {
  let sweptAt = Number.NEGATIVE_INFINITY;
  const sweep = async () => {
    if (now() < sweptAt + SWEEP_EVERY_MS) return;
    sweptAt = now();
    // A row that is too old is shown to nobody: deleting it can wait for the next time.
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
      await sweep();
    },
    list: ({ from = Number.NEGATIVE_INFINITY, ...filter }, limit, after) =>
      refusedAttempts.list({ ...filter, from: Math.max(from, now() - retentionMs) }, limit, after),
  };
}
