import type { CancellationSignal } from "./cancellation.ts";

/**
 * Deadlines by signal, by `performance.now()`.
 *
 * They need no timer: reads look at them before they start.
 */
const deadlines = new WeakMap<CancellationSignal, number>();

/**
 * Sets the time by which all reads with this signal must be over together, in milliseconds from now.
 *
 * Writes are not bound by it: a change that has started is finished.
 */
export function setDeadline(signal: CancellationSignal, inMs: number): void {
  deadlines.set(signal, performance.now() + inMs);
}

/**
 * Returns the time left for a read with this signal, at most `timeoutMs`; 0 or less after the
 * deadline.
 */
export function remainingMs(signal: CancellationSignal | undefined, timeoutMs: number): number {
  const deadline = signal && deadlines.get(signal);
  return deadline === undefined ? timeoutMs : Math.min(timeoutMs, deadline - performance.now());
}
