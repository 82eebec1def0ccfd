import { setImmediate as nextTurn } from "node:timers/promises";

/** Longest part of a long computation between which the event loop runs, in milliseconds. */
const SLICE_MS = 4;

/**
 * Creates the slices of a long computation, which asks after each small step for the pause that is due.
 *
 * @returns a function that returns a promise of the next turn of the event loop if the slice is used up, otherwise null
 */
export function createSlices(): () => Promise<void> | null {
  let endsAt = performance.now() + SLICE_MS;
  return () => {
    if (performance.now() < endsAt) return null;
    return nextTurn().then(() => {
      endsAt = performance.now() + SLICE_MS;
    });
  };
}
