import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { writeArchiveFile } from "../../src/cli/archive-file.ts";
import { archiveOf } from "../../src/cli/offline-store.ts";
import { archiveTables } from "../../src/model/usage/archive-tables.ts";
import { HOUR_MS } from "../../src/model/usage/time.ts";
import { COLLECTOR_LEASE } from "../../src/store/leases.ts";
import { openStore } from "../../src/store/open-store.ts";
import type { Store } from "../../src/store/store.ts";
import { bytesOf } from "../../test/support/archive.ts";
import { ARCHIVED_HOUR, archiveContents, fillArchive } from "../../test/support/archives.ts";
import type { Drill, Outcome } from "./drill.ts";
import { createDrillStore, type DrillStore, type StoreName, storeNames } from "./drill-store.ts";

/** Rounds over each store: 200 over both. */
const ROUNDS = { small: 3, full: 100 };
/** Tracking ids with 288 rows each. */
const OWNERS = 20;
const MAIN = fileURLToPath(new URL("../../dist/main.js", import.meta.url));

const EMPTY = archiveTables.map(({ name }) => `delete from ${name}`).join(";");

interface Counts {
  rounds: number;
  /** Rounds in which some, but not all, had been imported when the process was killed. */
  halfWay: number;
  lost: number;
  doubled: number;
  torn: number;
}

/** Returns the number of archived rows; 0 while a process that imports lets nobody read. */
async function rowsIn(store: DrillStore): Promise<number> {
  const [counted] = await store.rows("select count(*) as rows from usage_rows").catch(() => []);
  return Number(counted?.["rows"] ?? 0);
}

/** Imports the file by a process of its own, and kills it once so many rows are there; null for never. */
async function importFile(file: string, store: DrillStore, killAtRows: number | null): Promise<void> {
  const child = spawn(process.execPath, [MAIN, "archive", "import", file, "--offline"], {
    env: { PATH: process.env["PATH"] ?? "", ...store.environment },
    stdio: ["ignore", "ignore", "inherit"],
  });
  let isOver = false;
  const exit = once(child, "exit").then(([code]) => {
    isOver = true;
    return code as number | null;
  });
  if (killAtRows !== null) {
    while (!isOver && (await rowsIn(store)) < killAtRows) await delay(1);
    // The next transaction may have begun by now, or not.
    await delay(5 * Math.random());
    child.kill("SIGKILL");
  }
  const code = await exit;
  if (killAtRows === null && code !== 0) throw new Error(`the import ended with ${code}`);
}

async function contentsAt({ location }: DrillStore): Promise<string[]> {
  const store = await openStore(location);
  try {
    return await archiveContents(store);
  } finally {
    await store.close();
  }
}

/** Returns the number of rows of each bucket. */
function buckets(contents: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const line of contents) {
    const [table = "", ...row] = line.split(" ");
    if (table !== "usage_rows") continue;
    const key = JSON.stringify((JSON.parse(row.join(" ")) as unknown[]).slice(0, 5));
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

/** Adds settled hours of further tracking ids, so that an import takes longer than the start of its process. */
async function addOwners({ leases, usageArchive }: Store): Promise<void> {
  const lease = await leases.take(COLLECTOR_LEASE, "drill", 600_000);
  if (!lease) throw new Error("a free lease was refused");
  for (let owner = 0; owner < OWNERS; owner += 1) {
    const buckets = new Map(
      Array.from({ length: 72 }, (_, hour) => [
        ARCHIVED_HOUR - hour * HOUR_MS,
        ["derby", "final", "talk"].map((name) => bytesOf(BigInt(owner * 1_000 + hour), name)),
      ]),
    );
    const series = { owner: `partner ${owner}`, kind: "TRACKING_STREAM", subject: "", granularity: "HOUR" } as const;
    for (const readAt of [ARCHIVED_HOUR, ARCHIVED_HOUR + 25 * HOUR_MS])
      await usageArchive.write([{ ...series, readAt, buckets }], lease);
  }
  await leases.release(lease);
}

async function drill(storeName: StoreName, file: string, expected: readonly string[], rounds: number) {
  const whole = new Set(expected);
  const wholeBuckets = buckets(expected);
  const counts: Counts = { rounds: 0, halfWay: 0, lost: 0, doubled: 0, torn: 0 };
  const total = [...wholeBuckets.values()].reduce((sum, count) => sum + count, 0);
  await using store = await createDrillStore(storeName);
  for (let round = 0; round < rounds; round += 1) {
    await importFile(file, store, 1 + Math.floor(total * Math.random()));
    const left = await contentsAt(store);
    if (left.length > 0 && left.length < expected.length) counts.halfWay += 1;
    counts.doubled += left.filter((row) => !whole.has(row)).length + left.length - new Set(left).size;
    for (const [bucket, count] of buckets(left)) if (count !== wholeBuckets.get(bucket)) counts.torn += 1;
    await importFile(file, store, null);
    const after = await contentsAt(store);
    const present = new Set(after);
    counts.lost += expected.filter((row) => !present.has(row)).length;
    counts.doubled += after.filter((row) => !whole.has(row)).length + after.length - present.size;
    counts.rounds += 1;
    await store.execute(EMPTY);
  }
  return { name: storeName, ...counts };
}

export const archiveImport: Drill = {
  title:
    "an import that is killed at random points, on both stores: none lost, doubled or torn, and the next completes it",
  run: async (size): Promise<Outcome> => {
    const folder = await mkdtemp(join(tmpdir(), "syndigraph-drill-"));
    const source = await openStore({ kind: "memory" });
    try {
      await fillArchive(source, "SYN4DX");
      await addOwners(source);
      const archive = archiveOf(source);
      const file = join(folder, "usage.jsonl.gz");
      await writeArchiveFile(file, false, await archive.accounts(), archive.pages());
      const expected = await archiveContents(source);
      const results = [];
      for (const name of storeNames) results.push(await drill(name, file, expected, ROUNDS[size]));
      return {
        passed: results.every(({ lost, doubled, torn, halfWay }) => lost + doubled + torn === 0 && halfWay > 0),
        figures: results.map(({ name, rounds, halfWay, lost, doubled, torn }) => [
          name,
          `${rounds} rounds, ${halfWay} killed half way: ${lost} lost, ${doubled} doubled, ${torn} torn`,
        ]),
      };
    } finally {
      await source.close();
      await rm(folder, { recursive: true });
    }
  },
};
