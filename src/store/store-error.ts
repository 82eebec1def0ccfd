import { ApplicationError, ConflictError, InvalidInputError } from "../model/errors.ts";
import { withoutSecrets } from "../model/secret.ts";
import { databaseUrlProblem, hostIn, passwordsIn } from "./database-url.ts";

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
    const message = "A partner has at least one tracking id, and this is its last: adopt another one first.";
    super(message, { argument: "input.trackingId", trackingId });
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
const postgresFailures: Readonly<Record<string, string>> = {
  "08": "the connection to it broke",
  "08P01": "it, or the pooler before it, refused the connection's parameters",
  "25006": "it is read-only",
  "28": "it refused the user or the password",
  "28000": "it takes no connection of this user from this address, or none without TLS",
  "3D": "there is no database of that name",
  "40": "the write met another one",
  "42501": "its user may not do this",
  "53": "its disk, memory or connections are used up",
  "53100": "its disk is full",
  "53200": "its memory is used up",
  "53300": "its connections are used up",
  "55P03": "another process holds its lock",
  "57": "it is shutting down, or took too long",
  "57014": "it took too long",
  "57P03": "it is starting up or shutting down",
  "58": "its disk fails",
};

const UNTRUSTED = "its certificate is not of an authority that is trusted here";
const UNREADABLE_FILE = "a file that its address names for TLS can't be read";

/** The same by the code of a failed connection. */
const connectionTroubles: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing answers at its address",
  ECONNRESET: "the connection to it broke",
  ECONNABORTED: "the connection to it broke",
  EPIPE: "the connection to it broke",
  ENOTCONN: "the connection to it broke",
  ENOTFOUND: "its host is not known",
  EAI_AGAIN: "its host is not known",
  EHOSTUNREACH: "its host can't be reached",
  EHOSTDOWN: "its host can't be reached",
  ENETUNREACH: "its host can't be reached",
  ENETDOWN: "its host can't be reached",
  EADDRNOTAVAIL: "its host can't be reached",
  ETIMEDOUT: "it did not answer in time",
  EMFILE: "this process has no file descriptor left for a connection",
  ENFILE: "this machine has no file descriptor left for a connection",
  DEPTH_ZERO_SELF_SIGNED_CERT: "its certificate is signed by itself, and not trusted here",
  SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
  CERT_UNTRUSTED: UNTRUSTED,
  CERT_REJECTED: UNTRUSTED,
  CERT_HAS_EXPIRED: "its certificate has expired",
  CERT_NOT_YET_VALID: "its certificate is not valid yet",
  CERT_REVOKED: "its certificate is revoked",
  CERT_CHAIN_TOO_LONG: "its certificate can't be verified",
  CERT_SIGNATURE_FAILURE: "its certificate can't be verified",
  INVALID_CA: "its certificate can't be verified",
  INVALID_PURPOSE: "its certificate can't be verified",
  PATH_LENGTH_EXCEEDED: "its certificate can't be verified",
  HOSTNAME_MISMATCH: "its certificate is for another host name",
  ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is for another host name",
  ERR_TLS_CERT_ALTNAME_FORMAT: "its certificate can't be verified",
  EPROTO: "TLS with it failed",
};

/** The same by the words of the driver where it gives no code. */
const wordedTroubles: readonly (readonly [RegExp, string])[] = [
  [/does not support SSL/i, "it does not support TLS"],
  [/password must be a (non-empty )?string/i, "it asks for a password, and its address has none"],
  [/^SASL/, "it refused the user or the password, or how they are proved"],
  [/timeout/i, "it did not answer in time, or not as PostgreSQL does"],
  [
    /Connection terminated|not queryable|Connection ended/i,
    "the connection to it broke, or it does not answer as PostgreSQL does",
  ],
];

/** What is wrong with the database; null when the fault is not the database's, but that of a query. */
export function describeFailure(error: unknown): string | null {
  if (!(error instanceof Error)) return null;
  const code = codeOf(error);
  const [, sqlite = ""] = /^SQLITE_([A-Z]+)/.exec(code) ?? [];
  return (
    sqliteTroubles[sqlite] ?? connectionTroubles[code] ?? tlsTrouble(code) ?? postgresFailure(code) ?? worded(error)
  );
}

function codeOf(error: Error): string {
  return "code" in error && typeof error.code === "string" ? error.code : "";
}

function tlsTrouble(code: string): string | null {
  return /^ERR_(TLS|SSL|OSSL)_/.test(code) ? "TLS with it failed" : null;
}

function postgresFailure(code: string): string | null {
  return /^[0-9A-Z]{5}$/.test(code) ? (postgresFailures[code] ?? postgresFailures[code.slice(0, 2)] ?? null) : null;
}

function worded(error: Error): string | null {
  if (codeOf(error) !== "") return null;
  return wordedTroubles.find(([words]) => words.test(error.message))?.[1] ?? null;
}

/** A driver's error as the gateway throws it: StoreError where the database is at fault, else itself. */
export function toStoreError(error: unknown): unknown {
  const trouble = describeFailure(error);
  return trouble === null ? error : storeError(trouble, error);
}

/**
 * The error of a connection that was not made, as the gateway throws it. No query of ours can be at fault then, so whatever
 * the driver says is the database's, its address's or the network's; errors of the language are ours.
 */
export function connectionFailed(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof StoreError) return error;
  // Files of the address are read before anything is sent; a socket that is a file is connected to.
  if ("syscall" in error && error.syscall !== "connect" && /^E(NOENT|ACCES|ISDIR|PERM)$/.test(codeOf(error))) {
    return storeError(UNREADABLE_FILE, error);
  }
  const trouble = describeFailure(error);
  if (trouble !== null) return storeError(trouble, error);
  const isOurs = [TypeError, RangeError, ReferenceError, SyntaxError].some((kind) => error instanceof kind);
  return isOurs && codeOf(error) === "" ? error : storeError("no connection to it could be made", error);
}

function storeError(trouble: string, cause: unknown): StoreError {
  return new StoreError(`The gateway's database can't be used: ${trouble}.`, { cause });
}

/**
 * What an operator reads when the store of an address can't be opened: the variable, the host, the driver's code and words,
 * and never the password.
 *
 * @param variable that holds the address
 */
export function atStart(variable: string, url: string, error: unknown): unknown {
  if (!(error instanceof StoreError) || !(error.cause instanceof Error)) return error;
  const trouble = error.message.replace(/^.*?: /, "");
  const detail = detailOf(error.cause, url);
  const message = `${variable} names a database at ${hostIn(url)} that can't be used${detail && ` (${detail})`}: ${trouble}`;
  return new StoreError(message, { cause: error.cause });
}

/** @throws StoreError where the address itself can't be used; it names the variable and no part of the address */
export function assertAddress(variable: string, url: string): void {
  const mistake = databaseUrlProblem(variable, url);
  if (mistake !== null) throw new StoreError(mistake);
}

/** The code and the words of a driver's error, in one line. Words that only repeat the code are left out. */
function detailOf(cause: Error, url: string): string {
  const code = codeOf(cause);
  const words = cause.message.includes(code) && code !== "" ? "" : cause.message.replace(/\s+/g, " ").trim();
  const clean = [url, ...passwordsIn(url)].reduce((text, secret) => text.replaceAll(secret, "[secret]"), words);
  return [code, withoutSecrets(clean)].filter((part) => part !== "").join(": ");
}

/** True for a row that breaks a primary key or a unique index. */
export function isUniqueViolation(error: unknown): boolean {
  if (!(error instanceof Error) || !("code" in error)) return false;
  return ["23505", "SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY"].includes(String(error.code));
}
