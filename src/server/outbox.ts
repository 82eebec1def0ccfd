import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Answer } from "./exchange.ts";
import { send } from "./node-exchange.ts";

/** Longer no answer waits for others, in milliseconds. */
const MAX_WAIT_MS = 1;
/** Whoever is answered in a turn of the event loop that has gone on for longer is heard again in the next one only. */
const LONG_TURN_MS = 50;

/** Answers that are ready, and whose they are. */
let ready: { readonly response: ServerResponse; readonly answer: Answer }[] = [];
let since = 0;
/** Connections of which nothing is read to the end of this turn. */
let resting: Socket[] = [];
let isArmed = false;
let armedAt = 0;

/**
 * Sends an answer at the end of this turn of the event loop, or a millisecond later within it, beside all others that are ready by
 * then. Sent by itself, each would wake a client that sleeps again before the next one is ready, and waking takes 10 us: as much
 * as a fifth of all that a small answer takes.
 *
 * A turn goes on while more than a thousand connections have something to read, and whoever has an answer may ask again in the same
 * turn: four thousand clients made one of seven seconds, in which no answer of the platform was taken further and no time was up.
 * So in a long turn a connection rests that is answered. The answers themselves do not wait: thousands that lay here together
 * outlived a collection of the garbage, and a third fewer were served.
 */
export function sendSoon(response: ServerResponse, answer: Answer): void {
  const now = performance.now();
  if (ready.length === 0) since = now;
  ready.push({ response, answer });
  if (!isArmed) arm(now);
  if (now - armedAt >= LONG_TURN_MS) rest(response.socket);
  if (now - since >= MAX_WAIT_MS) sendAll();
}

function arm(now: number): void {
  isArmed = true;
  armedAt = now;
  setImmediate(() => {
    isArmed = false;
    sendAll();
    const rested = resting;
    resting = [];
    for (const socket of rested) socket.resume();
  });
}

function sendAll(): void {
  const all = ready;
  ready = [];
  for (const { response, answer } of all) send(response, answer);
}

/** @param socket null where an answer waits for those before it on its connection */
function rest(socket: Socket | null): void {
  if (!socket) return;
  socket.pause();
  resting.push(socket);
}
