import { join } from "node:path";
import { sql } from "kysely";
import Libsql from "libsql";
import { describe, expect, it } from "vitest";
import { exitCodes } from "../../src/cli/command-error.ts";
import { moveStore } from "../../src/store/move-store.ts";
import { openDatabase } from "../../src/store/open-store.ts";
import type { Store } from "../../src/store/store.ts";
import { archiveContents, fillArchive } from "../support/archives.ts";
import { command, commandResult } from "../support/command.ts";
import { createTestDatabase, databaseKinds, type TestDatabase } from "../support/databases.ts";

const isReachable = databaseKinds.some((each) => each.kind === "postgres" && each.isReachable);

const partner = (name: string) => ({
  ...{ name, trackingIds: [`${name}-1`, `${name}-2`], contact: null },
  ...{ timeZone: "UTC", currency: "EUR", notes: 'ä " \u{1f600}' },
});
const entry = {
  ...{ at: 5, principalId: "key:1", principalName: "one", role: "OPERATOR", partnerId: null, address: null },
  ...{ operation: "createPartner", objectId: null, detail: "{}" },
};

/** Fills every kind of table: a rotated key references another one, and an id has had another holder. */
async function fill(store: Store): Promise<void> {
  await fillArchive(store, "SYN4DX");
  const acme = await store.partners.create(partner("acme"), 1);
  await store.partners.create(partner("kestrel"), 2);
  const key = { name: "k", role: "PARTNER", partnerId: acme.id, scopes: [], expiresAt: null } as const;
  for (const hash of ["a", "b"]) {
    await store.apiKeys.create({ ...key, allowedOrigins: [], allowedNetworks: [] }, hash.repeat(64), 3);
  }
  for (let count = 0; count < 3; count += 1) {
    const id = await store.audit.append(entry, undefined, [{ objectId: "o", effect: "USED" }]);
    if (count > 0) await store.audit.end(id, { outcome: "DONE", code: null, objectId: null });
  }
}

const folderOf = ({ location }: TestDatabase) => (location.kind === "file" ? location.folder : "");
const environmentOf = (from: TestDatabase, to: TestDatabase): Record<string, string> => ({
  DATA_DIRECTORY: folderOf(from),
  DATABASE_URL: to.location.kind === "postgres" ? to.location.url : "",
});
const MOVE = ["archive", "move", "--offline"];

async function filledFolder(): Promise<TestDatabase> {
  const from = await createTestDatabase("file");
  const store = await from.open();
  await fill(store);
  const [first] = await store.partners.all();
  await store.close();
  const file = new Libsql(join(folderOf(from), "syndigraph.db"));
  file.exec(
    `update api_keys set replaced_by_id = (select max(id) from api_keys) where id < (select max(id) from api_keys)`,
  );
  file.exec(
    `insert into tracking_id_holders values ('acme-9', '${first?.id}', 1, 2, 3), ('acme-9', '${first?.id}', 2, 3, 4)`,
  );
  file.close();
  return from;
}

describe.skipIf(!isReachable)("archive move", () => {
  it("copies every table to PostgreSQL, equal by number and digest, where a gateway then continues", async () => {
    await using from = await filledFolder();
    await using to = await createTestDatabase("postgres");
    const { tables } = await commandResult<{ tables: { table: string; rows: number }[] }>(
      MOVE,
      environmentOf(from, to),
    );
    const rowsOf = Object.fromEntries(tables.map(({ table, rows }) => [table, rows]));
    expect(rowsOf).toMatchObject({ partners: 2, api_keys: 2, audit_entries: 3, tracking_id_holders: 2, usage_gaps: 1 });
    expect(Object.keys(rowsOf)).toEqual(
      expect.arrayContaining(["idempotency_keys", "signing_keys", "pattern_coverages"]),
    );
    const [source, target] = [await from.open(), await to.open()];
    expect(await archiveContents(target)).toEqual(await archiveContents(source));
    expect(await target.partners.all()).toEqual(await source.partners.all());
    expect(await target.audit.list({}, 10)).toEqual(await source.audit.list({}, 10));
    // Ids go on behind those that were moved.
    expect(await target.audit.append(entry)).toBe("4");
    await target.partners.create(partner("lumen"), 9);
  });

  it("refuses a database that holds other data, and leaves both as they were", async () => {
    await using from = await filledFolder();
    await using to = await createTestDatabase("postgres");
    const other = await to.open();
    await other.partners.create(partner("other"), 1);
    const { code, stderr } = await command(MOVE, environmentOf(from, to));
    expect([code, stderr]).toEqual([exitCodes.REFUSED, expect.stringMatching(/^CONFLICT: DATABASE_URL must /)]);
    expect((await other.partners.all()).map(({ name }) => name)).toEqual(["other"]);
    await using empty = await createTestDatabase("postgres");
    await commandResult(MOVE, environmentOf(from, empty));
  });

  it("is refused while a gateway uses the folder or the database, and for a folder without a store", async () => {
    await using from = await filledFolder();
    await using to = await createTestDatabase("postgres");
    const running = await from.open();
    expect((await command(MOVE, environmentOf(from, to))).code).toBe(exitCodes.STORE_IN_USE);
    await running.close();
    const target = await to.open();
    await target.gatewayMarks.set("a gateway", 600_000);
    expect((await command(MOVE, environmentOf(from, to))).code).toBe(exitCodes.STORE_IN_USE);
    await target.gatewayMarks.remove("a gateway");
    const nowhere = await command([...MOVE, "--data-directory", "/nowhere"], environmentOf(from, to));
    expect(nowhere.stderr).toMatch(/DATA_DIRECTORY must be a folder with a store; \/nowhere has none/);
  });

  it("that was interrupted goes on when it is repeated, and no gateway starts on the database before", async () => {
    await using from = await filledFolder();
    await using to = await createTestDatabase("postgres");
    if (from.location.kind !== "file" || to.location.kind !== "postgres") throw new Error("a file and PostgreSQL");
    const source = await openDatabase(from.location);
    const target = await openDatabase(to.location);
    const interrupted = moveStore({
      source,
      target,
      onTable: () => {
        throw new Error("interrupted");
      },
    });
    await expect(interrupted).rejects.toThrow("interrupted");
    await expect(to.open()).rejects.toThrow(/archive move`, which has not finished/);
    // What changed since is moved as well.
    await sql`update partners set name = 'renamed' where name = 'acme'`.execute(source);
    await sql`delete from usage_rows where owner = 'kestrel' and part like 'stream 1%'`.execute(source);
    await Promise.all([source.destroy(), target.destroy()]);
    await commandResult(MOVE, environmentOf(from, to));
    const [left, moved] = [await from.open(), await to.open()];
    expect(await archiveContents(moved)).toEqual(await archiveContents(left));
    expect((await moved.partners.all()).map(({ name }) => name).sort()).toEqual(["kestrel", "renamed"]);
    await using another = await filledFolder();
    const again = await command(MOVE, environmentOf(another, to));
    expect([again.code, again.stderr]).toEqual([exitCodes.REFUSED, expect.stringMatching(/^CONFLICT: /)]);
  });
});
