/** Returns milliseconds since the epoch. The clock may be set, forward or back. */
export type Clock = () => number;

/** Returns milliseconds since an arbitrary instant. The clock never goes back. */
export type MonotonicClock = () => number;

/** Monotonic clock of this process. */
export const processClock: MonotonicClock = () => performance.now();
