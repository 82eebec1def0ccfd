/** Things that will happen at known instants, such as an encoder's reconnect. No timers: they happen when looked at. */
export interface Agenda {
  /** @param happen - called with the instant itself, not with the later one at which someone looked */
  add(at: number, happen: (at: number) => void): void;
  /** Makes everything happen that is due by `now`, in order of time, also what that in turn adds. */
  settle(now: number): void;
}

export function createAgenda(): Agenda {
  let entries: { at: number; happen: (at: number) => void }[] = [];
  let settling = false;
  return {
    add(at, happen) {
      entries.push({ at, happen });
    },
    settle(now) {
      // What happens may look at the live state, which settles first: once is enough.
      if (settling) return;
      settling = true;
      try {
        for (;;) {
          const due = entries.filter(({ at }) => at <= now).sort((a, b) => a.at - b.at)[0];
          if (!due) return;
          entries = entries.filter((entry) => entry !== due);
          due.happen(due.at);
        }
      } finally {
        settling = false;
      }
    },
  };
}
