import type { Socket } from "node:net";
import type { ConnectionArrivals } from "../scheduling/connection-arrivals.ts";

/** Milliseconds of a turn of the event loop after which reads are paused on a connection. */
const LONG_TURN_MS = 50;
/** The same threshold, in milliseconds, while new connections are arriving. */
const BUSY_TURN_MS = 2;

/**
 * Pauses reads on a connection once a turn of the event loop is long: its next request is read in a later turn. A turn lasts while
 * any connection has something to read, and no timer runs and no upstream response is taken before its end.
 *
 * New connections are accepted one per turn, so while they arrive, reads are paused in shorter turns already.
 *
 * @param socket null where a response waits for those before it on its connection
 * @param turnMs milliseconds since the first response of this turn
 */
export type PauseReadsIfBusy = (socket: Socket | null, turnMs: number) => void;

export function createReadBackpressure(arrivals: Pick<ConnectionArrivals, "isRecent" | "runAfter">): PauseReadsIfBusy {
  let pausedSockets: Socket[] = [];
  const isBusy = (turnMs: number) => {
    if (pausedSockets.length > 0 || turnMs >= LONG_TURN_MS) return true;
    return turnMs >= BUSY_TURN_MS && arrivals.isRecent();
  };
  const resumeReads = () => {
    const sockets = pausedSockets;
    pausedSockets = [];
    for (const socket of sockets) socket.resume();
  };
  return (socket, turnMs) => {
    if (!socket || !isBusy(turnMs)) return;
    socket.pause();
    pausedSockets.push(socket);
    if (pausedSockets.length === 1) setImmediate(arrivals.runAfter, resumeReads);
  };
}
