import { openStore } from "../../src/store/open-store.ts";

/** Writes under a lease of two seconds until it is refused. `process.argv` has the address of the database. */
const store = await openStore({ kind: "postgres", url: process.argv[2] ?? "" });
const lease = await store.leases.take("collector", "paused", 2_000);
if (!lease) throw new Error("a free lease was refused");
process.send?.("writing");
const part = { part: "", traffic: { bytesOut: BigInt(lease.epoch), bytesIn: 0n, parts: null }, counts: null };
const series = { owner: "account", kind: "ACCOUNT", subject: "", granularity: "HOUR" } as const;
for (let readAt = 0; ; readAt += 1) {
  try {
    await store.usageArchive.write([{ ...series, readAt, buckets: new Map([[0, [part]]]) }], lease);
  } catch {
    process.send?.("refused", () => process.exit());
    break;
  }
}
