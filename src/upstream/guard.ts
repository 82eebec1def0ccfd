import {
  bulkhead,
  CircuitState,
  circuitBreaker,
  handleWhen,
  isBrokenCircuitError,
  isBulkheadRejectedError,
  SamplingBreaker,
} from "cockatiel";
import type { Pace } from "./pace.ts";
import { createRetryBudget, realTiming, type Timing, withRetries } from "./retry.ts";
import { UpstreamError } from "./upstream-error.ts";

/** A call as its guard sees it. */
export interface GuardedCall {
  readonly operation: string;
  /** For all of it: waiting for its turn, every try, and the waits between them. */
  readonly timeoutMs: number;
  /** For one try. */
  readonly tryMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** What stands between the gateway and one origin of the platform, so that neither is the other's ruin. */
export interface Guard {
  /**
   * Makes a call when there is room for it, and again when its failure may pass: see `retry.ts` for when that is.
   *
   * @param attempt makes one try in the given time; fails with an UpstreamError whose `health` tells of the platform
   * @throws UpstreamError of the last try; UPSTREAM_UNAVAILABLE while the breaker is open, OVERLOADED when too many calls
   *   wait, UPSTREAM_TIMEOUT when the turn never came: after these three nothing was sent
   */
  call<T>(call: GuardedCall, attempt: (timeoutMs: number) => Promise<T>): Promise<T>;
  breaker(): BreakerState;
}

/** CLOSED lets calls through, OPEN none for a moment, HALF_OPEN a single one to see whether the platform is well again. */
export type BreakerState = "CLOSED" | "HALF_OPEN" | "OPEN";

/** As many as there are connections. */
export const PLACES = 256;
const QUEUE = 512;
/** After so long one call is let through an open breaker, to see whether the platform is well again. */
const OPEN_MS = 1_000;

/** No guard: each call is made once, at once. */
export const unguarded: Guard = { call: ({ timeoutMs }, attempt) => attempt(timeoutMs), breaker: () => "CLOSED" };

export function createGuard(pace: Pace, timing: Timing = realTiming): Guard {
  const budget = createRetryBudget();
  const places = bulkhead(PLACES, QUEUE);
  // At least 18 calls within three seconds, of which more than half found the platform sick.
  const sampling = new SamplingBreaker({ threshold: 0.5, duration: 3_000, minimumRps: 6 });
  const breaker = circuitBreaker(
    // A probe that the client gave up has not shown that the platform is well.
    handleWhen((error) => isSick(error) || (breaker.state === CircuitState.HalfOpen && !isWell(error))),
    { halfOpenAfter: OPEN_MS, breaker: sampling },
  );

  const inTurn = <T>(call: GuardedCall, by: number, attempt: (timeoutMs: number) => Promise<T>) =>
    new Promise<T>((resolve, reject) => {
      let isLate = false;
      const timer = setTimeout(() => {
        isLate = true;
        reject(unsent("UPSTREAM_TIMEOUT", "The call's turn to be sent did not come in time.", call));
      }, by - timing.now());
      const begin = async () => {
        if (isLate) return;
        clearTimeout(timer);
        resolve(await breaker.execute(() => attempt(Math.min(call.tryMs, by - timing.now()))));
      };
      places
        .execute(() => pace.during(begin))
        .catch((error: unknown) => {
          clearTimeout(timer);
          reject(told(error, call));
        });
    });

  return {
    call: (call, attempt) => {
      const by = timing.now() + call.timeoutMs;
      return withRetries(() => inTurn(call, by, attempt), by, budget, timing, call.signal);
    },
    breaker: () => breakerStates[breaker.state],
  };
}

const breakerStates: Readonly<Record<CircuitState, BreakerState>> = {
  [CircuitState.Closed]: "CLOSED",
  [CircuitState.HalfOpen]: "HALF_OPEN",
  [CircuitState.Open]: "OPEN",
  [CircuitState.Isolated]: "OPEN",
};

function isSick(error: Error): boolean {
  return error instanceof UpstreamError && error.health === "SICK";
}

function isWell(error: Error): boolean {
  return error instanceof UpstreamError && error.health === "WELL";
}

function told(error: unknown, call: GuardedCall): unknown {
  if (isBrokenCircuitError(error)) {
    return unsent("UPSTREAM_UNAVAILABLE", "The platform keeps failing, and is left alone for a moment.", call, 1);
  }
  if (isBulkheadRejectedError(error)) {
    return unsent("OVERLOADED", "Too many calls wait for the platform already.", call, 1);
  }
  return error;
}

/** A failure of a call that never left: so it tells nothing of the platform, and leaves no write in doubt. */
function unsent(
  code: "UPSTREAM_TIMEOUT" | "UPSTREAM_UNAVAILABLE" | "OVERLOADED",
  message: string,
  { operation }: GuardedCall,
  retryAfterSeconds?: number,
): UpstreamError {
  return new UpstreamError(code, message, { operation, retryAfterSeconds, health: "NOTHING" });
}
