import type { EventLoopTurn } from "./event-loop-turn.ts";

/** Decides whether the gateway can accept another request. */
export interface LoadShedder {
  /**
   * Counts a request as in flight until {@link release}. Returns false, and counts nothing, if the gateway has more work than
   * it can finish in time.
   *
   * @param connection that the request arrived on; null for a request that arrived on none
   */
  tryAcquire(connection: object | null): boolean;
  release(): void;
  /** Returns the number of requests in flight. */
  inFlight(): number;
}

/** Milliseconds of work of other connections after which a request of the same turn of the event loop is rejected. */
const MAX_ROUND_MS = 1_000;
/**
 * Connections from which on a long turn counts as overload.
 *
 * With fewer, something else has blocked the loop and is over.
 */
const MIN_CONNECTIONS = 100;

/**
 * Creates a load shedder with no request in flight.
 *
 * @param maxInFlight requests that may be in flight at once
 * @param clock monotonic time in milliseconds
 */
export function createLoadShedder(maxInFlight: number, eventLoopTurn: EventLoopTurn, clock: () => number): LoadShedder {
  let inFlight = 0;
  let round: { readonly turn: number; readonly startedAt: number; readonly connections: Set<object> } | null = null;
  const isOverloaded = (connection: object | null) => {
    if (inFlight >= maxInFlight) return true;
    if (!connection) return false;
    // A turn lasts while any connection has something to read. A second request on one connection shows that all others
    // that were ready have been read: a new round begins.
    const turn = eventLoopTurn();
    if (round?.turn !== turn || round.connections.has(connection)) {
      round = { turn, startedAt: clock(), connections: new Set() };
    }
    round.connections.add(connection);
    return round.connections.size > MIN_CONNECTIONS && clock() - round.startedAt > MAX_ROUND_MS;
  };
  return {
    tryAcquire: (connection) => {
      if (isOverloaded(connection)) return false;
      inFlight += 1;
      return true;
    },
    release: () => {
      inFlight -= 1;
    },
    inFlight: () => inFlight,
  };
}
