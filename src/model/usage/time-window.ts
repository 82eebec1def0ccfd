import { InvalidInputError } from "../errors.ts";
import { isUtcMonthStart, monthWindow } from "./calendar.ts";
import { DAILY_RETENTION_MS, HOURLY_RETENTION_MS, type Retention, type RetentionPolicy } from "./retention.ts";
import { ceilTo, DAY_MS, floorTo, HOUR_MS, iso, type TimeWindow } from "./time.ts";

/** The window that a client selected: a range, the time up to now, or a calendar month (`YYYY-MM`). Exactly one is set. */
export type WindowSelection = { readonly range: TimeWindow } | { readonly lastMs: number } | { readonly month: string };

/**
 * A valid window of usage: on full hours, with its start in the past. `to` is the requested end, which may be in the future;
 * {@link meteredWindow} is the part that has been metered.
 */
export interface UsageWindow extends TimeWindow {
  readonly timeZone: string;
  readonly retention: Retention;
}

/**
 * Returns the window of a selection, its calendar months in `timeZone`.
 *
 * `last` ends with the newest usage. It starts on a full hour, or on a UTC day if hours are no longer retained: the window
 * is never shorter than requested, except for what is no longer retained.
 *
 * @throws InvalidInputError INVALID_WINDOW when the window is upside down, in the future or off the hour
 */
export function resolveWindow(selection: WindowSelection, timeZone: string, retention: Retention): UsageWindow {
  const window = chosenWindow(selection, timeZone, retention);
  if (window.from >= window.to) {
    throw invalidWindow(`\`window\` must end after it begins; got ${iso(window.from)} to ${iso(window.to)}.`, {
      valid: toText(
        validWindow({ from: Math.min(window.from, window.to), to: Math.max(window.from, window.to) }, retention),
      ),
    });
  }
  if (window.from % HOUR_MS !== 0 || window.to % HOUR_MS !== 0) {
    const valid = toText(validWindow(window, retention));
    const cause =
      "month" in selection
        ? `\`window\` must consist of full UTC hours, and the months of ${timeZone} do not begin on one.`
        : "`window` must begin and end on a full UTC hour, as the platform meters hours.";
    throw invalidWindow(`${cause} Got ${iso(window.from)} to ${iso(window.to)}. ${suggestion(valid)}`, {
      ...("month" in selection && { reason: "OFFSET_NOT_WHOLE_HOURS", timeZone }),
      valid,
    });
  }
  if (window.from >= retention.freshUntil) {
    throw invalidWindow(
      `\`window\` must begin before ${iso(retention.freshUntil)}, the end of the newest usage; got ${iso(window.from)}.`,
      {
        valid: toText(validWindow({ from: retention.freshUntil - HOUR_MS, to: retention.freshUntil }, retention)),
      },
    );
  }
  return { ...window, timeZone, retention };
}

function chosenWindow(selection: WindowSelection, timeZone: string, retention: Retention): TimeWindow {
  if ("range" in selection) return selection.range;
  if ("month" in selection) return monthWindow(selection.month, timeZone);
  return lastWindow(selection.lastMs, retention);
}

function lastWindow(lastMs: number, retention: Retention): TimeWindow {
  if (lastMs <= 0) throw invalidWindow("`window.last` must be a positive duration such as PT24H or P7D.", {});
  // A duration may reach further back than the calendar.
  const begin = Math.max(retention.freshUntil - lastMs, 0);
  return { from: beginOfLast(begin, lastMs, retention), to: ceilTo(retention.freshUntil, HOUR_MS) };
}

/** Returns the start of `last`. A full week and a full year would start just before the oldest retained bucket, so they start with it. */
function beginOfLast(begin: number, lastMs: number, { hourlySince, dailySince }: Retention): number {
  if (lastMs <= HOURLY_RETENTION_MS) return Math.max(floorTo(begin, HOUR_MS), hourlySince);
  return lastMs <= DAILY_RETENTION_MS ? Math.max(floorTo(begin, DAY_MS), dailySince) : floorTo(begin, DAY_MS);
}

/** Returns the part of the window that has been metered, up to `freshUntil`. Clients receive this window. */
export function meteredWindow(window: UsageWindow): TimeWindow {
  return { from: window.from, to: Math.min(window.to, window.retention.freshUntil) };
}

/**
 * Returns the window to request from the platform. It ends on the hour after the newest usage, so that all windows with the
 * same meaning share one call.
 */
function readWindow(window: UsageWindow): TimeWindow {
  return { from: window.from, to: ceilTo(meteredWindow(window).to, HOUR_MS) };
}

/** The reads of a total: one call, and the months that are no longer retained as days. */
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
