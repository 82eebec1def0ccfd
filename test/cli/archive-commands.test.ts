import { mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { exitCodes } from "../../src/cli/command-error.ts";
import { archiveTables } from "../../src/model/usage/archive-tables.ts";
import type { Store } from "../../src/store/store.ts";
import { addKey } from "../support/api-keys.ts";
import { ARCHIVED_ROWS, archiveContents, archivePages, fillArchive, writeNewest } from "../support/archives.ts";
import { command, commandResult, servedGateway } from "../support/command.ts";
import { createTestDatabase, databaseKinds, type TestDatabase } from "../support/databases.ts";
import { createTestGateway, OPERATOR_KEY, type TestGateway } from "../support/gateway.ts";

/** Account of the sandbox. */
const ACCOUNT = "SYN4DX";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "syndigraph-cli-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** Returns the environment by which commands open a store themselves. */
const environmentOf = ({ location }: TestDatabase): Record<string, string> =>
  location.kind === "postgres"
    ? { DATABASE_URL: location.url }
    : { DATA_DIRECTORY: location.kind === "file" ? location.folder : "" };

for (const { kind, isReachable } of databaseKinds.filter(({ kind }) => kind !== "memory")) {
  describe.skipIf(!isReachable)(`archive commands beside a running gateway over ${kind}`, () => {
    let database: TestDatabase;
    let store: Store;
    let gateway: TestGateway;
    let served: Awaited<ReturnType<typeof servedGateway>>;
    let online: Record<string, string>;
    let file: string;
    beforeAll(async () => {
      database = await createTestDatabase(kind);
      store = await database.open();
      await fillArchive(store, ACCOUNT);
      gateway = await createTestGateway({ gateway: { store } });
      served = await servedGateway(gateway.gateway);
      online = { SYNDIGRAPH_URL: served.url, SYNDIGRAPH_KEY: OPERATOR_KEY };
      file = join(folder, `${kind}.jsonl.gz`);
      await commandResult(["archive", "export", file], online);
    });
    afterAll(async () => {
      await served[Symbol.asyncDispose]();
      await gateway[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
    });

    /** Serves a gateway over another, empty store. */
    const another = async () => {
      const other = await createTestDatabase(kind);
      const otherStore = await other.open();
      const otherGateway = await createTestGateway({ gateway: { store: otherStore } });
      const otherServed = await servedGateway(otherGateway.gateway);
      return {
        store: otherStore,
        gateway: otherGateway,
        environment: { SYNDIGRAPH_URL: otherServed.url, SYNDIGRAPH_KEY: OPERATOR_KEY },
        [Symbol.asyncDispose]: async () => {
          await otherServed[Symbol.asyncDispose]();
          await otherGateway[Symbol.asyncDispose]();
          await other[Symbol.asyncDispose]();
        },
      };
    };

    it("export the whole archive, and import it elsewhere: equal to the byte, and the second time unchanged", async () => {
      await using other = await another();
      const first = await commandResult(["archive", "import", file], other.environment);
      expect(first).toMatchObject({
        added: ARCHIVED_ROWS.reduce((sum, count) => sum + count, 0),
        updated: 0,
        conflicts: 0,
        rows: { usage_rows: ARCHIVED_ROWS[0], usage_corrections: ARCHIVED_ROWS[1] },
      });
      expect(await archiveContents(other.store)).toEqual(await archiveContents(store));
      expect(await commandResult(["archive", "import", file], other.environment)).toMatchObject({
        added: 0,
        updated: 0,
      });
      expect(await archiveContents(other.store)).toEqual(await archiveContents(store));
      const copy = `${file}.copy`;
      const exported = await commandResult(["archive", "export", copy], other.environment);
      expect(exported).toMatchObject({ accounts: [ACCOUNT], bytesOut: expect.stringMatching(/^\d{20,}$/) });
    });

    it("has each import in the audit log, with what was imported and by whom", async () => {
      await using other = await another();
      const { import: id, sha256 } = await commandResult(["archive", "import", file], other.environment);
      const { data } = await other.gateway.ask<{ auditLog: { nodes: { detail: string }[] } }>(
        `{ auditLog(filter: { operation: "importArchive" }, first: 5) { nodes { id principalId outcome detail } } }`,
      );
      expect(data.auditLog.nodes).toMatchObject([{ principalId: "operator", outcome: "DONE" }]);
      expect(data.auditLog.nodes[0]?.detail).toContain(String(sha256));
      expect(id).toEqual(expect.any(String));
    });

    it("refuse callers that are not operators with the scope, and import nothing for them", async () => {
      await using other = await another();
      const partner = await other.store.partners.create(
        { name: "Acme", trackingIds: ["northwind"], contact: null, timeZone: "UTC", currency: "EUR", notes: null },
        0,
      );
      const keys = [
        await addKey(other.gateway, { role: "PARTNER", partnerId: partner.id }),
        await addKey(other.gateway, { role: "ANALYST" }),
        await addKey(other.gateway, { role: "ANALYST", scopes: ["usage:read"] }),
        await addKey(other.gateway, { scopes: ["partner:admin"] }),
      ];
      for (const words of [
        ["archive", "export", join(folder, "refused.gz")],
        ["archive", "import", file],
      ]) {
        for (const { key } of keys) {
          const { code, stderr } = await command(words, { ...other.environment, SYNDIGRAPH_KEY: key });
          expect([code, stderr]).toEqual([exitCodes.REFUSED, expect.stringMatching(/^FORBIDDEN: /)]);
        }
        const [, , analyst] = keys;
        const { stderr } = await command(words, { ...other.environment, SYNDIGRAPH_KEY: analyst?.key ?? "" });
        expect(stderr).toContain(
          words.includes("export") ? "the role OPERATOR; the caller's is ANALYST" : "archive:write",
        );
        const unknown = await command(words, { ...other.environment, SYNDIGRAPH_KEY: "no-such-key" });
        expect([unknown.code, unknown.stderr]).toEqual([6, expect.stringMatching(/^UNAUTHENTICATED: /)]);
      }
      expect(await archiveContents(other.store)).toEqual([]);
      await expect(readFile(join(folder, "refused.gz"))).rejects.toThrow("ENOENT");
    });

    it("answer an import that the caller has not begun like one that does not exist", async () => {
      await using other = await another();
      const { key } = await addKey(other.gateway);
      const post = (path: string, bearer: string, body: object) =>
        fetch(`${other.environment.SYNDIGRAPH_URL}${path}`, {
          method: "POST",
          headers: { authorization: `Bearer ${bearer}`, "content-type": "application/json" },
          body: JSON.stringify(body),
        });
      const begun = { idempotencyKey: "an import", accounts: [ACCOUNT], sha256: "0".repeat(64), rows: {} };
      const { import: id } = (await (await post("/archive/imports", OPERATOR_KEY, begun)).json()) as { import: string };
      const rows = { table: "usage_rows", rows: [] };
      const answers = [
        await post(`/archive/imports/${id}/rows`, key, rows),
        await post("/archive/imports/999999/rows", key, rows),
      ];
      expect(answers.map(({ status }) => status)).toEqual([404, 404]);
      const [one, two] = await Promise.all(answers.map((answer) => answer.text()));
      expect(one).toBe(two);
      expect((await post(`/archive/imports/${id}/rows`, OPERATOR_KEY, rows)).status).toBe(200);
      expect((await post(`/archive/imports/${id}/end`, OPERATOR_KEY, {})).status).toBe(200);
      expect((await post(`/archive/imports/${id}/rows`, OPERATOR_KEY, rows)).status).toBe(404);
      expect((await post(`/archive/imports/${id}/end`, key, {})).status).toBe(404);
    });

    it("refuse usage of another account, unless they are told to take it", async () => {
      await using other = await another();
      await fillArchive(other.store, "OTHER1");
      const foreign = join(folder, `foreign-${kind}.gz`);
      await commandResult(["archive", "export", foreign], other.environment);
      const before = await archiveContents(store);
      const refused = await command(["archive", "import", foreign], online);
      expect(refused.stderr).toMatch(/^CONFLICT: .*"OTHER1".*--foreign-account/);
      expect(refused.code).toBe(exitCodes.REFUSED);
      expect(await archiveContents(store)).toEqual(before);
      // An export that began before the archive had anything names no account, although its rows have one.
      await using early = await servedGateway({
        ...other.gateway.gateway,
        handle: (request, response) => {
          if (request.url !== "/archive") return other.gateway.gateway.handle(request, response);
          response.setHeader("content-type", "application/json").end('{"accounts":[]}');
        },
      });
      const unnamed = join(folder, `unnamed-${kind}.gz`);
      await commandResult(["archive", "export", unnamed], { ...other.environment, SYNDIGRAPH_URL: early.url });
      expect((await command(["archive", "import", unnamed], online)).stderr).toMatch(/^CONFLICT: .*"OTHER1"/);
      await using third = await another();
      await commandResult(["archive", "import", foreign, "--foreign-account"], third.environment);
      expect(await third.store.archiveTransfer.accounts()).toEqual(["OTHER1"]);
    });

    it("import the same beside a collector that writes the same rows at the same time", async () => {
      await using other = await another();
      await Promise.all([
        commandResult(["archive", "import", file], other.environment),
        ...[1, 2, 3].map(() => writeNewest(other.store).catch(() => undefined)),
      ]);
      const withoutTimeOfRead = archiveTables[0]?.columns.findIndex(({ name }) => name === "read_at") ?? 0;
      const rowsOf = async (of: Store) =>
        (await archivePages(of)).flatMap(({ table, rows }) => {
          if (table === "usage_sources") return [];
          return rows.map((row) =>
            JSON.stringify([table, ...(table === "usage_rows" ? row.with(withoutTimeOfRead, null) : row)]),
          );
        });
      expect((await rowsOf(other.store)).sort()).toEqual((await rowsOf(store)).sort());
    });

    it("with --offline are refused while a gateway holds the store, and allowed when none does", async () => {
      await using held = await createTestDatabase(kind);
      const heldStore = await held.open();
      await fillArchive(heldStore, ACCOUNT);
      if (kind === "postgres") await heldStore.gatewayMarks.set("a gateway", 600_000);
      const out = join(folder, `offline-${kind}.gz`);
      const environment = environmentOf(held);
      for (const words of [
        ["archive", "export", out],
        ["archive", "import", file],
      ]) {
        const { code, stderr } = await command([...words, "--offline"], environment);
        expect([code, stderr]).toEqual([exitCodes.STORE_IN_USE, expect.stringMatching(/^STORE_IN_USE: /)]);
      }
      const contents = await archiveContents(heldStore);
      await heldStore.gatewayMarks.remove("a gateway");
      if (kind === "file") await heldStore.close();
      expect(await commandResult(["archive", "export", out, "--offline"], environment)).toMatchObject({
        rows: { usage_rows: ARCHIVED_ROWS[0] },
      });
      await using target = await createTestDatabase(kind);
      const imported = await commandResult(["archive", "import", out, "--offline"], environmentOf(target));
      expect(imported).toMatchObject({ conflicts: 0 });
      const opened = await target.open();
      expect(await archiveContents(opened)).toEqual(contents);
      expect(await opened.audit.list({ operation: "importArchive" }, 5)).toMatchObject([
        { principalId: "offline", outcome: "DONE" },
      ]);
    });
  });
}

describe("a file of an export", () => {
  let gateway: TestGateway;
  let served: Awaited<ReturnType<typeof servedGateway>>;
  let environment: Record<string, string>;
  let whole: Buffer;
  const file = () => join(folder, "whole.gz");
  beforeAll(async () => {
    gateway = await createTestGateway();
    await fillArchive(gateway.store, ACCOUNT);
    served = await servedGateway(gateway.gateway);
    environment = { SYNDIGRAPH_URL: served.url, SYNDIGRAPH_KEY: OPERATOR_KEY };
    await commandResult(["archive", "export", file()], environment);
    whole = await readFile(file());
  });
  afterAll(async () => {
    await served[Symbol.asyncDispose]();
    await gateway[Symbol.asyncDispose]();
  });

  /** Imports contents into a gateway that has to refuse them, and returns its message. */
  const refusal = async (contents: Uint8Array): Promise<string> => {
    const damaged = join(folder, "damaged.gz");
    await writeFile(damaged, contents);
    const { code, stderr } = await command(["archive", "import", damaged], environment);
    expect([code, stderr]).toEqual([exitCodes.DAMAGED_FILE, expect.stringMatching(/^DAMAGED_FILE: /)]);
    return stderr;
  };
  const imports = () => gateway.store.audit.list({ operation: "importArchive" }, 100);
  const lines = () => gunzipSync(whole).toString().split("\n");

  it("is refused if it is cut off anywhere, or a byte of it differs, before an import begins", async () => {
    const before = await archiveContents(gateway.store);
    await fc.assert(
      fc.asyncProperty(
        fc.nat(whole.length - 1),
        fc.integer({ min: 1, max: 255 }),
        fc.boolean(),
        async (at, change, cuts) => {
          if (cuts) {
            await refusal(whole.subarray(0, at));
            return;
          }
          const changed = Buffer.from(whole);
          // Bytes 4 to 9 of gzip are time, flags of the compressor and system, which no contents depend on.
          const place = at >= 3 && at < 10 ? 10 : at;
          changed[place] = (changed[place] ?? 0) ^ change;
          await refusal(changed);
        },
      ),
      { numRuns: 60 },
    );
    expect(await archiveContents(gateway.store)).toEqual(before);
    expect(await imports()).toEqual([]);
  });

  it("is refused if lines are missing, repeated, moved or changed although it is whole gzip", async () => {
    const at = 40;
    const changed = (change: (all: string[]) => string[]) => gzipSync(change(lines()).join("\n"));
    await refusal(changed((all) => all.toSpliced(at, 1)));
    await refusal(changed((all) => all.toSpliced(at, 0, all[at] ?? "")));
    await refusal(changed((all) => all.with(at, all[at + 1] ?? "").with(at + 1, all[at] ?? "")));
    await refusal(changed((all) => all.with(at, (all[at] ?? "").replace(/"(\d+)","0"/, '"1$1","0"'))));
    await refusal(changed((all) => all.with(0, (all[0] ?? "").replace(ACCOUNT, "OTHER1"))));
    expect(await refusal(changed((all) => all.slice(0, -2)))).toMatch(/ends before its trailer|ends within/);
    await refusal(Buffer.concat([whole, Buffer.from("more")]));
    expect(await refusal(Buffer.concat([whole, whole]))).toContain("goes on after its trailer");
    expect(await refusal(Buffer.from("no gzip"))).toContain("compressed data");
    expect(await refusal(gzipSync(""))).toContain("empty");
    expect(await refusal(gzipSync(`${lines()[0]?.replace('"version":1', '"version":2')}\n`))).toContain("version");
    expect(await imports()).toEqual([]);
  });

  it("is not replaced without --force, and left as it was by an export that fails", async () => {
    const before = await readFile(file());
    const again = await command(["archive", "export", file()], environment);
    expect([again.code, again.stderr]).toEqual([exitCodes.USAGE, expect.stringContaining("--force")]);
    const away = { ...environment, SYNDIGRAPH_URL: "http://127.0.0.1:9" };
    const failed = await command(["archive", "export", file(), "--force"], away);
    expect([failed.code, failed.stderr]).toEqual([
      5,
      expect.stringMatching(/^GATEWAY_UNREACHABLE: SYNDIGRAPH_URL must /),
    ]);
    expect(await readFile(file())).toEqual(before);
    await truncate(file(), 10);
    await commandResult(["archive", "export", file(), "--force"], environment);
    expect((await readFile(file())).length).toBeGreaterThan(1_000);
  });

  it.each([
    ["beginning", "/imports"],
    ["end", "/end"],
  ])("is imported once although the response to the %s of the import is lost", async (_name, path) => {
    await using target = await createTestGateway();
    let isLost = false;
    await using port = await servedGateway({
      ...target.gateway,
      handle: (request, response) => {
        if (request.url?.endsWith(path) && !isLost) {
          isLost = true;
          response.end = () => {
            request.socket.destroy();
            return response;
          };
        }
        target.gateway.handle(request, response);
      },
    });
    await commandResult(["archive", "import", file()], { ...environment, SYNDIGRAPH_URL: port.url });
    expect(isLost).toBe(true);
    expect(await target.store.audit.list({ operation: "importArchive" }, 5)).toMatchObject([{ outcome: "DONE" }]);
  });

  it("is imported although the gateway is away for some seconds", async () => {
    await using target = await createTestGateway();
    let isAway = false;
    let requests = 0;
    await using port = await servedGateway({
      ...target.gateway,
      handle: (request, response) => {
        requests += 1;
        isAway = requests % 3 === 0;
        if (isAway) request.socket.destroy();
        else target.gateway.handle(request, response);
      },
    });
    await commandResult(["archive", "import", file()], { ...environment, SYNDIGRAPH_URL: port.url });
    expect(requests).toBeGreaterThan(6);
    expect(await archiveContents(target.store)).toEqual(await archiveContents(gateway.store));
  });
});

describe("the program", () => {
  it.each([
    [["bogus"], "bogus"],
    [["serve", "--fast"], "--fast"],
    [["archive", "export"], "file"],
    [["archive", "export", "x", "--key", "secret"], "--key"],
    [["archive", "move"], "--offline"],
    [["archive", "import", "x"], "SYNDIGRAPH_URL"],
    [["archive", "import", "x", "--url", "ftp://x"], "SYNDIGRAPH_URL"],
    [["archive", "import", "x", "--url", "http://key@x"], "SYNDIGRAPH_URL"],
    [["archive", "import", "x", "--url", "http://x"], "SYNDIGRAPH_KEY"],
    [["archive", "import", "x", "--url", "http://x", "--key-file", "/nowhere"], "/nowhere"],
    [["archive", "move", "--offline"], "DATABASE_URL"],
  ])("ends %j with 2, and names what is wrong in one line of text or of JSON", async (words, named) => {
    const { code, stdout, stderr } = await command(words);
    expect([code, stdout, stderr.trim().split("\n")]).toEqual([2, "", [expect.stringContaining(named)]]);
    const json = await command([...words, "--json"]);
    expect(JSON.parse(json.stderr)).toEqual({
      error: { code: expect.any(String), message: expect.stringContaining(named) },
    });
  });

  it("prints its help with the variables of the options and the exit codes", async () => {
    const help = await command(["archive", "export", "--help"]);
    expect(help.code).toBe(0);
    expect(help.stdout).toContain("(env: SYNDIGRAPH_URL)");
    expect((await command(["--help"])).stdout).toMatch(/archive .*Exit codes: 0 done/s);
  });

  it("takes the key from a file, and prints it in no error", async () => {
    const keyFile = join(folder, "key");
    await writeFile(keyFile, "a-key-that-stays-secret\n");
    const words = ["archive", "import", "/nowhere", "--url", "http://127.0.0.1:9/graphql", "--key-file", keyFile];
    const { code, stderr } = await command(words);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^FILE_UNAVAILABLE: \/nowhere /)]);
    for (const key of ["cl\u00e9-\u20ac", "two\nlines"]) {
      const odd = await command(words.slice(0, 5), { SYNDIGRAPH_KEY: key });
      expect([odd.code, odd.stderr]).toEqual([2, expect.stringMatching(/^INVALID_INPUT: SYNDIGRAPH_KEY must /)]);
      expect(odd.stderr).not.toContain(key);
    }
    await writeFile(keyFile, "two keys");
    expect((await command(words)).stderr).not.toContain("two keys");
  });
});
