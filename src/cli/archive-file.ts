import { createHash } from "node:crypto";
import { createReadStream, rmSync } from "node:fs";
import { open, rename, rm, stat } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip, createGzip } from "node:zlib";
import {
  type ArchiveRow,
  type ArchiveTable,
  type ArchiveTableName,
  archiveRowsProblem,
  archiveTable,
  archiveTables,
  isArchiveRow,
} from "../model/usage/archive-tables.ts";
import type { ArchivePage } from "../store/archive/archive-transfer.ts";
import { CommandError, exitCodes } from "./command-error.ts";

/**
 * File of an export: JSON Lines, compressed by gzip. See docs/decisions/0036-archive-files.md.
 *
 * A header, then chunks (a line that announces them, and their rows), then a trailer. Each digest includes the one before it, so that
 * a chunk that is changed, missing, repeated or moved is recognized.
 */
const FORMAT = "syndigraph-usage-archive";
const VERSION = 1;
/** Compression that is fast and within a few percent of the best. */
const GZIP_LEVEL = 4;
/** Longest line, in bytes. */
const MAX_LINE_BYTES = 1_000_000;
/** Signals that end an export, whose unfinished file is then removed. */
const SIGNALS = ["SIGINT", "SIGTERM"] as const;
/** Most rows that a chunk may have: the largest bucket. */
const MAX_ROWS_PER_CHUNK = 1_000_000;

export interface ArchiveHeader {
  readonly createdAt: string;
  /** Accounts whose usage the file has. */
  readonly accounts: readonly string[];
}

export type ArchiveChunk = Omit<ArchivePage, "next">;

/** Contents of a whole file. */
export interface ArchiveSummary extends ArchiveHeader {
  readonly chunks: number;
  readonly rows: Readonly<Record<ArchiveTableName, number>>;
  /** Sum of `bytes_out` of all rows, in decimal digits. */
  readonly bytesOut: string;
  /** Digest of the whole file, uncompressed. */
  readonly sha256: string;
}

type Counts = Record<ArchiveTableName, number>;

/** Sums up chunks as they are written or read. */
function createTally(header: string) {
  let digest = sha256(header);
  let chunks = 0;
  let bytesOut = 0n;
  const rows = Object.fromEntries(archiveTables.map(({ name }) => [name, 0])) as Counts;
  return {
    /** Adds a chunk and returns its announcement. */
    add: (table: ArchiveTable, lines: string, added: readonly ArchiveRow[]): string => {
      chunks += 1;
      rows[table.name] += added.length;
      if (table.name === "usage_rows") {
        const index = table.columns.findIndex(({ name }) => name === "bytes_out");
        for (const row of added) if (/^\d+$/.test(row[index] ?? "")) bytesOut += BigInt(row[index] ?? 0);
      }
      digest = sha256(`${digest}\n${chunks}\n${table.name}\n${lines}`);
      return JSON.stringify({ chunk: chunks, table: table.name, rows: added.length, sha256: digest });
    },
    trailer: (): string => {
      const totals = { end: true, chunks, rows, bytesOut: `${bytesOut}` };
      return JSON.stringify({ ...totals, sha256: sha256(`${digest}\n${JSON.stringify(totals)}`) });
    },
  };
}

/**
 * Writes a file: under a temporary name, which is replaced by its own once all of it is on the disk.
 *
 * @throws CommandError if the file exists and `isReplaced` is not set, or if it cannot be written
 */
export async function writeArchiveFile(
  path: string,
  isReplaced: boolean,
  accounts: readonly string[],
  pages: AsyncIterable<ArchiveChunk>,
): Promise<ArchiveSummary> {
  if (!isReplaced && (await exists(path))) {
    throw new CommandError("CONFLICT", `${path} must not exist yet, unless --force is given.`, exitCodes.USAGE);
  }
  const header: ArchiveHeader = { createdAt: new Date().toISOString(), accounts };
  const tables = archiveTables.map(({ name, columns }) => ({ name, columns: columns.map((column) => column.name) }));
  const headerLine = JSON.stringify({ format: FORMAT, version: VERSION, ...header, tables });
  const tally = createTally(headerLine);
  let trailer = "";
  async function* text(): AsyncGenerator<string> {
    yield `${headerLine}\n`;
    for await (const { table: name, rows } of pages) {
      const table = archiveTable(name);
      if (!table || rows.length === 0) continue;
      const lines = rows.map((row) => `${JSON.stringify(row)}\n`).join("");
      yield `${tally.add(table, lines, rows)}\n${lines}`;
    }
    trailer = tally.trailer();
    yield `${trailer}\n`;
  }
  const temporary = `${path}.${process.pid}.part`;
  const onSignal = (signal: NodeJS.Signals) => {
    rmSync(temporary, { force: true });
    process.kill(process.pid, signal);
  };
  // Each listener is called once, so that the signal which it repeats ends the process.
  for (const signal of SIGNALS) process.once(signal, onSignal);
  try {
    const file = await open(temporary, "w", 0o600);
    await pipeline(
      Readable.from(text(), { objectMode: true }),
      createGzip({ level: GZIP_LEVEL }),
      file.createWriteStream({ flush: true }),
    );
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw asFileError(path, error);
  } finally {
    for (const signal of SIGNALS) process.off(signal, onSignal);
  }
  const { chunks, rows, bytesOut, sha256: digest } = JSON.parse(trailer) as ArchiveSummary;
  return { ...header, chunks, rows, bytesOut, sha256: digest };
}

/** Chunks of a file, in order; the summary is the last. */
export type ArchivePart = { readonly chunk: ArchiveChunk } | { readonly summary: ArchiveSummary };

/**
 * Reads a file and checks it: digests, counts, and the rules of each row. A chunk is given when all of it was checked.
 *
 * @throws CommandError DAMAGED_FILE at the first byte that is not as it was written
 */
export async function* readArchiveFile(path: string): AsyncGenerator<ArchivePart, void> {
  const { size } = await stat(path).catch((error: unknown) => {
    throw asFileError(path, error);
  });
  const source = createReadStream(path);
  const gunzip = createGunzip();
  const fail = (reason: string) =>
    new CommandError(
      "DAMAGED_FILE",
      `${path} must be a whole file of \`archive export\`; ${reason}.`,
      exitCodes.DAMAGED_FILE,
    );
  source.on("error", (error) => gunzip.destroy(error));
  const lines = linesOf(source.pipe(gunzip), fail);
  const nextLine = async () => (await lines.next()).value ?? null;
  try {
    const headerLine = await nextLine();
    if (headerLine === null) throw fail("it is empty");
    const header = parseHeader(headerLine, fail);
    const tally = createTally(headerLine);
    for (;;) {
      const line = await nextLine();
      if (line === null) throw fail("it ends before its trailer");
      const announced = parseObject(line, fail);
      if (announced["end"] === true) {
        if (line !== tally.trailer()) throw fail("its trailer differs from its contents");
        if ((await nextLine()) !== null || gunzip.bytesWritten !== size) throw fail("it goes on after its trailer");
        const { chunks, rows, bytesOut, sha256: digest } = announced as unknown as ArchiveSummary;
        yield { summary: { ...header, chunks, rows, bytesOut, sha256: digest } };
        return;
      }
      const { rows: count } = announced;
      const table = archiveTable(String(announced["table"]));
      if (!table) throw fail(`this version knows no table ${JSON.stringify(announced["table"])}`);
      if (typeof count !== "number" || !(count > 0 && count <= MAX_ROWS_PER_CHUNK)) throw fail("a chunk has no rows");
      const texts: string[] = [];
      while (texts.length < count) {
        const text = await nextLine();
        if (text === null) throw fail("it ends within a chunk");
        texts.push(text);
      }
      const rows = texts.map((text) => parseRow(text, fail));
      if (line !== tally.add(table, `${texts.join("\n")}\n`, rows)) {
        throw fail(`chunk ${String(announced["chunk"])} differs from its digest`);
      }
      const problem = archiveRowsProblem(table, rows);
      if (problem !== null) throw fail(problem);
      yield { chunk: { table: table.name, rows } };
    }
  } catch (error) {
    if (error instanceof CommandError) throw error;
    const { code = "" } = error as NodeJS.ErrnoException;
    throw code.startsWith("Z_") || code === "ERR_ENCODING_INVALID_ENCODED_DATA"
      ? fail("its compressed data is damaged or ends early")
      : asFileError(path, error);
  } finally {
    source.destroy();
    gunzip.destroy();
  }
}

/** Yields lines without their ends. Text after the last end of a line is an error. */
async function* linesOf(
  stream: AsyncIterable<Uint8Array>,
  fail: (reason: string) => CommandError,
): AsyncGenerator<string, void> {
  const utf8 = new TextDecoder("utf-8", { fatal: true });
  let rest = Buffer.alloc(0);
  for await (const bytes of stream) {
    let start = 0;
    const buffer = rest.length === 0 ? Buffer.from(bytes) : Buffer.concat([rest, bytes]);
    for (let end = buffer.indexOf(10); end >= 0; end = buffer.indexOf(10, start)) {
      yield utf8.decode(buffer.subarray(start, end));
      start = end + 1;
    }
    rest = buffer.subarray(start);
    if (rest.length > MAX_LINE_BYTES) throw fail(`a line is longer than ${MAX_LINE_BYTES} bytes`);
  }
  if (rest.length > 0) throw fail("it ends within a line");
}

function parseHeader(line: string, fail: (reason: string) => CommandError): ArchiveHeader {
  const { format, version, createdAt, accounts, tables } = parseObject(line, fail);
  if (format !== FORMAT) throw fail("its first line is no header");
  if (version !== VERSION)
    throw fail(`this version reads version ${VERSION} of the format, and it has ${String(version)}`);
  const isList = Array.isArray(accounts) && accounts.every((account) => typeof account === "string");
  if (!isList || typeof createdAt !== "string" || !Array.isArray(tables)) throw fail("its header is incomplete");
  for (const { name, columns } of tables as { name: string; columns: string[] }[]) {
    const expected = archiveTable(name)?.columns.map((column) => column.name);
    if (expected && JSON.stringify(expected) !== JSON.stringify(columns))
      throw fail(`its table ${name} has other columns than this version's`);
  }
  return { createdAt, accounts };
}

function parseObject(line: string, fail: (reason: string) => CommandError): Readonly<Record<string, unknown>> {
  const value = parseJson(line, fail);
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw fail("a line is no object");
  return value as Readonly<Record<string, unknown>>;
}

function parseRow(line: string, fail: (reason: string) => CommandError): ArchiveRow {
  const value = parseJson(line, fail);
  if (!isArchiveRow(value)) throw fail("a row is no list of texts");
  return value;
}

function parseJson(line: string, fail: (reason: string) => CommandError): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw fail("a line is not JSON");
  }
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** Returns a failure of the file system in words; every other error as it is. */
function asFileError(path: string, error: unknown): unknown {
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (code === undefined || syscall === undefined) return error;
  return new CommandError("FILE_UNAVAILABLE", `${path} must be a file that can be read or written; got ${code}.`);
}
