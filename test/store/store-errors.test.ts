import { join } from "node:path";
import Libsql from "libsql";
import pg from "pg";
import { describe, expect, it, vi } from "vitest";
import { createStore } from "../../src/store/create-store.ts";
import { createSqliteDialect, openFile } from "../../src/store/sqlite.ts";
import type { Store } from "../../src/store/store.ts";
import { createTestDatabase, databaseKinds } from "../support/databases.ts";
import { rejectionOf } from "../support/refusal.ts";

const partner = (notes: string | null = null) => ({
  name: "Northwind TV",
  trackingIds: [`northwind-${Math.random()}`],
  contact: null,
  timeZone: "UTC",
  currency: "EUR",
  notes,
});

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

/** A store in a folder, and the connection under it, so that it can be brought into trouble. */
async function createTroubledStore(monotonicMs?: () => number) {
  const database = await createTestDatabase("file");
  if (database.location.kind !== "file") throw new Error("a folder");
  const { folder } = database.location;
  const sqlite = await openFile(folder, 0);
  const store = await createStore(createSqliteDialect(sqlite, monotonicMs), "sqlite");
  return {
    store,
    connection: sqlite.database,
    path: join(folder, "syndigraph.db"),
    [Symbol.asyncDispose]: async () => {
      await store.close();
      await database[Symbol.asyncDispose]();
    },
  };
}

function timeoutsOf(connection: Libsql.Database): number[] {
  return (connection.prepare("pragma busy_timeout").all() as readonly { timeout: number }[]).map(
    ({ timeout }) => timeout,
  );
}

/** Every way to write fails alike, and nothing of it is there afterwards. */
async function expectNoWrite(store: Store, trouble: RegExp): Promise<void> {
  const before = [await store.partners.all(), await store.partners.version(), await store.audit.list({}, 10)];
  const writes = [
    () => store.partners.create(partner("x".repeat(4_000)), 1),
    () => store.audit.append({ ...entry, detail: "x".repeat(8_000) }, { outcome: "DONE", code: null, objectId: null }),
    () =>
      store.transaction(async (tables) => {
        await tables.partners.create(partner("x".repeat(4_000)), 1);
        await tables.audit.append({ ...entry, detail: "x".repeat(8_000) });
      }),
  ];
  for (const write of writes) {
    const refusal = await rejectionOf(write());
    expect(refusal).toMatchObject({ code: "STORE_UNAVAILABLE", message: expect.stringMatching(trouble) });
  }
  expect([await store.partners.all(), await store.partners.version(), await store.audit.list({}, 10)]).toEqual(before);
}

describe("StoreError: a store in a folder", () => {
  it("whose disk is full reports it, stores nothing partially, and recovers when there is space again", async () => {
    await using troubled = await createTroubledStore();
    const { store, connection } = troubled;
    const kept = await store.partners.create(partner(), 1);
    const [{ page_count: pages }] = connection.pragma("page_count") as [{ page_count: number }];
    connection.exec(`pragma max_page_count = ${pages}`);
    await expectNoWrite(store, /its disk is full/);
    expect(await store.partners.all()).toEqual([kept]);
    connection.exec("pragma max_page_count = 1000000");
    await store.partners.create(partner("x".repeat(4_000)), 1);
    expect(await store.partners.all()).toHaveLength(2);
  });

  it("that can't be written says so, and can still be read", async () => {
    await using troubled = await createTroubledStore();
    const { store, connection } = troubled;
    await store.partners.create(partner(), 1);
    connection.exec("pragma query_only = on");
    await expectNoWrite(store, /it can't be written/);
    connection.exec("pragma query_only = off");
    await store.partners.create(partner(), 1);
  });

  it("that another program has locked is waited for once a second, so that the event loop goes on", async () => {
    let now = 0;
    await using troubled = await createTroubledStore(() => now);
    const { connection, store } = troubled;
    // How long each transaction may wait for the lock.
    const waits: number[] = [];
    const exec = connection.exec.bind(connection);
    vi.spyOn(connection, "exec").mockImplementation((sql) => {
      if (sql === "begin immediate") waits.push(...timeoutsOf(connection));
      return exec(sql);
    });
    const write = () => store.partners.create(partner(), 1);
    const other = new Libsql(troubled.path);
    other.exec("begin immediate");
    await expect(write()).rejects.toThrow(/another process holds its lock/);
    for (let count = 0; count < 3; count += 1) await expect(write()).rejects.toThrow(/another process holds its lock/);
    now = 1_000;
    await expect(write()).rejects.toThrow(/another process holds its lock/);
    expect(waits).toEqual([250, 0, 0, 0, 250]);
    other.exec("rollback");
    // A write that gets the lock is told apart from one that does not, without waiting for the second to end.
    await write();
    await write();
    expect(waits.slice(5)).toEqual([0, 250]);
    other.close();
  });

  it("that another program has locked says so, and goes on when it is free", async () => {
    await using troubled = await createTroubledStore();
    const other = new Libsql(troubled.path);
    other.exec("begin immediate");
    await expectNoWrite(troubled.store, /another process holds its lock/);
    other.exec("rollback");
    other.close();
    await troubled.store.partners.create(partner(), 1);
  });

  it("rejects all writes that shared a failing commit of the audit log", async () => {
    await using troubled = await createTroubledStore();
    const { store, connection } = troubled;
    connection.exec("pragma query_only = on");
    const ends = await Promise.allSettled([store.audit.append(entry), store.audit.append(entry)]);
    for (const end of ends) expect(end).toMatchObject({ reason: { code: "STORE_UNAVAILABLE" } });
    connection.exec("pragma query_only = off");
    expect(await store.audit.append(entry)).toBe("1");
  });
});

describe.skipIf(!databaseKinds.some(({ kind, isReachable }) => kind === "postgres" && isReachable))(
  "a store in postgres",
  () => {
    async function createSharedStore() {
      const database = await createTestDatabase("postgres");
      if (database.location.kind !== "postgres") throw new Error("an address");
      const store = await database.open();
      const client = new pg.Client({ connectionString: database.location.url });
      await client.connect();
      return {
        store,
        /** Runs a statement past the store. */
        execute: (statement: string) => client.query(statement),
        [Symbol.asyncDispose]: async () => {
          await client.end();
          await database[Symbol.asyncDispose]();
        },
      };
    }
    const cutOff =
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'syndigraph' and datname = current_database()";

    /** Whoever still has a connection that was cut off hears of that first, once for each. */
    const forgetCutOff = async (store: Store) => {
      while (
        !(await store.partners.version().then(
          () => true,
          () => false,
        ))
      );
    };

    it("that is read-only says so", async () => {
      await using shared = await createSharedStore();
      await shared.execute(
        "do $$ begin execute format('alter database %I set default_transaction_read_only = on', current_database()); end $$",
      );
      await shared.execute(cutOff);
      await forgetCutOff(shared.store);
      await expectNoWrite(shared.store, /it is read-only/);
    });

    it("whose connections break in the middle of a transaction rolls it back, and goes on with new ones", async () => {
      await using shared = await createSharedStore();
      const broken = shared.store.transaction(async (tables) => {
        await tables.partners.create(partner(), 1);
        await shared.execute(cutOff);
        await tables.partners.create(partner(), 1);
      });
      expect(await rejectionOf(broken)).toMatchObject({ code: "STORE_UNAVAILABLE" });
      await forgetCutOff(shared.store);
      expect(await shared.store.partners.all()).toEqual([]);
      await shared.store.partners.create(partner(), 1);
    });
  },
);
