import type { Socket } from "node:net";

/** Whoever is answered in a turn of the event loop that has gone on for longer rests, in milliseconds; */
const LONG_TURN_MS = 50;
/** and where a new connection has come lately, already in one that has gone on for so long. */
const BUSY_TURN_MS = 2;
/** In the last second: under load turns take a quarter of it, and one is taken in each. */
const LATELY_MS = 1_000;
/** So long new connections are taken before those that rest are heard. */
const GREETING_MS = 50;

/** Connections of which nothing is read. */
let resting: Socket[] = [];
let newestAt = Number.NEGATIVE_INFINITY;
/** Whether one has come since it was last looked at. */
let hasNew = false;
let greetingSince = 0;

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
export function restIfBusy(socket: Socket | null, turnMs: number): void {
  if (!socket || !isBusy(turnMs)) return;
  socket.pause();
  resting.push(socket);
  if (resting.length === 1) setImmediate(greet);
}

function isBusy(turnMs: number): boolean {
  if (resting.length > 0 || turnMs >= LONG_TURN_MS) return true;
  return turnMs >= BUSY_TURN_MS && performance.now() - newestAt < LATELY_MS;
}

/** Told of each new connection. */
export function cameNew(): void {
  hasNew = true;
  newestAt = performance.now();
}

function greet(): void {
  greetingSince = performance.now();
  hasNew = false;
  setImmediate(greetOrWake);
}

function greetOrWake(): void {
  const isOver = !hasNew || performance.now() - greetingSince >= GREETING_MS;
  hasNew = false;
  if (!isOver) {
    setImmediate(greetOrWake);
    return;
  }
  const rested = resting;
  resting = [];
  for (const socket of rested) socket.resume();
}
