/** Events at set instants, such as an encoder's return. No timers: they happen when the state is read. */
export interface ScheduledEvents {
  /**
   * Schedules an event.
   *
   * @param happen - called with the event's instant, not with the later one of the reading
   */
  add(at: number, happen: (at: number) => void): void;
  /** Makes every event happen that is due by `now`, in order of time, including those that these add. */
  settle(now: number): void;
}

/** Creates an empty schedule. */
export function createScheduledEvents(): ScheduledEvents {
  /** Latest first, so that the next one is taken from the end. */
  const entries: { at: number; happen: (at: number) => void }[] = [];
  let isSettling = false;

  return {
    add(at, happen) {
      // Behind entries of the same instant, which were added before and come first.
      const later = entries.findIndex((entry) => entry.at <= at);
      entries.splice(later < 0 ? entries.length : later, 0, { at, happen });
    },
    settle(now) {
      // An event may read the live state, which settles first: once is enough.
      if (isSettling) return;
      isSettling = true;
      try {
        for (let next = entries.at(-1); next && next.at <= now; next = entries.at(-1)) {
          entries.pop();
          next.happen(next.at);
        }
      } finally {
        isSettling = false;
      }
    },
  };
}
