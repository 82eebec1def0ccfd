import { COLLECTOR_LEASE, type LeaseStore } from "../../src/store/leases.ts";
import type { Lease } from "../../src/store/records.ts";

/** Duration of the leases, in milliseconds. */
const DURATION_MS = 3_600_000;

/** Returns leases that a slow machine does not let expire: they do so by the clock of the database, which no test sets. */
export function withLongLeases(leases: LeaseStore): LeaseStore {
  return {
    ...leases,
    take: (name, owner) => leases.take(name, owner, DURATION_MS),
    renew: (lease) => leases.renew(lease, DURATION_MS),
  };
}

/** Takes a lease that nobody holds, by default that of the collector for ten minutes. */
export async function takeLease(
  { leases }: { readonly leases: Pick<LeaseStore, "take"> },
  name = COLLECTOR_LEASE,
  durationMs = 600_000,
): Promise<Lease> {
  const lease = await leases.take(name, "test", durationMs);
  if (!lease) throw new Error("a free lease was refused");
  return lease;
}
