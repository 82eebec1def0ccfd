import { InvalidInputError } from "../errors.ts";
import { bucketBoundary } from "./bucket-date.ts";
import { calendarBoundaries, isUtcMonthStart, timeZoneAt } from "./calendar.ts";
import type { UsageOrigin } from "./measured.ts";
import type { RetentionPolicy } from "./retention.ts";
import { ceilTo, DAY_MS, floorTo, HOUR_MS, iso, type TimeWindow } from "./time.ts";
import { meteredWindow, notRetained, planTotal, suggestion, type UsageWindow, validWindow } from "./time-window.ts";
import { addTraffic, bitsPerSecond, type Traffic } from "./traffic.ts";
import type { Zones } from "./zones.ts";

/** The size of a bucket, for clients and for the platform. */
export type Granularity = "HOUR" | "DAY" | "MONTH";

/**
 * COMPLETE: the bucket is over and nothing is missing. UNVERIFIED: the bucket is over, and hours may be missing. PARTIAL: the
 * bucket is not over, or a part is missing. MISSING: there is no usage.
 */
export type BucketState = "COMPLETE" | "UNVERIFIED" | "PARTIAL" | "MISSING";

/** One read of a series: buckets of this resolution that begin in the window. */
export interface SeriesRequest {
  readonly resolution: Granularity;
  readonly window: TimeWindow;
}

/** A bucket of the response, and the resolution and starts of the platform's buckets that cover it. */
interface PlannedBucket extends TimeWindow {
  readonly resolution: Granularity;
  readonly tiles: readonly number[];
}

/** The buckets of a series in order, and the fewest reads that cover them. */
export interface SeriesPlan {
  readonly buckets: readonly PlannedBucket[];
  readonly reads: readonly SeriesRequest[];
}

const NOTHING: readonly TimeWindow[] = Object.freeze([]);

/** One bucket of a series. `traffic` is null exactly if the state is MISSING, which is not the same as zero. */
export class SeriesPoint implements TimeWindow {
  readonly from: number;
  readonly to: number;
  readonly state: BucketState;
  readonly traffic: Traffic | null;
  /** Disjoint spans that are over and have no usage, in order. */
  readonly missing: readonly TimeWindow[];

  constructor(
    from: number,
    to: number,
    state: BucketState,
    traffic: Traffic | null,
    missing: readonly TimeWindow[] = NOTHING,
  ) {
    this.from = from;
    this.to = to;
    this.state = state;
    this.traffic = traffic;
    this.missing = missing;
  }

  /** Start of the bucket. */
  get start(): Date {
    return bucketBoundary(this.from);
  }

  /** End of the bucket, exclusive. */
  get end(): Date {
    return bucketBoundary(this.to);
  }

  get bytesOut(): bigint | null {
    return this.traffic === null ? null : this.traffic.bytesOut;
  }

  get bytesIn(): bigint | null {
    return this.traffic === null ? null : this.traffic.bytesIn;
  }

  /** Where the usage was read; null if there is none. */
  get origin(): UsageOrigin | null {
    return this.traffic === null ? null : "LIVE";
  }

  /** When the usage was corrected after it had been settled, in milliseconds; null if it was not, as far as is known. */
  get correctedAt(): number | null {
    return null;
  }
}

/** Traffic by the start of its bucket. Buckets that the platform omitted are absent. */
export interface UsageSeries {
  get(start: number): Traffic | undefined;
  keys(): Iterable<number>;
  values(): Iterable<Traffic>;
  /** Returns whether the bucket lacks a part, such as an absent summand; undefined means no bucket does. */
  lacks?(start: number): boolean;
}

/**
 * Plans a series of hours, days or months. HOUR buckets are UTC hours; DAY and MONTH buckets follow the time zones, and are cut
 * at the window's edges.
 *
 * Days are read by hours while these are retained, so that missing hours are found. Any other bucket is read in the coarsest
 * retained resolution that covers it exactly.
 *
 * @throws InvalidInputError WINDOW_NOT_RETAINED when no retained resolution covers a bucket exactly
 */
export function planSeries(
  window: UsageWindow,
  granularity: Granularity,
  zones: Zones,
  policy: RetentionPolicy,
): SeriesPlan {
  const buckets = planBuckets(window, granularity, zones, policy);
  if (!buckets) {
    const valid = readableWindow(window, granularity, zones, policy);
    if (granularity !== "HOUR" && beginsOffTheHour(window, granularity, zones)) {
      throw offTheHour(granularity, timeZoneAt(window.from, zones), valid ?? validWindow(window, window.retention));
    }
    throw notRetained(window, unreadable(granularity, timeZoneAt(window.from, zones)), valid);
  }
  return { buckets, reads: readsOf(buckets) };
}

/** Returns null at the first bucket that is no longer retained, so that a window of centuries ends early. */
function planBuckets(
  window: UsageWindow,
  granularity: Granularity,
  zones: Zones,
  policy: RetentionPolicy,
): PlannedBucket[] | null {
  const buckets: PlannedBucket[] = [];
  for (const bucket of bucketsOf(window, granularity, zones)) {
    const resolution = tilingOf(bucket, window, granularity, policy);
    if (!resolution) return null;
    const { from, to } = bucket;
    buckets.push({
      from,
      to,
      resolution,
      tiles: tileStarts(from, Math.min(to, window.retention.freshUntil), resolution),
    });
  }
  return buckets;
}

/** Returns a similar window whose buckets can be read: of whole days, of hours, or within one day of the zone. */
function readableWindow(
  window: UsageWindow,
  granularity: Granularity,
  zones: Zones,
  policy: RetentionPolicy,
): TimeWindow | undefined {
  const { retention } = window;
  const { hourlySince, freshUntil } = retention;
  const hours = { from: Math.max(window.from, hourlySince), to: Math.max(window.to, hourlySince + HOUR_MS) };
  const days = [...calendarBoundaries({ from: hourlySince, to: freshUntil }, "DAY", zones)];
  const withinDays = days.slice(1).map((end, index) => ({
    from: ceilTo(Math.max(days[index] ?? end, hourlySince), HOUR_MS),
    to: floorTo(Math.min(end, ceilTo(freshUntil, HOUR_MS)), HOUR_MS),
  }));
  return [validWindow(window, retention), validWindow(hours, retention), ...withinDays.reverse()].find(
    (candidate) =>
      candidate.from < Math.min(candidate.to, freshUntil) &&
      planBuckets({ ...window, ...candidate }, granularity, zones, policy),
  );
}

/**
 * Joins the plan and what was read: every bucket in order, without gaps.
 *
 * @param freshUntil up to when all reads are complete; buckets that begin later are omitted
 */
export function assembleSeries(
  plan: SeriesPlan,
  readings: Pick<ReadonlyMap<Granularity, UsageSeries>, "get">,
  freshUntil: number,
): SeriesPoint[] {
  const { buckets } = plan;
  const begun = buckets.findIndex(({ from }) => from >= freshUntil);
  return (begun < 0 ? buckets : buckets.slice(0, begun)).map((bucket) => {
    const reading = readings.get(bucket.resolution);
    let traffic: Traffic | null = null;
    let missing: TimeWindow[] | null = null;
    for (const start of bucket.tiles) {
      if (start >= freshUntil) break;
      const tile = reading?.get(start);
      if (tile) traffic = traffic ? addTraffic(traffic, tile) : tile;
      if (tile && !reading?.lacks?.(start)) continue;
      missing ??= [];
      addGap(missing, start, Math.min(tileEnd(start, bucket.resolution), bucket.to, freshUntil));
    }
    const state = !traffic
      ? "MISSING"
      : missing || bucket.to > freshUntil
        ? "PARTIAL"
        : bucket.resolution === "HOUR"
          ? "COMPLETE"
          : "UNVERIFIED";
    return new SeriesPoint(bucket.from, bucket.to, state, traffic, missing ?? NOTHING);
  });
}

/** Appends a span; adjacent spans are merged. */
export function addGap(gaps: TimeWindow[], from: number, to: number): void {
  const last = gaps.at(-1);
  if (last?.to === from) gaps[gaps.length - 1] = { from: last.from, to };
  else gaps.push({ from, to });
}

/** The completeness of a whole window, by the hour if hours are retained. */
export interface Coverage {
  readonly state: BucketState;
  /** Disjoint spans that are over and have no usage, in order. */
  readonly missing: readonly TimeWindow[];
}

/**
 * Plans the buckets of a window's total: hours for days whose hours are all retained, days before that, and months of the
 * account before those.
 *
 * @throws InvalidInputError WINDOW_NOT_RETAINED as the total does
 */
export function planCoverage(window: UsageWindow, policy: RetentionPolicy): SeriesPlan {
  const { direct, months } = planTotal(window, policy);
  const { hourlySince, freshUntil } = window.retention;
  const buckets: PlannedBucket[] = [];
  const add = (from: number, to: number, resolution: Granularity) => {
    if (from < to)
      buckets.push({ from, to, resolution, tiles: tileStarts(from, Math.min(to, freshUntil), resolution) });
  };
  if (months) add(months.from, months.to, "MONTH");
  if (direct) {
    const hoursFrom = direct.from >= hourlySince ? direct.from : Math.min(ceilTo(hourlySince, DAY_MS), direct.to);
    add(direct.from, hoursFrom, "DAY");
    add(hoursFrom, direct.to, "HOUR");
  }
  return { buckets, reads: readsOf(buckets) };
}

/**
 * Returns the completeness of the window, from the buckets of {@link planCoverage}.
 *
 * @param freshUntil up to when the buckets are complete; later time that is over is missing, as in an outage
 */
export function coverageOf(points: readonly SeriesPoint[], window: UsageWindow, freshUntil: number): Coverage {
  const missing: TimeWindow[] = [];
  for (const point of points) for (const { from, to } of point.missing) addGap(missing, from, to);
  const over = Math.min(window.to, window.retention.freshUntil);
  if (freshUntil < over) addGap(missing, freshUntil, over);
  if (points.length === 0 && missing.length === 0) return { state: "PARTIAL", missing };
  if (points.every(({ state }) => state === "MISSING")) return { state: "MISSING", missing };
  if (missing.length > 0 || window.to > freshUntil) return { state: "PARTIAL", missing };
  return { state: points.some(({ state }) => state === "UNVERIFIED") ? "UNVERIFIED" : "COMPLETE", missing };
}

/** A percentile of the rate, by nearest rank, over the complete and unverified buckets of a series. */
export interface Percentile {
  /** Bits per second out; null without samples. */
  readonly bitsPerSecond: number | null;
  readonly samples: number;
  /** Samples in which hours may be missing. */
  readonly unverified: number;
  /** Samples above the percentile, which a bill by percentile does not charge. */
  readonly discarded: number;
  /** Buckets that are not over or lack a part, and so are not samples. */
  readonly missing: number;
}

/** Returns the nearest-rank percentile, 0 < p <= 100: the smallest sample that at least p % of the samples do not exceed. */
export function percentile(points: readonly SeriesPoint[], p: number): Percentile {
  const samples = points.filter(({ state }) => state === "COMPLETE" || state === "UNVERIFIED");
  const rates = samples
    .map((point) => bitsPerSecond(point.traffic?.bytesOut ?? 0n, point.to - point.from) ?? 0)
    .sort((a, b) => a - b);
  const rank = Math.max(1, ceilOfPercent(p, rates.length));
  return {
    bitsPerSecond: rates[rank - 1] ?? null,
    samples: rates.length,
    unverified: samples.filter(({ state }) => state === "UNVERIFIED").length,
    discarded: Math.max(0, rates.length - rank),
    missing: points.length - rates.length,
  };
}

/** Returns `p` per cent of a count, rounded up, for `p` as it is written in decimal: 64.4 % of 250 are 161, in floats 162. */
function ceilOfPercent(p: number, count: number): number {
  const [mantissa = "0", exponent = "0"] = p.toExponential().split("e");
  const [whole = "0", fraction = ""] = mantissa.split(".");
  const decimals = fraction.length - Number(exponent);
  const digits = BigInt(whole + fraction) * 10n ** BigInt(Math.max(0, -decimals)) * BigInt(count);
  const divisor = 100n * 10n ** BigInt(Math.max(0, decimals));
  return Number((digits + divisor - 1n) / divisor);
}

export function* bucketsOf(window: UsageWindow, granularity: Granularity, zones: Zones): Generator<TimeWindow, void> {
  const metered = meteredWindow(window);
  if (granularity === "HOUR") {
    for (let from = metered.from; from < metered.to; from += HOUR_MS) yield { from, to: from + HOUR_MS };
    return;
  }
  let { from } = window;
  for (const edge of calendarBoundaries(metered, granularity, zones)) {
    if (edge <= from) continue;
    const to = Math.min(edge, window.to);
    yield { from, to };
    from = to;
  }
}

/**
 * Returns the retained resolution that covers the bucket exactly: hours for days while they are retained, otherwise the
 * coarsest. There is nothing after the newest usage.
 */
export function tilingOf(
  bucket: TimeWindow,
  window: UsageWindow,
  granularity: Granularity,
  { monthsRetained }: RetentionPolicy,
): Granularity | null {
  const { hourlySince, dailySince, freshUntil } = window.retention;
  const aligned = (isEdge: (instant: number) => boolean) =>
    isEdge(bucket.from) && (isEdge(bucket.to) || bucket.to >= freshUntil);
  const hasHours = bucket.from >= hourlySince && aligned((instant) => instant % HOUR_MS === 0);
  if (hasHours && (granularity !== "MONTH" || window.from >= hourlySince)) return "HOUR";
  if (granularity === "MONTH" && monthsRetained && aligned(isUtcMonthStart)) return "MONTH";
  const maySpanDays = granularity !== "HOUR" && bucket.from >= dailySince;
  if (maySpanDays && aligned((instant) => instant % DAY_MS === 0)) return "DAY";
  return hasHours ? "HOUR" : null;
}

/** Neighbouring buckets of one resolution are one read; the platform answers any number of buckets in a call. */
function readsOf(buckets: readonly PlannedBucket[]): SeriesRequest[] {
  const spans = new Map<Granularity, TimeWindow>();
  for (const { resolution, from, to } of buckets) {
    const span = spans.get(resolution);
    spans.set(resolution, { from: span?.from ?? from, to });
  }
  return [...spans].map(([resolution, { from, to }]) => ({
    resolution,
    window: { from, to: upstreamEnd(resolution, to) },
  }));
}

/** Returns the end of a read: a bucket that the window cuts is read whole, as there is nothing after the newest usage. */
export function upstreamEnd(resolution: Granularity, to: number): number {
  if (resolution === "MONTH" && !isUtcMonthStart(to)) return tileEnd(to, "MONTH");
  return ceilTo(to, resolution === "DAY" ? DAY_MS : HOUR_MS);
}

export function tileStarts(from: number, end: number, resolution: Granularity): number[] {
  if (resolution === "MONTH")
    return [...calendarBoundaries({ from, to: end }, "MONTH", "UTC")].filter((start) => start < end);
  const step = resolution === "DAY" ? DAY_MS : HOUR_MS;
  // Most buckets are one tile.
  if (end - from <= step) return end > from ? [from] : [];
  return Array.from({ length: ceilTo(end - from, step) / step }, (_, tile) => from + tile * step);
}

/** Returns the end of a bucket of the platform. */
export function tileEnd(start: number, resolution: Granularity): number {
  if (resolution !== "MONTH") return start + (resolution === "DAY" ? DAY_MS : HOUR_MS);
  const date = new Date(start);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1);
}

/** Returns whether days or months of the zone begin off the full UTC hour. */
function beginsOffTheHour(window: UsageWindow, granularity: "DAY" | "MONTH", zones: Zones): boolean {
  const edges = calendarBoundaries({ from: window.from, to: window.from + 1 }, granularity, zones);
  return [...edges].some((edge) => edge % HOUR_MS !== 0);
}

function offTheHour(granularity: "DAY" | "MONTH", timeZone: string, { from, to }: TimeWindow): InvalidInputError {
  const valid = { from: iso(from), to: iso(to) };
  const cause = `\`window\` must be shorter than one of the ${granularity === "DAY" ? "days" : "months"} of ${timeZone}: they do not begin on a full UTC hour, and the platform meters full UTC hours.`;
  return new InvalidInputError(
    "window",
    `${cause} ${suggestion(valid)}`,
    { reason: "OFFSET_NOT_WHOLE_HOURS", timeZone, valid },
    "INVALID_WINDOW",
  );
}

function unreadable(granularity: Granularity, timeZone: string): string {
  if (granularity === "HOUR") return "`window` must be within the last 7 days, as hours are retained for 7 days.";
  const unit = granularity === "DAY" ? "days" : "months";
  return timeZone === "UTC"
    ? `\`window\` must not cut ${unit} older than 7 days, nor begin more than 365 days ago: hours are retained for 7 days, days for 365.`
    : `\`window\` must be within the last 7 days: ${unit} of ${timeZone} are sums of UTC hours, which are retained for 7 days. UTC ${unit} reach back 365 days.`;
}
