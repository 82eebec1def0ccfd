import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Kysely, sql } from "kysely";
import Libsql from "libsql";
import pg from "pg";
import { describe, expect, it } from "vitest";
import { up as createRegistry } from "../../src/store/migrations/0001-registry.ts";
import { up as addAuditObjects } from "../../src/store/migrations/0003-audit-objects.ts";
import { up as createTimeZones } from "../../src/store/migrations/0011-time-zones.ts";
import { openStore, type StoreLocation } from "../../src/store/open-store.ts";
import { createPostgresDialect } from "../../src/store/postgres.ts";
import type { SqlDialect } from "../../src/store/sql-dialect.ts";
import { createSqliteDialect, openFile } from "../../src/store/sqlite.ts";
import { createTestDatabase, databaseKinds } from "../support/databases.ts";
import { rejectionOf } from "../support/refusal.ts";

/** Runs statements past the store. */
async function execute(location: StoreLocation, ...statements: readonly string[]): Promise<void> {
  if (location.kind === "memory") throw new Error("a database in memory has nobody else");
  if (location.kind === "postgres") {
    const client = new pg.Client({ connectionString: location.url });
    await client.connect();
    try {
      for (const statement of statements) await client.query(statement);
    } finally {
      await client.end();
    }
    return;
  }
  const database = new Libsql(join(location.folder, "syndigraph.db"));
  try {
    for (const statement of statements) database.exec(statement);
  } finally {
    database.close();
  }
}

/** Creates a database as the first version of the program left it. */
async function createFirstVersion(location: StoreLocation): Promise<{ db: Kysely<never>; dialect: SqlDialect }> {
  if (location.kind === "memory") throw new Error("a database in memory has no former version");
  const db = new Kysely<never>({
    dialect:
      location.kind === "postgres"
        ? createPostgresDialect(location.url)
        : createSqliteDialect(await openFile(location.folder, 1_000)),
  });
  const dialect = location.kind === "postgres" ? "postgres" : "sqlite";
  await createRegistry(db, dialect);
  return { db, dialect };
}

const partner = {
  name: "Northwind TV",
  trackingIds: ["northwind"],
  contact: null,
  timeZone: "UTC",
  currency: "EUR",
  notes: null,
};
const entry = {
  at: 1,
  principalId: "key",
  principalName: "desk",
  role: "OPERATOR",
  partnerId: null,
  address: null,
  operation: "createPartner",
  objectId: null,
  detail: "{}",
};

for (const { kind, isReachable } of databaseKinds.filter((database) => database.kind !== "memory")) {
  describe.skipIf(!isReachable)(`a database in ${kind}`, () => {
    it("is made on first use, and is there when it is opened again", async () => {
      await using database = await createTestDatabase(kind);
      const first = await openStore(database.location);
      const created = await first.partners.create(partner, 1);
      await first.close();
      const again = await database.open();
      expect(await again.partners.all()).toEqual([created]);
    });

    it("that a newer version of the program has migrated is refused, and left as it is", async () => {
      await using database = await createTestDatabase(kind);
      await (await openStore(database.location)).close();
      await execute(
        database.location,
        "insert into kysely_migration (name, timestamp) values ('0999-from-the-future', '2031-01-01T00:00:00.000Z')",
      );
      const refusal = await rejectionOf(openStore(database.location));
      expect(refusal.code).toBe("STORE_UNAVAILABLE");
      expect(refusal.message).toContain("newer version of Syndigraph");
      expect(refusal.message).toContain("0999-from-the-future");
      await execute(database.location, "delete from kysely_migration where name = '0999-from-the-future'");
      await (await openStore(database.location)).close();
    });

    it("preserves the outcomes of the audit log when objects are added to it, and allows PARTIAL from then on", async () => {
      await using database = await createTestDatabase(kind);
      const { db, dialect } = await createFirstVersion(database.location);
      try {
        const run = (text: string) => sql.raw(text).execute(db);
        await run(
          "insert into audit_entries (at, principal_id, principal_name, role, operation, detail) values (1, 'k', 'k', 'OPERATOR', 'o', '{}')",
        );
        await run(
          "insert into audit_ends (entry_id, outcome, code, object_id) values (1, 'REFUSED', 'NOT_FOUND', 'x')",
        );
        await addAuditObjects(db, dialect);
        const { rows } = await sql<object>`select entry_id, outcome, code, object_id from audit_ends`.execute(db);
        expect(rows).toEqual([{ entry_id: 1, outcome: "REFUSED", code: "NOT_FOUND", object_id: "x" }]);
        await expect(run("update audit_ends set outcome = 'DONE'")).rejects.toThrow();
        await run(
          "insert into audit_entries (at, principal_id, principal_name, role, operation, detail) values (2, 'k', 'k', 'OPERATOR', 'o', '{}')",
        );
        await run("insert into audit_ends (entry_id, outcome) values (2, 'PARTIAL')");
        await expect(run("insert into audit_ends (entry_id, outcome) values (1, 'PARTIAL')")).rejects.toThrow();
      } finally {
        await db.destroy();
      }
    });

    it("leaves the months of partners in UTC up to the present one when it gives them time zones", async () => {
      await using database = await createTestDatabase(kind);
      const { db, dialect } = await createFirstVersion(database.location);
      try {
        const run = (text: string) => sql.raw<object>(text).execute(db);
        for (const [id, zone] of [
          ["berlin", "Europe/Berlin"],
          ["utc", "UTC"],
        ]) {
          await run(`insert into partners (id, name, time_zone, currency, status, created_at)
            values ('${id}', 'x', '${zone}', 'EUR', 'ACTIVE', 1)`);
        }
        await createTimeZones(db, dialect);
        const [year = 0, month = 0] = new Date().toISOString().split("-").map(Number);
        const next = new Date(Date.UTC(year, month, 1)).toISOString().slice(0, 7);
        const { rows } = await run("select owner, from_month, time_zone from time_zones order by owner, from_month");
        expect(rows).toEqual([
          { owner: "account", from_month: "", time_zone: "UTC" },
          { owner: "berlin", from_month: "", time_zone: "UTC" },
          { owner: "berlin", from_month: next, time_zone: "Europe/Berlin" },
          { owner: "utc", from_month: "", time_zone: "UTC" },
        ]);
      } finally {
        await db.destroy();
      }
    });

    it("refuses to change or delete entries of the audit log, whoever tries", async () => {
      await using database = await createTestDatabase(kind);
      const store = await openStore(database.location);
      await store.audit.append(entry, { outcome: "PARTIAL", code: "NOT_FOUND", objectId: null }, [
        { objectId: "x", effect: "CHANGED" },
      ]);
      const before = await store.audit.list({}, 10);
      await store.close();
      const refused = [
        "update audit_entries set principal_id = 'nobody'",
        "update audit_ends set outcome = 'FAILED'",
        "delete from audit_entries",
        "delete from audit_ends",
        "update audit_objects set effect = 'UNCHANGED'",
        "delete from audit_objects",
        ...(kind === "postgres"
          ? ["truncate audit_entries cascade", "truncate audit_ends", "truncate audit_objects"]
          : [
              "insert or replace into audit_entries (id, at, principal_id, principal_name, role, operation, detail) values (1, 2, 'n', 'n', 'n', 'n', 'n')",
              "insert or replace into audit_ends (entry_id, outcome) values (1, 'FAILED')",
              "replace into audit_ends (entry_id, outcome) values (1, 'FAILED')",
              "replace into audit_objects (entry_id, object_id, effect, position) values (1, 'x', 'CHANGED', 1)",
            ]),
      ];
      for (const statement of refused) {
        await expect(execute(database.location, statement), statement).rejects.toThrow("append-only");
      }
      const again = await database.open();
      expect(await again.audit.list({}, 10)).toEqual(before);
    });
  });
}

describe.skipIf(!databaseKinds.some(({ kind, isReachable }) => kind === "postgres" && isReachable))(
  "gateways that share a database in postgres",
  () => {
    it("may start at the same time on an empty one: one of them migrates, the others wait for it", async () => {
      await using database = await createTestDatabase("postgres");
      const stores = await Promise.all(Array.from({ length: 5 }, () => database.open()));
      const [one, two] = stores;
      const created = await one?.partners.create(partner, 1);
      expect(await two?.partners.byId(created?.id ?? "")).toEqual(created);
      expect(await two?.partners.version()).toBe(1);
    });

    it("give a tracking id to one of those who race for it", async () => {
      await using database = await createTestDatabase("postgres");
      const stores = await Promise.all([database.open(), database.open()]);
      const ends = await Promise.allSettled(
        Array.from({ length: 10 }, (_, index) => stores[index % 2]?.partners.create(partner, 1)),
      );
      expect(ends.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
      for (const end of ends) {
        if (end.status === "rejected") expect(end.reason).toMatchObject({ code: "TRACKING_ID_TAKEN" });
      }
    });
  },
);

describe("openStore: a folder", () => {
  it("serves one gateway at a time: a second one waits, and is refused when the first does not end", async () => {
    await using database = await createTestDatabase("file");
    const first = await openStore(database.location);
    const refusal = await rejectionOf(openStore(database.location));
    expect(refusal).toMatchObject({ code: "STORE_UNAVAILABLE" });
    expect(refusal.message).toMatch(/is in use by another gateway\. Set DATA_DIRECTORY .* or DATABASE_URL/);
    if (database.location.kind !== "file") throw new Error("a folder");
    const waiting = openStore({ ...database.location, waitMs: 10_000 });
    const created = await first.partners.create(partner, 1);
    await first.close();
    const second = await waiting;
    expect(await second.partners.all()).toEqual([created]);
    await second.close();
  });

  it("can be copied while it is used", async () => {
    await using database = await createTestDatabase("file");
    const store = await database.open();
    const created = await store.partners.create(partner, 1);
    await using copy = await createTestDatabase("file");
    if (copy.location.kind !== "file") throw new Error("a folder");
    await (await openStore(copy.location)).close();
    await execute(database.location, `vacuum into '${join(copy.location.folder, "copy.db")}'`);
    const copied = new Libsql(join(copy.location.folder, "copy.db"));
    expect(copied.prepare("select id from partners").all()).toEqual([{ id: created.id }]);
    copied.close();
  });
});

describe("openStore: fails in one line", () => {
  it.each([
    [
      "the folder can't be created",
      "package.json/data",
      /^The folder package\.json\/data can't be created \(ENOTDIR\)/,
    ],
    ["the folder can't be written", "/proc/self", /^The folder \/proc\/self can't be written/],
  ])("when %s", async (_, folder, message) => {
    const refusal = await rejectionOf(openStore({ kind: "file", folder, waitMs: 0 }));
    expect(refusal).toMatchObject({ code: "STORE_UNAVAILABLE", message: expect.stringMatching(message) });
    expect(refusal.message).not.toContain("\n");
  });

  it("when the file is no database", async () => {
    await using database = await createTestDatabase("file");
    if (database.location.kind !== "file") throw new Error("a folder");
    await (await openStore(database.location)).close();
    await writeFile(join(database.location.folder, "syndigraph.db"), "not a database, but a text\n".repeat(500));
    const refusal = await rejectionOf(openStore(database.location));
    expect(refusal.message).toBe("The gateway's database can't be used: its file is not a database, or is damaged.");
  });

  it.each([
    ["nothing answers at the address", "postgres://user:hunter2@127.0.0.1:1/syndigraph", /nothing answers/],
    ["the host is not known", "postgres://user:hunter2@nowhere.invalid/syndigraph", /its host is not known/],
  ])("when %s, without the password", async (_, url, message) => {
    const refusal = await rejectionOf(openStore({ kind: "postgres", url }));
    expect(refusal).toMatchObject({ code: "STORE_UNAVAILABLE", message: expect.stringMatching(message) });
    expect(`${refusal.stack} ${JSON.stringify(refusal)}`).not.toContain("hunter2");
  });
});
