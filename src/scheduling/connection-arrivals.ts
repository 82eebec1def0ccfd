/** New connections of the gateway's port, of which Node.js accepts one per turn of the event loop. */
export interface ConnectionArrivals {
  /** Counts a new connection. */
  note(): void;
  /** Returns whether a connection has arrived within the last second. */
  isRecent(): boolean;
  /**
   * Runs a task in the first later turn of the event loop before which no new connection arrived, or after 50 ms.
   *
   * Without this delay, thousands of new connections wait while each turn accepts one of them and then spends its time on
   * connections accepted before.
   */
  runAfter(task: () => void): void;
}

/** Milliseconds for which new connections delay other work. */
const ACCEPT_GRACE_MS = 50;
/** Milliseconds for which an arrival counts as recent: under load a turn takes up to 250 ms. */
const RECENT_CONNECTION_MS = 1_000;

/** @param clock monotonic time in milliseconds */
export function createConnectionArrivals(clock: () => number): ConnectionArrivals {
  let arrivals = 0;
  let newestAt = Number.NEGATIVE_INFINITY;
  return {
    note: () => {
      arrivals += 1;
      newestAt = clock();
    },
    isRecent: () => clock() - newestAt < RECENT_CONNECTION_MS,
    runAfter: (task) => {
      const since = clock();
      let seen = arrivals;
      const check = () => {
        const isDue = arrivals === seen || clock() - since >= ACCEPT_GRACE_MS;
        seen = arrivals;
        if (isDue) task();
        else setImmediate(check);
      };
      setImmediate(check);
    },
  };
}
