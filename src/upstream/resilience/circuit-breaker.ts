import { UpstreamError } from "../upstream-error.ts";
import type { Timing } from "./retry.ts";

/** CLOSED permits calls; OPEN permits none but a probe now and then; HALF_OPEN is OPEN while a probe is in flight. */
export type BreakerState = "CLOSED" | "HALF_OPEN" | "OPEN";

/** Permits calls while a service of the platform is healthy. */
export interface CircuitBreaker {
  /**
   * Makes the call. While the service is unhealthy, one call in every {@link PROBE_EVERY_MS} is made as a probe; every other
   * call is rejected immediately.
   *
   * @param rejection creates the error of a call that is not made
   * @param isCancellable whether the caller of a probe may be rejected as well, {@link PROBE_EVERY_MS} after it was sent: true
   *   for reads, false for writes. The probe continues, and closes the breaker if it succeeds later.
   * @throws the error of `rejection`
   */
  execute<T>(call: () => Promise<T>, rejection: () => UpstreamError, isCancellable: boolean): Promise<T>;
  state(): BreakerState;
}

/** Milliseconds between two probes, and after which the caller of a probe is rejected. */
export const PROBE_EVERY_MS = 500;

/** Milliseconds over which the share of failures is counted. */
const WINDOW_MS = 3_000;
/** Smallest number of calls within that time for which their share counts. */
const MIN_CALLS = 12;
/** Share of failures above which the breaker opens. */
const MAX_FAILURE_SHARE = 0.5;
/** Length of one slot of the counters, in milliseconds. */
const SLOT_MS = 200;
/** Consecutive failures that open the breaker, however slowly they come. */
const MAX_CONSECUTIVE_FAILURES = 8;

/**
 * Creates a closed breaker. It opens when more than half of at least 12 calls within three seconds found the service
 * unhealthy, or when eight consecutive calls did and none found it healthy for three seconds. The first success closes it.
 *
 * Calls that hang end together, so consecutive failures alone say little when many calls are in flight. The clock is
 * monotonic: a wall clock that is set back would keep the breaker open.
 */
export function createCircuitBreaker({ now, timer }: Pick<Timing, "now" | "timer">): CircuitBreaker {
  let watch = countRecentResults(now);
  let isOpen = false;
  let probe: Promise<void> | null = null;
  /** When the breaker opened, or the newest probe started. */
  let lastProbeAt = 0;

  const open = () => {
    isOpen = true;
    lastProbeAt = now();
  };
  const close = () => {
    isOpen = false;
    watch = countRecentResults(now);
  };
  const counted = <T>(call: () => Promise<T>): Promise<T> => {
    // A call from before the breaker closed says nothing about the time since.
    const current = watch;
    return call().then(
      (result) => {
        current.reportHealthy();
        return result;
      },
      (error: unknown) => {
        if (isUnhealthy(error) && current.reportUnhealthy() && current === watch && !isOpen) open();
        throw error;
      },
    );
  };
  const probing = <T>(call: () => Promise<T>): Promise<T> => {
    lastProbeAt = now();
    const result = call();
    const own = result
      .then(close, (error: unknown) => {
        // A cancelled call has not shown that the service is healthy.
        if (isHealthy(error)) close();
      })
      .finally(() => {
        if (probe === own) probe = null;
      });
    probe = own;
    return result;
  };
  const limitWait = <T>(result: Promise<T>, rejection: () => UpstreamError): Promise<T> =>
    new Promise((resolve, reject) => {
      const cancel = timer(PROBE_EVERY_MS, () => reject(rejection()), "PROBE");
      result.then(resolve, reject).finally(cancel);
    });

  return {
    execute: (call, rejection, isCancellable) => {
      if (!isOpen) return counted(call);
      if (now() - lastProbeAt < PROBE_EVERY_MS) return Promise.reject(rejection());
      const result = probing(call);
      return isCancellable ? limitWait(result, rejection) : result;
    },
    state: () => {
      if (!isOpen) return "CLOSED";
      return probe ? "HALF_OPEN" : "OPEN";
    },
  };
}

/** Counts the results of recent calls. */
interface RecentResults {
  reportHealthy(): void;
  /** @returns whether the service is unhealthy by the results so far */
  reportUnhealthy(): boolean;
}

interface Slot {
  readonly since: number;
  healthy: number;
  unhealthy: number;
}

/**
 * Creates counters of recent results.
 *
 * cockatiel 3.2 is not used: its breakers measure by `Date.now()` alone, and a probe that hangs blocks all later ones.
 */
function countRecentResults(now: () => number): RecentResults {
  let slots: Slot[] = [];
  let consecutiveFailures = 0;
  let healthyAt = Number.NEGATIVE_INFINITY;
  const slotAt = (at: number): Slot => {
    const last = slots.at(-1);
    if (last && at - last.since < SLOT_MS) return last;
    const slot = { since: at, healthy: 0, unhealthy: 0 };
    slots = [...slots.filter(({ since }) => at - since < WINDOW_MS), slot];
    return slot;
  };
  return {
    reportHealthy: () => {
      healthyAt = now();
      consecutiveFailures = 0;
      slotAt(healthyAt).healthy += 1;
    },
    reportUnhealthy: () => {
      const at = now();
      consecutiveFailures += 1;
      slotAt(at).unhealthy += 1;
      const recent = slots.filter(({ since }) => at - since < WINDOW_MS);
      const unhealthy = recent.reduce((sum, slot) => sum + slot.unhealthy, 0);
      const all = recent.reduce((sum, slot) => sum + slot.unhealthy + slot.healthy, 0);
      const failsOften = all >= MIN_CALLS && unhealthy > MAX_FAILURE_SHARE * all;
      return failsOften || (consecutiveFailures >= MAX_CONSECUTIVE_FAILURES && at - healthyAt >= WINDOW_MS);
    },
  };
}

function isUnhealthy(error: unknown): boolean {
  return error instanceof UpstreamError && error.health === "UNHEALTHY";
}

function isHealthy(error: unknown): boolean {
  return error instanceof UpstreamError && error.health === "HEALTHY";
}
