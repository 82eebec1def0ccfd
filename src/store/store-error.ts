import { ApplicationError, ConflictError, InvalidInputError } from "../model/errors.ts";

/** The database is locked, full, read-only, damaged or out of reach. The message holds no secret. */
export class StoreError extends ApplicationError {
  constructor(message: string, options?: ErrorOptions) {
    super("STORE_UNAVAILABLE", message, {}, options);
  }
}

/** Another partner has the tracking id. */
export class TrackingIdTakenError extends InvalidInputError {
  readonly trackingId: string;

  /** `argument` is the path of the tracking id as the client wrote it, where the caller knows it. */
  constructor(trackingId: string, argument = "input.trackingIds") {
    super(argument, "Another partner has this tracking id.", { trackingId }, "TRACKING_ID_TAKEN");
    this.trackingId = trackingId;
  }
}

/** The last tracking id of a partner can't be taken from it. */
export class LastTrackingIdError extends ConflictError {
  constructor(trackingId: string) {
    super("A partner has at least one tracking id, and this is its last.", { trackingId });
  }
}

/** Another idempotency key claims the result. It never leaves the store's own modules. */
export class ResultTakenError extends Error {
  override readonly name = "ResultTakenError";
}

/** What is wrong with a database, by the first part of SQLite's code. */
const sqliteTroubles: Readonly<Record<string, string>> = {
  BUSY: "another process holds its lock",
  LOCKED: "another process holds its lock",
  FULL: "its disk is full",
  READONLY: "it can't be written",
  PERM: "it can't be written",
  CANTOPEN: "its file can't be opened",
  IOERR: "its disk fails or is full",
  NOMEM: "there is no memory left",
  CORRUPT: "its file is damaged",
  NOTADB: "its file is not a database, or is damaged",
};

/** The same by PostgreSQL's SQLSTATE, whole or its class of two characters. */
const postgresTroubles: Readonly<Record<string, string>> = {
  "08": "the connection to it broke",
  "25006": "it is read-only",
  "28": "it refused the user or the password",
  "3D": "there is no database of that name",
  "40": "the write met another one",
  "42501": "its user may not do this",
  "53": "its disk, memory or connections are used up",
  "55P03": "another process holds its lock",
  "57": "it is shutting down, or took too long",
  "58": "its disk fails",
};

/** The same by the code of a failed connection. */
const networkTroubles: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing answers at its address",
  ECONNRESET: "the connection to it broke",
  EPIPE: "the connection to it broke",
  ENOTFOUND: "its host is not known",
  EAI_AGAIN: "its host is not known",
  EHOSTUNREACH: "its host can't be reached",
  ENETUNREACH: "its host can't be reached",
  ETIMEDOUT: "it did not answer in time",
};

/** What the driver of PostgreSQL tells without a code. */
const unreachable = /timeout|Connection terminated|not queryable|server does not support SSL/i;

/** What is wrong with the database; null when the fault is not the database's, but that of a query. */
export function troubleOf(error: unknown): string | null {
  if (!(error instanceof Error)) return null;
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  const [, sqlite = ""] = /^SQLITE_([A-Z]+)/.exec(code) ?? [];
  return (
    sqliteTroubles[sqlite] ??
    networkTroubles[code] ??
    (/^[0-9A-Z]{5}$/.test(code) ? (postgresTroubles[code] ?? postgresTroubles[code.slice(0, 2)]) : null) ??
    (code === "" && unreachable.test(error.message) ? "it did not answer in time, or not as PostgreSQL does" : null)
  );
}

/** A driver's error as the gateway throws it: StoreError where the database is at fault, else itself. */
export function toStoreError(error: unknown): unknown {
  const trouble = troubleOf(error);
  return trouble === null
    ? error
    : new StoreError(`The gateway's database can't be used: ${trouble}.`, { cause: error });
}

/** True for a row that breaks a primary key or a unique index. */
export function isUniqueViolation(error: unknown): boolean {
  if (!(error instanceof Error) || !("code" in error)) return false;
  return ["23505", "SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY"].includes(String(error.code));
}
