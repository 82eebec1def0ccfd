import type { CancellationSignal } from "../../primitives/cancellation.ts";
import { processClock } from "../../primitives/clock.ts";
import { UpstreamError } from "../upstream-error.ts";

/** Attempts of one call at most. */
export const MAX_ATTEMPTS = 3;
/** Longest wait before the second attempt, in milliseconds; before the third it is twice as long. */
const BASE_WAIT_MS = 50;
/** Longest wait before the second attempt after a 429 without `Retry-After`, in milliseconds. */
const RATE_LIMITED_BASE_WAIT_MS = 250;

/** Clock, timers and random numbers. Tests replace them, so that they never wait. */
export interface Timing {
  /** Returns milliseconds since a fixed moment. */
  readonly now: () => number;
  /** Returns a random number from 0 to below 1. */
  readonly random: () => number;
  /** Waits; ends early when the signal is aborted. */
  readonly pause: (ms: number, signal: CancellationSignal | undefined) => Promise<void>;
  /** Runs the work after some milliseconds. @returns a function that cancels it */
  readonly timer: (ms: number, work: () => void, purpose: TimerPurpose) => () => void;
}

/** What a timer limits: an attempt, the wait in a queue, or the wait of a caller for a probe. */
export type TimerPurpose = "ATTEMPT" | "QUEUE" | "PROBE";

/** Starts a timer of the process. */
export const realTimer: Timing["timer"] = (ms, work) => {
  const timer = setTimeout(work, ms);
  return () => clearTimeout(timer);
};

export const realTiming: Timing = {
  now: processClock,
  random: Math.random,
  pause: (ms, signal) =>
    new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", end);
        resolve();
      };
      const timer = setTimeout(end, signal?.aborted ? 0 : ms);
      signal?.addEventListener("abort", end);
    }),
  timer: realTimer,
};

/**
 * Makes a call up to {@link MAX_ATTEMPTS} times with random waits in between ("full jitter"), so that clients that failed
 * together do not return together. The wait of a `Retry-After` header is added.
 *
 * @param attempt receives the number of the attempt, from 1
 * @param deadline when the call must end, by `timing.now`: a wait beyond it is not started
 * @throws the error of the last attempt
 */
export function withRetries<T>(
  attempt: (number: number) => Promise<T>,
  deadline: number,
  budget: RetryBudget,
  timing: Timing,
  signal?: CancellationSignal,
): Promise<T> {
  budget.earn();
  const retry = async (error: unknown, number: number): Promise<T> => {
    if (number === MAX_ATTEMPTS || !(error instanceof UpstreamError) || !isTransient(error)) throw error;
    const isRateLimited = error.code === "UPSTREAM_RATE_LIMITED" && error.retryAfterSeconds === null;
    const jitter = timing.random() * (isRateLimited ? RATE_LIMITED_BASE_WAIT_MS : BASE_WAIT_MS) * 2 ** (number - 1);
    const wait = (error.retryAfterSeconds ?? 0) * 1_000 + jitter;
    if (timing.now() + wait >= deadline || !budget.spend(error.health === "UNHEALTHY")) throw error;
    await timing.pause(wait, signal);
    return attemptOnce(number + 1);
  };
  const attemptOnce = (number: number): Promise<T> => attempt(number).catch((error: unknown) => retry(error, number));
  return attemptOnce(1);
}

/**
 * Returns whether the call may be repeated. A write may be repeated only if it surely has not happened: any doubt is
 * OUTCOME_UNKNOWN, which leaves failed connections, and a 429 with `Retry-After`.
 */
function isTransient({ code, health, retryAfterSeconds }: UpstreamError): boolean {
  if (code === "OUTCOME_UNKNOWN") return false;
  if (code === "UPSTREAM_RATE_LIMITED") return health === "HEALTHY" || retryAfterSeconds !== null;
  return health === "UNHEALTHY" || code === "UPSTREAM_BAD_RESPONSE";
}

/** Limits retries to a share of all calls, so that retries do not triple the load of an outage. */
export interface RetryBudget {
  /** Adds the share of one call. */
  earn(): void;
  /**
   * Spends the price of one retry.
   *
   * @param isCounted whether the breaker counts the failure
   * @returns false, with nothing spent, when the budget is too low
   */
  spend(isCounted: boolean): boolean;
}

/** Retries that each call adds: enough for a platform that randomly fails one call in seven. */
const EARNED_PER_CALL = 0.3;
/** Retries at the start, and at most: calls that hung together are repeated together. */
const MAX_SAVED = 30;
/** Price of a retry after a failure that the breaker does not count, and so never ends. */
const UNCOUNTED_PRICE = 1.5;
/** Retries that such failures leave for counted ones. */
const RESERVED_FOR_COUNTED = 20;

export function createRetryBudget(): RetryBudget {
  let saved = MAX_SAVED;
  return {
    earn: () => {
      saved = Math.min(MAX_SAVED, saved + EARNED_PER_CALL);
    },
    spend: (isCounted) => {
      const price = isCounted ? 1 : UNCOUNTED_PRICE;
      if (saved - price < (isCounted ? 0 : RESERVED_FOR_COUNTED)) return false;
      saved -= price;
      return true;
    },
  };
}
