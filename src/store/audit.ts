import type { Selectable } from "kysely";
import { createBatcher } from "./batcher.ts";
import { type Database, type Db, inTransaction } from "./database.ts";
import type { AuditEffect, AuditEnd, AuditEntry, AuditObject, AuditOutcome } from "./records.ts";
import { assertOutsideTransaction } from "./transaction-scope.ts";

/** Entry of the audit log with its end and its objects. */
export interface AuditRecord extends AuditEntry {
  readonly kind: "AuditEntry";
  /** Ascends in the order of writing. */
  readonly id: string;
  readonly outcome: AuditOutcome;
  readonly code: string | null;
  /** Objects of the entry, each once, in the order in which they were touched. */
  readonly objects: readonly AuditObject[];
}

export interface AuditFilter {
  readonly principalId?: string | undefined;
  readonly partnerId?: string | undefined;
  readonly operation?: string | undefined;
  readonly objectId?: string | undefined;
  readonly outcome?: AuditOutcome | undefined;
  /** Start, inclusive, in milliseconds since the epoch. */
  readonly from?: number | undefined;
  /** End, exclusive, in milliseconds since the epoch. */
  readonly to?: number | undefined;
}

/** Store of the audit log. The database itself refuses to change or delete its rows. */
export interface AuditStore {
  /** Appends an entry, with its end if given, and its objects; returns its id. */
  append(entry: AuditEntry, end?: AuditEnd, objects?: readonly AuditObject[]): Promise<string>;
  /** Adds objects to an entry. An object that is added again has the effect of the higher rank. */
  addObjects(id: string, objects: readonly AuditObject[]): Promise<void>;
  /** Writes the end of an entry and adds objects in one transaction. A second end is an error. */
  end(id: string, end: AuditEnd, objects?: readonly AuditObject[]): Promise<void>;
  byId(id: string): Promise<AuditRecord | null>;
  /** Returns up to `limit` entries, newest first, older than the entry `before` if given. */
  list(filter: AuditFilter, limit: number, before?: string): Promise<AuditRecord[]>;
}

/**
 * Maximum number of entries in one statement, of nine parameters each; SQLite allows 32,766
 * parameters.
 */
const MAX_BATCH = 500;
/** Maximum number of objects in one statement, of four parameters each. */
const MAX_OBJECTS = 5_000;

interface Append {
  readonly entry: AuditEntry;
  readonly end: AuditEnd | undefined;
  readonly objects: readonly AuditObject[];
}

/** Creates the store of the audit log. Concurrent entries share a commit, which waits for the disk. */
export function createAuditStore(db: Db): AuditStore {
  const appendTogether = createBatcher((batch: readonly Append[]) => appendAll(db, batch), MAX_BATCH);
  return {
    append: async (entry, end, objects = []) => {
      if (db.isTransaction) return (await appendAll(db, [{ entry, end, objects }]))[0] ?? "";
      assertOutsideTransaction();
      return appendTogether({ entry, end, objects });
    },
    addObjects: async (id, objects) => insertObjects(db, toObjectRows(Number(id), objects)),
    end: async (id, end, objects = []) => {
      const write = async (writer: Db) => {
        await writer
          .insertInto("auditEnds")
          .values(toEndRow(Number(id), end))
          .execute();
        await insertObjects(writer, toObjectRows(Number(id), objects));
      };
      // A single statement needs no transaction.
      await (objects.length === 0 ? write(db) : inTransaction(db, write));
    },
    byId: async (id) => {
      if (!isId(id)) return null;
      const row = await select(db).where("auditEntries.id", "=", Number(id)).executeTakeFirst();
      return row ? ((await withObjects(db, [row]))[0] ?? null) : null;
    },
    list: async (filter, limit, before) => {
      if (before !== undefined && !isId(before)) return [];
      // Both ids are equal, but the index of outcomes is used only when sorting by its own column.
      const id = filter.outcome === undefined || filter.outcome === "UNKNOWN" ? "auditEntries.id" : "auditEnds.entryId";
      const rows = await filtered(select(db), filter)
        .$if(before !== undefined, (query) => query.where(id, "<", Number(before)))
        .orderBy(id, "desc")
        .limit(limit)
        .execute();
      return withObjects(db, rows);
    },
  };
}

/** Appends entries and returns their ids in the same order. */
function appendAll(db: Db, batch: readonly Append[]): Promise<string[]> {
  return inTransaction(db, async (transaction) => {
    const entries = batch.map(({ entry }) => toEntryRow(entry));
    const rows = await transaction.insertInto("auditEntries").values(entries).returning("id").execute();
    // Ids ascend in the order of the written rows; the order of `returning` is not defined.
    const ids = rows.map(({ id }) => id).sort((a, b) => a - b);
    const ends = batch.flatMap(({ end }, index) => (end ? [toEndRow(ids[index] ?? 0, end)] : []));
    if (ends.length > 0) await transaction.insertInto("auditEnds").values(ends).execute();
    await insertObjects(
      transaction,
      batch.flatMap(({ objects }, index) => toObjectRows(ids[index] ?? 0, objects)),
    );
    return ids.map(String);
  });
}

function toEntryRow(entry: AuditEntry): AuditEntry {
  const { at, principalId, principalName, role, partnerId, address, operation, objectId, detail } = entry;
  return { at, principalId, principalName, role, partnerId, address, operation, objectId, detail };
}

function toEndRow(entryId: number, { outcome, code, objectId }: AuditEnd): Database["auditEnds"] {
  return { entryId, outcome, code, objectId };
}

function toObjectRows(entryId: number, objects: readonly AuditObject[]): Database["auditObjects"][] {
  return objects.map(({ objectId, effect }, position) => ({ entryId, objectId, effect, position }));
}

async function insertObjects(db: Db, rows: readonly Database["auditObjects"][]): Promise<void> {
  for (let start = 0; start < rows.length; start += MAX_OBJECTS) {
    await db
      .insertInto("auditObjects")
      .values(rows.slice(start, start + MAX_OBJECTS))
      .execute();
  }
}

/** Ranks of effects: of two effects on an object, the one of the higher rank counts. */
const RANK: Readonly<Record<AuditEffect, number>> = { USED: 0, UNCHANGED: 1, UNKNOWN: 2, CHANGED: 3, UNDONE: 4 };

async function withObjects(db: Db, rows: readonly AuditRow[]): Promise<AuditRecord[]> {
  if (rows.length === 0) return [];
  const found = await db
    .selectFrom("auditObjects")
    .select(["entryId", "objectId", "effect"])
    .where(
      "entryId",
      "in",
      rows.map(({ id }) => id),
    )
    .orderBy("entryId")
    .orderBy("position")
    .orderBy("objectId")
    .execute();
  const ofEntry = new Map<number, Map<string, AuditObject>>(rows.map(({ id }) => [id, new Map()]));
  for (const { entryId, objectId, effect } of found) {
    const objects = ofEntry.get(entryId);
    const former = objects?.get(objectId);
    if (!former || RANK[effect] > RANK[former.effect]) objects?.set(objectId, { objectId, effect });
  }
  return rows.map((row) => toRecord(row, [...(ofEntry.get(row.id)?.values() ?? [])]));
}

function select(db: Db) {
  return db
    .selectFrom("auditEntries")
    .leftJoin("auditEnds", "auditEnds.entryId", "auditEntries.id")
    .selectAll("auditEntries")
    .select(["auditEnds.outcome", "auditEnds.code", "auditEnds.objectId as endObjectId"]);
}

function filtered(query: ReturnType<typeof select>, filter: AuditFilter): ReturnType<typeof select> {
  const { principalId, partnerId, operation, objectId, outcome, from, to } = filter;
  let narrowed = query;
  if (principalId !== undefined) narrowed = narrowed.where("principalId", "=", principalId);
  if (partnerId !== undefined) narrowed = narrowed.where("partnerId", "=", partnerId);
  if (operation !== undefined) narrowed = narrowed.where("operation", "=", operation);
  if (from !== undefined) narrowed = narrowed.where("at", ">=", from);
  if (to !== undefined) narrowed = narrowed.where("at", "<", to);
  if (outcome === "UNKNOWN") narrowed = narrowed.where("auditEnds.entryId", "is", null);
  else if (outcome !== undefined) narrowed = narrowed.where("auditEnds.outcome", "=", outcome);
  if (objectId !== undefined) {
    narrowed = narrowed.where(({ eb, or, selectFrom }) =>
      or([
        eb("auditEntries.objectId", "=", objectId),
        eb("auditEntries.id", "in", selectFrom("auditEnds").select("entryId").where("objectId", "=", objectId)),
        eb("auditEntries.id", "in", selectFrom("auditObjects").select("entryId").where("objectId", "=", objectId)),
      ]),
    );
  }
  return narrowed;
}

type AuditRow = Selectable<Database["auditEntries"]> & {
  readonly outcome: AuditEnd["outcome"] | null;
  readonly code: string | null;
  readonly endObjectId: string | null;
};

function toRecord(
  { id, outcome, objectId, endObjectId, ...entry }: AuditRow,
  objects: readonly AuditObject[],
): AuditRecord {
  return {
    kind: "AuditEntry",
    ...entry,
    id: String(id),
    objectId: objectId ?? endObjectId,
    outcome: outcome ?? "UNKNOWN",
    objects,
  };
}

/** Returns whether a text can be the id of an entry. */
function isId(text: string): boolean {
  return /^[1-9]\d{0,14}$/.test(text);
}
