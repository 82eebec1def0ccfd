import { RateLimiterRes } from "rate-limiter-flexible";
import type { Caller } from "../auth/caller.ts";
import type { CostStatus } from "../model/cost.ts";
import type { MaybePromise } from "../primitives/maybe-promise.ts";
import type { RateLimitPool } from "./rate-limit-pool.ts";
import { createRateLimiter } from "./rate-limiter.ts";

/** Points that callers may spend in a minute. */
export interface Budgets {
  /** Of each operator and analyst. */
  readonly perMinute: number;
  /** Of each key of a partner. */
  readonly partnerPerMinute: number;
}

/** Keeps what each caller has spent, by its `principalId`. */
export interface CostBudget {
  /** Takes the points off the caller's budget, all of them or none. `status` tells what is left either way. */
  charge(caller: Caller, points: number): MaybePromise<{ readonly isGranted: boolean; readonly status: CostStatus }>;
  /** What is left, with nothing taken off. */
  look(caller: Caller, points: number): MaybePromise<CostStatus>;
}

/** Budgets are of a minute, which begins with its first request. */
export const BUDGET_SECONDS = 60;

/**
 * @param clock the time that callers are told of. Milliseconds since the epoch
 * @param counters where several gateways count together; counted in memory when it is null, and while it can't be reached
 */
export function createCostBudget(budgets: Budgets, clock: () => number, counters: RateLimitPool | null): CostBudget {
  const limiter = (keyPrefix: string, points: number) =>
    createRateLimiter({ keyPrefix, points, seconds: BUDGET_SECONDS }, counters);
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
      const granted = (result: RateLimiterRes) => ({
        isGranted: true,
        status: statusOf(limiter.points, points, result),
      });
      const refused = async (refusal: unknown) => {
        if (!(refusal instanceof RateLimiterRes)) throw refusal;
        // What is refused costs nothing: it must not keep smaller requests out.
        const result = await limiter.reward(key, points);
        return { isGranted: false, status: statusOf(limiter.points, points, result) };
      };
      return limiter.consume(key, points).then(granted, refused);
    },
    look: async (caller, points) => {
      const limiter = limiterOf(caller);
      return statusOf(limiter.points, points, await limiter.get(caller.principalId));
    },
  };
}

/**
 * The headers that tell of a caller's budget.
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

/** Whole seconds, rounded up; 0 for what is past. */
export function secondsUntil(instant: number, now: number): number {
  return Math.max(Math.ceil((instant - now) / 1000), 0);
}
