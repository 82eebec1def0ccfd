import { mkdtemp, rm } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Libsql from "libsql";
import { HOUR_MS } from "../../src/model/usage/time.ts";
import { openStore } from "../../src/store/open-store.ts";
import { type Gateway, KEY, startFleet } from "../fleet.ts";
import { figure } from "../table.ts";
import { memoryMb } from "../usage.ts";
import type { Drill, Outcome, Size } from "./drill.ts";

/** Tracking ids and the streams of each, which have a row in every hour. */
const SHAPE = { trackingIds: 50, streams: 20 };
/** Hours of each stream. */
const HOURS: Record<Size, number> = { full: 10_000, small: 40 };
/** Hours that one statement inserts. */
const HOURS_PER_STATEMENT = 5_000;
/** Least rows in a second by format, and most megabytes of memory beyond those before the export. */
const BOUNDS = { rowsPerSecond: { jsonl: 80_000, csv: 40_000 }, extraMb: 50 } as const;
/** Interval between two samples of the memory, in milliseconds. */
const SAMPLE_MS = 50;
/** Bytes of the first stream's first hour, beyond 2^53; each further one has one more. */
const FIRST_BYTES = 9_007_199_254_740_993n;
/** Id of the account of the stub. */
const ACCOUNT = "bench1";

export const archiveExport: Drill = {
  title: `10 million archived rows are exported: JSON Lines ${BOUNDS.rowsPerSecond.jsonl / 1_000} k rows/s, CSV ${BOUNDS.rowsPerSecond.csv / 1_000} k, ${BOUNDS.extraMb} MB of memory`,
  run: async (size) => {
    const folder = await mkdtemp(join(tmpdir(), "archive-export-"));
    try {
      const from = Math.floor(Date.now() / HOUR_MS - HOURS[size] - 48) * HOUR_MS;
      await fill(folder, from, HOURS[size]);
      await using fleet = await startFleet({
        streams: 10,
        servers: "gateway",
        profileFolder: null,
        settings: { DATA_DIRECTORY: folder },
      });
      return await exportBoth(fleet.gateway, from, size);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

/** Creates a store with archived hours, each settled, and with one row that marks it as read. */
async function fill(folder: string, from: number, hours: number): Promise<void> {
  const store = await openStore({ kind: "file", folder });
  await store.close();
  const database = new Libsql(join(folder, "syndigraph.db"));
  const { trackingIds, streams } = SHAPE;
  const insert = database.prepare(`
    insert into usage_rows (owner, kind, subject, granularity, bucket, part, bytes_out, bytes_in,
      standard_bytes_out, standard_bytes_in, restream_bytes_out, restream_bytes_in, restream_seconds,
      geo_cascade_bytes_out, geo_cascade_bytes_in, changed_at, read_at, settled_at)
    with recursive hour(i) as (select cast(? as integer) union all select i + 1 from hour where i < ?),
      stream(j) as (select -1 union all select j + 1 from stream where j < ${streams - 1})
    select ?, 5, '', 1, ? + i * ${HOUR_MS}, case j when -1 then '' else printf('stream-%02d', j) end,
      (j >= 0) * (${FIRST_BYTES} + i * ${streams} + j), 0,
      (j >= 0) * (${FIRST_BYTES} / 2 + i), 0, (j >= 0) * ${FIRST_BYTES} / 3, 0, (j >= 0) * 3600, (j >= 0) * ${FIRST_BYTES} / 4, 0, ? + i * ${HOUR_MS}, ?, ?
    from hour cross join stream`);
  const source = database.prepare("insert into usage_sources values (?, 5, ?, 1, ?, ?, ?)");
  const to = from + hours * HOUR_MS;
  for (let index = 0; index < trackingIds; index += 1) {
    const trackingId = `partner-${String(index).padStart(2, "0")}`;
    for (let first = 0; first < hours; first += HOURS_PER_STATEMENT) {
      const last = Math.min(first + HOURS_PER_STATEMENT, hours) - 1;
      insert.run(first, last, trackingId, from, from, to, to);
    }
    source.run(ACCOUNT, trackingId, from, to, to);
  }
  database.close();
}

async function exportBoth(gateway: Gateway, from: number, size: Size): Promise<Outcome> {
  const rows = SHAPE.trackingIds * SHAPE.streams * HOURS[size];
  const window = (hours: number) => `from=${iso(from)}&to=${iso(from + hours * HOUR_MS)}`;
  // Code is compiled, and buffers are as large as they get, before memory is measured.
  for (const format of ["jsonl", "csv"]) {
    await receive(
      gateway,
      `usage.${format}?account&by=TRACKING_ID&${window(Math.min(HOURS[size], 60))}`,
      () => undefined,
    );
  }
  const before = memoryMb(gateway.pid) ?? Number.NaN;
  const figures: [string, string][] = [];
  let passed = true;
  for (const format of ["jsonl", "csv"] as const) {
    let lines = 0;
    let text = "";
    const take = (chunk: Buffer) => {
      for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, at + 1)) lines += 1;
      if (size === "small") text += chunk.toString("latin1");
    };
    let most = 0;
    const sampling = setInterval(() => {
      most = Math.max(most, memoryMb(gateway.pid) ?? Number.NaN);
    }, SAMPLE_MS);
    const begun = performance.now();
    const bytes = await receive(gateway, `usage.${format}?account&by=TRACKING_ID&${window(HOURS[size])}`, take);
    const perSecond = (1_000 * rows) / (performance.now() - begun);
    clearInterval(sampling);
    const extraMb = Math.max(most - before, 0);
    const isWhole = lines === rows + (format === "csv" ? 1 : 0);
    const isExact = size === "full" || sumOf(format, text) === expectedSum(HOURS[size]);
    const isFast = perSecond >= BOUNDS.rowsPerSecond[format] && extraMb <= BOUNDS.extraMb;
    passed &&= isWhole && isExact && (size === "small" || isFast);
    figures.push([
      format,
      `${lines.toLocaleString("en")} lines of ${figure(bytes / lines, 0)} bytes, ${figure(perSecond / 1_000, 0)} k rows/s, ${figure(extraMb, 0)} MB more than ${figure(before, 0)}`,
    ]);
  }
  return { passed, figures };
}

/** Receives an export. Returns its length in bytes. @throws Error if it fails or is cut off */
function receive({ url }: Gateway, path: string, take: (chunk: Buffer) => void): Promise<number> {
  return new Promise((resolve, reject) => {
    let bytes = 0;
    const options = { headers: { authorization: `Bearer ${KEY}` } };
    request(new URL(`/exports/${path}`, url), options, (response) => {
      response.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
        take(chunk);
      });
      response.on("error", reject);
      response.on("end", () => {
        if (response.statusCode === 200) resolve(bytes);
        else reject(new Error(`${path} was answered with ${response.statusCode}`));
      });
    })
      .on("error", reject)
      .end();
  });
}

/** Returns the sum of the bytes sent of all rows. */
function sumOf(format: "jsonl" | "csv", text: string): bigint {
  const lines = text.trimEnd().split("\n");
  if (format === "jsonl") {
    return lines.reduce((sum, line) => sum + BigInt((JSON.parse(line) as { bytesOut: string }).bytesOut), 0n);
  }
  const [head = "", ...rest] = lines;
  const column = head.split(",").indexOf("bytesOut");
  return rest.reduce((sum, line) => sum + BigInt(line.split(",")[column] ?? 0), 0n);
}

function expectedSum(hours: number): bigint {
  const count = BigInt(hours * SHAPE.streams);
  return BigInt(SHAPE.trackingIds) * (count * FIRST_BYTES + (count * (count - 1n)) / 2n);
}

function iso(instant: number): string {
  return new Date(instant).toISOString();
}
