import type { MonotonicClock } from "../../primitives/clock.ts";

/** Rows of the first step, the fewest and the most of any, and the longest intended step, in milliseconds of CPU time. */
export interface StepLimits {
  readonly first: number;
  readonly fewest: number;
  readonly most: number;
  readonly longestMs: number;
}

/** Size of the steps in which a database on the thread of the requests is read or written. */
export interface StepSize {
  /** Returns the rows of the next step. */
  rows(): number;
  /** Runs a step; its CPU time decides the size of the next one. */
  measure<Result>(step: () => Promise<Result>): Promise<Result>;
}

/** Returns the CPU time of this process in milliseconds, which other processes do not change. */
export const processCpuMs: MonotonicClock = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
};

/** Creates the size of steps: half as many rows follow a step that was too long, a few more one that was less than half as long. */
export function createStepSize(
  { first, fewest, most, longestMs }: StepLimits,
  cpuMs: MonotonicClock = processCpuMs,
): StepSize {
  let rows = first;
  return {
    rows: () => rows,
    measure: async (step) => {
      const begun = cpuMs();
      const result = await step();
      const tookMs = cpuMs() - begun;
      if (tookMs > longestMs) rows = Math.max(fewest, rows >> 1);
      else if (tookMs < longestMs / 2) rows = Math.min(most, rows + fewest);
      return result;
    },
  };
}
