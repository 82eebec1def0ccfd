import { InvalidInputError } from "../errors.ts";
import { isUtcMonthStart, monthWindow } from "./calendar.ts";
import { ceilTo, DAY_MS, floorTo, HOUR_MS, iso, QUARTER_HOUR_MS, type TimeWindow } from "./time.ts";

/**
 * What the platform has and still keeps at one instant. Figures move on the quarter hour; hours are kept for 7 days, days
 * for 365, and beyond that only whole months of the account. The two bounds are rounded towards the present, so that a
 * figure is asked for only while it is surely kept.
 */
export interface Retention {
  /** The quarter hour up to which figures are in. */
  readonly freshUntil: number;
  /** The oldest hour kept. */
  readonly hourlySince: number;
  /** The oldest day kept. */
  readonly dailySince: number;
}

/**
 * Returns what is kept at `now`, by a platform whose figures lag behind the quarter hour by at most `lagMs`.
 *
 * @see GET /api/analytics/account/series (retention of Hour, Day and Month)
 */
export function retentionAt(now: number, lagMs: number): Retention {
  return {
    freshUntil: freshUntilAt(now, lagMs),
    hourlySince: ceilTo(now - 7 * DAY_MS, HOUR_MS),
    dailySince: ceilTo(now - 365 * DAY_MS, DAY_MS),
  };
}

/** What a client chose: a range, the time up to now, or a calendar month (`YYYY-MM`). Exactly one is set. */
export type WindowSelection = { readonly range: TimeWindow } | { readonly lastMs: number } | { readonly month: string };

/**
 * A window of figures that can be answered: on the hour, begun in the past. `to` is where the client wanted it to end,
 * which may be ahead of the figures; {@link meteredWindow} is the part of it that has been metered.
 */
export interface UsageWindow extends TimeWindow {
  readonly timeZone: string;
  readonly retention: Retention;
}

/**
 * The window that a selection means while `retention` is kept, its calendar months in `timeZone`.
 *
 * `last` ends at the newest figures. It begins on the hour, and where it reaches further back than hours are kept, at the
 * beginning of the UTC day: the window never holds less than was asked, but for what is no longer kept.
 *
 * @throws InvalidInputError INVALID_WINDOW when the window is upside down, in the future or off the hour
 */
export function resolveWindow(selection: WindowSelection, timeZone: string, retention: Retention): UsageWindow {
  const window = chosenWindow(selection, timeZone, retention);
  if (window.from >= window.to) {
    throw invalidWindow(`The window ends (${iso(window.to)}) before it begins (${iso(window.from)}).`, {
      valid: written(
        validWindow({ from: Math.min(window.from, window.to), to: Math.max(window.from, window.to) }, retention),
      ),
    });
  }
  if (window.from % HOUR_MS !== 0 || window.to % HOUR_MS !== 0) {
    const valid = written(validWindow(window, retention));
    const cause =
      "month" in selection
        ? `The months of ${timeZone} begin at an offset from UTC that is no whole hour, and the platform meters whole UTC hours.`
        : "The platform meters by the hour, so a window must begin and end on the full UTC hour.";
    throw invalidWindow(`${cause} Got ${iso(window.from)} to ${iso(window.to)}. ${offered(valid)}`, {
      ...("month" in selection && { reason: "OFFSET_NOT_WHOLE_HOURS", timeZone }),
      valid,
    });
  }
  if (window.from >= retention.freshUntil) {
    throw invalidWindow(`The window begins after the newest figures, which are of ${iso(retention.freshUntil)}.`, {
      valid: written(validWindow({ from: retention.freshUntil - HOUR_MS, to: retention.freshUntil }, retention)),
    });
  }
  return { ...window, timeZone, retention };
}

function chosenWindow(selection: WindowSelection, timeZone: string, retention: Retention): TimeWindow {
  if ("range" in selection) return selection.range;
  if ("month" in selection) return monthWindow(selection.month, timeZone);
  return lastWindow(selection.lastMs, retention);
}

function lastWindow(lastMs: number, retention: Retention): TimeWindow {
  if (lastMs <= 0) throw invalidWindow("`last` is a duration of more than nothing, such as PT24H or P7D.", {});
  // Nothing was streamed before 1970, and a calendar does not reach back as far as a duration may.
  const begin = Math.max(retention.freshUntil - lastMs, 0);
  return { from: beginOfLast(begin, lastMs, retention), to: ceilTo(retention.freshUntil, HOUR_MS) };
}

/** A full week and a full year reach a little past the oldest figures that are kept: they begin with those. */
function beginOfLast(begin: number, lastMs: number, { hourlySince, dailySince }: Retention): number {
  if (lastMs <= 7 * DAY_MS) return Math.max(floorTo(begin, HOUR_MS), hourlySince);
  return lastMs <= 365 * DAY_MS ? Math.max(floorTo(begin, DAY_MS), dailySince) : floorTo(begin, DAY_MS);
}

/** The part of the window that has been metered: up to `freshUntil`. This is the window that is echoed to the client. */
export function meteredWindow(window: UsageWindow): TimeWindow {
  return { from: window.from, to: Math.min(window.to, window.retention.freshUntil) };
}

/**
 * The window as it is sent upstream: it ends on the hour after the newest figures, so that all windows which mean the same
 * are one call.
 */
function readWindow(window: UsageWindow): TimeWindow {
  return { from: window.from, to: ceilTo(meteredWindow(window).to, HOUR_MS) };
}

/** What may be read of a subject: whole months are kept, without end, for the account alone. */
export interface RetentionPolicy {
  readonly monthsRetained: boolean;
}

/** One read of a total: directly, or as the sum of months that are no longer kept as days. */
export interface TotalPlan {
  readonly direct: TimeWindow | null;
  readonly months: TimeWindow | null;
}

/**
 * How to read the total of a window: by one call, or, where the account's window reaches further back than days are kept,
 * as whole months and a call for the rest.
 *
 * @throws InvalidInputError WINDOW_NOT_RETAINED when the platform no longer keeps what the window's edges need
 */
export function planTotal(window: UsageWindow, { monthsRetained }: RetentionPolicy): TotalPlan {
  const { from, to } = readWindow(window);
  const { dailySince, hourlySince } = window.retention;
  // Of a day that is counted in part all hours must be kept: the platform leaves out, silently, those that are not.
  const endsOnAnEdge = to % DAY_MS === 0 || Math.max(from, floorTo(to, DAY_MS)) >= hourlySince;
  if (from >= dailySince) {
    if (endsOnAnEdge && (from % DAY_MS === 0 || from >= hourlySince)) return { direct: { from, to }, months: null };
    throw notRetained(window, "Hours are kept for 7 days; an older window begins and ends at midnight UTC.");
  }
  if (!monthsRetained) throw notRetained(window, "Figures are kept for 365 days.");
  const monthsEnd = firstMonthRetainedAsDays(window.retention, to);
  if (!isUtcMonthStart(from) || !isUtcMonthStart(monthsEnd) || !endsOnAnEdge) {
    throw notRetained(window, "Beyond 365 days only whole UTC months of the account are kept.");
  }
  return { direct: monthsEnd < to ? { from: monthsEnd, to } : null, months: { from, to: monthsEnd } };
}

function firstMonthRetainedAsDays({ dailySince }: Retention, to: number): number {
  const since = new Date(dailySince);
  const first = isUtcMonthStart(dailySince) ? dailySince : Date.UTC(since.getUTCFullYear(), since.getUTCMonth() + 1, 1);
  return Math.min(first, to);
}

/**
 * @param valid a window that works
 * @returns the error that says what is kept, what was asked, and what works
 */
export function notRetained(
  window: UsageWindow,
  rule: string,
  valid: TimeWindow = validWindow(window, window.retention),
): InvalidInputError {
  const { retention } = window;
  return new InvalidInputError(
    "window",
    `${rule} Asked was ${iso(window.from)} to ${iso(window.to)}. ${offered(written(valid))}`,
    {
      reason: "NOT_KEPT",
      actual: written(window),
      limit: { hoursSince: iso(retention.hourlySince), daysSince: iso(retention.dailySince) },
      valid: written(valid),
    },
    "WINDOW_NOT_RETAINED",
  );
}

/** The nearest window to the one asked that a total can be read for. */
export function validWindow(asked: TimeWindow, { freshUntil, hourlySince, dailySince }: Retention): TimeWindow {
  const newest = ceilTo(freshUntil, HOUR_MS);
  const to = Math.min(ceilTo(asked.to, HOUR_MS), newest);
  const from = Math.min(floorTo(asked.from, HOUR_MS), to - HOUR_MS);
  if (from >= hourlySince) return { from, to };
  return {
    from: Math.max(floorTo(from, DAY_MS), dailySince),
    to: Math.max(Math.min(ceilTo(to, DAY_MS), ceilTo(freshUntil, DAY_MS)), dailySince + DAY_MS),
  };
}

function written({ from, to }: TimeWindow): { readonly from: string; readonly to: string } {
  return { from: iso(from), to: iso(to) };
}

/** Returns the sentence that names a window that works. */
export function offered({ from, to }: { readonly from: string; readonly to: string }): string {
  return `A window that works: ${from} to ${to}.`;
}

function invalidWindow(message: string, facts: Readonly<Record<string, unknown>>): InvalidInputError {
  return new InvalidInputError("window", message, facts, "INVALID_WINDOW");
}

/** What tells two windows apart, as text. */
export function windowKey({ from, to }: TimeWindow): string {
  return `${from}/${to}`;
}

/** All days for which the platform keeps figures, as one window. `now` is in milliseconds since the epoch. */
export function allDaysRetained(now: number): TimeWindow {
  return { from: ceilTo(now - 365 * DAY_MS, DAY_MS), to: ceilTo(now, HOUR_MS) };
}

/** The longest lag that can be reckoned with: the platform publishes a quarter hour before the next one is over. */
export const MAX_LAG_MS = QUARTER_HOUR_MS - 60_000;

/**
 * Returns the quarter hour up to which figures are whole that the platform was asked for at `readAt`.
 *
 * The platform publishes a quarter hour some time after its end and does not say when. What is asked sooner than `lagMs`
 * after a quarter hour is therefore taken to lack it.
 */
export function freshUntilAt(readAt: number, lagMs: number): number {
  return floorTo(readAt - lagMs, QUARTER_HOUR_MS);
}

/**
 * Until when an answer serves that was read at `readAt`: figures move on the quarter hour. One that was read less than
 * `lagMs` after it may be of before it, and serves until then only.
 */
export function cacheableUntil(readAt: number, lagMs: number): number {
  const quarter = floorTo(readAt, QUARTER_HOUR_MS);
  return readAt < quarter + lagMs ? quarter + lagMs : quarter + QUARTER_HOUR_MS;
}
