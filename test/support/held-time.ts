import type { TimerPurpose, Timing } from "../../src/upstream/resilience/retry.ts";
import { impatient } from "./platform.ts";

/** Time for a gateway and the sandbox below it, in which a call's time is up when nothing else can happen any more. */
export interface HeldTime {
  readonly timing: Timing;
  /** For the sandbox, which tells by it of each call that it holds: by latency, by single bytes, or for ever. */
  readonly wait: (ms: number) => Promise<void>;
  /** Lets no call run out of time from now on. @returns what ends this */
  readonly holdForGood: () => () => void;
}

/**
 * No real time is looked at. As soon as the platform holds every call that is under way, the timer that would be the next is
 * over, and so on: calls that are answered never run out of time, however slow the machine is, and calls that are held do at
 * once. No client may leave while its call is held.
 *
 * @param clock the time that breakers and retries see, which a timer does not move; a time that only timers move when it is
 *   left out
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
    const underWay = [...timers].filter(({ purpose }) => purpose === "ATTEMPT").length;
    if (isForGood || held === 0 || held < underWay) return;
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
