import type { ArchiveGranularity, ArchiveSeries } from "../../model/usage/archive.ts";
import { calendarBoundaries } from "../../model/usage/calendar.ts";
import { DAY_MS, HOUR_MS, type TimeWindow } from "../../model/usage/time.ts";
import type { Zones } from "../../model/usage/zones.ts";
import { type ArchivePages, type RowOfPage, rowCounts } from "../../store/archive/archive-pages.ts";

/** Usage of one part of an hour or a day. */
export interface UsageRow extends TimeWindow {
  /** Stream or country; empty for the whole, or for what the platform names none for. */
  readonly part: string;
  /** PARTIAL for a day of which some hours are unknown; MISSING for one of which all are. */
  readonly state: "OPEN" | "SETTLED" | "PARTIAL" | "MISSING";
  /** One decimal text for each of `rowCounts`, empty for a count that the platform does not give; null if MISSING. */
  readonly counts: readonly string[] | null;
  /** When the counts were last seen to change, in milliseconds; null if MISSING. */
  readonly changedAt: number | null;
}

/** Which rows are read. */
export interface UsageRowsQuery {
  readonly series: ArchiveSeries;
  readonly window: TimeWindow;
  /** Zones in which days begin; days of other zones than UTC are summed from hours. */
  readonly zones: Zones;
  /** The only part that is read; null for all. */
  readonly part: string | null;
  /** Time up to which the platform has published usage, in milliseconds. */
  readonly freshUntil: number;
}

/** Time after its end from which a bucket that was not read is MISSING, in milliseconds: the collector needs some minutes. */
const MISSING_AFTER_MS = HOUR_MS;
/** Most rows that are yielded together. A day of a zone costs its calendar, and the event loop runs between two batches. */
const MAX_ROWS = { ofPlatform: 500, ofZone: 50 };
const ZERO: readonly string[] = rowCounts.map((name) => (name === "bytesOut" || name === "bytesIn" ? "0" : ""));

/** Rows of one archived bucket. */
interface Bucket {
  readonly start: number;
  readonly rows: RowOfPage[];
}

/**
 * Yields the usage of a series by hours or days, oldest first, in batches.
 *
 * Hours and days that were not read are present and MISSING, unless they are too recent. A part without usage is absent, except
 * for the only part that is asked for.
 */
export async function* usageRows(pages: ArchivePages, query: UsageRowsQuery): AsyncGenerator<UsageRow[], void> {
  const { series, window, zones, freshUntil } = query;
  const isSummed = series.granularity === "DAY" && zones !== "UTC";
  const maxRows = isSummed ? MAX_ROWS.ofZone : MAX_ROWS.ofPlatform;
  const archived: ArchiveSeries = isSummed ? { ...series, granularity: "HOUR" } : series;
  const edges = edgesOf(window, series.granularity, zones);
  let from = edges.next().value ?? window.to;
  let to = edges.next().value ?? window.to;
  let buckets: Bucket[] = [];
  const rows: UsageRow[] = [];
  const closePeriod = () => {
    const period = { from, to };
    if (buckets.length === 0) rows.push(...missing(period, query));
    else if (isSummed) rows.push(...summed(period, buckets, query));
    else for (const bucket of buckets) rows.push(...rowsOf(period, bucket, query.part));
    buckets = [];
    from = to;
    to = edges.next().value ?? window.to;
  };
  for await (const read of archivedBuckets(pages, archived, window)) {
    for (const bucket of read) {
      while (bucket.start >= to) {
        closePeriod();
        if (rows.length >= maxRows) yield rows.splice(0);
      }
      buckets.push(bucket);
    }
    if (rows.length > 0) yield rows.splice(0);
  }
  while (from < Math.min(window.to, freshUntil) || buckets.length > 0) {
    closePeriod();
    if (rows.length >= maxRows) yield rows.splice(0);
  }
  if (rows.length > 0) yield rows;
}

/** Yields the instants at which hours or days begin, and the end of the window. */
function edgesOf(window: TimeWindow, granularity: ArchiveGranularity, zones: Zones): Generator<number, void> {
  if (granularity === "HOUR") return steps(window, HOUR_MS);
  return zones === "UTC" ? steps(window, DAY_MS) : calendarBoundaries(window, "DAY", zones);
}

function* steps({ from, to }: TimeWindow, stepMs: number): Generator<number, void> {
  for (let edge = from; edge <= to; edge += stepMs) yield edge;
}

/** Yields the buckets of a window that were read, each with all of its rows. */
async function* archivedBuckets(
  pages: ArchivePages,
  series: ArchiveSeries,
  window: TimeWindow,
): AsyncGenerator<Bucket[], void> {
  let current = null as Bucket | null;
  let last: RowOfPage | null = null;
  for (;;) {
    const page: readonly RowOfPage[] = await pages.page(series, window, last);
    last = page.at(-1) ?? null;
    if (last === null) break;
    const complete: Bucket[] = [];
    for (const row of page) {
      if (current?.start !== row.bucket) {
        if (current) complete.push(current);
        current = { start: row.bucket, rows: [] };
      }
      current.rows.push(row);
    }
    // Rows of the last bucket may follow on the next page.
    yield complete;
  }
  if (current) yield [current];
}

function missing(period: TimeWindow, { part, freshUntil }: UsageRowsQuery): UsageRow[] {
  if (period.to + MISSING_AFTER_MS > freshUntil) return [];
  return [{ ...period, part: part ?? "", state: "MISSING", counts: null, changedAt: null }];
}

function rowsOf(period: TimeWindow, { rows }: Bucket, only: string | null): UsageRow[] {
  const isPartial = rows[0]?.part === "" && rows[0].lacksHours;
  return parts(rows, only).map(({ part, state, counts, changedAt }) => ({
    ...period,
    part,
    state: isPartial ? "PARTIAL" : state,
    counts,
    changedAt,
  }));
}

/** Returns the rows of a bucket that are shown: the row of the whole is not if it only says that the others were read. */
function parts(rows: readonly RowOfPage[], only: string | null): readonly RowOfPage[] {
  if (only !== null && only !== "") {
    const found = rows.find(({ part }) => part === only);
    if (found) return [found];
    return rows.slice(0, 1).map((row) => ({ ...row, part: only, counts: ZERO }));
  }
  const isShown = ({ part, counts }: RowOfPage) => part !== "" || rows.length === 1 || !isZero(counts);
  return rows.filter(isShown);
}

function isZero(counts: readonly string[]): boolean {
  return counts.every((count) => count === "" || count === "0");
}

/** Returns the sum of a day's hours for each part. */
function summed(period: TimeWindow, hours: readonly Bucket[], { part: only, freshUntil }: UsageRowsQuery): UsageRow[] {
  const due = Math.min(period.to, freshUntil - MISSING_AFTER_MS) - period.from;
  const isPartial = hours.filter(({ start }) => start - period.from < due).length < Math.floor(due / HOUR_MS);
  const isSettled =
    period.to <= freshUntil && hours.every(({ rows }) => rows.every(({ state }) => state === "SETTLED"));
  const state = isPartial ? "PARTIAL" : isSettled ? "SETTLED" : "OPEN";
  const sums = new Map<string, { counts: (bigint | null)[]; changedAt: number }>();
  for (const { part, counts, changedAt } of hours.flatMap(({ rows }) => parts(rows, only))) {
    const sum = sums.get(part);
    const added = counts.map((count, index) => {
      const former = sum?.counts[index] ?? null;
      return count === "" ? former : (former ?? 0n) + BigInt(count);
    });
    sums.set(part, { counts: added, changedAt: Math.max(changedAt, sum?.changedAt ?? 0) });
  }
  const isShown = ([part, { counts }]: [string, { counts: (bigint | null)[] }]) =>
    part !== "" || sums.size === 1 || counts.some((count) => count !== null && count > 0n);
  return [...sums].filter(isShown).map(([part, { counts, changedAt }]) => ({
    ...period,
    part,
    state,
    counts: counts.map((count) => (count === null ? "" : `${count}`)),
    changedAt,
  }));
}
