/** What was read of the platform, with the quarter hour up to which it is whole: see `freshUntilAt`. */
export interface Measured<Value> {
  readonly value: Value;
  readonly freshUntil: number;
}

/** Returns up to when the oldest of the figures is whole; infinity for none. */
export function earliestFreshUntil(figures: readonly Measured<unknown>[]): number {
  let oldest = Number.POSITIVE_INFINITY;
  for (const { freshUntil } of figures) oldest = Math.min(oldest, freshUntil);
  return oldest;
}
