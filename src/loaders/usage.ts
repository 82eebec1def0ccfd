import type { HoursOfTotal } from "../cache/earlier-usage.ts";
import { type UsageCache, type UsageEntries, type UsageQuery, UsageReader } from "../cache/usage-cache.ts";
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
import type { BatchGroup, BatchScheduler } from "./batch-scheduler.ts";

/** A figure of one name (a stream's or a tracking id) over one window. */
export interface NamedKey {
  readonly name: string;
  readonly window: TimeWindow;
}

/** The same as a series. */
export interface NamedSeriesKey extends NamedKey {
  readonly resolution: StreamResolution;
}

export interface AccountKey {
  readonly window: TimeWindow;
}

export interface AccountSeriesKey extends AccountKey {
  readonly resolution: Granularity;
}

/** Loads by key, at once what is known already. What one request loads under one key is read once. */
export interface Loader<Key, Value> {
  load(key: Key): MaybePromise<Measured<Value>>;
}

/** Loads in sets. */
export interface PrefetchingLoader<Key, Value> extends Loader<Key, Value> {
  /**
   * Asks for what will be loaded, without a promise for each.
   *
   * @returns whether it is not there yet: it is when all calls of the request are over, be it as a failure. See `Waves.quiet`
   */
  prefetch(key: Key): boolean;
}

/**
 * Metered figures, batched and remembered for one request. Calls take ten names and one window, so a query costs, for each
 * operation, window and resolution, a tenth of its distinct names rounded up: however its fields are nested, aliased or
 * repeated. A call that fails fails the names it was for, and no others.
 */
export interface UsageLoaders {
  readonly accountTotal: Loader<AccountKey, Traffic>;
  readonly accountSeries: Loader<AccountSeriesKey, UsageSeries>;
  readonly accountCountries: Loader<AccountKey, CountryRow[]>;
  readonly streamTotal: PrefetchingLoader<NamedKey, Traffic>;
  readonly streamSeries: Loader<NamedSeriesKey, UsageSeries>;
  readonly streamCountries: Loader<NamedKey, CountryRow[]>;
  readonly rowsByTrackingId: Loader<NamedKey, StreamRow[]>;
  readonly rowSeriesByTrackingId: Loader<NamedSeriesKey, Map<number, StreamRow[]>>;
  readonly trackingRowsByStream: Loader<NamedKey, TrackingRow[]>;
  readonly trackingRowSeriesByStream: Loader<NamedSeriesKey, Map<number, TrackingRow[]>>;
}

/** What figures are read by. */
export interface UsageSource {
  readonly analytics: Analytics;
  readonly cache: UsageCache;
  /** Whom they are read for: keys of the cache begin with it. */
  readonly scope: string;
}

export function createUsageLoaders(
  source: UsageSource,
  batchScheduler: BatchScheduler,
  waiter: UsageReader,
): UsageLoaders {
  const loader = <Key extends AnyKey, Value>(operation: keyof typeof operations) =>
    new UsageLoader<Key, Value>(operation, source, batchScheduler, waiter);
  return {
    accountTotal: loader("accountTotal"),
    accountSeries: loader("accountSeries"),
    accountCountries: loader("accountCountries"),
    streamTotal: loader("streamTotal"),
    streamSeries: loader("streamSeries"),
    streamCountries: loader("streamCountries"),
    rowsByTrackingId: loader("rowsByTrackingId"),
    rowSeriesByTrackingId: loader("rowSeriesByTrackingId"),
    trackingRowsByStream: loader("trackingRowsByStream"),
    trackingRowSeriesByStream: loader("trackingRowSeriesByStream"),
  };
}

/** Reads again, ahead of need, what was asked for repeatedly and has run out. Call it every few seconds. */
export async function refreshHotUsage(cache: UsageCache, analytics: Analytics): Promise<void> {
  for (const { query: question, names } of cache.hot()) {
    const { read } = operations[question.operation as keyof typeof operations];
    for (const chunk of perCall(names)) {
      await cache.of(question).read(chunk, (signal) => read(analytics, chunk, question, signal), nobody, new Map());
    }
  }
}

/** Waits for what is read ahead: it never leaves, and needs not be told. */
const nobody = new UsageReader(undefined, () => undefined);

type AnyKey = AccountKey & { readonly name?: string; readonly resolution?: Granularity };

/** How the platform is asked: in one call for up to ten names, or for the account, which has the empty name here. */
interface Operation {
  readonly family: BatchGroup;
  readonly read: (
    analytics: Analytics,
    names: readonly string[],
    query: UsageQuery,
    signal: CancellationSignal,
  ) => Promise<ReadonlyMap<string, unknown>>;
  /** How a total is worked out of kept hours in an outage; left out where it can't be. */
  readonly hours?: HoursOfTotal;
}

const ofAccount = (
  read: (analytics: Analytics, query: UsageQuery, signal: CancellationSignal) => Promise<unknown>,
  hours?: HoursOfTotal,
): Operation => ({
  family: "ACCOUNT",
  read: async (analytics, _names, query, signal) => new Map([["", await read(analytics, query, signal)]]),
  ...(hours && { hours }),
});

/** @param operation the loader of the hours, whose values are of the type that is summed */
const sumOfHours = (operation: keyof UsageLoaders): HoursOfTotal => ({
  operation,
  sum: (hours) => sumTraffic(hours as Iterable<Traffic>),
});

/** One row for each `name` of the rows of all hours. */
function sumOfRows<Row extends { readonly traffic: Traffic }>(
  operation: keyof UsageLoaders,
  nameOf: (row: Row) => string | null,
): HoursOfTotal {
  const sum = (hours: Iterable<unknown>) => {
    const rows = new Map<string | null, Row>();
    for (const row of [...(hours as Iterable<readonly Row[]>)].flat()) {
      const known = rows.get(nameOf(row));
      rows.set(nameOf(row), known ? { ...row, traffic: addTraffic(known.traffic, row.traffic) } : row);
    }
    return [...rows.values()];
  };
  return { operation, sum };
}

/** The resolution of a series. What has none is asked for by other operations. */
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
  streamTotal: {
    family: "STREAMS",
    read: (analytics, names, { window }, signal) => analytics.streamTotals(names, window, signal),
    hours: sumOfHours("streamSeries"),
  },
  streamSeries: {
    family: "STREAMS",
    read: (analytics, names, query, signal) =>
      analytics.streamSeries(names, query.window, resolutionOf<StreamResolution>(query), signal),
  },
  streamCountries: {
    family: "STREAMS",
    read: (analytics, names, { window }, signal) => analytics.streamCountries(names, window, signal),
  },
  rowsByTrackingId: {
    family: "TRACKING_IDS",
    read: (analytics, ids, { window }, signal) => analytics.trackingTotals(ids, window, signal),
    hours: sumOfRows<StreamRow>("rowSeriesByTrackingId", ({ streamName }) => streamName),
  },
  rowSeriesByTrackingId: {
    family: "TRACKING_IDS",
    read: (analytics, ids, query, signal) =>
      analytics.trackingSeries(ids, query.window, resolutionOf<StreamResolution>(query), signal),
  },
  trackingRowsByStream: {
    family: "STREAM_TRACKING",
    read: (analytics, names, { window }, signal) => analytics.streamTrackingTotals(names, window, signal),
    hours: sumOfRows<TrackingRow>("trackingRowSeriesByStream", ({ trackingId }) => trackingId),
  },
  trackingRowSeriesByStream: {
    family: "STREAM_TRACKING",
    read: (analytics, names, query, signal) =>
      analytics.streamTrackingSeries(names, query.window, resolutionOf<StreamResolution>(query), signal),
  },
} as const satisfies Record<keyof UsageLoaders, Operation>;

/** What one request asks under one question. */
interface Asked<Value> {
  readonly query: UsageQuery;
  readonly figures: UsageEntries<Value>;
  /** Every name that was not there at once; what was told of it serves the whole request, be it a failure. */
  readonly answers: Map<string, Deferred<Measured<Value>>>;
  /** The names that no call has been made for yet. */
  waiting: string[];
}

/**
 * A loader of what one call answers for many names. It does what a DataLoader does, but in sets: what is kept is given at
 * once, without a promise, and what is read costs one promise a name. Fifty figures take a tenth of the time so.
 */
class UsageLoader<Key extends AnyKey, Value> implements PrefetchingLoader<Key, Value> {
  readonly #operation: keyof typeof operations;
  readonly #source: UsageSource;
  readonly #batchScheduler: BatchScheduler;
  readonly #waiter: UsageReader;
  readonly #takesNames: boolean;
  #asked: Map<string, Asked<Value>> | null = null;
  #last: { readonly key: AnyKey; readonly asked: Asked<Value> } | null = null;
  #isScheduled = false;

  constructor(
    operation: keyof typeof operations,
    source: UsageSource,
    batchScheduler: BatchScheduler,
    waiter: UsageReader,
  ) {
    this.#operation = operation;
    this.#source = source;
    this.#batchScheduler = batchScheduler;
    this.#waiter = waiter;
    this.#takesNames = operations[operation].family !== "ACCOUNT";
  }

  load(key: Key): MaybePromise<Measured<Value>> {
    const found = this.#find(key);
    return found instanceof Deferred ? (found.value ?? found.promise) : found;
  }

  prefetch(key: Key): boolean {
    const found = this.#find(key);
    return found instanceof Deferred && found.isPending;
  }

  /** What is there, or on its way. */
  #find(key: Key): Measured<Value> | Deferred<Measured<Value>> {
    const name = this.#takesNames ? (key.name ?? "") : "";
    const { figures, answers, waiting } = this.#askedLike(key);
    const answer = answers.get(name);
    if (answer) return answer;
    const found = figures.find(name, this.#waiter);
    if (found !== undefined && !isPromise(found)) return found;
    const promised = new Deferred<Measured<Value>>();
    answers.set(name, promised);
    if (found) {
      // Somebody else has asked for it, and it may be kept nowhere but here.
      promised.resolve(this.#batchScheduler.track(found));
      return promised;
    }
    waiting.push(name);
    this.#schedule();
    return promised;
  }

  /** The fields of a list ask for the same window, one behind the other. */
  #askedLike(key: AnyKey): Asked<Value> {
    if (this.#last && this.#last.key.window === key.window && this.#last.key.resolution === key.resolution) {
      return this.#last.asked;
    }
    this.#asked ??= new Map();
    const { window, resolution = null } = key;
    const id = `${windowKey(window)}|${resolution}`;
    let asked = this.#asked.get(id);
    if (!asked) {
      const { cache, scope } = this.#source;
      const { hours }: Operation = operations[this.#operation];
      const query = { scope, operation: this.#operation, window, resolution, hours };
      asked = { query, figures: cache.of(query), answers: new Map(), waiting: [] };
      this.#asked.set(id, asked);
    }
    this.#last = { key, asked };
    return asked;
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#batchScheduler.schedule(operations[this.#operation].family)(() => this.#dispatch());
  }

  #dispatch(): void {
    this.#isScheduled = false;
    for (const asked of this.#asked?.values() ?? []) if (asked.waiting.length > 0) this.#read(asked);
  }

  /** Reads in as few calls as it takes. Somebody else may have begun to read some of the names meanwhile. */
  #read(asked: Asked<Value>): void {
    const { query: question, answers } = asked;
    const { analytics, cache } = this.#source;
    const figures = cache.of<Value>(question);
    const missing: string[] = [];
    for (const name of asked.waiting) {
      const found = figures.find(name, this.#waiter);
      if (found === undefined) missing.push(name);
      else answers.get(name)?.resolve(found);
    }
    asked.waiting = [];
    const { read }: Operation = operations[this.#operation];
    for (const names of perCall(missing)) {
      const call = (signal: CancellationSignal) =>
        read(analytics, names, question, signal) as Promise<ReadonlyMap<string, Value>>;
      this.#batchScheduler.track(figures.read(names, call, this.#waiter, answers));
    }
  }
}
