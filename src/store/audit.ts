/** What came of an act. */
export type AuditOutcome = "DONE" | "REFUSED" | "FAILED" | "UNKNOWN";

/** One line of the audit log: who did what to which object. */
export interface AuditEntry {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** The caller: which key, session or identity, never the key itself. */
  readonly principalId: string;
  readonly principalName: string;
  readonly role: string;
  /** The partner whose caller it was; null for the broadcaster's own people. */
  readonly partnerId: string | null;
  /** The network address that it came from. */
  readonly address: string | null;
  /** The mutation's name, or `reveal`. */
  readonly operation: string;
  /** Global id of the object, where there is one. */
  readonly objectId: string | null;
  /** What was asked for, as JSON, without secrets. */
  readonly detail: string;
}

/** How an entry ended. It is a row of its own, so that nothing in the log is ever changed. */
export interface AuditEnd {
  readonly outcome: Exclude<AuditOutcome, "UNKNOWN">;
  /** The error's code, unless it was done. */
  readonly code: string | null;
  /** The object that came of it, where the entry could not name it. */
  readonly objectId: string | null;
}

/** An entry as it is read: UNKNOWN as long as no end was written. */
export interface AuditRecord extends AuditEntry {
  readonly kind: "AuditEntry";
  /** Ascending in the order of writing. */
  readonly id: string;
  readonly outcome: AuditOutcome;
  readonly code: string | null;
}

export interface AuditFilter {
  readonly principalId?: string | undefined;
  readonly partnerId?: string | undefined;
  readonly operation?: string | undefined;
  readonly objectId?: string | undefined;
  readonly outcome?: AuditOutcome | undefined;
  /** Half-open, milliseconds since the epoch. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

/** Append-only: the database itself refuses to change or delete what stands in the log. */
export interface AuditStore {
  /** Appends an entry, ended at once where its end is given, and answers with its id. */
  append(entry: AuditEntry, end?: AuditEnd): Promise<string>;
  /** Writes how it ended; an entry ends once, a second end is an error. */
  end(id: string, end: AuditEnd): Promise<void>;
  byId(id: string): Promise<AuditRecord | null>;
  /** Newest first, up to `limit`, older than the entry `before` where it is given. */
  list(filter: AuditFilter, limit: number, before?: string): Promise<AuditRecord[]>;
}
