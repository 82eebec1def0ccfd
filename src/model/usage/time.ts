/** Instants are milliseconds since 1970-01-01T00:00:00Z, everywhere. */
export const QUARTER_HOUR_MS = 900_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;

/** A half-open span of time: `from` is part of it, `to` is not. */
export interface TimeWindow {
  readonly from: number;
  readonly to: number;
}

/** Returns the last multiple of `step` that is not after the instant. */
export function floorTo(instant: number, step: number): number {
  return Math.floor(instant / step) * step;
}

/** Returns the first multiple of `step` that is not before the instant. */
export function ceilTo(instant: number, step: number): number {
  return Math.ceil(instant / step) * step;
}

/** Returns the instant in RFC 3339 and UTC, without zero milliseconds: `2026-03-01T00:00:00Z`. */
export function iso(instant: number): string {
  return new Date(instant).toISOString().replace(".000Z", "Z");
}
