import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { build } from "esbuild";
import Libsql from "libsql";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createTestDatabase } from "../support/databases.ts";

/** Rounds of writes that end with a kill; the drill `kill` runs more. */
const ROUNDS = Number(process.env["KILL_ROUNDS"] ?? 8);
/** A round starts and ends a process, which takes up to two seconds on a busy machine. */
const TIMEOUT_MS = ROUNDS * 15_000;

/** Made in the repository, where the drivers are found. */
const writer = `node_modules/.cache/syndigraph/writer-${process.pid}.mjs`;

beforeAll(async () => {
  await build({
    entryPoints: ["test/support/writer.ts"],
    outfile: writer,
    bundle: true,
    platform: "node",
    format: "esm",
    external: ["libsql", "pg"],
    logLevel: "error",
  });
});
afterAll(() => rm(writer));

/** Lets a gateway's store write until so many writes were acknowledged, and kills it. Gives all that it acknowledged. */
async function writeAndDie(folder: string, count: number): Promise<string[]> {
  const child: ChildProcess = spawn(process.execPath, [writer, folder], { stdio: ["ignore", "pipe", "inherit"] });
  const exit = once(child, "exit");
  const acknowledged: string[] = [];
  if (!child.stdout) throw new Error("a pipe");
  for await (const line of createInterface({ input: child.stdout })) {
    acknowledged.push(line);
    if (acknowledged.length === count) child.kill("SIGKILL");
  }
  expect(await exit).toEqual([null, "SIGKILL"]);
  return acknowledged;
}

describe("a store whose process is killed", () => {
  it(
    `has every write that it acknowledged, and each one whole, after each of ${ROUNDS} rounds`,
    async () => {
      await using database = await createTestDatabase("file");
      if (database.location.kind !== "file") throw new Error("a folder");
      const { folder } = database.location;
      const acknowledged = new Set<string>();
      for (let round = 1; round <= ROUNDS; round += 1) {
        for (const id of await writeAndDie(folder, 1 + ((round * 7) % 40))) acknowledged.add(id);
        const file = new Libsql(join(folder, "syndigraph.db"));
        expect(file.prepare("pragma integrity_check").all()).toEqual([{ integrity_check: "ok" }]);
        file.close();
      }
      expect(acknowledged.size).toBeGreaterThan(ROUNDS * 10);
      const store = await database.open();
      const partners = await store.partners.all();
      const kept = new Set(partners.map(({ id }) => id));
      expect([...acknowledged].filter((id) => !kept.has(id))).toEqual([]);
      // What was not acknowledged may be there too, but never by half: each partner stands in the log, and has both its ids.
      for (const { id, trackingIds } of partners) {
        expect(trackingIds).toHaveLength(2);
        expect(await store.audit.list({ objectId: id }, 2)).toMatchObject([{ outcome: "DONE" }]);
      }
      expect(await store.partners.version()).toBe(partners.length);
    },
    TIMEOUT_MS,
  );
});
