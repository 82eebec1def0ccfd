import type { AuditEffect, AuditEnd, AuditEntry, AuditObject } from "../store/records.ts";
import type { Store, Tables } from "../store/store.ts";
import type { Caller } from "./caller.ts";
import type { RefusedAttemptLog } from "./refused-attempt-log.ts";

/** Action of a caller that the audit log records. */
export interface AuditedAction {
  /** Objects touched so far, with the effect on each. */
  readonly objects: ReadonlyMap<string, AuditEffect>;
  /**
   * Records an object that was touched.
   *
   * Changes through `context.upstream` and {@link commit} are recorded without it. Use it for an object that is used and
   * not changed, and for a change that was rolled back.
   *
   * @param objectId global id
   * @param effect USED by default
   */
  touched(objectId: string, effect?: AuditEffect): void;
  /** Writes the end and the objects. A second end is ignored. @throws StoreError */
  end(end: AuditEnd): Promise<void>;
  /** Writes the objects without an end, so that the outcome is UNKNOWN. @throws StoreError */
  leaveOpen(): Promise<void>;
  /**
   * Changes the store and records the changed objects in one transaction.
   *
   * @param work receives the tables, and a function that records a changed object by global id
   * @param isLast whether to write the end DONE in the same transaction, because nothing follows
   * @throws StoreError
   */
  commit<Result>(
    work: (tables: Tables, changed: (objectId: string) => void) => Promise<Result>,
    isLast: boolean,
  ): Promise<Result>;
}

type ActionFacts = Pick<AuditEntry, "operation" | "objectId" | "detail">;

/** Writes the audit log of one caller. */
export interface AuditRecorder {
  /** Writes the entry of an action before it starts, so that the log has it even without an end. @throws StoreError */
  begin(facts: ActionFacts): Promise<AuditedAction>;
  /** Starts an action that changes nothing: its entry is written with its end. */
  open(facts: ActionFacts): AuditedAction;
  /** Records that a secret of an object is revealed. Call it before. @throws StoreError if it cannot be recorded */
  reveal(objectId: string, field: string): Promise<void>;
  /** Counts an attempt refused for a missing scope, which is not in the log itself. @throws StoreError */
  recordRefusal(operation: string, code: string): Promise<void>;
}

/** @param now milliseconds since the epoch */
export function createAuditRecorder(
  store: Store,
  refusals: RefusedAttemptLog,
  caller: Caller,
  address: string | null,
  now: () => number,
): AuditRecorder {
  const entry = (facts: ActionFacts): AuditEntry => ({
    ...facts,
    at: now(),
    principalId: caller.principalId,
    principalName: caller.name,
    role: caller.role,
    partnerId: caller.partner?.id ?? null,
    address,
  });
  return {
    begin: async (facts) => new StoredAction(store, await store.audit.append(entry(facts)), null),
    open: (facts) => new StoredAction(store, null, entry(facts)),
    reveal: async (objectId, field) => {
      const shown = entry({ operation: "reveal", objectId, detail: JSON.stringify({ field }) });
      await store.audit.append(shown, DONE, [{ objectId, effect: "USED" }]);
    },
    recordRefusal: (operation, code) => refusals.count(caller, operation, code),
  };
}

const DONE: AuditEnd = { outcome: "DONE", code: null, objectId: null };

/** Action whose entry is in the log, or is written with its end. */
class StoredAction implements AuditedAction {
  readonly objects = new Map<string, AuditEffect>();
  readonly #store: Store;
  readonly #id: string | null;
  readonly #entry: AuditEntry | null;
  /** Objects in the log, with the effect recorded there. */
  readonly #written = new Map<string, AuditEffect>();
  #isEnded = false;

  constructor(store: Store, id: string | null, entry: AuditEntry | null) {
    this.#store = store;
    this.#id = id;
    this.#entry = entry;
  }

  touched(objectId: string, effect: AuditEffect = "USED"): void {
    const former = this.objects.get(objectId);
    if (former === undefined || replaces(former, effect)) this.objects.set(objectId, effect);
  }

  async end(end: AuditEnd): Promise<void> {
    if (this.#isEnded) return this.leaveOpen();
    this.#isEnded = true;
    const objects = this.#unwritten();
    if (this.#entry) await this.#store.audit.append(this.#entry, end, objects);
    else if (this.#id !== null) await this.#store.audit.end(this.#id, end, objects);
    this.#wrote(objects);
  }

  async leaveOpen(): Promise<void> {
    const objects = this.#unwritten();
    if (this.#entry && !this.#isEnded) await this.#store.audit.append(this.#entry, undefined, objects);
    else if (this.#id !== null && objects.length > 0) await this.#store.audit.addObjects(this.#id, objects);
    this.#isEnded = true;
    this.#wrote(objects);
  }

  async commit<Result>(
    work: (tables: Tables, changed: (objectId: string) => void) => Promise<Result>,
    isLast: boolean,
  ): Promise<Result> {
    const id = this.#id;
    if (id === null) throw new Error("an action that was opened as changing nothing must not change the store");
    const changed = new Set<string>();
    const objects = () => [...changed].map((objectId): AuditObject => ({ objectId, effect: "CHANGED" }));
    const endsNow = isLast && !this.#isEnded;
    try {
      const result = await this.#store.transaction(async (tables) => {
        changed.clear();
        const workResult = await work(tables, (objectId) => void changed.add(objectId));
        const fresh = objects().filter(({ objectId }) => this.#written.get(objectId) !== "CHANGED");
        if (endsNow) await tables.audit.end(id, { ...DONE, objectId: fresh[0]?.objectId ?? null }, fresh);
        else await tables.audit.addObjects(id, fresh);
        return workResult;
      });
      this.#isEnded ||= endsNow;
      for (const { objectId, effect } of objects()) this.touched(objectId, effect);
      this.#wrote(objects());
      return result;
    } catch (error) {
      for (const objectId of changed) this.touched(objectId, "UNCHANGED");
      throw error;
    }
  }

  #unwritten(): AuditObject[] {
    return [...this.objects]
      .filter(([objectId, effect]) => this.#written.get(objectId) !== effect)
      .map(([objectId, effect]) => ({ objectId, effect }));
  }

  #wrote(objects: readonly AuditObject[]): void {
    for (const { objectId, effect } of objects) this.#written.set(objectId, effect);
  }
}

/** Returns whether an effect replaces a former one: neither USED nor UNCHANGED revokes a change. */
function replaces(former: AuditEffect, effect: AuditEffect): boolean {
  if (effect === "USED") return false;
  return effect !== "UNCHANGED" || former === "USED";
}
