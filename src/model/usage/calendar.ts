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
  const begin = zoned(window.from, timeZone).toPlainDate();
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

/** A length of time in hours, days or months. Days and months are those of a calendar, so their hours vary. */
export interface CalendarDuration {
  readonly unit: "HOUR" | "DAY" | "MONTH";
  /** Negative for a negative duration; a fraction only for hours. */
  readonly count: number;
}

/** Returns an ISO 8601 duration in its smallest unit; null for months with days or hours, and for other texts. */
export function calendarDuration(text: string): CalendarDuration | null {
  try {
    const { years, months, weeks, days, hours, minutes, seconds, milliseconds } = Temporal.Duration.from(text);
    const [ofMonths, ofDays] = [12 * years + months, 7 * weeks + days];
    const ofHours = hours + (minutes + (seconds + milliseconds / 1000) / 60) / 60;
    if (ofMonths !== 0) return ofDays === 0 && ofHours === 0 ? { unit: "MONTH", count: ofMonths } : null;
    return ofHours === 0 ? { unit: "DAY", count: ofDays } : { unit: "HOUR", count: 24 * ofDays + ofHours };
  } catch {
    return null;
  }
}

/** Days, and months, within the calendar: a longer duration is cut to so many. */
const MAX_COUNT = 1_000_000;

/** Returns the start of the zone's day or month around the instant, moved by a number of days or months. */
export function calendarStart(instant: number, unit: "DAY" | "MONTH", timeZone: string, offset = 0): number {
  const date = zoned(instant, timeZone).toPlainDate();
  const [first, step] = unit === "DAY" ? [date, "days"] : [date.with({ day: 1 }), "months"];
  return startOfDay(first.add({ [step]: Math.max(offset, -MAX_COUNT) }), timeZone);
}

/** Returns the instant that is a positive duration before another one, by the clock of the zone; 1970 at the earliest. */
export function before(instant: number, { unit, count }: CalendarDuration, timeZone: string): number {
  if (unit === "HOUR") return Math.max(instant - Math.round(count * HOUR_MS), 0);
  const length = { [unit === "DAY" ? "days" : "months"]: Math.min(count, MAX_COUNT) };
  return Math.max(zoned(instant, timeZone).subtract(length).epochMilliseconds, 0);
}

function zoned(instant: number, timeZone: string): Temporal.ZonedDateTime {
  return Temporal.Instant.fromEpochMilliseconds(instant).toZonedDateTimeISO(timeZone);
}

function startOfDay(date: Temporal.PlainDate, timeZone: string): number {
  return date.toZonedDateTime({ timeZone }).epochMilliseconds;
}
