/** A gate that a test opens. */
export interface Gate {
  /** Returns the number of calls of `wait`. */
  readonly arrivals: () => number;
  /** Resolves when the gate is open. */
  readonly wait: () => Promise<void>;
  readonly open: () => void;
}

/** Creates a closed gate, in place of a delay that would have to be long enough for what the test waits for. */
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
