import { InvalidInputError } from "../errors.ts";
import { before, type CalendarDuration, calendarStart, isUtcMonthStart, monthWindow, timeZoneAt } from "./calendar.ts";
import { DAILY_RETENTION_MS, HOURLY_RETENTION_MS, type Retention, type RetentionPolicy } from "./retention.ts";
import { ceilTo, DAY_MS, floorTo, HOUR_MS, iso, type TimeWindow } from "./time.ts";
import type { Zones } from "./zones.ts";

/** A window by the calendar of a time zone. */
export const namedWindows = {
  TODAY: "The present day, up to the newest usage.",
  YESTERDAY: "The day before the present one.",
  THIS_MONTH: "The present month, up to the newest usage.",
  LAST_MONTH: "The month before the present one.",
} as const;

export type NamedWindow = keyof typeof namedWindows;

/** How a window that cuts through UTC hours is rounded to full ones. */
export const windowRoundings = {
  OUT: "Outwards: the window is extended to the full UTC hours that it cuts.",
  IN: "Inwards: the window is shortened to the full UTC hours within it.",
} as const;

export type WindowRounding = keyof typeof windowRoundings;

/** The window that a client selected; exactly one is set. */
export type WindowSelection =
  | { readonly range: TimeWindow }
  | { readonly last: CalendarDuration; readonly includesCurrent?: boolean }
  /** A calendar month, `YYYY-MM`. */
  | { readonly month: string }
  | { readonly named: NamedWindow };

/**
 * A valid window of usage, on full hours. `to` is the requested end, which may be in the future; {@link meteredWindow} is the
 * part that has been metered, which is empty while a day or month that has begun has no usage yet.
 */
export interface UsageWindow extends TimeWindow {
  /** Zones of its days and months. */
  readonly zones: Zones;
  readonly retention: Retention;
  /** How the selection was rounded to full hours; null if it was not. */
  readonly rounding: WindowRounding | null;
}

/**
 * Returns the window of a selection, its calendar days and months in the zones.
 *
 * @param rounding how to round a selection that cuts through hours; null rejects it
 * @throws InvalidInputError INVALID_WINDOW when the window is upside down, in the future or off the hour
 */
export function resolveWindow(
  selection: WindowSelection,
  zones: Zones,
  retention: Retention,
  rounding: WindowRounding | null = null,
): UsageWindow {
  const window = chosenWindow(selection, zones, retention);
  const { from, to } = window;
  if (from >= to) {
    throw invalidWindow(`\`window\` must end after it begins; got ${iso(from)} to ${iso(to)}.`, {
      valid: toText(validWindow({ from: Math.min(from, to), to: Math.max(from, to) }, retention)),
    });
  }
  const isRange = "range" in selection;
  if (isRange ? floorTo(from, HOUR_MS) >= retention.freshUntil : from > retention.now) {
    const rule = isRange
      ? `begin before ${iso(retention.freshUntil)}, the end of the newest usage`
      : `have begun by ${iso(retention.now)}`;
    throw invalidWindow(`\`window\` must ${rule}; got ${iso(from)}.`, {
      valid: toText(validWindow({ from: retention.freshUntil - HOUR_MS, to: retention.freshUntil }, retention)),
    });
  }
  if (from % HOUR_MS === 0 && to % HOUR_MS === 0) return { from, to, zones, retention, rounding: null };
  const out = { from: floorTo(from, HOUR_MS), to: ceilTo(to, HOUR_MS) };
  const inside = fullHoursOf(window, isRange ? retention.freshUntil : Number.POSITIVE_INFINITY);
  const rounded = rounding === "OUT" ? out : rounding === "IN" ? inside : null;
  if (rounded) return { ...rounded, zones, retention, rounding };
  const valid = toText(validWindow(window, retention));
  const isCalendar = !isRange && !("last" in selection && selection.last.unit === "HOUR");
  const timeZone = timeZoneAt(from, zones);
  const cause = isCalendar
    ? `\`window\` must consist of full UTC hours, and the days and months of ${timeZone} do not begin on one.`
    : "`window` must begin and end on a full UTC hour, as the platform meters hours.";
  const inwards = inside ? `or to IN for ${iso(inside.from)} to ${iso(inside.to)}` : "as it contains no full hour";
  const offers = `Set \`rounding\` to OUT for ${iso(out.from)} to ${iso(out.to)}, ${inwards}.`;
  throw invalidWindow(`${cause} Got ${iso(from)} to ${iso(to)}. ${offers} ${suggestion(valid)}`, {
    ...(isCalendar && { reason: "OFFSET_NOT_WHOLE_HOURS", timeZone }),
    rounded: { OUT: toText(out), IN: inside && toText(inside) },
    valid,
  });
}

/** Returns the full hours of a window; null if there are none that begin before `end`. */
function fullHoursOf(window: TimeWindow, end: number): TimeWindow | null {
  const [from, to] = [ceilTo(window.from, HOUR_MS), floorTo(window.to, HOUR_MS)];
  return from < Math.min(to, end) ? { from, to } : null;
}

function chosenWindow(selection: WindowSelection, zones: Zones, retention: Retention): TimeWindow {
  if ("range" in selection) return selection.range;
  if ("month" in selection) return monthWindow(selection.month, zones);
  if ("named" in selection) return namedWindow(selection.named, zones, retention.now);
  return lastWindow(selection.last, selection.includesCurrent ?? false, zones, retention);
}

/** Returns the day or month of a name at `now`. */
export function namedWindow(name: NamedWindow, zones: Zones, now: number): TimeWindow {
  const unit = name === "TODAY" || name === "YESTERDAY" ? "DAY" : "MONTH";
  const offset = name === "TODAY" || name === "THIS_MONTH" ? 0 : -1;
  return {
    from: calendarStart(now, unit, zones, offset),
    to: calendarStart(now, unit, zones, offset + 1),
  };
}

/** Returns the hours, days or months that are over at `freshUntil`, and on request the one that is not. */
function lastWindow(
  duration: CalendarDuration,
  includesCurrent: boolean,
  zones: Zones,
  { freshUntil, hourlySince, dailySince }: Retention,
): TimeWindow {
  assertPositive(duration);
  const { unit, count } = duration;
  if (unit === "HOUR") {
    const over = floorTo(freshUntil, HOUR_MS);
    const from = before(over, duration, zones);
    // The oldest of a full week's hours are no longer retained.
    const isRetained = count * HOUR_MS <= HOURLY_RETENTION_MS;
    return { from: isRetained ? Math.max(from, hourlySince) : from, to: over + (includesCurrent ? HOUR_MS : 0) };
  }
  const from = Math.max(calendarStart(freshUntil, unit, zones, -count), 0);
  // The oldest of a full year's UTC days is no longer retained.
  const isRetained = unit === "DAY" && count * DAY_MS <= DAILY_RETENTION_MS && from % DAY_MS === 0;
  return {
    from: isRetained ? Math.max(from, dailySince) : from,
    to: calendarStart(freshUntil, unit, zones, includesCurrent ? 1 : 0),
  };
}

/** Checks the duration of `window.last`. @throws InvalidInputError INVALID_WINDOW unless it is positive */
export function assertPositive({ unit, count }: CalendarDuration): void {
  if (count > 0) return;
  const received = `${count} ${unit.toLowerCase()}s`;
  throw invalidWindow(`\`window.last\` must be a positive duration such as PT24H or P7D; got ${received}.`, {});
}

/** Returns the part of the window that has been metered, up to `freshUntil`. Clients receive this window. */
export function meteredWindow(
  { from, to, retention }: UsageWindow,
  freshUntil: number = retention.freshUntil,
): TimeWindow {
  return { from, to: Math.max(from, Math.min(to, freshUntil)) };
}

/**
 * Returns the window to request from the platform. It ends on the hour after the newest usage, so that all windows with the
 * same meaning share one call.
 */
function readWindow(window: UsageWindow): TimeWindow {
  return { from: window.from, to: ceilTo(meteredWindow(window).to, HOUR_MS) };
}

/** The reads of a total: one call, and the months that are no longer retained as days. Both are null without usage yet. */
export interface TotalPlan {
  readonly direct: TimeWindow | null;
  readonly months: TimeWindow | null;
}

/**
 * Plans how to read the total of a window: with one call, or, if the account's window starts before the oldest retained day,
 * as whole months and one call for the rest.
 *
 * @throws InvalidInputError WINDOW_NOT_RETAINED when the platform no longer retains what the window's edges need
 */
export function planTotal(window: UsageWindow, { monthsRetained }: RetentionPolicy): TotalPlan {
  const { from, to } = readWindow(window);
  if (from === to) return { direct: null, months: null };
  const { dailySince, hourlySince } = window.retention;
  // A day in part needs all of its hours: the platform silently omits those that are no longer retained.
  const endsOnAnEdge = to % DAY_MS === 0 || Math.max(from, floorTo(to, DAY_MS)) >= hourlySince;
  if (from >= dailySince) {
    if (endsOnAnEdge && (from % DAY_MS === 0 || from >= hourlySince)) return { direct: { from, to }, months: null };
    throw notRetained(
      window,
      "`window` must begin and end at midnight UTC if it is older than 7 days, as hours are retained for 7 days.",
    );
  }
  if (!monthsRetained)
    throw notRetained(window, "`window` must not begin more than 365 days ago, as usage is retained for 365 days.");
  const monthsEnd = firstMonthRetainedAsDays(window.retention, to);
  if (!isUtcMonthStart(from) || !isUtcMonthStart(monthsEnd) || !endsOnAnEdge) {
    throw notRetained(
      window,
      "`window` must consist of whole UTC months beyond 365 days, as only those of the account are retained.",
    );
  }
  return { direct: monthsEnd < to ? { from: monthsEnd, to } : null, months: { from, to: monthsEnd } };
}

function firstMonthRetainedAsDays({ dailySince }: Retention, to: number): number {
  const since = new Date(dailySince);
  const first = isUtcMonthStart(dailySince) ? dailySince : Date.UTC(since.getUTCFullYear(), since.getUTCMonth() + 1, 1);
  return Math.min(first, to);
}

/**
 * Returns the error for a window that is no longer retained, with the rule, the requested window and a valid one.
 *
 * @param rule a sentence that begins with `window`
 */
export function notRetained(
  window: UsageWindow,
  rule: string,
  valid: TimeWindow = validWindow(window, window.retention),
): InvalidInputError {
  const { retention } = window;
  return new InvalidInputError(
    "window",
    `${rule} Got ${iso(window.from)} to ${iso(window.to)}. ${suggestion(toText(valid))}`,
    {
      reason: "NOT_KEPT",
      actual: toText(window),
      limit: { hoursSince: iso(retention.hourlySince), daysSince: iso(retention.dailySince) },
      valid: toText(valid),
    },
    "WINDOW_NOT_RETAINED",
  );
}

/** Returns the window nearest to the requested one that has a total. */
export function validWindow(requested: TimeWindow, { freshUntil, hourlySince, dailySince }: Retention): TimeWindow {
  const newest = ceilTo(freshUntil, HOUR_MS);
  const to = Math.min(ceilTo(requested.to, HOUR_MS), newest);
  const from = Math.min(floorTo(requested.from, HOUR_MS), to - HOUR_MS);
  if (from >= hourlySince) return { from, to };
  return {
    from: Math.max(floorTo(from, DAY_MS), dailySince),
    to: Math.max(Math.min(ceilTo(to, DAY_MS), ceilTo(freshUntil, DAY_MS)), dailySince + DAY_MS),
  };
}

function toText({ from, to }: TimeWindow): { readonly from: string; readonly to: string } {
  return { from: iso(from), to: iso(to) };
}

/** Returns the sentence that suggests a valid window. */
export function suggestion({ from, to }: { readonly from: string; readonly to: string }): string {
  return `A valid window is ${from} to ${to}.`;
}

function invalidWindow(message: string, facts: Readonly<Record<string, unknown>>): InvalidInputError {
  return new InvalidInputError("window", message, facts, "INVALID_WINDOW");
}

/** Returns a text that is equal for equal windows only. */
export function windowKey({ from, to }: TimeWindow): string {
  return `${from}/${to}`;
}
