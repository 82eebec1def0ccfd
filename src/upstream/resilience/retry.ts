import type { CancellationSignal } from "../../primitives/cancellation.ts";
import { UpstreamError } from "../upstream-error.ts";

/** How often a call is made at most. */
export const MAX_ATTEMPTS = 3;
/** The first wait is of 0 to so many milliseconds, the second of up to twice as many. */
const BASE_WAIT_MS = 50;
/** The same where the platform asks us to slow down, and does not say for how long. */
const SLOWER_BASE_WAIT_MS = 250;

/** Time and chance. Tests set both, so that they never wait. */
export interface Timing {
  /** Milliseconds since any fixed moment. */
  readonly now: () => number;
  /** From 0 to below 1. */
  readonly random: () => number;
  /** Waits; ends early when the signal is aborted. */
  readonly pause: (ms: number, signal: CancellationSignal | undefined) => Promise<void>;
  /** Does the work after so many milliseconds. @returns what cancels it */
  readonly timer: (ms: number, work: () => void, purpose: TimerPurpose) => () => void;
}

/** What a timer limits: a try that was sent, the wait of a call for its turn, or the wait of a caller for a probe. */
export type TimerPurpose = "ATTEMPT" | "QUEUE" | "PROBE";

/** Timers of the process. */
export const realTimer: Timing["timer"] = (ms, work) => {
  const timer = setTimeout(work, ms);
  return () => clearTimeout(timer);
};

export const realTiming: Timing = {
  now: () => performance.now(),
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
 * Makes a call up to {@link MAX_ATTEMPTS} times, with a wait of random length in between ("full jitter"), so that clients who
 * failed together do not come back together. The wait that the platform asks for is kept on top of it.
 *
 * @param attempt is told which try it is, from 1 on
 * @param by when all of it has to be over, by `timing.now`: a wait that would not fit is not begun
 * @throws what the last try threw
 */
export function withRetries<T>(
  attempt: (tries: number) => Promise<T>,
  by: number,
  budget: RetryBudget,
  timing: Timing,
  signal?: CancellationSignal,
): Promise<T> {
  budget.earn();
  const again = async (error: unknown, tries: number): Promise<T> => {
    if (tries === MAX_ATTEMPTS || !(error instanceof UpstreamError) || !mayPass(error)) throw error;
    const isPaced = error.code === "UPSTREAM_RATE_LIMITED" && error.retryAfterSeconds === null;
    const jitter = timing.random() * (isPaced ? SLOWER_BASE_WAIT_MS : BASE_WAIT_MS) * 2 ** (tries - 1);
    const wait = (error.retryAfterSeconds ?? 0) * 1_000 + jitter;
    if (timing.now() + wait >= by || !budget.spend(error.health === "UNHEALTHY")) throw error;
    await timing.pause(wait, signal);
    return tryOnce(tries + 1);
  };
  const tryOnce = (tries: number): Promise<T> => attempt(tries).catch((error: unknown) => again(error, tries));
  return tryOnce(1);
}

/**
 * Whether the same call may be made again. Of a write this is so only when it surely has not happened: every doubt about one
 * is OUTCOME_UNKNOWN, and what is left are connections that nobody took, and a 429 that says when to come back.
 */
function mayPass({ code, health, retryAfterSeconds }: UpstreamError): boolean {
  if (code === "OUTCOME_UNKNOWN") return false;
  if (code === "UPSTREAM_RATE_LIMITED") return health === "HEALTHY" || retryAfterSeconds !== null;
  return health === "UNHEALTHY" || code === "UPSTREAM_BAD_RESPONSE";
}

/** What keeps an outage from being tripled: repetitions are paid for by calls. */
export interface RetryBudget {
  /** A call is made. */
  earn(): void;
  /**
   * @param isCounted whether its failure counts for the breaker
   * @returns whether it may be repeated, which is then paid for
   */
  spend(isCounted: boolean): boolean;
}

/** A platform that fails one call in seven by chance needs one in five, unevenly; an outage is to have no more than this. */
const EARNED_PER_CALL = 0.3;
/** What is there at first, and the most that is saved up: calls that hung together are repeated together. */
const MOST_SAVED = 30;
/** What the breaker does not count it does not end either: so this is dearer, and leaves most of the savings alone. */
const PRICE_UNCOUNTED = 1.5;
const LEFT_FOR_COUNTED = 20;

export function createRetryBudget(): RetryBudget {
  let saved = MOST_SAVED;
  return {
    earn: () => {
      saved = Math.min(MOST_SAVED, saved + EARNED_PER_CALL);
    },
    spend: (isCounted) => {
      const price = isCounted ? 1 : PRICE_UNCOUNTED;
      if (saved - price < (isCounted ? 0 : LEFT_FOR_COUNTED)) return false;
      saved -= price;
      return true;
    },
  };
}
