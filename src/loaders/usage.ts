import type { HoursOfTotal } from "../cache/earlier-usage.ts";
import { type FigureCache, type FigureQuestion, type Figures, Waiter } from "../cache/usage-cache.ts";
import type { Figure } from "../model/usage/measured.ts";
import type { Granularity } from "../model/usage/series.ts";
import { type TimeWindow, windowKey } from "../model/usage/time-window.ts";
import { addTraffic, sumTraffic, type Traffic } from "../model/usage/traffic.ts";
import type { Leaving } from "../primitives/cancellation.ts";
import { Deferred, isPromise, type MaybePromise } from "../primitives/maybe-promise.ts";
import {
  type Analytics,
  type CountryRow,
  perCall,
  type StreamResolution,
  type StreamRow,
  type TrackingRow,
  type TrafficByBucket,
} from "../upstream/analytics.ts";
import type { FigureFamily, Waves } from "./batch-scheduler.ts";

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
  load(key: Key): MaybePromise<Figure<Value>>;
}

/** Loads in sets. */
export interface SetLoader<Key, Value> extends Loader<Key, Value> {
  /**
   * Asks for what will be loaded, without a promise for each.
   *
   * @returns whether it is not there yet: it is when all calls of the request are over, be it as a failure. See `Waves.quiet`
   */
  ahead(key: Key): boolean;
}

/**
 * Metered figures, batched and remembered for one request. Calls take ten names and one window, so a query costs, for each
 * operation, window and resolution, a tenth of its distinct names rounded up: however its fields are nested, aliased or
 * repeated. A call that fails fails the names it was for, and no others.
 */
export interface FigureLoaders {
  readonly accountTotal: Loader<AccountKey, Traffic>;
  readonly accountSeries: Loader<AccountSeriesKey, TrafficByBucket>;
  readonly accountCountries: Loader<AccountKey, CountryRow[]>;
  readonly streamTotal: SetLoader<NamedKey, Traffic>;
  readonly streamSeries: Loader<NamedSeriesKey, TrafficByBucket>;
  readonly streamCountries: Loader<NamedKey, CountryRow[]>;
  readonly rowsByTrackingId: Loader<NamedKey, StreamRow[]>;
  readonly rowSeriesByTrackingId: Loader<NamedSeriesKey, Map<number, StreamRow[]>>;
  readonly trackingRowsByStream: Loader<NamedKey, TrackingRow[]>;
  readonly trackingRowSeriesByStream: Loader<NamedSeriesKey, Map<number, TrackingRow[]>>;
}

/** What figures are read by. */
export interface FigureSource {
  readonly analytics: Analytics;
  readonly cache: FigureCache;
  /** Whom they are read for: keys of the cache begin with it. */
  readonly scope: string;
}

export function createFigureLoaders(source: FigureSource, waves: Waves, waiter: Waiter): FigureLoaders {
  const loader = <Key extends AnyKey, Value>(operation: keyof typeof operations) =>
    new FigureLoader<Key, Value>(operation, source, waves, waiter);
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
export async function refreshHotFigures(cache: FigureCache, analytics: Analytics): Promise<void> {
  for (const { question, names } of cache.hot()) {
    const { read } = operations[question.operation as keyof typeof operations];
    for (const chunk of perCall(names)) {
      await cache.of(question).read(chunk, (signal) => read(analytics, chunk, question, signal), nobody, new Map());
    }
  }
}

/** Waits for what is read ahead: it never leaves, and needs not be told. */
const nobody = new Waiter(undefined, () => undefined);

type AnyKey = AccountKey & { readonly name?: string; readonly resolution?: Granularity };

/** How the platform is asked: in one call for up to ten names, or for the account, which has the empty name here. */
interface Operation {
  readonly family: FigureFamily;
  readonly read: (
    analytics: Analytics,
    names: readonly string[],
    question: FigureQuestion,
    signal: Leaving,
  ) => Promise<ReadonlyMap<string, unknown>>;
  /** How a total is worked out of kept hours in an outage; left out where it can't be. */
  readonly hours?: HoursOfTotal;
}

const ofAccount = (
  read: (analytics: Analytics, question: FigureQuestion, signal: Leaving) => Promise<unknown>,
  hours?: HoursOfTotal,
): Operation => ({
  family: "ACCOUNT",
  read: async (analytics, _names, question, signal) => new Map([["", await read(analytics, question, signal)]]),
  ...(hours && { hours }),
});

/** @param operation the loader of the hours, whose values are of the type that is summed */
const sumOfHours = (operation: keyof FigureLoaders): HoursOfTotal => ({
  operation,
  sum: (hours) => sumTraffic(hours as Iterable<Traffic>),
});

/** One row for each `name` of the rows of all hours. */
function sumOfRows<Row extends { readonly traffic: Traffic }>(
  operation: keyof FigureLoaders,
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
const resolutionOf = <Resolution extends Granularity>({ resolution }: FigureQuestion) => resolution as Resolution;

const operations = {
  accountTotal: ofAccount(
    (analytics, { window }, signal) => analytics.accountTotal(window, signal),
    sumOfHours("accountSeries"),
  ),
  accountSeries: ofAccount((analytics, question, signal) =>
    analytics.accountSeries(question.window, resolutionOf(question), signal),
  ),
  accountCountries: ofAccount((analytics, { window }, signal) => analytics.accountCountries(window, signal)),
  streamTotal: {
    family: "STREAMS",
    read: (analytics, names, { window }, signal) => analytics.streamTotals(names, window, signal),
    hours: sumOfHours("streamSeries"),
  },
  streamSeries: {
    family: "STREAMS",
    read: (analytics, names, question, signal) =>
      analytics.streamSeries(names, question.window, resolutionOf<StreamResolution>(question), signal),
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
    read: (analytics, ids, question, signal) =>
      analytics.trackingSeries(ids, question.window, resolutionOf<StreamResolution>(question), signal),
  },
  trackingRowsByStream: {
    family: "STREAM_TRACKING",
    read: (analytics, names, { window }, signal) => analytics.streamTrackingTotals(names, window, signal),
    hours: sumOfRows<TrackingRow>("trackingRowSeriesByStream", ({ trackingId }) => trackingId),
  },
  trackingRowSeriesByStream: {
    family: "STREAM_TRACKING",
    read: (analytics, names, question, signal) =>
      analytics.streamTrackingSeries(names, question.window, resolutionOf<StreamResolution>(question), signal),
  },
} as const satisfies Record<keyof FigureLoaders, Operation>;

/** What one request asks under one question. */
interface Asked<Value> {
  readonly question: FigureQuestion;
  readonly figures: Figures<Value>;
  /** Every name that was not there at once; what was told of it serves the whole request, be it a failure. */
  readonly answers: Map<string, Deferred<Figure<Value>>>;
  /** The names that no call has been made for yet. */
  waiting: string[];
}

/**
 * A loader of what one call answers for many names. It does what a DataLoader does, but in sets: what is kept is given at
 * once, without a promise, and what is read costs one promise a name. Fifty figures take a tenth of the time so.
 */
class FigureLoader<Key extends AnyKey, Value> implements SetLoader<Key, Value> {
  readonly #operation: keyof typeof operations;
  readonly #source: FigureSource;
  readonly #waves: Waves;
  readonly #waiter: Waiter;
  readonly #takesNames: boolean;
  #asked: Map<string, Asked<Value>> | null = null;
  #last: { readonly key: AnyKey; readonly asked: Asked<Value> } | null = null;
  #isScheduled = false;

  constructor(operation: keyof typeof operations, source: FigureSource, waves: Waves, waiter: Waiter) {
    this.#operation = operation;
    this.#source = source;
    this.#waves = waves;
    this.#waiter = waiter;
    this.#takesNames = operations[operation].family !== "ACCOUNT";
  }

  load(key: Key): MaybePromise<Figure<Value>> {
    const found = this.#find(key);
    return found instanceof Deferred ? (found.value ?? found.promise) : found;
  }

  ahead(key: Key): boolean {
    const found = this.#find(key);
    return found instanceof Deferred && found.isPending;
  }

  /** What is there, or on its way. */
  #find(key: Key): Figure<Value> | Deferred<Figure<Value>> {
    const name = this.#takesNames ? (key.name ?? "") : "";
    const { figures, answers, waiting } = this.#askedLike(key);
    const answer = answers.get(name);
    if (answer) return answer;
    const found = figures.find(name, this.#waiter);
    if (found !== undefined && !isPromise(found)) return found;
    const promised = new Deferred<Figure<Value>>();
    answers.set(name, promised);
    if (found) {
      // Somebody else has asked for it, and it may be kept nowhere but here.
      promised.resolve(this.#waves.track(found));
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
      const question = { scope, operation: this.#operation, window, resolution, hours };
      asked = { question, figures: cache.of(question), answers: new Map(), waiting: [] };
      this.#asked.set(id, asked);
    }
    this.#last = { key, asked };
    return asked;
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#waves.schedule(operations[this.#operation].family)(() => this.#dispatch());
  }

  #dispatch(): void {
    this.#isScheduled = false;
    for (const asked of this.#asked?.values() ?? []) if (asked.waiting.length > 0) this.#read(asked);
  }

  /** Reads in as few calls as it takes. Somebody else may have begun to read some of the names meanwhile. */
  #read(asked: Asked<Value>): void {
    const { question, answers } = asked;
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
      const call = (signal: Leaving) => read(analytics, names, question, signal) as Promise<ReadonlyMap<string, Value>>;
      this.#waves.track(figures.read(names, call, this.#waiter, answers));
    }
  }
}
