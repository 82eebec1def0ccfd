/** Things that will happen at known instants, such as an encoder's return. No timers: they happen when looked at. */
export interface ScheduledEvents {
  /** @param happen - called with the instant itself, not with the later one at which someone looked */
  add(at: number, happen: (at: number) => void): void;
  /** Makes everything happen that is due by `now`, in order of time, also what that in turn adds. */
  settle(now: number): void;
}

/** An scheduledEvents with nothing on it. */
export function createScheduledEvents(): ScheduledEvents {
  /** Latest first, so that the next one is taken from the end. */
  const entries: { at: number; happen: (at: number) => void }[] = [];
  let isSettling = false;

  return {
    add(at, happen) {
      // After its equals, which were there before and come first.
      const later = entries.findIndex((entry) => entry.at <= at);
      entries.splice(later < 0 ? entries.length : later, 0, { at, happen });
    },
    settle(now) {
      // What happens may look at the live state, which settles first: once is enough.
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
