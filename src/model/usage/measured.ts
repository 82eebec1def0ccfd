/** A value from the platform, and the quarter hour up to which it is complete: see `freshUntilAt`. */
export interface Measured<Value> {
  readonly value: Value;
  readonly freshUntil: number;
}

/** Returns up to when all values are complete; Infinity without values. */
export function earliestFreshUntil(values: readonly Measured<unknown>[]): number {
  let oldest = Number.POSITIVE_INFINITY;
  for (const { freshUntil } of values) oldest = Math.min(oldest, freshUntil);
  return oldest;
}
