import { Kysely, sql } from "kysely";
import type { Database } from "../../src/store/database.ts";
import { fencedTransaction, heldLease } from "../../src/store/leases.ts";
import { openStore } from "../../src/store/open-store.ts";
import { createPostgresDialect } from "../../src/store/postgres.ts";

/**
 * Takes a lease of one second, stops itself in the middle of a transaction that has locked it, and once it is continued reports
 * what became of that transaction and of a further write. `process.argv` has the address of the database.
 */
const url = process.argv[2] ?? "";
const store = await openStore({ kind: "postgres", url });
const db = new Kysely<Database>({ dialect: createPostgresDialect(url, "background") });
const lease = await store.leases.take("collector", "paused", 1_000);
if (!lease) throw new Error("a free lease was refused");

const outcomeOf = (work: Promise<unknown>) =>
  work.then(
    () => "written",
    () => "refused",
  );
const stopsInside = fencedTransaction(db, "postgres", async (transaction) => {
  await sql`select 1 from (${heldLease(lease, "postgres")}) as held`.execute(transaction);
  await new Promise<void>((resolve) => process.send?.("locked", () => resolve()));
  process.kill(process.pid, "SIGSTOP");
  await sql`update leases set owner = 'paused'`.execute(transaction);
});
const transaction = await outcomeOf(stopsInside);
const part = { part: "", traffic: { bytesOut: 1n, bytesIn: 0n, parts: null }, counts: null };
const series = { owner: "account", kind: "ACCOUNT", subject: "", granularity: "HOUR" } as const;
const write = await outcomeOf(
  store.usageArchive.write([{ ...series, readAt: 0, buckets: new Map([[0, [part]]]) }], lease),
);
process.send?.({ transaction, write }, () => process.exit());
