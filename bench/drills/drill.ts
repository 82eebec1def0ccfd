/** How much a drill does: `small` for continuous integration, `full` for a measurement. */
export type Size = "small" | "full";

/** Outcome of a drill. */
export interface Outcome {
  readonly passed: boolean;
  /** Named figures in the order in which they are printed. */
  readonly figures: readonly (readonly [name: string, value: string])[];
}

/** A check that takes longer than the test suite may. */
export interface Drill {
  /** One line: what is done and which bounds hold. */
  readonly title: string;
  /**
   * Runs the drill. The small size takes at most 20 s and checks counts; the full size also checks speeds and memory.
   *
   * @throws Error when the drill itself can't run
   */
  run(size: Size): Promise<Outcome>;
}

/** A drill whose cases are those of a test file, which reads their number from an environment variable. */
export interface PropertyDrill {
  readonly title: string;
  readonly file: string;
  readonly variable: string;
  /** Number of cases of a full run; `npm test` runs the small number that the file states. */
  readonly cases: number;
}
