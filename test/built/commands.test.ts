import { once } from "node:events";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { createTestDatabase, databaseKinds, type TestDatabase } from "../support/databases.ts";
import { run, runCommand } from "../support/program.ts";

const MAIN = join(inject("program") ?? "dist", "main.js");
const KEY = "operator-key-of-the-tests";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "syndigraph-commands-"));
});
afterAll(() => rm(folder, { recursive: true }));

const storeOf = ({ location }: TestDatabase): Record<string, string> =>
  location.kind === "postgres"
    ? { DATABASE_URL: location.url }
    : { DATA_DIRECTORY: location.kind === "file" ? location.folder : "" };

/** Runs a command as a process of its own. */
async function syndigraph(words: readonly string[], environment: Record<string, string>) {
  await using program = runCommand([process.execPath, MAIN, ...words], environment, folder);
  const code = await program.exit;
  return { code, output: program.output().trim() };
}

async function jsonOf(words: readonly string[], environment: Record<string, string>) {
  const { code, output } = await syndigraph([...words, "--json"], environment);
  expect([code, output]).toEqual([0, expect.stringMatching(/^\{/)]);
  return JSON.parse(output) as Record<string, unknown> & { rows: Record<string, number> };
}

/** Returns the partners of a gateway as its operator sees them. */
async function partnersOf(url: string): Promise<unknown[]> {
  const response = await fetch(`${url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${KEY}` },
    body: JSON.stringify({ query: "{ partners(first: 20) { nodes { name status } } }" }),
  });
  const { data } = (await response.json()) as { data: { partners: { nodes: unknown[] } } };
  return data.partners.nodes;
}

/** Starts a gateway over a sandbox of its own, whose account is the same each time. */
async function startGateway(environment: Record<string, string>) {
  const fixed = { PORT: "0", SANDBOX: "on", SANDBOX_PORT: "0", SYNDIGRAPH_OPERATOR_KEY: KEY };
  const program = run(MAIN, { ...fixed, ...environment });
  const [, url = ""] = await program.printed(/GraphiQL +(http:\S+)\/graphql/);
  return { program, online: { SYNDIGRAPH_URL: url, SYNDIGRAPH_KEY: KEY } };
}

for (const { kind, isReachable } of databaseKinds.filter(({ kind }) => kind !== "memory")) {
  describe.skipIf(!isReachable)(`commands of the program over ${kind}`, () => {
    it("export and import beside running gateways, and open a store themselves only when no gateway has it", async () => {
      await using database = await createTestDatabase(kind);
      await using other = await createTestDatabase(kind);
      const { program, online } = await startGateway(storeOf(database));
      await using gateway = program;
      const file = join(folder, `${kind}.gz`);
      // The collector has begun to read what the sandbox has.
      await expect
        .poll(async () => (await jsonOf(["archive", "export", file, "--force"], online)).rows["usage_rows"])
        .toBeGreaterThan(100);
      const exported = await jsonOf(["archive", "export", file, "--force"], online);

      const second = await startGateway({ ...storeOf(other), COLLECT_USAGE: "off" });
      await using importing = second.program;
      const imported = await jsonOf(["archive", "import", file], second.online);
      expect(imported).toMatchObject({ rows: exported.rows, updated: 0, conflicts: 0, unchanged: 0 });
      const copy = await jsonOf(["archive", "export", `${file}.copy`], second.online);
      expect(copy).toMatchObject({ rows: exported.rows, bytesOut: exported["bytesOut"] });

      const offline = ["archive", "export", `${file}.offline`, "--offline"];
      const refused = await syndigraph(offline, storeOf(other));
      expect([refused.code, refused.output]).toEqual([3, expect.stringMatching(/^STORE_IN_USE: /)]);
      importing.signal("SIGKILL");
      await importing.exit;
      if (other.location.kind === "postgres") {
        expect((await syndigraph(offline, storeOf(other))).code).toBe(3);
        const client = new pg.Client({ connectionString: other.location.url });
        await client.connect();
        // The 15 seconds after which its mark expires.
        await client.query("update leases set expires_at = expires_at - 15000");
        await client.end();
      }
      expect(await jsonOf(offline, storeOf(other))).toMatchObject({ rows: exported.rows });
      gateway.signal("SIGTERM");
      expect(await gateway.exit).toBe(0);
      // A gateway that has ended by itself leaves no mark.
      expect((await jsonOf([...offline, "--force"], storeOf(database))).rows["usage_rows"]).toBeGreaterThan(100);
    });
  });
}

describe("the program", () => {
  it("starts the gateway without a command and with serve, and ends with the code of a command", async () => {
    await using gateway = runCommand([process.execPath, MAIN, "serve"], { PORT: "0", SANDBOX_PORT: "0" }, folder);
    await gateway.printed(/GraphiQL/);
    const wrong = await syndigraph(["archive", "exprot"], {});
    expect([wrong.code, wrong.output]).toEqual([2, expect.stringMatching(/^INVALID_INPUT: .*exprot/)]);
    const damaged = join(folder, "damaged.gz");
    await writeFile(damaged, "no gzip");
    const environment = { SYNDIGRAPH_URL: "http://127.0.0.1:9", SYNDIGRAPH_KEY: KEY };
    expect((await syndigraph(["archive", "import", damaged], environment)).code).toBe(4);
    const help = await syndigraph(["--help"], {});
    expect([help.code, help.output]).toEqual([0, expect.stringContaining("archive")]);
  });

  it.each(["SIGINT", "SIGTERM"] as const)("leaves no part of a file when %s ends its export", async (signal) => {
    const server = createServer((request, response) => {
      if (request.url === "/archive") response.end('{"accounts":[]}');
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const environment = { SYNDIGRAPH_URL: `http://127.0.0.1:${port}`, SYNDIGRAPH_KEY: KEY };
    const file = `${signal}.gz`;
    await using program = runCommand([process.execPath, MAIN, "archive", "export", file], environment, folder);
    const files = async () => (await readdir(folder)).filter((name) => name.startsWith(file));
    await expect.poll(files).toEqual([expect.stringMatching(/\.part$/)]);
    program.signal(signal);
    // No code: the signal has ended it.
    expect(await program.exit).toBe(null);
    expect(await files()).toEqual([]);
    server.closeAllConnections();
    server.close();
  });

  it.skipIf(!databaseKinds.some((each) => each.kind === "postgres" && each.isReachable))(
    "moves a store from SQLite to PostgreSQL, where the gateway continues with its partners",
    async () => {
      await using from = await createTestDatabase("file");
      await using to = await createTestDatabase("postgres");
      const move = ["archive", "move", "--offline"];
      const both = { ...storeOf(from), ...storeOf(to) };
      const { program, online } = await startGateway(storeOf(from));
      await using gateway = program;
      const partners = await partnersOf(online.SYNDIGRAPH_URL);
      expect(partners).toContainEqual({ name: "Northwind TV", status: "ACTIVE" });
      expect((await syndigraph(move, both)).code).toBe(3);
      gateway.signal("SIGTERM");
      await gateway.exit;
      const moved = await jsonOf(move, both);
      expect(moved).toMatchObject({ tables: expect.arrayContaining([expect.objectContaining({ table: "partners" })]) });
      const after = await startGateway(storeOf(to));
      await using continuing = after.program;
      expect(await partnersOf(after.online.SYNDIGRAPH_URL)).toEqual(partners);
      expect((await syndigraph(move, both)).code).toBe(3);
      continuing.signal("SIGTERM");
      await continuing.exit;
      expect((await syndigraph(move, both)).code).toBe(6);
    },
  );
});
