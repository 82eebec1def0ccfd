import { DAY_MS, floorTo, HOUR_MS, isMetered, isoSeconds, monthAround, QUARTER_MS, type Span } from "../calendar.ts";
import type { Clock } from "../clock.ts";
import type { Lag } from "../lag.ts";
import type { Ledger } from "../ledger.ts";

/** Length of a bucket. */
export type Resolution = "Hour" | "Day" | "Month";

/** One point of a series. */
export interface Bucket {
  /** Start of the bucket, as the platform writes it: `2024-06-01T00:00:00Z`. */
  readonly key: string;
  /** Part of the bucket that is metered and published; the newest bucket ends at the last quarter hour. */
  readonly span: Span;
}

/** Instants that bound what analytics can show. */
export interface Horizon {
  readonly now: number;
  /** Start of metering. */
  readonly meteredSince: number;
  /** Time after a quarter hour until its usage is published, in milliseconds. */
  readonly lagMs: number;
}

/** Returns the horizon of a call that is answered now. */
export function horizonOf({ clock, ledger, lag }: { clock: Clock; ledger: Ledger; lag: Lag }): Horizon {
  return { now: clock.now(), meteredSince: ledger.meteredSince, lagMs: lag.get() };
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
 * Returns the buckets of a series over `[from, to)` that are retained, oldest first.
 *
 * Hours are retained 7 days, days 365, months without limit. The newest bucket is included as far as it has come. The
 * hours of the weekly gap do not exist.
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
 * Returns the spans that a total over `[from, to)` counts.
 *
 * These are the UTC days wholly inside the range, while days are retained, and, of days partly inside, the hours that
 * start inside, while hours are retained.
 *
 * @param monthsToo - for the account, whose months are retained without limit: those wholly inside the range count as a
 * whole, also when their days are gone
 */
export function totalSpans(range: Span, horizon: Horizon, { monthsToo }: { monthsToo: boolean }): readonly Span[] {
  const fresh = freshUntil(horizon);
  const firstDay = retainedFrom("Day", horizon);
  const firstHour = retainedFrom("Hour", horizon);
  const isInside = (span: Span) => span.from >= range.from && span.to <= range.to;

  const spans: Span[] = [];
  let day = floorTo(Math.max(range.from, horizon.meteredSince), DAY_MS);
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

function retainedFrom(resolution: Resolution, { now, meteredSince }: Horizon): number {
  switch (resolution) {
    case "Hour":
      return Math.max(meteredSince, floorTo(now, HOUR_MS) - HOUR_RETENTION_DAYS * DAY_MS);
    case "Day":
      return Math.max(meteredSince, floorTo(now, DAY_MS) - DAY_RETENTION_DAYS * DAY_MS);
    case "Month":
      return monthAround(meteredSince).from;
  }
}

/** Returns the first bucket start at or after an instant. */
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
