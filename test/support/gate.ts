/** A gate that a test opens. */
export interface Gate {
  /** How often was waited at it. */
  readonly arrivals: () => number;
  /** Waits at it until it is open. */
  readonly wait: () => Promise<void>;
  readonly open: () => void;
}

/** Stands in for a time that has to be long enough: what waits here goes on when the test has seen what it wants to see. */
export function createGate(): Gate {
  let arrivals = 0;
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return {
    arrivals: () => arrivals,
    wait: () => {
      arrivals += 1;
      return opened;
    },
    open: () => open(),
  };
}
