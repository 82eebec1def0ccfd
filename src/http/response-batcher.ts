import type { ServerResponse } from "node:http";
import { type MonotonicClock, processClock } from "../primitives/clock.ts";
import type { HttpResponse } from "./http-message.ts";
import { send } from "./node-http.ts";
import type { PauseReadsIfBusy } from "./read-backpressure.ts";

/** Milliseconds that a response waits for others of its turn. */
const MAX_WAIT_MS = 1;

/**
 * Sends a response at the end of this turn of the event loop, or a millisecond later within it, together with all others that are
 * ready by then.
 *
 * @param onSent called when the response has been given to its connection, which may still have to wait for its client
 */
export type EnqueueResponse = (response: ServerResponse, message: HttpResponse, onSent: () => void) => void;

export function createResponseBatcher(
  pauseReadsIfBusy: PauseReadsIfBusy,
  monotonicMs: MonotonicClock = processClock,
): EnqueueResponse {
  let ready: { readonly response: ServerResponse; readonly message: HttpResponse; readonly onSent: () => void }[] = [];
  let since = 0;
  let isScheduled = false;
  let scheduledAt = 0;
  const sendAll = () => {
    const all = ready;
    ready = [];
    for (const { response, message, onSent } of all) {
      send(response, message);
      onSent();
    }
  };
  const endTurn = () => {
    isScheduled = false;
    sendAll();
  };
  return (response, message, onSent) => {
    const now = monotonicMs();
    if (ready.length === 0) since = now;
    ready.push({ response, message, onSent });
    if (!isScheduled) {
      isScheduled = true;
      scheduledAt = now;
      setImmediate(endTurn);
    }
    pauseReadsIfBusy(response.socket, now - scheduledAt);
    if (now - since >= MAX_WAIT_MS) sendAll();
  };
}
