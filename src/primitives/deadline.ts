import type { CancellationSignal } from "./cancellation.ts";

/** By when the reads that carry a signal have to be over, by `performance.now()`. */
const deadlines = new WeakMap<CancellationSignal, number>();

/**
 * Says that all reads which carry this signal, one after the other, may take so long together. What is no read is not
 * bound by it: a change that has begun is brought to its end. A deadline beside the signal needs no timer of its own.
 */
export function setDeadline(signal: CancellationSignal, inMs: number): void {
  deadlines.set(signal, performance.now() + inMs);
}

/** How long a read with this signal may take: `timeoutMs`, or what is left when that is less. At or below 0 it is too late. */
export function remainingMs(signal: CancellationSignal | undefined, timeoutMs: number): number {
  const deadline = signal && deadlines.get(signal);
  return deadline === undefined ? timeoutMs : Math.min(timeoutMs, deadline - performance.now());
}
