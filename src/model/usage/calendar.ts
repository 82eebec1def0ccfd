import { Temporal } from "temporal-polyfill";
import { invalidArgument } from "../errors.ts";
import { DAY_MS, HOUR_MS, type TimeWindow } from "./time.ts";

/**
 * Calendar days and months of an IANA time zone as half-open windows of instants, including days of 23 and 25 hours.
 */

/** Returns the window of the month `YYYY-MM` in the zone. @throws InvalidInputError for another text */
export function monthWindow(month: string, timeZone: string): TimeWindow {
  if (!/^\d{4}-(0[1-9]|1[0-2])$/.test(month)) {
    throw invalidArgument("window.month", "must be written YYYY-MM, such as 2026-03", month);
  }
  const first = Temporal.PlainYearMonth.from(month).toPlainDate({ day: 1 });
  return { from: startOfDay(first, timeZone), to: startOfDay(first.add({ months: 1 }), timeZone) };
}

/**
 * Yields the instants at which days or months begin in the zone: from that of the day or month around `window.from` to the
 * first at or after `window.to`. Neighbours enclose one day or month each.
 */
export function* calendarBoundaries(
  window: TimeWindow,
  unit: "DAY" | "MONTH",
  timeZone: string,
): Generator<number, void> {
  const begin = Temporal.Instant.fromEpochMilliseconds(window.from).toZonedDateTimeISO(timeZone).toPlainDate();
  const step = unit === "DAY" ? { days: 1 } : { months: 1 };
  let date = unit === "DAY" ? begin : begin.with({ day: 1 });
  let edge = startOfDay(date, timeZone);
  yield edge;
  while (edge < window.to) {
    date = date.add(step);
    edge = startOfDay(date, timeZone);
    yield edge;
  }
}

/** Returns whether a UTC month begins at the instant. */
export function isUtcMonthStart(instant: number): boolean {
  const date = new Date(instant);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1) === instant;
}

/** Returns whether the runtime knows a zone of this IANA name. */
export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** Returns whether each month of the last year began on a full UTC hour in the zone, as the platform meters. */
export function hasWholeHours(timeZone: string, now: number): boolean {
  const year = { from: now - 366 * DAY_MS, to: now };
  return [...calendarBoundaries(year, "MONTH", timeZone)].every((edge) => edge % HOUR_MS === 0);
}

/** Longest duration within the calendar, in milliseconds. */
const MAX_DURATION_MS = 8.64e15;

/** Returns the milliseconds of an ISO 8601 duration; null for years and months, which vary, and for other texts. */
export function durationMs(text: string): number | null {
  try {
    const duration = Temporal.Duration.from(text);
    if (duration.years !== 0 || duration.months !== 0) return null;
    const { weeks, days, ...clock } = fields(duration);
    const length = Temporal.Duration.from({ ...clock, hours: clock.hours + 24 * (days + 7 * weeks) });
    const lengthMs = length.total("milliseconds");
    return Math.abs(lengthMs) <= MAX_DURATION_MS ? lengthMs : null;
  } catch {
    return null;
  }
}

function fields({ weeks, days, hours, minutes, seconds, milliseconds }: Temporal.Duration) {
  return { weeks, days, hours, minutes, seconds, milliseconds };
}

function startOfDay(date: Temporal.PlainDate, timeZone: string): number {
  return date.toZonedDateTime({ timeZone }).epochMilliseconds;
}
