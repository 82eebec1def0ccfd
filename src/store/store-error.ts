import { ApplicationError, ConflictError, InvalidInputError } from "../model/errors.ts";
import { withoutSecrets } from "../model/secret.ts";
import { databaseUrlProblem, hostIn, passwordsIn } from "./database-url.ts";

/** The database is locked, full, read-only, damaged or unreachable. The message contains no secret. */
export class StoreError extends ApplicationError {
  constructor(message: string, options?: ErrorOptions) {
    super("STORE_UNAVAILABLE", message, {}, options);
  }
}

/** Another process uses the folder of the SQLite database. */
export class FolderInUseError extends StoreError {
  constructor(folder: string) {
    super(
      `The folder ${folder} is in use by another gateway. Set DATA_DIRECTORY to another one, or DATABASE_URL to a PostgreSQL that both share.`,
    );
  }
}

/** Another partner has the tracking id. */
export class TrackingIdTakenError extends InvalidInputError {
  readonly trackingId: string;

  /** @param argument path of the tracking id in the input */
  constructor(trackingId: string, argument = "input.trackingIds") {
    super(
      argument,
      `\`${argument}\` must contain tracking ids of no other partner; another one has \`${trackingId}\`.`,
      { trackingId },
      "TRACKING_ID_TAKEN",
    );
    this.trackingId = trackingId;
  }
}

/** The last tracking id of a partner cannot be removed. */
export class LastTrackingIdError extends ConflictError {
  constructor(trackingId: string) {
    const message = "A partner must have at least one tracking id, and this is its last. Adopt another one first.";
    super(message, { argument: "input.trackingId", trackingId });
  }
}

/** Another idempotency key has claimed the result. Handled within the store. */
export class ResultTakenError extends Error {
  override readonly name = "ResultTakenError";
}

/** Failures by the first part of SQLite's code. */
const sqliteFailures: Readonly<Record<string, string>> = {
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

/** Failures by PostgreSQL's SQLSTATE, or its class of two characters. */
const postgresFailures: Readonly<Record<string, string>> = {
  "08": "the connection to it broke",
  "08P01": "it, or the pooler before it, refused the connection's parameters",
  "25006": "it is read-only",
  "28": "it refused the user or the password",
  "28000": "it takes no connection of this user from this address, or none without TLS",
  "3D": "there is no database of that name",
  "40": "the write conflicted with another one",
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

/** Failures by the error code of a connection. */
const connectionFailures: Readonly<Record<string, string>> = {
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

/** Failures by the message of the driver, for errors without a code. */
const failuresByMessage: readonly (readonly [RegExp, string])[] = [
  [/does not support SSL/i, "it does not support TLS"],
  [/password must be a (non-empty )?string/i, "it asks for a password, and its address has none"],
  [/^SASL/, "it refused the user or the password, or how they are proved"],
  [/timeout/i, "it did not answer in time, or not as PostgreSQL does"],
  [
    /Connection terminated|not queryable|Connection ended/i,
    "the connection to it broke, or it does not answer as PostgreSQL does",
  ],
];

/** Returns the failure of the database in words; null if the query is at fault. */
export function describeFailure(error: unknown): string | null {
  if (!(error instanceof Error)) return null;
  const code = codeOf(error);
  const [, sqlite = ""] = /^SQLITE_([A-Z]+)/.exec(code) ?? [];
  return (
    sqliteFailures[sqlite] ??
    connectionFailures[code] ??
    tlsFailure(code) ??
    postgresFailure(code) ??
    failureByMessage(error)
  );
}

function codeOf(error: Error): string {
  return "code" in error && typeof error.code === "string" ? error.code : "";
}

function tlsFailure(code: string): string | null {
  return /^ERR_(TLS|SSL|OSSL)_/.test(code) ? "TLS with it failed" : null;
}

function postgresFailure(code: string): string | null {
  return /^[0-9A-Z]{5}$/.test(code) ? (postgresFailures[code] ?? postgresFailures[code.slice(0, 2)] ?? null) : null;
}

function failureByMessage(error: Error): string | null {
  if (codeOf(error) !== "") return null;
  return failuresByMessage.find(([words]) => words.test(error.message))?.[1] ?? null;
}

/** Returns a StoreError for a driver's error if the database is at fault; otherwise the error itself. */
export function toStoreError(error: unknown): unknown {
  const failure = describeFailure(error);
  return failure === null ? error : storeError(failure, error);
}

/**
 * Returns a StoreError for a failed connection; errors of the language itself are returned unchanged.
 *
 * No query can be at fault, so any error of the driver is caused by the database, its address or the network.
 */
export function connectionFailed(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof StoreError) return error;
  // Files named in the address are read before connecting.
  if ("syscall" in error && error.syscall !== "connect" && /^E(NOENT|ACCES|ISDIR|PERM)$/.test(codeOf(error))) {
    return storeError(UNREADABLE_FILE, error);
  }
  const failure = describeFailure(error);
  if (failure !== null) return storeError(failure, error);
  const isBug = [TypeError, RangeError, ReferenceError, SyntaxError].some((kind) => error instanceof kind);
  return isBug && codeOf(error) === "" ? error : storeError("no connection to it could be established", error);
}

function storeError(failure: string, cause: unknown): StoreError {
  return new StoreError(`The gateway's database can't be used: ${failure}.`, { cause });
}

/**
 * Returns the error for an operator whose database cannot be opened: variable, host, and the driver's code and message.
 *
 * @param variable name of the variable that holds the address
 */
export function atStart(variable: string, url: string, error: unknown): unknown {
  if (!(error instanceof StoreError) || !(error.cause instanceof Error)) return error;
  const failure = error.message.replace(/^.*?: /, "");
  const detail = detailOf(error.cause, url);
  const message = `${variable} names a database at ${hostIn(url)} that can't be used${detail && ` (${detail})`}: ${failure}`;
  return new StoreError(message, { cause: error.cause });
}

/** @throws StoreError if the address is invalid; the message contains no part of it */
export function assertAddress(variable: string, url: string): void {
  const mistake = databaseUrlProblem(variable, url);
  if (mistake !== null) throw new StoreError(mistake);
}

/** Returns code and message of a driver's error in one line, without secrets. */
function detailOf(cause: Error, url: string): string {
  const code = codeOf(cause);
  const words = cause.message.includes(code) && code !== "" ? "" : cause.message.replace(/\s+/g, " ").trim();
  const clean = [url, ...passwordsIn(url)].reduce((text, secret) => text.replaceAll(secret, "[secret]"), words);
  return [code, withoutSecrets(clean)].filter((part) => part !== "").join(": ");
}

/** Returns whether an error is the violation of a primary key or unique index. */
export function isUniqueViolation(error: unknown): boolean {
  if (!(error instanceof Error) || !("code" in error)) return false;
  return ["23505", "SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY"].includes(String(error.code));
}
