import { earliestFreshUntil, type Measured, sumMeasured } from "../model/usage/measured.ts";
import { DAYS_RETAINED, type RetentionPolicy } from "../model/usage/retention.ts";
import { addGap, type SeriesRequest, tileStarts, type UsageSeries } from "../model/usage/series.ts";
import { DAY_MS, HOUR_MS, type TimeWindow } from "../model/usage/time.ts";
import { sumTraffic, type Traffic } from "../model/usage/traffic.ts";
import { allMaybe, type MaybePromise, mapMaybe } from "../primitives/maybe-promise.ts";
import type { BandwidthArchive, BandwidthSource, SourceBucket } from "./bandwidth-source.ts";

/** Bandwidth of tracking ids, which the platform does not break down by country. */
export abstract class TrackedBandwidth implements BandwidthSource {
  readonly countries = null;
  readonly countrySeries = null;

  get retention(): RetentionPolicy {
    return DAYS_RETAINED;
  }

  abstract total(window: TimeWindow): MaybePromise<Measured<Traffic>>;
  abstract prefetchTotal(window: TimeWindow): boolean;
  abstract series(read: SeriesRequest): MaybePromise<Measured<UsageSeries>>;
  abstract get archive(): BandwidthSource["archive"];
}

/**
 * Returns the sum of several sources.
 *
 * A bucket exists if one source has it, and is incomplete if another source with buckets lacks it. A source without any
 * bucket has no traffic: the platform may omit such a name.
 */
export function sumBandwidth(sources: readonly BandwidthSource[]): TrackedBandwidth {
  return new SumBandwidth(sources);
}

class SumBandwidth extends TrackedBandwidth {
  readonly #sources: readonly BandwidthSource[];

  constructor(sources: readonly BandwidthSource[]) {
    super();
    this.#sources = sources;
  }

  total(window: TimeWindow): MaybePromise<Measured<Traffic>> {
    return mapMaybe(allMaybe(this.#sources.map((source) => source.total(window))), sumMeasured);
  }

  prefetchTotal(window: TimeWindow): boolean {
    return this.#sources.map((source) => source.prefetchTotal?.(window)).includes(true);
  }

  series(read: SeriesRequest): MaybePromise<Measured<UsageSeries>> {
    return mapMaybe(allMaybe(this.#sources.map((source) => source.series(read))), (series) => {
      const starts = new Set(series.flatMap(({ value }) => [...value.keys()]));
      const sum = (start: number) => sumTraffic(series.flatMap(({ value }) => value.get(start) ?? []));
      const value: UsageSeries = new Map([...starts].map((start) => [start, sum(start)]));
      const withBuckets = series.filter(({ value: each }) => !isEmpty(each));
      value.lacks = (start) => withBuckets.some(({ value: each }) => !each.get(start) || each.lacks?.(start));
      return { value, freshUntil: earliestFreshUntil(series) };
    });
  }

  get archive() {
    return archiveOfSum(this.#sources);
  }
}

/** Returns the archive of the sum of several sources; none if one of them is not archived. */
function archiveOfSum(sources: readonly BandwidthSource[]): BandwidthSource["archive"] {
  if (sources.length === 0 || sources.some(({ archive }) => !archive)) return undefined;
  return () => sumOfArchives(sources.flatMap((source) => source.archive?.() ?? []));
}

function sumOfArchives(archives: readonly BandwidthArchive[]): BandwidthArchive {
  const [first] = archives;
  if (!first) throw new RangeError("there is nothing to add up");
  return {
    ...first,
    buckets: async (granularity, window) => {
      const read = await Promise.all(archives.map((archive) => archive.buckets(granularity, window)));
      const starts = [...new Set(read.flatMap((buckets) => [...buckets.keys()]))].sort((a, b) => a - b);
      const all = granularity === "DAY" ? await Promise.all(archives.map(completeDays(starts, read))) : read;
      // As with the platform, a source without any bucket has no traffic.
      const withBuckets = all.filter(({ size }) => size > 0);
      return new Map(starts.map((start) => [start, sumBuckets(withBuckets.map((buckets) => buckets.get(start)))]));
    },
    oldest: async (granularity) => {
      const starts = await Promise.all(archives.map((archive) => archive.oldest(granularity)));
      return starts.reduce((a, b) => (a === null || (b !== null && b < a) ? b : a));
    },
    countries: null,
  };
}

/**
 * Returns a function that adds to the days of each archive those that only others have, made of its hours: as for one source,
 * the hours of an absent day stand for it.
 */
function completeDays(starts: readonly number[], read: readonly ReadonlyMap<number, SourceBucket>[]) {
  return async (archive: BandwidthArchive, index: number): Promise<ReadonlyMap<number, SourceBucket>> => {
    const days = new Map(read[index]);
    const absent = starts.filter((day) => !days.has(day));
    const spans: TimeWindow[] = [];
    for (const day of absent) addGap(spans, day, day + DAY_MS);
    const hours = await Promise.all(spans.map((span) => archive.buckets("HOUR", span)));
    const byStart = new Map(hours.flatMap((buckets) => [...buckets]));
    for (const day of absent) {
      const made = dayOfHours(day, byStart, archive);
      if (made) days.set(day, made);
    }
    return days;
  };
}

/** Returns a UTC day made of its hours; null if none is there. */
function dayOfHours(
  day: number,
  hours: ReadonlyMap<number, SourceBucket>,
  { completeUntil }: Pick<BandwidthArchive, "completeUntil">,
): SourceBucket | null {
  const starts = tileStarts(day, day + DAY_MS, "HOUR");
  const found = starts.flatMap((start) => hours.get(start) ?? []);
  if (found.length === 0) return null;
  const lacking = starts.filter((start) => {
    const hour = hours.get(start);
    return !hour || hour.isPartial || completeUntil(hour.readAt) < start + HOUR_MS;
  });
  return { ...sumBuckets(found), readAt: Math.max(...found.map(({ readAt }) => readAt)), lacking, isPartial: false };
}

/** Returns the sum of a bucket of several sources, of which at least one has it. */
function sumBuckets(all: readonly (SourceBucket | undefined)[]): SourceBucket {
  const buckets = all.filter((bucket) => bucket !== undefined);
  const corrections = buckets.flatMap(({ correctedAt }) => correctedAt ?? []);
  const lacking = [...new Set(buckets.flatMap((bucket) => bucket.lacking ?? []))];
  return {
    traffic: sumTraffic(buckets.map(({ traffic }) => traffic)),
    readAt: Math.min(...buckets.map(({ readAt }) => readAt)),
    isSettled: buckets.every(({ isSettled }) => isSettled),
    correctedAt: corrections.length > 0 ? Math.max(...corrections) : null,
    // Hours that one of them is known to lack, whatever is not known of the others.
    lacking: lacking.length === 0 && buckets.some((bucket) => bucket.lacking === null) ? null : lacking,
    isPartial: buckets.length < all.length || buckets.some(({ isPartial }) => isPartial),
  };
}

function isEmpty(series: UsageSeries): boolean {
  for (const _start of series.keys()) return false;
  return true;
}
