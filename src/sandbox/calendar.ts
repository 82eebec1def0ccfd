/**
 * UTC time as the platform meters it.
 *
 * Quarter hours, hours, days and months, and the two hours a week without metering. All instants are milliseconds since
 * 1970-01-01T00:00:00Z.
 */

/** Lengths in milliseconds; a day is a UTC day, which has 24 hours. */
export const SECOND_MS = 1_000;
export const QUARTER_MS = 15 * 60 * SECOND_MS;
export const HOUR_MS = 4 * QUARTER_MS;
export const DAY_MS = 24 * HOUR_MS;

/** A span of time that includes its start and excludes its end, in milliseconds. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** Returns the last multiple of `stepMs` at or before `ms`, such as the start of its UTC day. */
export function floorTo(ms: number, stepMs: number): number {
  return Math.floor(ms / stepMs) * stepMs;
}

/** Returns the UTC calendar month that contains `ms`. */
export function monthAround(ms: number): Span {
  const date = new Date(ms);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  return { from: Date.UTC(year, month, 1), to: Date.UTC(year, month + 1, 1) };
}

/** Returns the overlap of two spans; `to` is not after `from` if there is none. */
export function overlap(a: Span, b: Span): Span {
  return { from: Math.max(a.from, b.from), to: Math.min(a.to, b.to) };
}

/** Returns `2024-06-01T00:00:00Z`, as the platform writes bucket starts and expiry times. */
export function isoSeconds(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

/** Returns `2024-06-01T00:00:00.000Z`, as the platform writes viewer records and monitoring times. */
export function isoMillis(ms: number): string {
  return new Date(ms).toISOString();
}

const TUESDAY = 2;
const GAP_HOURS = { from: 3, to: 5 };

/** Returns the UTC weekday; 0 is Sunday. 1970-01-01 was a Thursday. */
export function weekdayOfDay(day: number): number {
  return (day + 4) % 7;
}

/**
 * Returns whether an hour is metered: false for Tuesdays 03:00 to 05:00 UTC.
 *
 * These hours have no bucket and count nothing in any total.
 *
 * @param hour - whole hours since the epoch
 */
export function isMetered(hour: number): boolean {
  const hourOfDay = hour % 24;
  return hourOfDay < GAP_HOURS.from || hourOfDay >= GAP_HOURS.to || weekdayOfDay(Math.floor(hour / 24)) !== TUESDAY;
}

/** Returns the parts of a span outside the weekly gaps, oldest first. */
export function* meteredSpans(span: Span): Generator<Span> {
  let from = span.from;
  for (let day = Math.floor(span.from / DAY_MS); day * DAY_MS < span.to; day++) {
    if (weekdayOfDay(day) !== TUESDAY) continue;
    const gapFrom = day * DAY_MS + GAP_HOURS.from * HOUR_MS;
    const gapTo = day * DAY_MS + GAP_HOURS.to * HOUR_MS;
    if (gapTo <= from || gapFrom >= span.to) continue;
    if (gapFrom > from) yield { from, to: gapFrom };
    from = gapTo;
  }
  if (from < span.to) yield { from, to: span.to };
}

const ISO_INSTANT = /^(\d{4})-(\d{2})-(\d{2})(?:T(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(Z|[+-]\d{2}:\d{2})?)?$/;

/**
 * Parses `YYYY-MM-DD` or an ISO 8601 instant; without a zone it is UTC.
 *
 * Fractions below a millisecond are cut off.
 *
 * @returns undefined if the text is no such date, or names a day that does not exist
 */
export function parseInstant(text: string): number | undefined {
  const parts = ISO_INSTANT.exec(text);
  if (!parts) return undefined;
  const [, year, month, day, hour = "00", minute = "00", second = "00", fraction = "", zone = "Z"] = parts;
  const wallClock = `${year}-${month}-${day}T${hour}:${minute}:${second}.${fraction.slice(0, 3).padEnd(3, "0")}`;
  const utc = Date.parse(`${wallClock}Z`);
  // Date.parse turns February 30 into March 1 or 2; a real day survives the round trip.
  if (Number.isNaN(utc) || new Date(utc).toISOString() !== `${wallClock}Z`) return undefined;
  const instant = Date.parse(`${wallClock}${zone}`);
  return Number.isNaN(instant) ? undefined : instant;
}

/**
 * Returns an instant in milliseconds.
 *
 * @param at - milliseconds since the epoch, a Date, `YYYY-MM-DD` or an ISO 8601 instant
 * @throws RangeError if it is none of these
 */
export function toInstant(at: string | number | Date): number {
  const instant = typeof at === "string" ? parseInstant(at) : Math.floor(Number(at));
  if (instant === undefined || !Number.isFinite(instant)) {
    throw new RangeError(`Not a date: ${String(at)}. Use YYYY-MM-DD, an ISO 8601 instant or milliseconds.`);
  }
  return instant;
}
