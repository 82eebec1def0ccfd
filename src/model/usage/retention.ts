import { ceilTo, DAY_MS, floorTo, HOUR_MS, QUARTER_HOUR_MS, type TimeWindow } from "./time.ts";

/** Retention of hourly usage, in milliseconds. */
export const HOURLY_RETENTION_MS = 7 * DAY_MS;
/** Retention of daily usage, in milliseconds. */
export const DAILY_RETENTION_MS = 365 * DAY_MS;

/**
 * Usage that the platform has at one instant. It publishes every quarter hour, retains hours for 7 days and days for 365, and
 * beyond that only whole months of the account. Both bounds are rounded up, so that a read never misses a bucket.
 */
export interface Retention {
  /** The platform's time, in milliseconds since the epoch. */
  readonly now: number;
  /** The quarter hour up to which usage is published. */
  readonly freshUntil: number;
  /** The oldest retained hour. */
  readonly hourlySince: number;
  /** The oldest retained day. */
  readonly dailySince: number;
}

/**
 * Returns what is retained at `now`, if the platform publishes a quarter hour at most `lagMs` after its end.
 *
 * @see GET /api/analytics/account/series (retention of Hour, Day and Month)
 */
export function retentionAt(now: number, lagMs: number): Retention {
  return {
    now,
    freshUntil: freshUntilAt(now, lagMs),
    hourlySince: ceilTo(now - HOURLY_RETENTION_MS, HOUR_MS),
    dailySince: oldestDayAt(now),
  };
}

/** Retention of one subject's usage: only the account has whole months without limit. */
export interface RetentionPolicy {
  readonly monthsRetained: boolean;
}

/** Retention of the account's usage. */
export const MONTHS_RETAINED: RetentionPolicy = { monthsRetained: true };
/** Retention of every other subject's usage, and of the account's by country. */
export const DAYS_RETAINED: RetentionPolicy = { monthsRetained: false };

/** Returns all retained days as one window. `now` is in milliseconds since the epoch. */
export function allDaysRetained(now: number): TimeWindow {
  return { from: oldestDayAt(now), to: ceilTo(now, HOUR_MS) };
}

function oldestDayAt(now: number): number {
  return ceilTo(now - DAILY_RETENTION_MS, DAY_MS);
}

/** Longest supported lag, in milliseconds: the platform publishes a quarter hour before the next one ends. */
export const MAX_LAG_MS = QUARTER_HOUR_MS - 60_000;

/**
 * Returns the quarter hour up to which usage that was read at `readAt` is complete.
 *
 * The platform publishes a quarter hour some time after its end and does not say when. A read less than `lagMs` after a
 * quarter hour is therefore taken to lack it.
 */
export function freshUntilAt(readAt: number, lagMs: number): number {
  return floorTo(readAt - lagMs, QUARTER_HOUR_MS);
}

/**
 * Returns until when usage that was read at `readAt` may be cached: until the next quarter hour, or, if it was read less than
 * `lagMs` after a quarter hour and may lack it, until that time is over.
 */
export function cacheableUntil(readAt: number, lagMs: number): number {
  const quarter = floorTo(readAt, QUARTER_HOUR_MS);
  return readAt < quarter + lagMs ? quarter + lagMs : quarter + QUARTER_HOUR_MS;
}
