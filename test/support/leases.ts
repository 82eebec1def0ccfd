import type { LeaseStore } from "../../src/store/leases.ts";

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
