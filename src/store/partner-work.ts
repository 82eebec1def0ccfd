import { randomUUID } from "node:crypto";
import { ConflictError } from "../model/errors.ts";
import type { PartnerLeaseStore } from "./partner-leases.ts";
import type { Tables } from "./store.ts";

/** Time after which a lease expires unless it is renewed, in milliseconds. */
export const PARTNER_LEASE_MS = 30_000;
/** Interval between renewals of a lease, in milliseconds. */
const RENEW_INTERVAL_MS = 10_000;
/** First and longest pause between attempts to take a lease, in milliseconds; each pause doubles. */
const PAUSE_MS = { first: 5, longest: 250 };
/** Maximum time in pauses before a held partner is a conflict, in milliseconds. */
export const MAX_WAIT_MS = 10_000;

/** Exclusive right of a request to change a partner and its tokens, across all gateways. */
export interface PartnerLease {
  /**
   * Renews the lease. Pass the tables of a transaction to hold the partner until it is committed.
   *
   * @throws ConflictError if another gateway has taken the partner
   */
  assertHeld(tables?: Pick<Tables, "partnerLeases">): Promise<void>;
}

export interface PartnerWork {
  /**
   * Runs work on a partner while no other request of any gateway does. Waits up to {@link MAX_WAIT_MS} for the lease.
   *
   * The lease of a gateway that ended in the middle of its work expires after {@link PARTNER_LEASE_MS}.
   *
   * @throws ConflictError if the lease is held for longer
   */
  alone<Result>(partnerId: string, work: (lease: PartnerLease) => Promise<Result>): Promise<Result>;
}

/**
 * @param now the gateway's own clock
 * @param pause resolves after this many milliseconds
 */
export function createPartnerWork(
  leases: PartnerLeaseStore,
  now: () => number,
  pause: (ms: number) => Promise<unknown>,
): PartnerWork {
  const take = async (partnerId: string, owner: string): Promise<number> => {
    let waitedMs = 0;
    for (let pauseMs = PAUSE_MS.first; ; pauseMs = Math.min(2 * pauseMs, PAUSE_MS.longest)) {
      const epoch = await leases.take(partnerId, owner, now(), now() + PARTNER_LEASE_MS);
      if (epoch !== null) return epoch;
      if (waitedMs >= MAX_WAIT_MS) throw held();
      await pause(pauseMs);
      waitedMs += pauseMs;
    }
  };

  return {
    alone: async (partnerId, work) => {
      const owner = randomUUID();
      const epoch = await take(partnerId, owner);
      const lease = (expiresAt: number) => ({ partnerId, owner, epoch, expiresAt });
      const renew = (store: PartnerLeaseStore) => store.renew(lease(now() + PARTNER_LEASE_MS));
      const renewal = setInterval(() => void renew(leases).catch(() => undefined), RENEW_INTERVAL_MS).unref();
      try {
        return await work({
          assertHeld: async (tables) => {
            if (!(await renew(tables?.partnerLeases ?? leases))) throw held();
          },
        });
      } finally {
        clearInterval(renewal);
        // A lease that cannot be released expires.
        await leases.release(lease(0)).catch(() => undefined);
      }
    },
  };
}

function held(): ConflictError {
  return new ConflictError("Another request is changing this partner. Repeat the request in a few seconds.", {
    retryAfterSeconds: PARTNER_LEASE_MS / 1_000,
  });
}
