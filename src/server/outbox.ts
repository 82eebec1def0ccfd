import type { ServerResponse } from "node:http";
import type { Answer } from "./exchange.ts";
import { send } from "./node-exchange.ts";

/** Longer no answer waits for others, in milliseconds. */
const MAX_WAIT_MS = 1;

/** Answers that are ready, and whose they are. */
let ready: { readonly response: ServerResponse; readonly answer: Answer }[] = [];
let since = 0;
let isArmed = false;

/**
 * Sends an answer at the end of this turn of the event loop, or a millisecond later within it, beside all others that are ready by
 * then. Sent by itself, each would wake a client that sleeps again before the next one is ready, and waking takes 10 us: as much
 * as a fifth of all that a small answer takes.
 */
export function sendSoon(response: ServerResponse, answer: Answer): void {
  const now = performance.now();
  if (ready.length === 0) since = now;
  ready.push({ response, answer });
  if (now - since >= MAX_WAIT_MS) sendAll();
  else if (!isArmed) arm();
}

function arm(): void {
  isArmed = true;
  setImmediate(() => {
    isArmed = false;
    sendAll();
  });
}

function sendAll(): void {
  const all = ready;
  ready = [];
  for (const { response, answer } of all) send(response, answer);
}
