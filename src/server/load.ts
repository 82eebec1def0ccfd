import { performance } from "node:perf_hooks";

/** How much the process has to do. */
export interface Load {
  /**
   * Does the work, and counts it as under way until it ends. It is told whether there is more to do already than can be done
   * in time: then it had better be little, and is not counted. It fails by its promise alone.
   *
   * @param hasArrived whether it came over the network: such requests have all waited for the turn in which they begin
   */
  during<Result>(work: (isOverloaded: boolean) => Promise<Result>, hasArrived: boolean): Promise<Result>;
  /** How many requests are under way. */
  inFlight(): number;
}

/**
 * All requests that have arrived meanwhile begin in one turn of the event loop. Those that come behind so much work wait for
 * as long already, and the ones behind them would wait longer, each turn more.
 */
const MAX_TURN_MS = 500;
/** So few requests are no crowd: something else has held the loop, and it is over. */
const CROWD = 100;

/** @param maxInFlight how many requests may be under way at once */
export function createLoad(maxInFlight: number): Load {
  let inFlight = 0;
  let turn: { readonly began: number; requests: number } | null = null;
  const isTooHigh = (hasArrived: boolean) => {
    if (inFlight >= maxInFlight) return true;
    if (!hasArrived) return false;
    if (turn === null) {
      turn = { began: performance.now(), requests: 0 };
      setImmediate(() => {
        turn = null;
      });
    }
    turn.requests += 1;
    return turn.requests > CROWD && performance.now() - turn.began > MAX_TURN_MS;
  };
  const ended = () => {
    inFlight -= 1;
  };
  return {
    during: (work, hasArrived) => {
      if (isTooHigh(hasArrived)) return work(true);
      inFlight += 1;
      return work(false).finally(ended);
    },
    inFlight: () => inFlight,
  };
}
