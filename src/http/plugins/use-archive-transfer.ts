import type { Plugin } from "graphql-yoga";
import type { Caller } from "../../auth/caller.ts";
import type { RefusedAttemptLog } from "../../auth/refused-attempt-log.ts";
import type { Scope } from "../../auth/scopes.ts";
import type { AccountCache } from "../../cache/account-cache.ts";
import { ApplicationError, ConflictError, type ErrorCode, ForbiddenError, NotFoundError } from "../../model/errors.ts";
import { assertName } from "../../model/text.ts";
import {
  type ArchiveRow,
  type ArchiveTableName,
  archiveTable,
  isArchiveRow,
} from "../../model/usage/archive-tables.ts";
import type { Clock } from "../../primitives/clock.ts";
import { type ArchiveCursor, IMPORT_ARCHIVE } from "../../store/archive/archive-transfer.ts";
import type { Store } from "../../store/store.ts";
import { respond } from "../fetch-http.ts";
import { errorResponse } from "../http-message.ts";
import type { ServerContext } from "../server-context.ts";

export interface ArchiveTransferOptions {
  readonly store: Pick<Store, "archiveTransfer" | "audit">;
  readonly account: Pick<AccountCache, "id">;
  readonly refusals: RefusedAttemptLog;
  readonly clock: Clock;
}

/** Largest body, in bytes; a chunk of a file is mostly below a tenth of it. */
const MAX_BODY_BYTES = 8_000_000;
/** Latest imports among which one that is begun again is looked for. */
const MAX_LATEST = 20;
/** Seconds after which a client tries again while the store or the platform is unavailable. */
const RETRY_AFTER_SECONDS = 2;
const PATH = /^\/archive(?:\/(rows|imports)(?:\/([^/]+)\/(rows|end))?)?$/;

/**
 * Serves the usage archive to commands of operators, in parts that take milliseconds.
 *
 * - `GET /archive` answers the accounts, `GET /archive/rows?after=` a page of rows and the position of the next.
 * - `POST /archive/imports` begins an import, `POST /archive/imports/:id/rows` merges rows, `POST /archive/imports/:id/end` ends it.
 *
 * Must come after `useAuthentication`.
 */
export function useArchiveTransfer(options: ArchiveTransferOptions): Plugin<object, ServerContext> {
  const { store, account, refusals, clock } = options;
  const { archiveTransfer, audit } = store;

  const check = async (caller: Caller, scope: Scope, operation: string | null) => {
    if (caller.role === "OPERATOR" && caller.scopes.has(scope)) return;
    const error = refusalOf(caller, scope);
    // The caller must get the refusal itself, also if it cannot be counted.
    if (operation !== null) await refusals.count(caller, operation, error.code).catch(() => undefined);
    throw error;
  };

  const begin = async (caller: Caller, address: string | null, body: Body) => {
    const { idempotencyKey, accounts, sha256, rows, isForeignAllowed } = body;
    assertName(typeof idempotencyKey === "string" ? idempotencyKey : "", "idempotencyKey");
    if (!isTexts(accounts)) throw invalid("accounts", "must be a list of account ids");
    if (typeof sha256 !== "string" || !/^[\da-f]{64}$/.test(sha256))
      throw invalid("sha256", "must be the digest of a file");
    const known = await archiveTransfer.accounts();
    for (const each of isForeignAllowed === true ? [] : accounts) {
      if (known.includes(each) || each === (await account.id())) continue;
      throw new ConflictError(
        `The file has usage of the account ${JSON.stringify(each.slice(0, 60))}, which is not this gateway's; --foreign-account imports it anyway.`,
      );
    }
    const detail = JSON.stringify({ idempotencyKey, accounts: accounts.slice(0, 20), sha256, rows: countsOf(rows) });
    const latest = await audit.list({ operation: IMPORT_ARCHIVE }, MAX_LATEST);
    const begun = latest.find((entry) => entry.principalId === caller.principalId && entry.detail === detail);
    // A client that lost the response begins its import again.
    if (begun) return { import: begun.id };
    const id = await audit.append({
      at: clock(),
      principalId: caller.principalId,
      principalName: caller.name,
      role: caller.role,
      partnerId: null,
      address,
      operation: IMPORT_ARCHIVE,
      objectId: null,
      detail,
    });
    return { import: id };
  };

  /**
   * Returns whether the caller has ended this import.
   *
   * @throws NotFoundError unless the caller has begun it
   */
  const isEnded = async (caller: Caller, id: string): Promise<boolean> => {
    const entry = await audit.byId(id);
    if (entry?.operation !== IMPORT_ARCHIVE || entry.principalId !== caller.principalId)
      throw new NotFoundError("import");
    return entry.outcome !== "UNKNOWN";
  };

  const answer = async (request: Request, url: URL, { caller, address }: ServerContext): Promise<unknown> => {
    if (!caller) throw new NotFoundError("path");
    const [, part, id, action] = PATH.exec(url.pathname) ?? [];
    if (request.method === "GET" && part !== "imports" && id === undefined) {
      await check(caller, "usage:read", null);
      if (part === undefined) return { accounts: await archiveTransfer.accounts() };
      const { next, ...page } = await archiveTransfer.page(cursorOf(url.searchParams.get("after")));
      return { ...page, next: next && Buffer.from(JSON.stringify(next)).toString("base64url") };
    }
    if (request.method === "POST" && part === "imports") {
      await check(caller, "archive:write", IMPORT_ARCHIVE);
      const body = await bodyOf(request);
      if (id === undefined) return begin(caller, address ?? null, body);
      const wasEnded = await isEnded(caller, id);
      if (action === "rows") {
        if (wasEnded) throw new NotFoundError("import");
        return archiveTransfer.merge(tableOf(body["table"]), rowsOf(body["rows"]));
      }
      // A client that lost the response ends its import again.
      if (wasEnded) return { import: id };
      await archiveTransfer.closeGaps();
      await audit.end(id, { outcome: "DONE", code: null, objectId: null });
      return { import: id };
    }
    throw new NotFoundError("path");
  };

  return {
    async onRequest(payload) {
      const { request, url, serverContext, endResponse, fetchAPI } = payload;
      if (!PATH.test(url.pathname)) return;
      try {
        endResponse(fetchAPI.Response.json(await answer(request, url, serverContext)));
      } catch (error) {
        if (!(error instanceof ApplicationError)) throw error;
        const status = statusOf(error.code);
        const headers: Record<string, string> = status === 503 ? { "retry-after": `${RETRY_AFTER_SECONDS}` } : {};
        respond(payload, errorResponse(error.code, error.message, { status, headers }));
      }
    },
  };
}

/** Returns the error of a caller that lacks the scope or, as analysts and partners do, the role. */
function refusalOf({ role, scopes }: Caller, scope: Scope): ApplicationError {
  if (role === "PARTNER" || !scopes.has(scope)) return new ForbiddenError({ scope, isForStaff: role === "PARTNER" });
  return new ApplicationError("FORBIDDEN", `This needs a key of the role OPERATOR; the caller's is ${role}.`);
}

type Body = Readonly<Record<string, unknown>>;

function statusOf(code: ErrorCode): number {
  switch (code) {
    case "INVALID_INPUT":
      return 400;
    case "FORBIDDEN":
      return 403;
    case "NOT_FOUND":
      return 404;
    case "CONFLICT":
      return 409;
    default:
      return 503;
  }
}

function invalid(argument: string, rule: string): ApplicationError {
  return new ApplicationError("INVALID_INPUT", `\`${argument}\` ${rule}.`, { argument });
}

async function bodyOf(request: Request): Promise<Body> {
  const tooLong = invalid("body", `must be at most ${MAX_BODY_BYTES} bytes long`);
  if (Number(request.headers.get("content-length") ?? 0) > MAX_BODY_BYTES) throw tooLong;
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = request.body?.getReader();
  for (let next = await reader?.read(); next && !next.done; next = await reader?.read()) {
    length += next.value.byteLength;
    if (length > MAX_BODY_BYTES) throw tooLong;
    chunks.push(next.value);
  }
  try {
    const body: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(chunks)));
    if (typeof body === "object" && body !== null && !Array.isArray(body)) return body as Body;
  } catch {
    // Answered below: the parser's message would quote the body.
  }
  throw invalid("body", "must be one JSON object in UTF-8");
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((each) => typeof each === "string");
}

/** Returns the numbers of rows that a client announces, for the audit log. */
function countsOf(rows: unknown): Record<string, number> {
  const entries = typeof rows === "object" && rows !== null ? Object.entries(rows) : [];
  return Object.fromEntries(entries.filter(([name, count]) => archiveTable(name) && Number.isSafeInteger(count)));
}

function tableOf(name: unknown): ArchiveTableName {
  const table = archiveTable(String(name));
  if (!table) throw invalid("table", "must be a table of the usage archive");
  return table.name;
}

function rowsOf(rows: unknown): readonly ArchiveRow[] {
  if (Array.isArray(rows) && rows.every(isArchiveRow)) return rows;
  throw invalid("rows", "must be a list of lists of texts");
}

function cursorOf(text: string | null): ArchiveCursor | null {
  if (text === null) return null;
  try {
    const cursor = JSON.parse(Buffer.from(text, "base64url").toString()) as Partial<ArchiveCursor>;
    const table = archiveTable(String(cursor.table));
    const { key } = cursor;
    if (table && isTexts(key) && (key.length === 0 || isKey(key, table.columns.slice(0, table.keyLength))))
      return { table: table.name, key };
  } catch {
    // Answered below.
  }
  throw invalid("after", "must be the `next` of a page");
}

function isKey(key: readonly string[], columns: readonly { readonly type: string }[]): boolean {
  return (
    key.length === columns.length &&
    columns.every(({ type }, index) => type === "TEXT" || /^-?\d{1,15}$/.test(key[index] ?? ""))
  );
}
