import { RateLimiterRes } from "rate-limiter-flexible";
import type { Caller } from "../auth/caller.ts";
import type { CostStatus } from "../model/cost.ts";
import type { MaybePromise } from "../primitives/maybe-promise.ts";
import type { RateLimitPool } from "./rate-limit-pool.ts";
import { createRateLimiter } from "./rate-limiter.ts";

/** Points that callers may spend per minute. */
export interface Budgets {
  /** Points of each operator and analyst. */
  readonly perMinute: number;
  /** Points of each key of a partner. */
  readonly partnerPerMinute: number;
}

/** Counts what each caller has spent, by its `principalId`. */
export interface CostBudget {
  /** Charges all of the points, or none if fewer are left; `status` is the budget after that. */
  charge(caller: Caller, points: number): MaybePromise<{ readonly isGranted: boolean; readonly status: CostStatus }>;
  /** Returns the budget without charging. */
  read(caller: Caller, points: number): MaybePromise<CostStatus>;
}

/** Interval of a budget in seconds, which begins with its first request. */
const BUDGET_SECONDS = 60;

/**
 * Creates the budgets of all callers.
 *
 * @param clock time of `resetAt`, in milliseconds since the epoch
 * @param pool counts for several gateways together; null to count in memory, as while the pool is unreachable
 */
export function createCostBudget(budgets: Budgets, clock: () => number, pool: RateLimitPool | null): CostBudget {
  const limiter = (keyPrefix: string, points: number) =>
    createRateLimiter({ keyPrefix, points, seconds: BUDGET_SECONDS }, pool);
  const staff = limiter("cost", budgets.perMinute);
  const partners = limiter("partner-cost", budgets.partnerPerMinute);
  const limiterOf = ({ role }: Caller) => (role === "PARTNER" ? partners : staff);

  const statusOf = (limit: number, requested: number, result: RateLimiterRes | null): CostStatus => ({
    requested,
    limit,
    remaining: Math.max(limit - (result?.consumedPoints ?? 0), 0),
    resetAt: clock() + (result?.msBeforeNext ?? 0),
  });

  return {
    charge: (caller, points) => {
      const limiter = limiterOf(caller);
      const key = caller.principalId;
      const grant = (result: RateLimiterRes) => ({
        isGranted: true,
        status: statusOf(limiter.points, points, result),
      });
      const reject = async (rejection: unknown) => {
        if (!(rejection instanceof RateLimiterRes)) throw rejection;
        // A rejected request costs nothing: smaller ones may still fit.
        const result = await limiter.reward(key, points);
        return { isGranted: false, status: statusOf(limiter.points, points, result) };
      };
      return limiter.consume(key, points).then(grant, reject);
    },
    read: async (caller, points) => {
      const limiter = limiterOf(caller);
      return statusOf(limiter.points, points, await limiter.get(caller.principalId));
    },
  };
}

/**
 * Returns the response headers of a caller's budget.
 *
 * @see https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-ratelimit-headers-10
 */
export function budgetHeaders(
  { limit, remaining, resetAt }: CostStatus,
  now: number,
): Readonly<Record<string, string>> {
  return {
    "ratelimit-policy": `"default";q=${limit};w=${BUDGET_SECONDS}`,
    ratelimit: `"default";r=${remaining};t=${secondsUntil(resetAt, now)}`,
  };
}

/** Returns whole seconds until an instant, rounded up; 0 for a past one. */
export function secondsUntil(instant: number, now: number): number {
  return Math.max(Math.ceil((instant - now) / 1000), 0);
}
