import type { Socket } from "node:net";

/** Whoever is answered in a turn of the event loop that has gone on for longer rests, in milliseconds; */
const LONG_TURN_MS = 50;
/** and where a new connection has come lately, already in one that has gone on for so long. */
const BUSY_TURN_MS = 2;
/** In the last second: under load turns take a quarter of it, and one is taken in each. */
const RECENT_CONNECTION_MS = 1_000;
/** So long new connections are taken before those that rest are heard. */
const ACCEPT_GRACE_MS = 50;

/** Connections of which nothing is read. */
let pausedSockets: Socket[] = [];
let newestAt = Number.NEGATIVE_INFINITY;
/** How many connections have come. */
let arrivals = 0;

/**
 * Lets a connection rest that is answered in a long turn of the event loop: nothing is read of it before the next. A turn goes on
 * while more than a thousand connections have something to read, and whoever has an answer may ask again in the same turn: four
 * thousand clients made one of seven seconds, in which no answer of the platform was taken further and no time was up.
 *
 * New connections are taken one a turn. So while they come, those that are answered rest, turns are short, and hundreds are taken
 * in the time of one long turn: else clients wait for a minute to be heard for the first time, while others ask on and on.
 *
 * @param socket null where an answer waits for those before it on its connection
 * @param turnMs how long this turn has gone on since its first answer
 */
export function pauseReadsIfBusy(socket: Socket | null, turnMs: number): void {
  if (!socket || !isBusy(turnMs)) return;
  socket.pause();
  pausedSockets.push(socket);
  if (pausedSockets.length === 1) setImmediate(afterArrivals, wake);
}

function isBusy(turnMs: number): boolean {
  if (pausedSockets.length > 0 || turnMs >= LONG_TURN_MS) return true;
  return turnMs >= BUSY_TURN_MS && performance.now() - newestAt < RECENT_CONNECTION_MS;
}

/** Told of each new connection. */
export function noteNewConnection(): void {
  arrivals += 1;
  newestAt = performance.now();
}

/**
 * Does work in a later turn of the event loop: in the first before which no new connection came, or after 50 ms. Two thousand new
 * connections waited for ten seconds while each turn took one of them and spent 12 ms on answers.
 */
export function afterArrivals(work: () => void): void {
  const since = performance.now();
  let seen = arrivals;
  const look = () => {
    const isDue = arrivals === seen || performance.now() - since >= ACCEPT_GRACE_MS;
    seen = arrivals;
    if (isDue) work();
    else setImmediate(look);
  };
  setImmediate(look);
}

function wake(): void {
  const rested = pausedSockets;
  pausedSockets = [];
  for (const socket of rested) socket.resume();
}
