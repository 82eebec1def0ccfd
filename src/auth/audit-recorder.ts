import type { AuditEffect, AuditEnd, AuditEntry, AuditObject } from "../store/records.ts";
import type { Store, Tables } from "../store/store.ts";
import type { Caller } from "./caller.ts";
import type { RefusedAttemptLog } from "./refused-attempt-log.ts";

/** Something that a caller does, as the audit log tells of it. */
export interface AuditedAction {
  /** Every object that was touched so far, with what became of it. */
  readonly objects: ReadonlyMap<string, AuditEffect>;
  /**
   * Notes an object that was touched. Changes through `context.upstream` and {@link commit} are noted by themselves, so this
   * is for what they can't tell: an object that is used and not changed, and a change that was taken back.
   *
   * @param objectId global id
   * @param effect USED when it is left out
   */
  touched(objectId: string, effect?: AuditEffect): void;
  /** Writes how it ended, and the objects; only the first end is kept. @throws StoreError */
  end(end: AuditEnd): Promise<void>;
  /** Writes the objects and leaves the end open, so that the outcome is read as UNKNOWN. @throws StoreError */
  leaveOpen(): Promise<void>;
  /**
   * Changes the gateway's own store and writes the objects that were changed, both or nothing.
   *
   * @param work is given the tables, and a function that notes what it has changed by global id
   * @param isLast writes in the same transaction that the act is DONE, since nothing comes after
   * @throws StoreError
   */
  commit<Result>(
    work: (tables: Tables, changed: (objectId: string) => void) => Promise<Result>,
    isLast: boolean,
  ): Promise<Result>;
}

type What = Pick<AuditEntry, "operation" | "objectId" | "detail">;

/** Writes the audit log for one caller. */
export interface AuditRecorder {
  /** Opens an entry before something is tried: should its end never be written, the log says UNKNOWN. @throws StoreError */
  begin(what: What): Promise<AuditedAction>;
  /** Opens an act that changes nothing: its entry is written once, when it is over. */
  open(what: What): AuditedAction;
  /** Notes that a secret of an object is shown, before it is. @throws StoreError when it can't be noted, so it is not shown */
  reveal(objectId: string, field: string): Promise<void>;
  /** Counts an attempt that was refused for lack of a right, which the log does not tell of. @throws StoreError */
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
  const entry = (what: What): AuditEntry => ({
    ...what,
    at: now(),
    principalId: caller.principalId,
    principalName: caller.name,
    role: caller.role,
    partnerId: caller.partner?.id ?? null,
    address,
  });
  return {
    begin: async (what) => new StoredAct(store, await store.audit.append(entry(what)), null),
    open: (what) => new StoredAct(store, null, entry(what)),
    reveal: async (objectId, field) => {
      const shown = entry({ operation: "reveal", objectId, detail: JSON.stringify({ field }) });
      await store.audit.append(shown, DONE, [{ objectId, effect: "USED" }]);
    },
    recordRefusal: (operation, code) => refusals.count(caller, operation, code),
  };
}

const DONE: AuditEnd = { outcome: "DONE", code: null, objectId: null };

/** An act whose entry is in the log, or is written with its end. */
class StoredAct implements AuditedAction {
  readonly objects = new Map<string, AuditEffect>();
  readonly #store: Store;
  readonly #id: string | null;
  readonly #entry: AuditEntry | null;
  /** What of the objects is in the log. */
  readonly #written = new Map<string, AuditEffect>();
  #isEnded = false;

  constructor(store: Store, id: string | null, entry: AuditEntry | null) {
    this.#store = store;
    this.#id = id;
    this.#entry = entry;
  }

  touched(objectId: string, effect: AuditEffect = "USED"): void {
    const former = this.objects.get(objectId);
    if (former === undefined || isLater(former, effect)) this.objects.set(objectId, effect);
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
    if (id === null) throw new Error("an act that changes nothing changes the store");
    const changed = new Set<string>();
    const objects = () => [...changed].map((objectId): AuditObject => ({ objectId, effect: "CHANGED" }));
    const endsNow = isLast && !this.#isEnded;
    try {
      const result = await this.#store.transaction(async (tables) => {
        changed.clear();
        const made = await work(tables, (objectId) => void changed.add(objectId));
        const fresh = objects().filter(({ objectId }) => this.#written.get(objectId) !== "CHANGED");
        if (endsNow) await tables.audit.end(id, { ...DONE, objectId: fresh[0]?.objectId ?? null }, fresh);
        else await tables.audit.addObjects(id, fresh);
        return made;
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

/** Whether an effect replaces a former one: what is merely used, or could not be changed, takes nothing back. */
function isLater(former: AuditEffect, effect: AuditEffect): boolean {
  if (effect === "USED") return false;
  return effect !== "UNCHANGED" || former === "USED";
}
