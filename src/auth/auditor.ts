import type { AuditEnd, AuditEntry } from "../store/audit.ts";
import type { Store, Tables } from "../store/store.ts";
import type { Caller } from "./caller.ts";

/** Something that a caller does, as the audit log tells of it. */
export interface Act {
  /** Writes how it ended; only the first end is kept. @throws StoreError */
  end(end: AuditEnd): Promise<void>;
  /**
   * Changes the gateway's own store and writes that it was done, both or nothing.
   *
   * @param objectId global id of what came of it, from the work's result
   * @throws StoreError
   */
  commit<Result>(
    work: (tables: Tables) => Promise<Result>,
    objectId?: (result: Result) => string | null,
  ): Promise<Result>;
}

/** Writes the audit log for one caller. */
export interface Auditor {
  /** Opens an entry before something is tried: should its end never be written, the log says UNKNOWN. @throws StoreError */
  begin(what: Pick<AuditEntry, "operation" | "objectId" | "detail">): Promise<Act>;
  /** Writes an entry together with its end. @throws StoreError */
  note(what: Pick<AuditEntry, "operation" | "objectId" | "detail">, end: AuditEnd): Promise<void>;
  /** Notes that a secret of an object is shown, before it is. @throws StoreError when it can't be noted, so it is not shown */
  reveal(objectId: string, field: string): Promise<void>;
}

/** @param now milliseconds since the epoch */
export function createAuditor(store: Store, caller: Caller, address: string | null, now: () => number): Auditor {
  const entry = (what: Pick<AuditEntry, "operation" | "objectId" | "detail">): AuditEntry => ({
    ...what,
    at: now(),
    principalId: caller.principalId,
    principalName: caller.name,
    role: caller.role,
    partnerId: caller.partner?.id ?? null,
    address,
  });
  const note: Auditor["note"] = async (what, end) => {
    await store.audit.append(entry(what), end);
  };
  return {
    note,
    reveal: (objectId, field) => note({ operation: "reveal", objectId, detail: JSON.stringify({ field }) }, DONE),
    begin: async (what) => {
      const id = await store.audit.append(entry(what));
      let isEnded = false;
      return {
        end: async (end) => {
          if (isEnded) return;
          isEnded = true;
          await store.audit.end(id, end);
        },
        commit: async (work, objectId) => {
          const result = await store.transaction(async (tables) => {
            const changed = await work(tables);
            if (!isEnded) await tables.audit.end(id, { ...DONE, objectId: objectId?.(changed) ?? null });
            return changed;
          });
          isEnded = true;
          return result;
        },
      };
    },
  };
}

const DONE: AuditEnd = { outcome: "DONE", code: null, objectId: null };
