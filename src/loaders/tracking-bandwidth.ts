import type { Measured } from "../model/usage/measured.ts";
import { DAYS_RETAINED } from "../model/usage/retention.ts";
import type { SeriesRequest, UsageSeries } from "../model/usage/series.ts";
import type { TimeWindow } from "../model/usage/time.ts";
import { sumTraffic, type Traffic } from "../model/usage/traffic.ts";
import { isPromise, type MaybePromise, mapMaybe } from "../primitives/maybe-promise.ts";
import type { StreamRow, TrackingRow } from "../upstream/analytics.ts";
import { archiveOf, type BandwidthSource, daily, metered } from "./bandwidth-source.ts";
import { sumBandwidth, TrackedBandwidth } from "./sum-bandwidth.ts";
import type { UsageLoaders } from "./usage.ts";

/** Returns the bandwidth of tracking ids, or its part on one stream. */
export type PartnerBandwidth = (trackingIds: readonly string[], streamName?: string) => BandwidthSource;

/** Creates the bandwidth of partners for one request, which has one source for each of them. */
export function createPartnerBandwidth(usage: UsageLoaders): PartnerBandwidth {
  const sources = new Map<readonly string[], Map<string | undefined, BandwidthSource>>();
  return (trackingIds, streamName) => {
    const ofIds = sources.get(trackingIds) ?? new Map<string | undefined, BandwidthSource>();
    const source = ofIds.get(streamName) ?? new PartnerSource(sourceOfIds(usage, trackingIds, streamName));
    sources.set(trackingIds, ofIds.set(streamName, source));
    return source;
  };
}

/** A source with its series memoized, since a request may name a stream repeatedly. */
class PartnerSource extends TrackedBandwidth {
  readonly #source: TrackedBandwidth;
  #series: Map<string, MaybePromise<Measured<UsageSeries>>> | null = null;

  constructor(source: TrackedBandwidth) {
    super();
    this.#source = source;
  }

  total(window: TimeWindow): MaybePromise<Measured<Traffic>> {
    return this.#source.total(window);
  }

  prefetchTotal(window: TimeWindow): boolean {
    return this.#source.prefetchTotal(window);
  }

  get archive() {
    const { archive } = this.#source;
    return archive && (() => archive());
  }

  series(read: SeriesRequest): MaybePromise<Measured<UsageSeries>> {
    this.#series ??= new Map();
    const all = this.#series;
    const key = `${read.resolution} ${read.window.from} ${read.window.to}`;
    const memoized = all.get(key);
    if (memoized) return memoized;
    const series = this.#source.series(read);
    all.set(key, series);
    if (isPromise(series)) series.catch(() => all.delete(key));
    return series;
  }
}

function sourceOfIds(usage: UsageLoaders, trackingIds: readonly string[], streamName?: string): TrackedBandwidth {
  const sources = trackingIds.map((trackingId) => new TrackingIdBandwidth(usage, trackingId, streamName));
  const [only] = sources;
  return only && sources.length === 1 ? only : sumBandwidth(sources);
}

/** Bandwidth of one tracking id, or its part on one stream. */
class TrackingIdBandwidth extends TrackedBandwidth {
  readonly #usage: UsageLoaders;
  readonly #trackingId: string;
  readonly #streamName: string | undefined;

  constructor(usage: UsageLoaders, trackingId: string, streamName: string | undefined) {
    super();
    this.#usage = usage;
    this.#trackingId = trackingId;
    this.#streamName = streamName;
  }

  total(window: TimeWindow): MaybePromise<Measured<Traffic>> {
    const rows = this.#usage.rowsByTrackingId.load({ name: this.#trackingId, window });
    return isPromise(rows) ? rows.then((all) => this.#totalOf(all)) : this.#totalOf(rows);
  }

  prefetchTotal(window: TimeWindow): boolean {
    return this.#usage.rowsByTrackingId.prefetch({ name: this.#trackingId, window });
  }

  series({ window, resolution }: SeriesRequest): MaybePromise<Measured<UsageSeries>> {
    return mapMaybe(
      this.#usage.rowSeriesByTrackingId.load({ name: this.#trackingId, window, resolution: daily(resolution) }),
      mapMeasured((buckets) => mapValues(buckets, (rows) => this.#trafficIn(rows))),
    );
  }

  get archive() {
    return () => archiveOf(this.#usage.archived, { kind: "TRACKING_STREAM", name: this.#trackingId }, this.#streamName);
  }

  #totalOf({ value, freshUntil }: Measured<readonly StreamRow[]>): Measured<Traffic> {
    return { value: this.#trafficIn(value), freshUntil };
  }

  #trafficIn(rows: readonly StreamRow[]): Traffic {
    if (this.#streamName === undefined) return sumTraffic(rows.map(({ traffic }) => traffic));
    return sumTraffic(trafficOfStream(rows, this.#streamName));
  }
}

/** Traffic by stream: a page of a partner's streams looks each of them up in the same rows. */
const trafficByStream = new WeakMap<readonly StreamRow[], ReadonlyMap<string | null, Traffic[]>>();

function trafficOfStream(rows: readonly StreamRow[], streamName: string): readonly Traffic[] {
  let byName = trafficByStream.get(rows);
  if (!byName) {
    const grouped = new Map<string | null, Traffic[]>();
    for (const { streamName: name, traffic } of rows) {
      const group = grouped.get(name);
      if (group) group.push(traffic);
      else grouped.set(name, [traffic]);
    }
    byName = grouped;
    trafficByStream.set(rows, byName);
  }
  return byName.get(streamName) ?? [];
}

/**
 * Returns the bandwidth of a stream under one tracking id; null for its untracked part, which includes
 * the ingest.
 */
export function streamTrackingBandwidth(usage: UsageLoaders, name: string, trackingId: string | null): BandwidthSource {
  const ownRows = (rows: readonly TrackingRow[]) =>
    sumTraffic(rows.flatMap((row) => (row.trackingId === trackingId ? row.traffic : [])));
  return {
    retention: DAYS_RETAINED,
    total: (window) => mapMaybe(usage.trackingRowsByStream.load({ name: metered(name), window }), mapMeasured(ownRows)),
    series: ({ window, resolution }) =>
      mapMaybe(
        usage.trackingRowSeriesByStream.load({ name: metered(name), window, resolution: daily(resolution) }),
        mapMeasured((buckets) => mapValues(buckets, ownRows)),
      ),
    countries: null,
    countrySeries: null,
    ...(trackingId !== null && {
      archive: () => archiveOf(usage.archived, { kind: "TRACKING_STREAM", name: trackingId }, name),
    }),
  };
}

/** Applies a function to the value of a measurement. */
function mapMeasured<In, Out>(map: (value: In) => Out): (measured: Measured<In>) => Measured<Out> {
  return ({ value, freshUntil }) => ({ value: map(value), freshUntil });
}

function mapValues<In, Out>(map: ReadonlyMap<number, In>, change: (value: In) => Out): Map<number, Out> {
  return new Map([...map].map(([key, value]) => [key, change(value)]));
}
