import { InvalidInputError } from "../errors.ts";
import type { ArchiveGranularity } from "./archive.ts";
import type { UsageOrigin } from "./measured.ts";
import type { Retention, RetentionPolicy } from "./retention.ts";
import {
  addGap,
  bucketsOf,
  type Granularity,
  SeriesPoint,
  type SeriesRequest,
  tileEnd,
  tileStarts,
  tilingOf,
  upstreamEnd,
} from "./series.ts";
import { DAY_MS, HOUR_MS, iso, type TimeWindow } from "./time.ts";
import type { UsageWindow } from "./time-window.ts";
import { addTraffic, type Traffic } from "./traffic.ts";
import type { Zones } from "./zones.ts";

/** Part of a bucket that one bucket of the platform or of the archive covers. */
export interface Tile extends TimeWindow {
  readonly resolution: Granularity;
  readonly origin: "LIVE" | "ARCHIVE";
}

/** Bucket of a response, and what covers it, in order. */
export interface JoinedBucket extends TimeWindow {
  readonly tiles: readonly Tile[];
}

/** Largest number of buckets of a series with archived ones, and of days of such a total: more than a year of hours. */
export const MAX_JOINED_BUCKETS = 10_000;

/** Retention of a platform from which nothing can be read. */
const NOTHING_RETAINED = { hourlySince: Number.POSITIVE_INFINITY, dailySince: Number.POSITIVE_INFINITY };

/** Returns the window as if the platform retained nothing, so that all of it is read from the archive. */
export function archivedOnly(window: UsageWindow): UsageWindow {
  return { ...window, retention: { ...window.retention, ...NOTHING_RETAINED } };
}

/**
 * Plans the buckets of a series of which the platform retains a part, or nothing: what it retains is read there, the rest
 * from the archive.
 *
 * @throws InvalidInputError INVALID_WINDOW for more than {@link MAX_JOINED_BUCKETS}
 */
export function planJoinedSeries(
  window: UsageWindow,
  granularity: Granularity,
  zones: Zones,
  policy: RetentionPolicy,
): JoinedBucket[] {
  const buckets: JoinedBucket[] = [];
  for (const { from, to } of bucketsOf(window, granularity, zones)) {
    if (buckets.length === MAX_JOINED_BUCKETS) throw tooLong(window);
    const resolution = tilingOf({ from, to }, window, granularity, policy);
    const tiles = resolution
      ? liveTiles({ from, to }, resolution, window.retention)
      : joinedTiles({ from, to }, window.retention, granularity === "HOUR");
    buckets.push({ from, to, tiles });
  }
  return buckets;
}

/**
 * Plans the total of a window of which the platform retains a part, or nothing, as one bucket.
 *
 * @throws InvalidInputError INVALID_WINDOW for more than {@link MAX_JOINED_BUCKETS} days
 */
export function planJoinedTotal(window: UsageWindow): JoinedBucket {
  const { from, to, retention } = window;
  if (Math.min(to, retention.freshUntil) - from > MAX_JOINED_BUCKETS * DAY_MS) throw tooLong(window);
  return { from, to, tiles: joinedTiles({ from, to }, retention, false) };
}

function tooLong(window: UsageWindow): InvalidInputError {
  return new InvalidInputError(
    "window",
    `\`window\` must have at most ${MAX_JOINED_BUCKETS.toLocaleString("en-US")} buckets or days; got ${iso(window.from)} to ${iso(window.to)}.`,
    { max: MAX_JOINED_BUCKETS },
    "INVALID_WINDOW",
  );
}

function liveTiles({ from, to }: TimeWindow, resolution: Granularity, { freshUntil }: Retention): Tile[] {
  return tileStarts(from, Math.min(to, freshUntil), resolution).map((start) => ({
    from: start,
    to: tileEnd(start, resolution),
    resolution,
    origin: "LIVE",
  }));
}

/** Returns the hours of a bucket, and the whole UTC days within it as such. */
function joinedTiles(
  { from, to }: TimeWindow,
  { hourlySince, dailySince, freshUntil }: Retention,
  byHour: boolean,
): Tile[] {
  const tiles: Tile[] = [];
  const end = Math.min(to, freshUntil);
  for (let start = from; start < end; ) {
    const isDay = !byHour && start < hourlySince && start % DAY_MS === 0 && start + DAY_MS <= end;
    const next = start + (isDay ? DAY_MS : HOUR_MS);
    const origin = start >= (isDay ? dailySince : hourlySince) ? "LIVE" : "ARCHIVE";
    tiles.push({ from: start, to: next, resolution: isDay ? "DAY" : "HOUR", origin });
    start = next;
  }
  return tiles;
}

/** Returns the fewest reads of the platform that cover the tiles. */
export function liveReads(tiles: Iterable<Tile>): SeriesRequest[] {
  const spans = new Map<Granularity, TimeWindow>();
  for (const { origin, resolution, from, to } of tiles) {
    if (origin === "LIVE") spans.set(resolution, { from: spans.get(resolution)?.from ?? from, to });
  }
  return [...spans].map(([resolution, { from, to }]) => ({
    resolution,
    window: { from, to: upstreamEnd(resolution, to) },
  }));
}

/** Returns the spans of adjacent tiles of an origin, in order. */
export function spansOf(tiles: Iterable<Tile>, isWanted: (tile: Tile) => boolean): TimeWindow[] {
  const spans: TimeWindow[] = [];
  for (const tile of tiles) if (isWanted(tile)) addGap(spans, tile.from, tile.to);
  return spans;
}

/** Returns the tiles with each archived day that is absent replaced by its hours. */
export function hoursOfAbsentDays(tiles: readonly Tile[], days: ReadonlyMap<number, unknown>): Tile[] {
  return tiles.flatMap((tile) =>
    tile.origin === "ARCHIVE" && tile.resolution === "DAY" && !days.has(tile.from)
      ? tileStarts(tile.from, tile.to, "HOUR").map((from) => ({
          from,
          to: from + HOUR_MS,
          resolution: "HOUR" as const,
          origin: "ARCHIVE" as const,
        }))
      : tile,
  );
}

/** Usage of a tile, and up to when it is complete. */
export interface TileUsage {
  readonly traffic: Traffic;
  /** Time up to which the usage was published when it was read. */
  readonly completeUntil: number;
  /** Whether a summand lacks the tile. */
  readonly isPartial: boolean;
  readonly correctedAt: number | null;
  /** Starts of hours that a day lacks; null or absent if that is not known. */
  readonly lacking?: readonly number[] | null;
}

/** Point of a series of which a part may be archived. */
export class JoinedPoint extends SeriesPoint {
  readonly #origin: UsageOrigin | null;
  readonly #correctedAt: number | null;

  constructor(
    { from, to }: TimeWindow,
    { state, traffic, missing }: Pick<SeriesPoint, "state" | "traffic" | "missing">,
    origin: UsageOrigin | null,
    correctedAt: number | null,
  ) {
    super(from, to, state, traffic, missing);
    this.#origin = origin;
    this.#correctedAt = correctedAt;
  }

  override get origin(): UsageOrigin | null {
    return this.#origin;
  }

  override get correctedAt(): number | null {
    return this.#correctedAt;
  }
}

/**
 * Joins a bucket and what was read of its tiles.
 *
 * @param freshUntil up to when all reads of the platform are complete
 */
export function joinBucket(
  bucket: JoinedBucket,
  find: (tile: Tile) => TileUsage | undefined,
  freshUntil: number,
): JoinedPoint {
  const missing: TimeWindow[] = [];
  const origins = new Set<Tile["origin"]>();
  let traffic: Traffic | null = null;
  let correctedAt: number | null = null;
  let isVerified = true;
  for (const tile of bucket.tiles) {
    if (tile.from >= freshUntil) break;
    const end = Math.min(tile.to, bucket.to, freshUntil);
    const usage = find(tile);
    if (!usage || usage.isPartial) addGap(missing, tile.from, end);
    else if (usage.lacking?.length)
      for (const hour of usage.lacking.toSorted((a, b) => a - b)) addGap(missing, hour, hour + HOUR_MS);
    else if (usage.completeUntil < end) addGap(missing, Math.max(tile.from, usage.completeUntil), end);
    if (!usage) continue;
    traffic = traffic ? addTraffic(traffic, usage.traffic) : usage.traffic;
    origins.add(tile.origin);
    if (tile.resolution !== "HOUR" && !usage.lacking) isVerified = false;
    if (usage.correctedAt !== null) correctedAt = Math.max(correctedAt ?? 0, usage.correctedAt);
  }
  const isWhole = missing.length === 0 && bucket.to <= freshUntil;
  const state = !traffic ? "MISSING" : !isWhole ? "PARTIAL" : isVerified ? "COMPLETE" : "UNVERIFIED";
  return new JoinedPoint(bucket, { state, traffic, missing }, originOf(origins), correctedAt);
}

/** Returns the origin of usage that was read at these; null for none. */
export function originOf(origins: Iterable<UsageOrigin | null>): UsageOrigin | null {
  let all: UsageOrigin | null = null;
  for (const origin of origins) if (origin !== null) all = all === null || all === origin ? origin : "MIXED";
  return all;
}

/** Narrows the resolution of an archived tile. */
export function archiveGranularity({ resolution }: Tile): ArchiveGranularity {
  if (resolution === "MONTH") throw new RangeError("the archive has no months");
  return resolution;
}
