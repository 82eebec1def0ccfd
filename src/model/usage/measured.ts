import { sumTraffic, type Traffic } from "./traffic.ts";

/** Whether usage was read from the platform now, from the archive, or in part from either. */
export type UsageOrigin = "LIVE" | "ARCHIVE" | "MIXED";

/** A value from the platform, and the quarter hour up to which it is complete: see `freshUntilAt`. */
export interface Measured<Value> {
  readonly value: Value;
  readonly freshUntil: number;
  /** LIVE if undefined. */
  readonly origin?: UsageOrigin;
}

/** Returns up to when all values are complete; Infinity without values. */
export function earliestFreshUntil(values: readonly Measured<unknown>[]): number {
  let oldest = Number.POSITIVE_INFINITY;
  for (const { freshUntil } of values) oldest = Math.min(oldest, freshUntil);
  return oldest;
}

/** Returns the sum of traffic, complete up to when all of it is. */
export function sumMeasured(parts: readonly Measured<Traffic>[]): Measured<Traffic> {
  return { value: sumTraffic(parts.map(({ value }) => value)), freshUntil: earliestFreshUntil(parts) };
}
