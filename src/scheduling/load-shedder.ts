import { eventLoopTurn } from "./event-loop-turn.ts";

/** How much the process has to do. */
export interface LoadShedder {
  /**
   * Counts a request as under way, until {@link release}. False where there is more to do already than can be done in time: it is
   * not counted then, and had better be little.
   *
   * @param connection over which it came; null where it came over none, and so has not waited for others
   */
  tryAcquire(connection: object | null): boolean;
  release(): void;
  /** How many requests are under way. */
  inFlight(): number;
}

/**
 * All requests that have arrived meanwhile begin one behind the other, each connection's in its turn. Those that come behind so
 * much work have waited for as long already, and the ones behind them would wait longer, each round more.
 */
const MAX_ROUND_MS = 1_000;
/** So few requests are no crowd: something else has held the loop, and it is over. */
const CROWD = 100;

/**
 * @param maxInFlight how many requests may be under way at once
 * @param now a monotonic time in milliseconds
 */
export function createLoadShedder(maxInFlight: number, now: () => number = () => performance.now()): LoadShedder {
  let inFlight = 0;
  let round: { readonly turn: number; readonly began: number; readonly connections: Set<object> } | null = null;
  const isTooHigh = (connection: object | null) => {
    if (inFlight >= maxInFlight) return true;
    if (!connection) return false;
    // A turn of the event loop goes on while there is something to read. Whoever asks again in it shows that all others that
    // were ready have been heard.
    const turn = eventLoopTurn();
    if (round?.turn !== turn || round.connections.has(connection)) {
      round = { turn, began: now(), connections: new Set() };
    }
    round.connections.add(connection);
    return round.connections.size > CROWD && now() - round.began > MAX_ROUND_MS;
  };
  return {
    tryAcquire: (connection) => {
      if (isTooHigh(connection)) return false;
      inFlight += 1;
      return true;
    },
    release: () => {
      inFlight -= 1;
    },
    inFlight: () => inFlight,
  };
}
