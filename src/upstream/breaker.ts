import { setTimeout as later } from "node:timers/promises";
import {
  CircuitState,
  ConsecutiveBreaker,
  circuitBreaker,
  handleWhen,
  type IBreaker,
  SamplingBreaker,
} from "cockatiel";
import { UpstreamError } from "./upstream-error.ts";

/** CLOSED lets calls through, OPEN none but a probe now and then, HALF_OPEN waits for what becomes of a probe. */
export type BreakerState = "CLOSED" | "HALF_OPEN" | "OPEN";

/** Lets calls through while a service of the platform is well. */
export interface Breaker {
  /**
   * Makes the call. While the service is sick, one call in every {@link PROBE_EVERY_MS} is made, as a probe of whether it is
   * well again; those that come during a probe wait a moment for what becomes of it.
   *
   * @throws BrokenCircuitError of cockatiel for a call that is not made
   */
  execute<T>(call: () => Promise<T>): Promise<T>;
  state(): BreakerState;
}

export const PROBE_EVERY_MS = 500;

const WATCHED_MS = 3_000;
/** So many calls in a row that find it sick are enough, however slowly they come. */
const IN_A_ROW = 8;

/**
 * It opens by cockatiel's rules: more than half of at least 12 calls within three seconds found the service sick, or eight in a
 * row, and none has found it well for as long. (Calls that hang end together, so a row alone says little when many are under
 * way.) It closes by our own, since in cockatiel's a probe that hangs lets no other begin: here it may have all of its time and
 * yet be no hindrance, and the first call that goes well closes it.
 */
export function createBreaker(): Breaker {
  let circuit = newCircuit();
  let probe: Promise<void> | null = null;
  /** When it opened, or the newest probe began. */
  let triedAt = 0;
  const isOpen = () => circuit.policy.state !== CircuitState.Closed;

  function newCircuit() {
    const rule = eitherRule();
    const policy = circuitBreaker(handleWhen(isSick), { halfOpenAfter: Number.MAX_SAFE_INTEGER, breaker: rule });
    policy.onBreak(() => {
      triedAt = Date.now();
    });
    return { rule, policy };
  }
  const close = () => {
    circuit = newCircuit();
  };
  const probing = <T>(call: () => Promise<T>): Promise<T> => {
    triedAt = Date.now();
    const answer = call();
    const own = answer
      .then(close, (error: unknown) => {
        // One that the client gave up has not shown that the service is well.
        if (isWell(error)) close();
      })
      .finally(() => {
        if (probe === own) probe = null;
      });
    probe = own;
    return answer;
  };

  const counted = <T>(call: () => Promise<T>): Promise<T> => {
    const { rule, policy } = circuit;
    return call().then(
      (answer) => {
        rule.success(CircuitState.Closed);
        return answer;
      },
      (error: unknown) => {
        // Only what failed takes the long way through the policy, which may open by it.
        if (policy.state !== CircuitState.Closed) throw error;
        return policy.execute(() => Promise.reject(error));
      },
    );
  };
  const whileOpen = async <T>(call: () => Promise<T>): Promise<T> => {
    const sinceTried = Date.now() - triedAt;
    if (sinceTried >= PROBE_EVERY_MS) return probing(call);
    if (probe) await firstOf(probe, PROBE_EVERY_MS - sinceTried);
    return isOpen() ? circuit.policy.execute(call) : counted(call);
  };

  return {
    execute: (call) => (isOpen() ? whileOpen(call) : counted(call)),
    state: () => {
      if (!isOpen()) return "CLOSED";
      return probe ? "HALF_OPEN" : "OPEN";
    },
  };
}

/** Rules of cockatiel, of which either may open it. A row counts when nothing has gone well for a while. */
function eitherRule(): IBreaker {
  const row = new ConsecutiveBreaker(IN_A_ROW);
  const share = new SamplingBreaker({ threshold: 0.5, duration: WATCHED_MS, minimumRps: 4 });
  let wellAt = 0;
  return {
    state: undefined,
    success: (state) => {
      wellAt = Date.now();
      row.success();
      share.success(state);
    },
    failure: (state) => {
      const [isRow, isShare] = [row.failure(), share.failure(state)];
      return isShare || (isRow && Date.now() - wellAt >= WATCHED_MS);
    },
  };
}

/** Waits for the promise, but not for longer. */
async function firstOf(promise: Promise<void>, ms: number): Promise<void> {
  const isOver = new AbortController();
  const pause = later(ms, undefined, { signal: isOver.signal }).catch(() => undefined);
  await Promise.race([promise, pause]);
  isOver.abort();
}

function isSick(error: Error): boolean {
  return error instanceof UpstreamError && error.health === "SICK";
}

function isWell(error: unknown): boolean {
  return error instanceof UpstreamError && error.health === "WELL";
}
