import { isOutage } from "../cache/usage-entries.ts";
import { InvalidInputError } from "../model/errors.ts";
import { type ArchivedPart, type ArchiveGranularity, SETTLED_AFTER_MS } from "../model/usage/archive.ts";
import {
  assembleJoinedCountries,
  type CountrySeries,
  type CountryUsage,
  sumByCountry,
} from "../model/usage/country-usage.ts";
import {
  archivedOnly,
  archiveGranularity,
  hoursOfAbsentDays,
  type JoinedBucket,
  type JoinedPoint,
  joinBucket,
  liveReads,
  originOf,
  planJoinedSeries,
  planJoinedTotal,
  spansOf,
  type Tile,
  type TileUsage,
} from "../model/usage/joined-series.ts";
import { earliestFreshUntil, type Measured, type UsageOrigin } from "../model/usage/measured.ts";
import { DAYS_RETAINED, type RetentionPolicy } from "../model/usage/retention.ts";
import { type Coverage, coverageOf, type Granularity, type SeriesRequest } from "../model/usage/series.ts";
import { ceilTo, HOUR_MS, type TimeWindow } from "../model/usage/time.ts";
import type { UsageWindow } from "../model/usage/time-window.ts";
import { sumTraffic, type Traffic } from "../model/usage/traffic.ts";
import type { Zones } from "../model/usage/zones.ts";
import { isPromise, type MaybePromise } from "../primitives/maybe-promise.ts";
import type { CountryRow, StreamRow } from "../upstream/analytics.ts";
import type { BandwidthArchive, BandwidthSource, PartArchive, SourceBucket } from "./bandwidth-source.ts";

/** Reads a value of a window of which the platform may retain a part, and of which the archive has the rest. */
type JoinedRead<Value> = (window: UsageWindow, policy: RetentionPolicy) => Promise<Joined<Value>>;

/** Value of which a part may be archived. */
interface Joined<Value> extends Measured<Value> {
  /** When the oldest archived bucket was read, in milliseconds; null unless every bucket is there and settled. */
  readonly settledAt: number | null;
}

/** Archived buckets of a plan. */
interface ArchivedTiles {
  /** Tiles of the plan, with days that are absent replaced by their hours. */
  readonly tiles: readonly Tile[];
  readonly find: (tile: Tile) => SourceBucket | undefined;
  readonly settledAt: number | null;
  readonly isEmpty: boolean;
}

/** How the value of a window is read: from the platform, and where that no longer retains it or is down, from the archive. */
export interface WindowRead<Source, Plan, Value, Archive> {
  policyOf(source: Source): RetentionPolicy;
  /** Plans the reads of the platform. @throws InvalidInputError WINDOW_NOT_RETAINED */
  plan(source: Source, window: UsageWindow): Plan;
  live(source: Source, plan: Plan, window: UsageWindow): MaybePromise<Measured<Value>>;
  /** Returns the archive of the subject, if it has one. */
  archive(source: Source): Archive | null | undefined;
  /** Returns how to read from both. @param refusal error that the read throws if the archive begins after the window */
  joined(source: Source, archive: Archive, refusal: unknown): JoinedRead<Value>;
}

/**
 * Reads the value of a window: from the platform if that retains it, otherwise from both. In an outage the archive alone
 * answers, if it has settled the whole window.
 *
 * @throws InvalidInputError WINDOW_NOT_RETAINED if the subject has no archive
 */
export function readWindow<Source, Plan, Value, Archive extends Pick<BandwidthArchive, "onStale">>(
  source: Source,
  window: UsageWindow,
  read: WindowRead<Source, Plan, Value, Archive>,
): MaybePromise<Measured<Value>> {
  let plan: Plan;
  try {
    plan = read.plan(source, window);
  } catch (refusal) {
    const archive = isNotRetained(refusal) ? read.archive(source) : null;
    if (!archive) throw refusal;
    const joined = read.joined(source, archive, refusal);
    return joined(window, read.policyOf(source)).catch((error: unknown) => readSettled(joined, window, archive, error));
  }
  const value = read.live(source, plan, window);
  if (!isPromise(value)) return value;
  return value.catch((error: unknown) => {
    const archive = read.archive(source);
    if (!archive) throw error;
    return readSettled(read.joined(source, archive, null), window, archive, error);
  });
}

/** Returns whether the error says that the platform no longer retains a window. */
export function isNotRetained(error: unknown): boolean {
  return error instanceof InvalidInputError && error.code === "WINDOW_NOT_RETAINED";
}

/** Reads the window from the archive. @throws the error, unless it is an outage and the archive has settled the whole window */
async function readSettled<Value>(
  read: JoinedRead<Value>,
  window: UsageWindow,
  archive: Pick<BandwidthArchive, "onStale">,
  error: unknown,
): Promise<Measured<Value>> {
  if (!(error instanceof Error) || !isOutage(error) || isUnsettled(window)) throw error;
  const archived = await read(archivedOnly(window), DAYS_RETAINED).catch(() => null);
  if (!archived || archived.settledAt === null) throw error;
  archive.onStale(archived.settledAt);
  return archived;
}

/** Returns whether the newest bucket of the window can't be settled yet. */
function isUnsettled({ to, retention: { now, freshUntil } }: UsageWindow): boolean {
  return Math.min(to, freshUntil) > now - SETTLED_AFTER_MS;
}

/** Returns how to read a total. */
export function joinedTotal(source: BandwidthSource, archive: BandwidthArchive, refusal: unknown): JoinedRead<Traffic> {
  return async (window) => {
    const { tiles: planned } = planJoinedTotal(window);
    const live = spansOf(planned, ({ origin }) => origin === "LIVE").map((span) => source.total(wholeHours(span)));
    const [archived, ...totals] = await Promise.all([readArchived(archive, planned, refusal), ...live]);
    const buckets = archived.tiles.flatMap((tile) => archived.find(tile) ?? []);
    return {
      ...measured(
        sumTraffic([...totals.map(({ value }) => value), ...buckets.map(({ traffic }) => traffic)]),
        totals,
        buckets.length > 0,
        window,
      ),
      settledAt: archived.settledAt,
    };
  };
}

/** Returns how to read a series. */
export function joinedSeries(
  source: BandwidthSource,
  archive: BandwidthArchive,
  granularity: Granularity,
  zones: Zones,
  refusal: unknown,
): JoinedRead<readonly JoinedPoint[]> {
  return async (window, policy) => {
    const plan = planJoinedSeries(window, granularity, zones, policy);
    return readPoints(source, archive, plan, window, refusal);
  };
}

/** Returns how to read which parts of a window are covered by data. */
export function joinedCoverage(
  source: BandwidthSource,
  archive: BandwidthArchive,
  refusal: unknown,
): JoinedRead<Coverage> {
  return async (window) => {
    const read = await readPoints(source, archive, [planJoinedTotal(window)], window, refusal);
    return { ...read, value: coverageOf(read.value, window, read.freshUntil) };
  };
}

async function readPoints(
  source: BandwidthSource,
  archive: BandwidthArchive,
  plan: readonly JoinedBucket[],
  window: UsageWindow,
  refusal: unknown,
): Promise<Joined<readonly JoinedPoint[]>> {
  const planned = plan.flatMap(({ tiles }) => tiles);
  const reads = liveReads(planned);
  const [archived, ...series] = await Promise.all([
    readArchived(archive, planned, refusal),
    ...reads.map((read) => source.series(read)),
  ]);
  const freshUntil = Math.min(window.retention.freshUntil, earliestFreshUntil(series));
  const find = (tile: Tile): TileUsage | undefined => {
    if (tile.origin === "ARCHIVE") return usageOf(archived.find(tile), archive);
    const reading = series[reads.findIndex(({ resolution }) => resolution === tile.resolution)]?.value;
    const traffic = reading?.get(tile.from);
    return (
      traffic && {
        traffic,
        completeUntil: Number.POSITIVE_INFINITY,
        isPartial: reading?.lacks?.(tile.from) ?? false,
        correctedAt: null,
      }
    );
  };
  const points = withHours(plan, archived)
    .filter(({ from }) => from < freshUntil)
    .map((bucket) => joinBucket(bucket, find, freshUntil));
  const origin = originOf(points.map((point) => point.origin)) ?? "ARCHIVE";
  return { value: points, freshUntil, origin, settledAt: archived.settledAt };
}

/** Returns how to read the traffic by country. */
export function joinedCountries(
  source: BandwidthSource,
  archive: PartArchive,
  refusal: unknown,
): JoinedRead<readonly CountryRow[]> {
  return async (window) => {
    const { tiles: planned } = planJoinedTotal(window);
    const live = spansOf(planned, ({ origin }) => origin === "LIVE").map((span) =>
      countriesOf(source)(wholeHours(span)),
    );
    const [archived, ...totals] = await Promise.all([readArchived(archive, planned, refusal), ...live]);
    const sums = await sumsOf(archive, archived);
    const usages = sums.flatMap(({ part, traffic, counts }) => countryOf(part, traffic, counts) ?? []);
    const value = sumByCountry([...totals.flatMap(({ value: rows }) => rows.map(withoutCounts)), ...usages]);
    return { ...measured(value, totals, !archived.isEmpty, window), settledAt: archived.settledAt };
  };
}

/** Returns how to read the traffic of a tracking id by stream; a stream may have several rows. */
export function joinedStreamRows(
  rows: (window: TimeWindow) => MaybePromise<Measured<readonly StreamRow[]>>,
  archive: PartArchive,
  refusal: unknown,
): JoinedRead<readonly StreamRow[]> {
  return async (window) => {
    const { tiles: planned } = planJoinedTotal(window);
    const live = spansOf(planned, ({ origin }) => origin === "LIVE").map((span) => rows(wholeHours(span)));
    const [archived, ...totals] = await Promise.all([readArchived(archive, planned, refusal), ...live]);
    const sums = await sumsOf(archive, archived);
    const value = [
      ...totals.flatMap(({ value: ofSpan }) => ofSpan),
      ...sums.map(({ part, traffic }) => ({ streamName: part || null, traffic })),
    ];
    return { ...measured(value, totals, !archived.isEmpty, window), settledAt: archived.settledAt };
  };
}

/** Reads the sums of the parts over the archived tiles; a part may occur repeatedly. */
async function sumsOf(archive: PartArchive, { tiles }: ArchivedTiles): Promise<ArchivedPart[]> {
  const sums = await Promise.all(
    (["DAY", "HOUR"] as const).flatMap((granularity) =>
      spansOf(tiles, isArchived(granularity)).map((span) => archive.sums(granularity, span)),
    ),
  );
  return sums.flat();
}

/** Returns how to read a series for each country with usage. */
export function joinedCountrySeries(
  source: BandwidthSource,
  archive: PartArchive,
  granularity: Granularity,
  zones: Zones,
  refusal: unknown,
): JoinedRead<CountrySeries[]> {
  return async (window, policy) => {
    const plan = planJoinedSeries(window, granularity, zones, policy);
    const planned = plan.flatMap(({ tiles }) => tiles);
    const reads = liveReads(planned);
    const [archived, ...series] = await Promise.all([
      readArchived(archive, planned, refusal),
      ...reads.map((read) => countrySeriesOf(source)(read)),
    ]);
    const parts = { HOUR: new Map<number, CountryUsage[]>(), DAY: new Map<number, CountryUsage[]>() };
    for (const resolution of ["HOUR", "DAY"] as const) {
      for (const span of spansOf(archived.tiles, isArchived(resolution))) {
        for (const [start, all] of await archive.byBucket(resolution, span)) {
          const usages = all.flatMap(({ part, traffic, counts }) => countryOf(part, traffic, counts) ?? []);
          parts[resolution].set(start, usages);
        }
      }
    }
    const freshUntil = Math.min(window.retention.freshUntil, earliestFreshUntil(series));
    const usagesOf = (tile: Tile): readonly CountryUsage[] | undefined =>
      tile.origin === "ARCHIVE"
        ? parts[archiveGranularity(tile)].get(tile.from)
        : series[reads.findIndex(({ resolution }) => resolution === tile.resolution)]?.value.get(tile.from);
    const find = (tile: Tile): TileUsage | undefined => {
      const usages = usagesOf(tile);
      if (!usages) return undefined;
      const traffic = sumTraffic(usages.map((usage) => usage.traffic));
      if (tile.origin === "LIVE")
        return { traffic, completeUntil: Number.POSITIVE_INFINITY, isPartial: false, correctedAt: null };
      const usage = usageOf(archived.find(tile), archive);
      return usage && { ...usage, traffic };
    };
    const buckets = withHours(plan, archived).filter(({ from }) => from < freshUntil);
    const points = buckets.map((bucket) => joinBucket(bucket, find, freshUntil));
    const value = assembleJoinedCountries(
      points,
      buckets.map(({ tiles }) => tiles.flatMap((tile) => usagesOf(tile) ?? [])),
    );
    return { value, freshUntil, settledAt: archived.settledAt };
  };
}

/**
 * Reads the archived tiles of a plan: days, and hours where a day is absent.
 *
 * @throws the refusal if the archive begins after the last of them
 */
async function readArchived(
  archive: Pick<BandwidthArchive, "buckets" | "oldest">,
  planned: readonly Tile[],
  refusal: unknown,
): Promise<ArchivedTiles> {
  const read = async (granularity: ArchiveGranularity, tiles: readonly Tile[]) => {
    const spans = spansOf(tiles, isArchived(granularity));
    const all = await Promise.all(spans.map((span) => archive.buckets(granularity, span)));
    return new Map(all.flatMap((buckets) => [...buckets]));
  };
  const days = await read("DAY", planned);
  const tiles = hoursOfAbsentDays(planned, days);
  const hours = await read("HOUR", tiles);
  const find = (tile: Tile) => (tile.resolution === "HOUR" ? hours : days).get(tile.from);
  const archivedTiles = tiles.filter(({ origin }) => origin === "ARCHIVE");
  const found = archivedTiles.map(find);
  const isEmpty = found.every((bucket) => bucket === undefined);
  if (isEmpty && archivedTiles.length > 0 && !(await hasBegun(archive, planned))) throw refusal;
  const isSettled = found.every((bucket) => bucket?.isSettled && !bucket.isPartial && !bucket.lacking?.length);
  const settledAt = isSettled ? Math.min(...found.map((bucket) => bucket?.readAt ?? 0)) : null;
  return { tiles, find, settledAt, isEmpty };
}

/** Returns whether the archive begins before the end of a plan's archived tiles. */
async function hasBegun(archive: Pick<BandwidthArchive, "oldest">, planned: readonly Tile[]): Promise<boolean> {
  const begun = (["HOUR", "DAY"] as const).map(async (granularity) => {
    const last = planned.findLast(isArchived(granularity));
    const oldest = last ? await archive.oldest(granularity) : null;
    return last !== undefined && oldest !== null && oldest < last.to;
  });
  return (await Promise.all(begun)).includes(true);
}

function isArchived(granularity: ArchiveGranularity): (tile: Tile) => boolean {
  return ({ origin, resolution }) => origin === "ARCHIVE" && resolution === granularity;
}

/** Returns the plan with the tiles that were read. */
function withHours(plan: readonly JoinedBucket[], { tiles }: ArchivedTiles): JoinedBucket[] {
  let next = 0;
  return plan.map(({ from, to, tiles: planned }) => {
    const end = planned.at(-1)?.to ?? from;
    const begin = next;
    while (next < tiles.length && (tiles[next]?.to ?? end) <= end) next += 1;
    return { from, to, tiles: tiles.slice(begin, next) };
  });
}

function usageOf(
  bucket: SourceBucket | undefined,
  { completeUntil }: Pick<BandwidthArchive, "completeUntil">,
): TileUsage | undefined {
  if (!bucket) return undefined;
  const { traffic, readAt, isPartial, correctedAt, lacking } = bucket;
  return { traffic, completeUntil: completeUntil(readAt), isPartial, correctedAt, lacking };
}

function measured<Value>(
  value: Value,
  live: readonly Measured<unknown>[],
  hasArchived: boolean,
  { retention }: UsageWindow,
): Measured<Value> {
  const origin: UsageOrigin = live.length === 0 ? "ARCHIVE" : hasArchived ? "MIXED" : "LIVE";
  return { value, freshUntil: Math.min(retention.freshUntil, earliestFreshUntil(live)), origin };
}

/** Returns a window for a total of the platform, which ends on the hour after the newest usage. */
function wholeHours({ from, to }: TimeWindow): TimeWindow {
  return { from, to: ceilTo(to, HOUR_MS) };
}

function countriesOf(source: BandwidthSource) {
  const { countries } = source;
  if (!countries) throw new RangeError("the source has no countries");
  return (window: TimeWindow) => countries.call(source, window);
}

function countrySeriesOf(source: BandwidthSource) {
  const { countrySeries } = source;
  if (!countrySeries) throw new RangeError("the source has no countries");
  return (read: SeriesRequest) => countrySeries.call(source, read);
}

function withoutCounts(row: CountryRow): CountryUsage {
  return { ...row, views: 0, publishes: 0 };
}

/** Returns the usage of a country; null for the row that marks a bucket as read. */
function countryOf(country: string, traffic: Traffic, counts: Omit<CountryUsage, "country" | "traffic"> | null) {
  if (country === "") return null;
  return { country, traffic, ...(counts ?? { viewSeconds: 0, publishSeconds: 0, views: 0, publishes: 0 }) };
}
