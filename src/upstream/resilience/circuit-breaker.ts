import { UpstreamError } from "../upstream-error.ts";
import type { Timing } from "./retry.ts";

/** CLOSED lets calls through, OPEN none but a probe now and then, HALF_OPEN is OPEN while a probe is under way. */
export type BreakerState = "CLOSED" | "HALF_OPEN" | "OPEN";

/** Lets calls through while a service of the platform is well. */
export interface CircuitBreaker {
  /**
   * Makes the call. While the service is sick, one call in every {@link PROBE_EVERY_MS} is made, as a probe of whether it is
   * well again; every other call is refused at once.
   *
   * @param refusal makes the error of a call that is not made
   * @param mayBeLeft whether the caller of a probe may be refused as well, {@link PROBE_EVERY_MS} after it was sent: so a read
   *   may be and a write must not be. The probe itself goes on, and closes the breaker when it succeeds later.
   * @throws what `refusal` makes
   */
  execute<T>(call: () => Promise<T>, refusal: () => UpstreamError, mayBeLeft: boolean): Promise<T>;
  state(): BreakerState;
}

/** Time between two probes, and the time after which the caller of a probe is refused. In milliseconds. */
export const PROBE_EVERY_MS = 500;

/** Time over which the share of failures is counted, in milliseconds. */
const WATCHED_MS = 3_000;
/** Calls within that time below which their share says nothing. */
const LEAST_WATCHED = 12;
/** Share of failures above which the breaker opens. */
const SICK_SHARE = 0.5;
/** Length of one slot of the counters, in milliseconds. */
const SLOT_MS = 200;
/** Failures in a row that open the breaker, however slowly they come. */
const IN_A_ROW = 8;

/**
 * Opens when more than half of at least 12 calls within three seconds found the service sick, or eight in a row did and none
 * has found it well for as long. (Calls that hang end together, so a row alone says little when many are under way.) The first
 * call that goes well closes it.
 *
 * All of it is measured by a monotonic clock: a wall clock that is set back would keep the breaker open for as long.
 */
export function createCircuitBreaker({ now, timer }: Pick<Timing, "now" | "timer">): CircuitBreaker {
  let watch = createWatch(now);
  let isOpen = false;
  let probe: Promise<void> | null = null;
  /** When it opened, or the newest probe began. */
  let triedAt = 0;

  const open = () => {
    isOpen = true;
    triedAt = now();
  };
  const close = () => {
    isOpen = false;
    watch = createWatch(now);
  };
  const counted = <T>(call: () => Promise<T>): Promise<T> => {
    // A call of the time before the breaker closed says nothing of the time since.
    const watching = watch;
    return call().then(
      (answer) => {
        watching.reportHealthy();
        return answer;
      },
      (error: unknown) => {
        if (isUnhealthy(error) && watching.reportUnhealthy() && watching === watch && !isOpen) open();
        throw error;
      },
    );
  };
  const probing = <T>(call: () => Promise<T>): Promise<T> => {
    triedAt = now();
    const answer = call();
    const own = answer
      .then(close, (error: unknown) => {
        // One that the client gave up has not shown that the service is well.
        if (isHealthy(error)) close();
      })
      .finally(() => {
        if (probe === own) probe = null;
      });
    probe = own;
    return answer;
  };
  const forAWhile = <T>(answer: Promise<T>, refusal: () => UpstreamError): Promise<T> =>
    new Promise((resolve, reject) => {
      const cancel = timer(PROBE_EVERY_MS, () => reject(refusal()), "PROBE");
      answer.then(resolve, reject).finally(cancel);
    });

  return {
    execute: (call, refusal, mayBeLeft) => {
      if (!isOpen) return counted(call);
      if (now() - triedAt < PROBE_EVERY_MS) return Promise.reject(refusal());
      const answer = probing(call);
      return mayBeLeft ? forAWhile(answer, refusal) : answer;
    },
    state: () => {
      if (!isOpen) return "CLOSED";
      return probe ? "HALF_OPEN" : "OPEN";
    },
  };
}

/** Counts what calls have found lately. */
interface Watch {
  reportHealthy(): void;
  /** @returns whether the service is sick by what was found so far */
  reportUnhealthy(): boolean;
}

interface Slot {
  readonly since: number;
  reportHealthy: number;
  reportUnhealthy: number;
}

/**
 * Written by hand: the rules of cockatiel 3.2 measure by `Date.now()` and take no other clock, and in its half-open state a
 * probe that hangs lets no other begin.
 */
function createWatch(now: () => number): Watch {
  let slots: Slot[] = [];
  let row = 0;
  let wellAt = Number.NEGATIVE_INFINITY;
  const current = (at: number): Slot => {
    const last = slots.at(-1);
    if (last && at - last.since < SLOT_MS) return last;
    const slot = { since: at, reportHealthy: 0, reportUnhealthy: 0 };
    slots = [...slots.filter(({ since }) => at - since < WATCHED_MS), slot];
    return slot;
  };
  return {
    reportHealthy: () => {
      wellAt = now();
      row = 0;
      current(wellAt).reportHealthy += 1;
    },
    reportUnhealthy: () => {
      const at = now();
      row += 1;
      current(at).reportUnhealthy += 1;
      const lately = slots.filter(({ since }) => at - since < WATCHED_MS);
      const reportUnhealthy = lately.reduce((sum, slot) => sum + slot.reportUnhealthy, 0);
      const all = lately.reduce((sum, slot) => sum + slot.reportUnhealthy + slot.reportHealthy, 0);
      const isShare = all >= LEAST_WATCHED && reportUnhealthy > SICK_SHARE * all;
      return isShare || (row >= IN_A_ROW && at - wellAt >= WATCHED_MS);
    },
  };
}

function isUnhealthy(error: unknown): boolean {
  return error instanceof UpstreamError && error.health === "UNHEALTHY";
}

function isHealthy(error: unknown): boolean {
  return error instanceof UpstreamError && error.health === "HEALTHY";
}
