import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { openStore, type StoreLocation } from "../../src/store/open-store.ts";
import type { Store } from "../../src/store/store.ts";

/** A PostgreSQL whose user may make databases; unset, what needs one is skipped. */
const serverUrl = process.env["TEST_DATABASE_URL"];

export type DatabaseKind = StoreLocation["kind"];

/** Every kind of database, and whether one is reachable. */
export const databaseKinds: readonly { readonly kind: DatabaseKind; readonly isReachable: boolean }[] = [
  { kind: "memory", isReachable: true },
  { kind: "file", isReachable: true },
  { kind: "postgres", isReachable: serverUrl !== undefined },
];

/** A database of a test's own, empty at first, and gone afterwards. */
export interface TestDatabase extends AsyncDisposable {
  readonly location: StoreLocation;
  /** Opens it; disposing the database closes it. */
  open(): Promise<Store>;
}

export async function createTestDatabase(kind: DatabaseKind): Promise<TestDatabase> {
  const { location, remove } = await makers[kind]();
  const opened: Store[] = [];
  return {
    location,
    open: async () => {
      const store = await openStore(location);
      opened.push(store);
      return store;
    },
    [Symbol.asyncDispose]: async () => {
      for (const store of opened) await store.close();
      await remove();
    },
  };
}

interface Made<Location extends StoreLocation = StoreLocation> {
  readonly location: Location;
  readonly remove: () => Promise<void>;
}

const makers: Record<DatabaseKind, () => Promise<Made>> = {
  memory: async () => ({ location: { kind: "memory" }, remove: async () => undefined }),
  file: makeFile,
  postgres: makePostgres,
};

/** A folder that does not exist yet. */
async function makeFile(): Promise<Made<Extract<StoreLocation, { kind: "file" }>>> {
  const parent = await mkdtemp(join(tmpdir(), "syndigraph-store-"));
  return {
    location: { kind: "file", folder: join(parent, "data"), waitMs: 0 },
    remove: () => rm(parent, { recursive: true }),
  };
}

async function makePostgres(): Promise<Made> {
  if (serverUrl === undefined) throw new Error("TEST_DATABASE_URL is not set");
  const name = `syndigraph_test_${randomBytes(6).toString("hex")}`;
  await administer(serverUrl, `create database ${name} template template0`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return {
    location: { kind: "postgres", url: url.href },
    remove: () => administer(serverUrl, `drop database ${name} with (force)`),
  };
}

async function administer(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(statement);
  await client.end();
}
