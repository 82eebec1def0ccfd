import type { TimerPurpose, Timing } from "../../src/upstream/resilience/retry.ts";
import { impatient } from "./platform.ts";

/** Timers of a gateway and its sandbox that expire only when every call in flight is held by the sandbox. */
export interface HeldTime {
  readonly timing: Timing;
  /** Delay function for the sandbox, which calls it for each call that it holds: by latency, by single bytes, or for ever. */
  readonly wait: (ms: number) => Promise<void>;
  /** Stops timeouts of held calls. @returns a function that resumes them */
  readonly holdForGood: () => () => void;
}

/**
 * Creates timers that do not depend on real time. As soon as the platform holds every call in flight, the next timer expires,
 * and so on: held calls time out at once, and calls that are answered never do, however slow the machine is. No client may
 * disconnect while its call is held.
 *
 * @param clock time that breakers and retries see, which no timer moves; by default a time that only timers move
 */
export function createHeldTime(clock?: () => number): HeldTime {
  let passed = 0;
  const now = clock ?? (() => passed);
  const timers = new Set<{ readonly at: number; readonly purpose: TimerPurpose; readonly work: () => void }>();
  let held = 0;
  let isLooking = false;
  let isForGood = false;
  const lookSoon = () => {
    if (isLooking) return;
    isLooking = true;
    setImmediate(look);
  };
  const look = () => {
    isLooking = false;
    const inFlight = [...timers].filter(({ purpose }) => purpose === "ATTEMPT").length;
    if (isForGood || held === 0 || held < inFlight) return;
    const [next] = [...timers].sort((one, other) => one.at - other.at);
    if (!next) return;
    timers.delete(next);
    passed = Math.max(passed, next.at);
    if (next.purpose === "ATTEMPT") held -= 1;
    next.work();
    lookSoon();
  };
  return {
    timing: {
      ...impatient,
      now,
      timer: (ms, work, purpose) => {
        const timer = { at: now() + ms, purpose, work };
        timers.add(timer);
        return () => {
          if (timers.delete(timer)) lookSoon();
        };
      },
    },
    wait: () => {
      held += 1;
      lookSoon();
      return new Promise(() => undefined);
    },
    holdForGood: () => {
      isForGood = true;
      return () => {
        isForGood = false;
        lookSoon();
      };
    },
  };
}
