import type { UsageCache } from "../cache/usage-cache.ts";
import type { UsageEntries } from "../cache/usage-entries.ts";
import type { HourlySource, UsageQuery } from "../cache/usage-query.ts";
import type { UsageReader } from "../cache/usage-reader.ts";
import type { CountryBuckets } from "../model/usage/country-usage.ts";
import type { Measured } from "../model/usage/measured.ts";
import type { Granularity, UsageSeries } from "../model/usage/series.ts";
import type { TimeWindow } from "../model/usage/time.ts";
import { windowKey } from "../model/usage/time-window.ts";
import { addTraffic, sumTraffic, type Traffic } from "../model/usage/traffic.ts";
import type { CancellationSignal } from "../primitives/cancellation.ts";
import { Deferred } from "../primitives/deferred.ts";
import { isPromise, type MaybePromise } from "../primitives/maybe-promise.ts";
import {
  type Analytics,
  type CountryRow,
  perCall,
  type StreamResolution,
  type StreamRow,
  type TrackingRow,
} from "../upstream/analytics.ts";
import { type ArchivedUsage, nothingArchived } from "./archived-usage.ts";
import type { BatchGroup, BatchScheduler } from "./batch-scheduler.ts";

/** Key of the usage of one stream or tracking id over one window. */
export interface NamedKey {
  readonly name: string;
  readonly window: TimeWindow;
}

/** Key of a series of usage. */
export interface NamedSeriesKey extends NamedKey {
  readonly resolution: StreamResolution;
}

export interface AccountKey {
  readonly window: TimeWindow;
}

/** Key of a series of the account by country, which has no months. */
export interface AccountCountrySeriesKey extends AccountKey {
  readonly resolution: StreamResolution;
}

export interface AccountSeriesKey extends AccountKey {
  readonly resolution: Granularity;
}

/** Loads by key: a cached value without a promise, and each key once in a request. */
export interface Loader<Key, Value> {
  load(key: Key): MaybePromise<Measured<Value>>;
}

/** Loader that can start a load before its value is needed. */
export interface PrefetchingLoader<Key, Value> extends Loader<Key, Value> {
  /**
   * Starts a load without creating a promise for it.
   *
   * @returns whether the value is still pending; it has settled once `BatchScheduler.idle` resolves
   */
  prefetch(key: Key): boolean;
}

/**
 * Loaders of usage for one request.
 *
 * A call takes up to ten names and one window. Each operation, window and resolution of a request costs one call for ten
 * distinct names, however its fields are nested, aliased or repeated. A failed call fails its own names alone.
 */
export interface UsageLoaders {
  readonly accountTotal: Loader<AccountKey, Traffic>;
  readonly accountSeries: Loader<AccountSeriesKey, UsageSeries>;
  readonly accountCountries: Loader<AccountKey, CountryRow[]>;
  readonly accountCountrySeries: Loader<AccountCountrySeriesKey, CountryBuckets>;
  readonly streamTotal: PrefetchingLoader<NamedKey, Traffic>;
  readonly streamSeries: Loader<NamedSeriesKey, UsageSeries>;
  readonly streamCountries: Loader<NamedKey, CountryRow[]>;
  readonly streamCountrySeries: Loader<NamedSeriesKey, CountryBuckets>;
  readonly rowsByTrackingId: PrefetchingLoader<NamedKey, StreamRow[]>;
  readonly rowSeriesByTrackingId: PrefetchingLoader<NamedSeriesKey, Map<number, StreamRow[]>>;
  readonly trackingRowsByStream: Loader<NamedKey, TrackingRow[]>;
  readonly trackingRowSeriesByStream: Loader<NamedSeriesKey, Map<number, TrackingRow[]>>;
  /** Usage that the platform may no longer have. */
  readonly archived: ArchivedUsage;
}

/** Name of a loader of the platform's usage. */
type OperationName = Exclude<keyof UsageLoaders, "archived">;

/** Sources of the usage loaders. */
export interface UsageSource {
  readonly analytics: Analytics;
  readonly cache: UsageCache;
  /** Tenant that usage is read for; part of each key of the cache. */
  readonly scope: string;
  /** Nothing is archived if undefined. */
  readonly archived?: ArchivedUsage;
}

export function createUsageLoaders(
  source: UsageSource,
  batchScheduler: BatchScheduler,
  reader: UsageReader,
): UsageLoaders {
  const loader = <Key extends AnyKey, Value>(operation: keyof typeof operations) =>
    new UsageLoader<Key, Value>(operation, source, batchScheduler, reader);
  return {
    accountTotal: loader("accountTotal"),
    accountSeries: loader("accountSeries"),
    accountCountries: loader("accountCountries"),
    accountCountrySeries: loader("accountCountrySeries"),
    streamTotal: loader("streamTotal"),
    streamSeries: loader("streamSeries"),
    streamCountries: loader("streamCountries"),
    streamCountrySeries: loader("streamCountrySeries"),
    rowsByTrackingId: loader("rowsByTrackingId"),
    rowSeriesByTrackingId: loader("rowSeriesByTrackingId"),
    trackingRowsByStream: loader("trackingRowsByStream"),
    trackingRowSeriesByStream: loader("trackingRowSeriesByStream"),
    archived: source.archived ?? nothingArchived,
  };
}

/** Makes the call of a query for up to ten names. @throws UpstreamError */
export function readUsage(
  analytics: Analytics,
  query: UsageQuery,
  names: readonly string[],
  signal: CancellationSignal,
): Promise<ReadonlyMap<string, unknown>> {
  const { read }: Operation = operations[query.operation as keyof typeof operations];
  return read(analytics, names, query, signal);
}

type AnyKey = AccountKey & { readonly name?: string; readonly resolution?: Granularity };

/** Call of the platform for up to ten names, or for the account, whose only name is empty. */
interface Operation {
  readonly group: BatchGroup;
  readonly read: (
    analytics: Analytics,
    names: readonly string[],
    query: UsageQuery,
    signal: CancellationSignal,
  ) => Promise<ReadonlyMap<string, unknown>>;
  /** How to derive the total from cached hours in an outage; undefined if it cannot be. */
  readonly hours?: HourlySource;
}

const ofAccount = (
  read: (analytics: Analytics, query: UsageQuery, signal: CancellationSignal) => Promise<unknown>,
  hours?: HourlySource,
): Operation => ({
  group: "ACCOUNT",
  read: async (analytics, _names, query, signal) => new Map([["", await read(analytics, query, signal)]]),
  ...(hours && { hours }),
});

/** @param operation loader of the hours, whose values are of type `Traffic` */
const sumOfHours = (operation: OperationName): HourlySource => ({
  operation,
  sum: (hours) => sumTraffic(hours as Iterable<Traffic>),
});

/** Returns one row per name, with the sum of its traffic in all hours. */
function sumOfRows<Row extends { readonly traffic: Traffic }>(
  operation: OperationName,
  nameOf: (row: Row) => string | null,
): HourlySource {
  const sum = (hours: Iterable<unknown>) => {
    const rows = new Map<string | null, Row>();
    for (const row of [...(hours as Iterable<readonly Row[]>)].flat()) {
      const former = rows.get(nameOf(row));
      rows.set(nameOf(row), former ? { ...row, traffic: addTraffic(former.traffic, row.traffic) } : row);
    }
    return [...rows.values()];
  };
  return { operation, sum };
}

/** Returns the resolution of a query for a series. */
const resolutionOf = <Resolution extends Granularity>({ resolution }: UsageQuery) => resolution as Resolution;

const operations = {
  accountTotal: ofAccount(
    (analytics, { window }, signal) => analytics.accountTotal(window, signal),
    sumOfHours("accountSeries"),
  ),
  accountSeries: ofAccount((analytics, query, signal) =>
    analytics.accountSeries(query.window, resolutionOf(query), signal),
  ),
  accountCountries: ofAccount((analytics, { window }, signal) => analytics.accountCountries(window, signal)),
  accountCountrySeries: ofAccount((analytics, query, signal) =>
    analytics.accountCountrySeries(query.window, resolutionOf<StreamResolution>(query), signal),
  ),
  streamTotal: {
    group: "STREAMS",
    read: (analytics, names, { window }, signal) => analytics.streamTotals(names, window, signal),
    hours: sumOfHours("streamSeries"),
  },
  streamSeries: {
    group: "STREAMS",
    read: (analytics, names, query, signal) =>
      analytics.streamSeries(names, query.window, resolutionOf<StreamResolution>(query), signal),
  },
  streamCountries: {
    group: "STREAMS",
    read: (analytics, names, { window }, signal) => analytics.streamCountries(names, window, signal),
  },
  streamCountrySeries: {
    group: "STREAMS",
    read: (analytics, names, query, signal) =>
      analytics.streamCountrySeries(names, query.window, resolutionOf<StreamResolution>(query), signal),
  },
  rowsByTrackingId: {
    group: "TRACKING_IDS",
    read: (analytics, ids, { window }, signal) => analytics.trackingTotals(ids, window, signal),
    hours: sumOfRows<StreamRow>("rowSeriesByTrackingId", ({ streamName }) => streamName),
  },
  rowSeriesByTrackingId: {
    group: "TRACKING_IDS",
    read: (analytics, ids, query, signal) =>
      analytics.trackingSeries(ids, query.window, resolutionOf<StreamResolution>(query), signal),
  },
  trackingRowsByStream: {
    group: "STREAM_TRACKING",
    read: (analytics, names, { window }, signal) => analytics.streamTrackingTotals(names, window, signal),
    hours: sumOfRows<TrackingRow>("trackingRowSeriesByStream", ({ trackingId }) => trackingId),
  },
  trackingRowSeriesByStream: {
    group: "STREAM_TRACKING",
    read: (analytics, names, query, signal) =>
      analytics.streamTrackingSeries(names, query.window, resolutionOf<StreamResolution>(query), signal),
  },
} as const satisfies Record<OperationName, Operation>;

/** Names that one request loads by one query. */
interface Batch<Value> {
  readonly query: UsageQuery;
  readonly entries: UsageEntries<Value>;
  /** Value of each name that was not cached, for the whole request; a failure too. */
  readonly loads: Map<string, Deferred<Measured<Value>>>;
  /** Names that no call has been made for yet. */
  pending: string[];
}

/**
 * Loader of one operation: a DataLoader that returns cached values without a promise.
 *
 * See docs/decisions/0012-values-without-promises.md.
 */
class UsageLoader<Key extends AnyKey, Value> implements PrefetchingLoader<Key, Value> {
  readonly #operation: keyof typeof operations;
  readonly #source: UsageSource;
  readonly #batchScheduler: BatchScheduler;
  readonly #reader: UsageReader;
  readonly #takesNames: boolean;
  #batches: Map<string, Batch<Value>> | null = null;
  /** Batch of the last key: the streams of a list have the same window. */
  #lastBatch: Batch<Value> | null = null;
  #isScheduled = false;

  constructor(
    operation: keyof typeof operations,
    source: UsageSource,
    batchScheduler: BatchScheduler,
    reader: UsageReader,
  ) {
    this.#operation = operation;
    this.#source = source;
    this.#batchScheduler = batchScheduler;
    this.#reader = reader;
    this.#takesNames = operations[operation].group !== "ACCOUNT";
  }

  load(key: Key): MaybePromise<Measured<Value>> {
    const found = this.#find(key);
    return found instanceof Deferred ? (found.value ?? found.promise) : found;
  }

  prefetch(key: Key): boolean {
    const found = this.#find(key);
    return found instanceof Deferred && found.isPending;
  }

  /** Returns the cached value, or a load that has been started. */
  #find(key: Key): Measured<Value> | Deferred<Measured<Value>> {
    const name = this.#takesNames ? (key.name ?? "") : "";
    const { entries, loads, pending } = this.#batchOf(key);
    const load = loads.get(name);
    if (load) return load;
    const found = entries.find(name, this.#reader);
    if (found !== undefined && !isPromise(found)) return found;
    const started = new Deferred<Measured<Value>>();
    loads.set(name, started);
    if (found) {
      // A call of another request is in flight, whose result may be cached nowhere else.
      started.resolve(this.#batchScheduler.track(found));
      return started;
    }
    pending.push(name);
    this.#schedule();
    return started;
  }

  /** Returns the batch of the key's query. */
  #batchOf(key: AnyKey): Batch<Value> {
    const { window, resolution = null } = key;
    const last = this.#lastBatch;
    if (last && last.query.window === window && last.query.resolution === resolution) return last;
    this.#batches ??= new Map();
    const id = `${windowKey(window)}|${resolution}`;
    let batch = this.#batches.get(id);
    if (!batch) {
      const { cache, scope } = this.#source;
      const { hours }: Operation = operations[this.#operation];
      const query = { scope, operation: this.#operation, window, resolution, hours };
      batch = { query, entries: cache.of(query), loads: new Map(), pending: [] };
      this.#batches.set(id, batch);
    }
    this.#lastBatch = batch;
    return batch;
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#batchScheduler.schedule(operations[this.#operation].group)(() => this.#dispatch());
  }

  #dispatch(): void {
    this.#isScheduled = false;
    for (const batch of this.#batches?.values() ?? []) if (batch.pending.length > 0) this.#read(batch);
  }

  /** Reads the pending names, without those that another request has begun to read meanwhile. */
  #read(batch: Batch<Value>): void {
    const { query, loads } = batch;
    const { analytics, cache } = this.#source;
    const entries = cache.of<Value>(query);
    const missing: string[] = [];
    for (const name of batch.pending) {
      const found = entries.find(name, this.#reader);
      if (found === undefined) missing.push(name);
      else loads.get(name)?.resolve(found);
    }
    batch.pending = [];
    for (const names of perCall(missing)) {
      const call = (signal: CancellationSignal) =>
        readUsage(analytics, query, names, signal) as Promise<ReadonlyMap<string, Value>>;
      this.#batchScheduler.track(entries.read(names, call, this.#reader, loads));
    }
  }
}
