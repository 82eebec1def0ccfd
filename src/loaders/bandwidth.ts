import { NotMeteredError } from "../model/errors.ts";
import {
  assembleSeries,
  type Granularity,
  planSeries,
  type Reading,
  type SeriesPoint,
  type SeriesRead,
} from "../model/series.ts";
import { assertMetered } from "../model/stream.ts";
import { type Keeping, planTotal, type TimeWindow, type UsageWindow } from "../model/time-window.ts";
import { sumTraffic, type Traffic } from "../model/traffic.ts";
import type { CountryRow, StreamResolution, StreamRow, TrackingRow } from "../upstream/analytics.ts";
import type { FigureLoaders } from "./figures.ts";

/**
 * Whose bandwidth: everything that the graph's one type `Bandwidth` needs to know of its subject. Each method loads by one
 * operation of the platform, and throws UpstreamError when that gives no usable answer.
 */
export interface BandwidthSource {
  readonly keeping: Keeping;
  total(window: TimeWindow): Promise<Traffic>;
  series(read: SeriesRead): Promise<Reading>;
  /** Null where the platform does not break the figure down by country. */
  readonly countries: ((window: TimeWindow) => Promise<readonly CountryRow[]>) | null;
}

/** The total of a window. @throws InvalidInputError WINDOW_NOT_RETAINED */
export async function readTotal(source: BandwidthSource, window: UsageWindow): Promise<Traffic> {
  const { direct, months } = planTotal(window, source.keeping);
  const [rest, whole] = await Promise.all([
    direct ? source.total(direct) : null,
    months ? source.series({ resolution: "MONTH", window: months }) : null,
  ]);
  return sumTraffic([...(whole?.values() ?? []), ...(rest ? [rest] : [])]);
}

/** Every bucket of a window in order. @throws InvalidInputError WINDOW_NOT_RETAINED */
export async function readSeries(
  source: BandwidthSource,
  window: UsageWindow,
  granularity: Granularity,
  timeZone: string,
): Promise<SeriesPoint[]> {
  const plan = planSeries(window, granularity, timeZone, source.keeping);
  const readings = await Promise.all(
    plan.reads.map(async (read) => [read.resolution, await source.series(read)] as const),
  );
  return assembleSeries(plan, new Map(readings), window.retention.freshUntil);
}

/**
 * The countries of a window, in no order.
 *
 * @throws NotMeteredError where the platform does not break the figure down
 * @throws InvalidInputError WINDOW_NOT_RETAINED
 */
export async function readCountries(source: BandwidthSource, window: UsageWindow): Promise<readonly CountryRow[]> {
  if (!source.countries) {
    throw new NotMeteredError("The platform does not break traffic down by country for a tracking id.");
  }
  const { direct } = planTotal(window, { monthsKept: false });
  return direct ? source.countries(direct) : [];
}

/** All traffic of the account, that of no partner included. */
export function accountBandwidth(figures: FigureLoaders): BandwidthSource {
  return {
    keeping: { monthsKept: true },
    total: (window) => figures.accountTotal.load({ window }),
    series: (read) => figures.accountSeries.load(read),
    countries: (window) => figures.accountCountries.load({ window }),
  };
}

/** All traffic of one stream. @throws NotMeteredError (from its methods) for a name that analytics refuse */
export function streamBandwidth(figures: FigureLoaders, name: string): BandwidthSource {
  return {
    keeping: { monthsKept: false },
    total: async (window) => figures.streamTotal.load({ ...metered(name), window }),
    series: async (read) => figures.streamSeries.load({ ...metered(name), ...daily(read) }),
    countries: async (window) => figures.streamCountries.load({ ...metered(name), window }),
  };
}

/** All traffic under some tracking ids, or only its part on one stream. */
export function partnerBandwidth(
  figures: FigureLoaders,
  trackingIds: readonly string[],
  streamName?: string,
): BandwidthSource {
  const [only] = trackingIds;
  if (only !== undefined && trackingIds.length === 1) return trackingIdBandwidth(figures, only, streamName);
  return sumOfBandwidths(trackingIds.map((trackingId) => trackingIdBandwidth(figures, trackingId, streamName)));
}

function trackingIdBandwidth(figures: FigureLoaders, trackingId: string, streamName?: string): BandwidthSource {
  const ownRows = (rows: readonly StreamRow[]) =>
    sumTraffic(rows.flatMap((row) => (streamName === undefined || row.streamName === streamName ? row.traffic : [])));
  return {
    keeping: { monthsKept: false },
    total: async (window) => ownRows(await figures.rowsByTrackingId.load({ name: trackingId, window })),
    series: async (read) => {
      const buckets = await figures.rowSeriesByTrackingId.load({ name: trackingId, ...daily(read) });
      return mapValues(buckets, ownRows);
    },
    countries: null,
  };
}

/** The traffic of one stream under one tracking id; null for its untracked rest, which includes the broadcaster's ingest. */
export function streamTrackingBandwidth(
  figures: FigureLoaders,
  name: string,
  trackingId: string | null,
): BandwidthSource {
  const ownRows = (rows: readonly TrackingRow[]) =>
    sumTraffic(rows.flatMap((row) => (row.trackingId === trackingId ? row.traffic : [])));
  return {
    keeping: { monthsKept: false },
    total: async (window) => ownRows(await figures.trackingRowsByStream.load({ ...metered(name), window })),
    series: async (read) => {
      const buckets = await figures.trackingRowSeriesByStream.load({ ...metered(name), ...daily(read) });
      return mapValues(buckets, ownRows);
    },
    countries: null,
  };
}

/** The sum of several subjects; a bucket is there as soon as one of them has it. */
export function sumOfBandwidths(sources: readonly BandwidthSource[]): BandwidthSource {
  return {
    keeping: { monthsKept: false },
    total: async (window) => sumTraffic(await Promise.all(sources.map((source) => source.total(window)))),
    series: async (read) => {
      const readings = await Promise.all(sources.map((source) => source.series(read)));
      const starts = new Set(readings.flatMap((reading) => [...reading.keys()]));
      return new Map(
        [...starts].map((start) => [start, sumTraffic(readings.flatMap((reading) => reading.get(start) ?? []))]),
      );
    },
    countries: null,
  };
}

function metered(name: string): { readonly name: string } {
  assertMetered(name);
  return { name };
}

/** Only the account's series know months, and only its windows are planned with them. */
function daily({ resolution, window }: SeriesRead): { resolution: StreamResolution; window: TimeWindow } {
  if (resolution === "MONTH") throw new RangeError("months are kept for the account alone");
  return { resolution, window };
}

function mapValues<In, Out>(map: ReadonlyMap<number, In>, change: (value: In) => Out): Map<number, Out> {
  return new Map([...map].map(([key, value]) => [key, change(value)]));
}
