import { QUARTER_MS } from "./calendar.ts";

/** Time after each quarter hour for which analytics still return the usage of the quarter hour before. */
export interface Lag {
  /** Returns the lag in milliseconds. */
  get(): number;
  /**
   * Sets the lag for all calls from now on.
   *
   * @throws RangeError when it is no whole number of milliseconds from 0 to less than a quarter hour
   */
  set(lagMs: number): void;
}

/** Default lag of one minute, in milliseconds. */
export const DEFAULT_LAG_MS = 60_000;

/** Creates the setting. @throws RangeError as {@link Lag.set} does */
export function createLag(lagMs = DEFAULT_LAG_MS): Lag {
  let current = checked(lagMs);
  return {
    get: () => current,
    set: (next) => {
      current = checked(next);
    },
  };
}

function checked(lagMs: number): number {
  if (Number.isInteger(lagMs) && lagMs >= 0 && lagMs < QUARTER_MS) return lagMs;
  throw new RangeError(`lagMs must be a whole number of milliseconds from 0 to ${QUARTER_MS - 1}; got ${lagMs}.`);
}
