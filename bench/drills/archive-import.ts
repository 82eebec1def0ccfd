import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { writeArchiveFile } from "../../src/cli/archive-file.ts";
import { archiveOf } from "../../src/cli/offline-store.ts";
import { openStore, type StoreLocation } from "../../src/store/open-store.ts";
import { archiveContents, fillArchive } from "../../test/support/archives.ts";
import type { Drill, Outcome } from "./drill.ts";

/** Rounds over each store. */
const ROUNDS = { small: 3, full: 200 };
const MAIN = fileURLToPath(new URL("../../dist/main.js", import.meta.url));
/** A PostgreSQL whose user may create databases; without it SQLite alone is drilled. */
const serverUrl = process.env["TEST_DATABASE_URL"];

interface Place {
  readonly name: string;
  readonly location: StoreLocation;
  readonly environment: Record<string, string>;
  remove(): Promise<void>;
}

interface Counts {
  rounds: number;
  /** Rounds in which some, but not all, had been imported when the process was killed. */
  halfWay: number;
  lost: number;
  doubled: number;
  torn: number;
}

async function folderPlace(): Promise<Place> {
  const folder = await mkdtemp(join(tmpdir(), "syndigraph-drill-"));
  return {
    name: "SQLite",
    location: { kind: "file", folder },
    environment: { DATA_DIRECTORY: folder },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

async function postgresPlace(server: string): Promise<Place> {
  const name = `syndigraph_drill_${randomBytes(6).toString("hex")}`;
  const administer = async (statement: string) => {
    const client = new pg.Client({ connectionString: server });
    await client.connect();
    await client.query(statement);
    await client.end();
  };
  await administer(`create database ${name} template template0`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return {
    name: "PostgreSQL",
    location: { kind: "postgres", url: url.href },
    environment: { DATABASE_URL: url.href },
    remove: () => administer(`drop database ${name} with (force)`),
  };
}

/** Imports the file by a process of its own, and kills it after `killAfterMs`. @returns how long it ran */
async function importFile(file: string, { environment }: Place, killAfterMs: number | null): Promise<number> {
  const begun = performance.now();
  const child = spawn(process.execPath, [MAIN, "archive", "import", file, "--offline"], {
    env: { PATH: process.env["PATH"] ?? "", ...environment },
    stdio: ["ignore", "ignore", "inherit"],
  });
  const exit = once(child, "exit") as Promise<[number | null]>;
  if (killAfterMs !== null) {
    await Promise.race([delay(killAfterMs), exit]);
    child.kill("SIGKILL");
  }
  const [code] = await exit;
  if (killAfterMs === null && code !== 0) throw new Error(`the import ended with ${code}`);
  return performance.now() - begun;
}

async function contentsAt({ location }: Place): Promise<string[]> {
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

async function drill(makePlace: () => Promise<Place>, file: string, expected: readonly string[], rounds: number) {
  const whole = new Set(expected);
  const wholeBuckets = buckets(expected);
  const counts: Counts = { rounds: 0, halfWay: 0, lost: 0, doubled: 0, torn: 0 };
  let durationMs = 0;
  let name = "";
  for (let round = -1; round < rounds; round += 1) {
    const place = await makePlace();
    name = place.name;
    try {
      if (round < 0) {
        durationMs = await importFile(file, place, null);
        continue;
      }
      // The first part of the time goes into the start of the process.
      await importFile(file, place, durationMs * (0.3 + 0.75 * Math.random()));
      const left = await contentsAt(place);
      if (left.length > 0 && left.length < expected.length) counts.halfWay += 1;
      counts.doubled += left.filter((row) => !whole.has(row)).length + left.length - new Set(left).size;
      for (const [bucket, count] of buckets(left)) if (count !== wholeBuckets.get(bucket)) counts.torn += 1;
      await importFile(file, place, null);
      const after = await contentsAt(place);
      const present = new Set(after);
      counts.lost += expected.filter((row) => !present.has(row)).length;
      counts.doubled += after.filter((row) => !whole.has(row)).length + after.length - present.size;
      counts.rounds += 1;
    } finally {
      await place.remove();
    }
  }
  return { name, ...counts };
}

export const archiveImport: Drill = {
  title:
    "an import that is killed at random points, on both stores: none lost, doubled or torn, and the next completes it",
  run: async (size): Promise<Outcome> => {
    const folder = await mkdtemp(join(tmpdir(), "syndigraph-drill-"));
    const source = await openStore({ kind: "memory" });
    try {
      await fillArchive(source, "SYN4DX");
      const archive = archiveOf(source);
      const file = join(folder, "usage.jsonl.gz");
      await writeArchiveFile(file, false, await archive.accounts(), archive.pages());
      const expected = await archiveContents(source);
      const places = [folderPlace, ...(serverUrl ? [() => postgresPlace(serverUrl)] : [])];
      const results = [];
      for (const makePlace of places) results.push(await drill(makePlace, file, expected, ROUNDS[size]));
      return {
        passed: results.every(
          ({ lost, doubled, torn, halfWay }) => lost + doubled + torn === 0 && (size === "small" || halfWay > 0),
        ),
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
