import { DAY_MS, floorTo, HOUR_MS, isMetered, isoSeconds, monthAround, QUARTER_MS, type Span } from "../calendar.ts";
import type { Clock } from "../clock.ts";
import type { Lag } from "../lag.ts";
import type { Ledger } from "../ledger.ts";

/** The length of a bucket. */
export type Resolution = "Hour" | "Day" | "Month";

/** One point of a series. */
export interface Bucket {
  /** Its start, as the platform writes it: `2024-06-01T00:00:00Z`. */
  readonly key: string;
  /** What of it is metered and visible; the newest bucket's ends at the last quarter hour. */
  readonly span: Span;
}

/** The instants that bound what analytics can show. */
export interface Horizon {
  readonly now: number;
  /** Nothing was metered before. */
  readonly opensAt: number;
  /** How long after a quarter hour the figures of that quarter hour are still not there, in milliseconds. */
  readonly lagMs: number;
}

/** Returns the horizon of a call that is answered now. */
export function horizonOf({ clock, ledger, lag }: { clock: Clock; ledger: Ledger; lag: Lag }): Horizon {
  return { now: clock.now(), opensAt: ledger.opensAt, lagMs: lag.get() };
}

const HOUR_RETENTION_DAYS = 7;
const DAY_RETENTION_DAYS = 365;

/**
 * Returns the instant after which nothing is visible: the last quarter hour whose figures have been published.
 *
 * The platform documents the quarter hour and no lag, so a lag is one of the sandbox's settings.
 */
export function freshUntil({ now, lagMs }: Pick<Horizon, "now" | "lagMs">): number {
  return floorTo(now - lagMs, QUARTER_MS);
}

/**
 * The buckets of a series over `[from, to)`: each retained bucket that starts in the range, oldest first, the newest
 * one as far as it has come. Hours are kept 7 days and days 365; months for ever. The hours of the weekly gap do not
 * exist.
 */
export function seriesBuckets(range: Span, resolution: Resolution, horizon: Horizon): readonly Bucket[] {
  const fresh = freshUntil(horizon);
  const from = Math.max(range.from, retainedFrom(resolution, horizon));
  const to = Math.min(range.to, fresh);
  const buckets: Bucket[] = [];
  for (let start = firstStart(from, resolution); start < to; ) {
    const end = bucketEnd(start, resolution);
    if (resolution !== "Hour" || isMetered(start / HOUR_MS)) {
      buckets.push({ key: isoSeconds(start), span: { from: start, to: Math.min(end, fresh) } });
    }
    start = end;
  }
  return buckets;
}

/**
 * What a total over `[from, to)` counts: each UTC day wholly inside the range, while days are kept; of days partly
 * inside, the hours that start inside, while hours are kept.
 *
 * @param monthsToo - for the account, whose months are kept for ever: those wholly inside the range count as a whole,
 *   also when their days are gone
 */
export function totalSpans(range: Span, horizon: Horizon, { monthsToo }: { monthsToo: boolean }): readonly Span[] {
  const fresh = freshUntil(horizon);
  const firstDay = retainedFrom("Day", horizon);
  const firstHour = retainedFrom("Hour", horizon);
  const isInside = (span: Span) => span.from >= range.from && span.to <= range.to;

  const spans: Span[] = [];
  let day = floorTo(Math.max(range.from, horizon.opensAt), DAY_MS);
  while (day < Math.min(range.to, fresh)) {
    const month = monthAround(day);
    const whole = { from: day, to: day + DAY_MS };
    if (monthsToo && isInside(month)) {
      spans.push({ from: day, to: month.to });
      day = month.to;
      continue;
    }
    if (isInside(whole)) {
      if (day >= firstDay) spans.push(whole);
    } else {
      const from = Math.max(firstStart(Math.max(range.from, whole.from), "Hour"), firstHour);
      const to = Math.min(firstStart(Math.min(range.to, whole.to), "Hour"), whole.to);
      if (from < to) spans.push({ from, to });
    }
    day = whole.to;
  }
  return joined(spans.map(({ from, to }) => ({ from, to: Math.min(to, fresh) })));
}

function retainedFrom(resolution: Resolution, { now, opensAt }: Horizon): number {
  switch (resolution) {
    case "Hour":
      return Math.max(opensAt, floorTo(now, HOUR_MS) - HOUR_RETENTION_DAYS * DAY_MS);
    case "Day":
      return Math.max(opensAt, floorTo(now, DAY_MS) - DAY_RETENTION_DAYS * DAY_MS);
    case "Month":
      return monthAround(opensAt).from;
  }
}

/** The first bucket start that is not before an instant. */
function firstStart(instant: number, resolution: Resolution): number {
  switch (resolution) {
    case "Hour":
      return Math.ceil(instant / HOUR_MS) * HOUR_MS;
    case "Day":
      return Math.ceil(instant / DAY_MS) * DAY_MS;
    case "Month": {
      const month = monthAround(instant);
      return month.from === instant ? instant : month.to;
    }
  }
}

function bucketEnd(start: number, resolution: Resolution): number {
  switch (resolution) {
    case "Hour":
      return start + HOUR_MS;
    case "Day":
      return start + DAY_MS;
    case "Month":
      return monthAround(start).to;
  }
}

function joined(spans: readonly Span[]): readonly Span[] {
  const result: Span[] = [];
  for (const span of spans) {
    const last = result.at(-1);
    if (last && last.to === span.from) result[result.length - 1] = { from: last.from, to: span.to };
    else if (span.from < span.to) result.push(span);
  }
  return result;
}
