import { Temporal } from "temporal-polyfill";
import { invalidArgument } from "../errors.ts";
import { DAY_MS, HOUR_MS, type TimeWindow } from "./time.ts";
import { timeZoneOf, type Zones } from "./zones.ts";

/**
 * Calendar days and months of IANA time zones as half-open windows of instants, including days of 23 and 25 hours.
 *
 * Where one zone follows another, the first month of the new one begins at the end of the last month of the old one, and so
 * does its first day: no hour is in two months, or in none.
 */

/** Returns the window of the month `YYYY-MM` in the zones. @throws InvalidInputError for another text */
export function monthWindow(month: string, zones: Zones): TimeWindow {
  if (!/^\d{4}-(0[1-9]|1[0-2])$/.test(month)) {
    throw invalidArgument("window.month", "must be written YYYY-MM, such as 2026-03", month);
  }
  const first = Temporal.PlainYearMonth.from(month).toPlainDate({ day: 1 });
  return { from: startOfDate(first, zones), to: startOfDate(first.add({ months: 1 }), zones) };
}

/** Returns the month, `YYYY-MM`, that the instant is in. */
export function monthAt(instant: number, zones: Zones): string {
  return monthOf(dateAt(instant, zones));
}

/** Returns the month after a month, both `YYYY-MM`. */
export function monthAfter(month: string): string {
  return Temporal.PlainYearMonth.from(month).add({ months: 1 }).toString();
}

/** Returns the zone of the day and month that the instant is in. */
export function timeZoneAt(instant: number, zones: Zones): string {
  return typeof zones === "string" ? zones : timeZoneOf(monthAt(instant, zones), zones);
}

/** Returns the parts of a window with one zone each, in order. An empty window has one part. */
export function zoneSpans(window: TimeWindow, zones: Zones): (TimeWindow & { readonly timeZone: string })[] {
  if (typeof zones === "string") return [{ ...window, timeZone: zones }];
  const spans = zones.map(({ timeZone }, index) => ({
    timeZone,
    from: Math.max(window.from, begins(zones, index)),
    to: Math.min(window.to, begins(zones, index + 1)),
  }));
  const inside = spans.filter(({ from, to }) => from < to);
  return inside.length > 0 ? inside : [{ ...window, timeZone: timeZoneAt(window.from, zones) }];
}

/**
 * Yields the instants at which days or months begin in the zones: from that of the day or month around `window.from` to the
 * first at or after `window.to`. Neighbours enclose one day or month each.
 */
export function* calendarBoundaries(window: TimeWindow, unit: "DAY" | "MONTH", zones: Zones): Generator<number, void> {
  const date = dateAt(window.from, zones);
  let edge = Number.NEGATIVE_INFINITY;
  for (const start of unit === "DAY" ? startsOfDays(date, zones) : startsOfMonths(date, zones)) {
    // A change to a zone further east than a day's length leaves no time for its first day.
    if (start > edge) yield start;
    edge = start;
    if (edge >= window.to) return;
  }
}

/** Days whose clocks are compared at once: no zone changes its offset and back within so few. */
const COMPARED = { days: 5 };

/** Yields the starts of the days from a date on. Looks up offsets once for several days, unless one of them has another. */
function* startsOfDays(first: Temporal.PlainDate, zones: Zones): Generator<number, never> {
  let [date, start] = [first, startOfDate(first, zones)];
  for (;;) {
    const next = date.add(COMPARED);
    const startOfNext = startOfDate(next, zones);
    const haveOneOffset =
      startOfNext - start === COMPARED.days * DAY_MS &&
      periodAt(date.subtract(COMPARED), zones) === periodAt(next, zones);
    yield start;
    for (let days = 1; days < COMPARED.days; days += 1)
      yield haveOneOffset ? start + days * DAY_MS : startOfDate(date.add({ days }), zones);
    [date, start] = [next, startOfNext];
  }
}

/** Yields the starts of the months from that of a date on. */
function* startsOfMonths(date: Temporal.PlainDate, zones: Zones): Generator<number, never> {
  for (let first = date.with({ day: 1 }); ; first = first.add({ months: 1 })) yield startOfDate(first, zones);
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

/** Months whose offsets decide whether a zone may be that of a partner's usage: from before any that the gateway can have. */
const OFFSET_MONTHS = { from: Date.UTC(2020, 0, 1), to: Date.UTC(2030, 0, 1) };

/** Returns whether the months from 2020 to 2029 begin with whole-hour offsets in the zone, as the platform meters hours. */
export function hasWholeHours(timeZone: string): boolean {
  const clock = new Intl.DateTimeFormat("en", { timeZone, minute: "2-digit", second: "2-digit" });
  return [...calendarBoundaries(OFFSET_MONTHS, "MONTH", "UTC")].every((month) => clock.format(month) === "00:00");
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

/** Returns the start of the day or month around the instant, moved by a number of days or months. */
export function calendarStart(instant: number, unit: "DAY" | "MONTH", zones: Zones, offset = 0): number {
  const date = dateAt(instant, zones);
  const [first, step] = unit === "DAY" ? [date, "days"] : [date.with({ day: 1 }), "months"];
  return startOfDate(first.add({ [step]: Math.max(offset, -MAX_COUNT) }), zones);
}

/** Returns the instant that is a positive duration before another one, by the clock of its zone; 1970 at the earliest. */
export function before(instant: number, { unit, count }: CalendarDuration, zones: Zones): number {
  if (unit === "HOUR") return Math.max(instant - Math.round(count * HOUR_MS), 0);
  const length = { [unit === "DAY" ? "days" : "months"]: Math.min(count, MAX_COUNT) };
  return Math.max(zoned(instant, timeZoneAt(instant, zones)).subtract(length).epochMilliseconds, 0);
}

function zoned(instant: number, timeZone: string): Temporal.ZonedDateTime {
  return Temporal.Instant.fromEpochMilliseconds(instant).toZonedDateTimeISO(timeZone);
}

function startOfDay(date: Temporal.PlainDate, timeZone: string): number {
  return date.toZonedDateTime({ timeZone }).epochMilliseconds;
}

/** Returns the date of the day that the instant is in. */
function dateAt(instant: number, zones: Zones): Temporal.PlainDate {
  if (typeof zones === "string") return zoned(instant, zones).toPlainDate();
  let index = zones.length - 1;
  while (index > 0 && begins(zones, index) > instant) index -= 1;
  const date = zoned(instant, zones[index]?.timeZone ?? "UTC").toPlainDate();
  const fromMonth = zones[index]?.fromMonth;
  if (fromMonth == null) return date;
  const first = Temporal.PlainYearMonth.from(fromMonth).toPlainDate({ day: 1 });
  return Temporal.PlainDate.compare(date, first) < 0 ? first : date;
}

/** Returns the start of a date's day. */
export function startOfDate(date: Temporal.PlainDate, zones: Zones): number {
  if (typeof zones === "string") return startOfDay(date, zones);
  const month = monthOf(date);
  const index = periodAt(date, zones);
  const seam = begins(zones, index);
  const { timeZone = "UTC", fromMonth } = zones[index] ?? {};
  return date.day === 1 && fromMonth === month ? seam : Math.max(startOfDay(date, timeZone), seam);
}

/** Returns the index of the zone of a date. */
function periodAt(date: Temporal.PlainDate, zones: Zones): number {
  if (typeof zones === "string") return 0;
  const month = monthOf(date);
  return zones.findLastIndex(({ fromMonth }) => fromMonth === null || fromMonth <= month);
}

/** Returns when a zone of the list begins: at the end of the last month of the zone before it. */
function begins(zones: Exclude<Zones, string>, index: number): number {
  const [zone, former] = [zones[index], zones[index - 1]];
  if (!former) return Number.NEGATIVE_INFINITY;
  if (zone?.fromMonth == null) return Number.POSITIVE_INFINITY;
  return startOfDay(Temporal.PlainYearMonth.from(zone.fromMonth).toPlainDate({ day: 1 }), former.timeZone);
}

function monthOf(date: Temporal.PlainDate): string {
  return date.toPlainYearMonth().toString();
}
