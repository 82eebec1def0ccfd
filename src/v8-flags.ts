import { availableParallelism } from "node:os";
import { setFlagsFromString } from "node:v8";

/**
 * Tunes V8's garbage collector for a server of short requests. Must be called before anything allocates.
 *
 * @see docs/decisions/0009-v8-flags.md
 */
export function applyV8Flags(): void {
  // Percent by which the heap may grow before a full collection.
  setFlagsFromString("--heap-growing-percent=70");
  // Objects start in the young generation, whatever survived before.
  setFlagsFromString("--no-allocation-site-pretenuring");
  // Helper threads compete with the main thread for a single core.
  if (availableParallelism() === 1) setFlagsFromString("--no-parallel-scavenge");
}
