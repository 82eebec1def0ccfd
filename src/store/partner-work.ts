import { randomUUID } from "node:crypto";
import { ConflictError } from "../model/errors.ts";
import type { PartnerLeaseStore } from "./partner-leases.ts";
import type { Tables } from "./store.ts";

/** How long a gateway that renews nothing is believed to work on a partner, in milliseconds. */
export const PARTNER_LEASE_MS = 30_000;
/** Leases are renewed this often, in milliseconds. */
const RENEW_EVERY_MS = 10_000;
/** Pauses between two tries to take a partner, in milliseconds: the first, and the longest. */
const PAUSE_MS = { first: 5, longest: 250 };
/** The most time that is spent in pauses before a partner that is held is a conflict, in milliseconds. */
export const LONGEST_WAIT_MS = 10_000;

/** The right to change one partner and its tokens, which one request of all gateways has at a time. */
export interface PartnerLease {
  /**
   * Renews the lease. Within a transaction, hand its tables over: nobody else can take the partner before it is committed.
   *
   * @throws ConflictError when another gateway has taken the partner
   */
  assertHeld(tables?: Pick<Tables, "partnerLeases">): Promise<void>;
}

export interface PartnerWork {
  /**
   * Runs work on a partner while no other request of any gateway does. Waits up to {@link LONGEST_WAIT_MS} for its turn; a
   * gateway that ended in the middle of its work holds the partner up to {@link PARTNER_LEASE_MS}.
   *
   * @throws ConflictError when the partner is held for longer
   */
  alone<Result>(partnerId: string, work: (lease: PartnerLease) => Promise<Result>): Promise<Result>;
}

/**
 * @param now the gateway's own clock, in milliseconds since the epoch
 * @param pause waits so many milliseconds
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
      if (waitedMs >= LONGEST_WAIT_MS) throw held();
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
      const renewal = setInterval(() => void renew(leases).catch(() => undefined), RENEW_EVERY_MS).unref();
      try {
        return await work({
          assertHeld: async (tables) => {
            if (!(await renew(tables?.partnerLeases ?? leases))) throw held();
          },
        });
      } finally {
        clearInterval(renewal);
        // A lease that can't be ended now expires.
        await leases.release(lease(0)).catch(() => undefined);
      }
    },
  };
}

function held(): ConflictError {
  return new ConflictError("Another request is changing this partner. Ask again in a few seconds.", {
    retryAfterSeconds: PARTNER_LEASE_MS / 1_000,
  });
}
