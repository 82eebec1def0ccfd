import { setTimeout as later } from "node:timers/promises";
import { UpstreamError } from "./upstream-error.ts";

/** How often a call is made at most. */
export const MAX_TRIES = 3;
/** The first wait is of 0 to so many milliseconds, the second of up to twice as many. */
const BASE_WAIT_MS = 50;

/** Time and chance. Tests set both, so that they never wait. */
export interface Timing {
  /** Milliseconds since any fixed moment. */
  readonly now: () => number;
  /** From 0 to below 1. */
  readonly random: () => number;
  /** Waits; ends early when the signal is aborted. */
  readonly pause: (ms: number, signal: AbortSignal | undefined) => Promise<void>;
}

export const realTiming: Timing = {
  now: () => performance.now(),
  random: Math.random,
  pause: (ms, signal) => later(ms, undefined, { signal }).catch(() => undefined),
};

/**
 * Makes a call up to {@link MAX_TRIES} times, with a wait of random length in between ("full jitter"), so that clients who
 * failed together do not come back together. The wait that the platform asks for is kept on top of it.
 *
 * @param by when all of it has to be over, by `timing.now`: a wait that would not fit is not begun
 * @throws what the last try threw
 */
export async function withRetries<T>(
  attempt: () => Promise<T>,
  by: number,
  budget: RetryBudget,
  timing: Timing,
  signal?: AbortSignal,
): Promise<T> {
  budget.earn();
  for (let tries = 1; ; tries += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (tries === MAX_TRIES || !(error instanceof UpstreamError) || !mayPass(error)) throw error;
      const jitter = timing.random() * BASE_WAIT_MS * 2 ** (tries - 1);
      const wait = (error.retryAfterSeconds ?? 0) * 1_000 + jitter;
      if (timing.now() + wait >= by || !budget.spend()) throw error;
      await timing.pause(wait, signal);
    }
  }
}

/**
 * Whether the same call may be made again. Of a write this is so only when it surely has not happened: every doubt about
 * one is OUTCOME_UNKNOWN, and what is left are connections that nobody took, and a 429 that says when to come back.
 */
function mayPass({ code, health, retryAfterSeconds }: UpstreamError): boolean {
  if (code === "OUTCOME_UNKNOWN") return false;
  return health === "SICK" || (code === "UPSTREAM_RATE_LIMITED" && retryAfterSeconds !== null);
}

/** What keeps an outage from being tripled: repetitions are paid for by calls. */
export interface RetryBudget {
  /** A call is made. */
  earn(): void;
  /** @returns whether one may be repeated, which is then paid for */
  spend(): boolean;
}

/** One call in ten may be repeated. */
const EARNED_PER_CALL = 0.1;
/** What is there at first, and the most that is saved up: calm hours pay for no storm. */
const MOST_SAVED = 20;

export function createRetryBudget(): RetryBudget {
  let saved = MOST_SAVED;
  return {
    earn: () => {
      saved = Math.min(MOST_SAVED, saved + EARNED_PER_CALL);
    },
    spend: () => {
      if (saved < 1) return false;
      saved -= 1;
      return true;
    },
  };
}
