import type { LeaseStore } from "../store/leases.ts";
import type { Lease } from "../store/records.ts";

/** Lease of a job that one gateway of a store runs at a time. */
export interface JobLease {
  /** Renews the lease, or takes it if this gateway does not hold it; null while another one does. Calls share an attempt. */
  hold(): Promise<Lease | null>;
  /** Returns the lease as of the last attempt; null if this gateway does not hold it. */
  current(): Lease | null;
  /** Forgets a lease that was found to be lost. */
  forget(lost: Lease): void;
  /** Ends the lease, so that another gateway takes over at once. Never rejects. */
  release(): Promise<void>;
}

interface JobLeaseOptions {
  readonly leases: Pick<LeaseStore, "take" | "renew" | "release">;
  readonly name: string;
  /** Id of the gateway. */
  readonly gatewayId: string;
  /** Time after which the lease expires unless it is renewed. */
  readonly durationMs: number;
  /** Called when the lease is not held, before it is taken: another gateway may have had it in the meantime. */
  readonly onLost?: () => void;
}

/** Creates the lease, which is not held at first. */
export function createJobLease({ leases, name, gatewayId, durationMs, onLost }: JobLeaseOptions): JobLease {
  let lease: Lease | null = null;
  let attempt: Promise<Lease | null> | null = null;

  const renewOrTake = async () => {
    if (lease && (await leases.renew(lease, durationMs))) return lease;
    lease = null;
    onLost?.();
    lease = await leases.take(name, gatewayId, durationMs);
    return lease;
  };

  return {
    // Of two attempts at a time, the second would be refused because of the first, and forget what that one has got.
    hold: () => {
      attempt ??= renewOrTake().finally(() => {
        attempt = null;
      });
      return attempt;
    },
    current: () => lease,
    forget: (lost) => {
      if (lease === lost) lease = null;
    },
    release: async () => {
      const held = lease;
      lease = null;
      if (held) await leases.release(held).catch(() => undefined);
    },
  };
}
