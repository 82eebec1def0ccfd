import DataLoader from "dataloader";
import type { FigureCache, FigureCall, Waiter } from "../directory/figure-cache.ts";
import type { Granularity } from "../model/series.ts";
import { type TimeWindow, windowKey } from "../model/time-window.ts";
import type { Traffic } from "../model/traffic.ts";
import {
  type Analytics,
  type CountryRow,
  perCall,
  type StreamResolution,
  type StreamRow,
  type TrackingRow,
  type TrafficByBucket,
} from "../upstream/analytics.ts";
import type { FigureFamily, Waves } from "./waves.ts";

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

/** Loads by key. What one request loads under one key is read once. */
export interface Loader<Key, Value> {
  load(key: Key): Promise<Value>;
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
  readonly streamTotal: Loader<NamedKey, Traffic>;
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
  const batches = { ...source, waves, waiter };
  const { analytics } = source;
  return {
    accountTotal: single(batches, "accountTotal", ({ window }, signal) => analytics.accountTotal(window, signal)),
    accountSeries: single<AccountSeriesKey, TrafficByBucket>(
      batches,
      "accountSeries",
      ({ window, resolution }, signal) => analytics.accountSeries(window, resolution, signal),
    ),
    accountCountries: single(batches, "accountCountries", ({ window }, signal) =>
      analytics.accountCountries(window, signal),
    ),
    streamTotal: named(batches, "streamTotal", "STREAMS", (names, { window }, signal) =>
      analytics.streamTotals(names, window, signal),
    ),
    streamSeries: named<NamedSeriesKey, TrafficByBucket>(
      batches,
      "streamSeries",
      "STREAMS",
      (names, { window, resolution }, signal) => analytics.streamSeries(names, window, resolution, signal),
    ),
    streamCountries: named(batches, "streamCountries", "STREAMS", (names, { window }, signal) =>
      analytics.streamCountries(names, window, signal),
    ),
    rowsByTrackingId: named(batches, "rowsByTrackingId", "TRACKING_IDS", (ids, { window }, signal) =>
      analytics.trackingTotals(ids, window, signal),
    ),
    rowSeriesByTrackingId: named<NamedSeriesKey, Map<number, StreamRow[]>>(
      batches,
      "rowSeriesByTrackingId",
      "TRACKING_IDS",
      (ids, { window, resolution }, signal) => analytics.trackingSeries(ids, window, resolution, signal),
    ),
    trackingRowsByStream: named(batches, "trackingRowsByStream", "STREAM_TRACKING", (names, { window }, signal) =>
      analytics.streamTrackingTotals(names, window, signal),
    ),
    trackingRowSeriesByStream: named<NamedSeriesKey, Map<number, TrackingRow[]>>(
      batches,
      "trackingRowSeriesByStream",
      "STREAM_TRACKING",
      (names, { window, resolution }, signal) => analytics.streamTrackingSeries(names, window, resolution, signal),
    ),
  };
}

interface Batches extends FigureSource {
  readonly waves: Waves;
  readonly waiter: Waiter;
}

/** What keys of one call have in common. */
function callKey(key: { readonly window: TimeWindow; readonly resolution?: Granularity }): string {
  return `${windowKey(key.window)}|${key.resolution ?? ""}`;
}

type ReadNames<Key, Value> = (
  names: readonly string[],
  call: Omit<Key, "name">,
  signal: AbortSignal,
) => Promise<ReadonlyMap<string, Value>>;

/** A loader of what one call answers for many names. What the cache has needs no batch. */
function named<Key extends NamedKey, Value>(
  { waves, waiter, cache, scope }: Batches,
  operation: string,
  family: FigureFamily,
  read: ReadNames<Key, Value>,
): Loader<Key, Value> {
  const idOf = (call: string, name: string) => `${scope}|${operation}|${call}|${name}`;
  const loader = once(
    () =>
      new DataLoader<Key, Value, string>(
        (keys) => waves.track(Promise.all(readAll(keys, read, { cache, waiter, idOf }).map(asValueOrError))),
        { cacheKeyFn: (key) => `${callKey(key)}|${key.name}`, batchScheduleFn: waves.schedule(family) },
      ),
  );
  return {
    load: (key) => cache.find<Value>(idOf(callKey(key), key.name), waiter) ?? loader().load(key),
  };
}

interface Cached {
  readonly cache: FigureCache;
  readonly waiter: Waiter;
  readonly idOf: (call: string, name: string) => string;
}

/** Reads keys in as few calls as they take. Somebody else may have begun to read some of them meanwhile. */
function readAll<Key extends NamedKey, Value>(
  keys: readonly Key[],
  read: ReadNames<Key, Value>,
  { cache, waiter, idOf }: Cached,
): Promise<Value>[] {
  const answers = new Map<string, Promise<Value>>();
  const missing = new Map<string, { readonly key: Key; readonly names: string[] }>();
  for (const key of keys) {
    const call = callKey(key);
    const found = cache.find<Value>(idOf(call, key.name), waiter);
    if (found) answers.set(idOf(call, key.name), found);
    else if (missing.has(call)) missing.get(call)?.names.push(key.name);
    else missing.set(call, { key, names: [key.name] });
  }
  for (const [call, { key, names }] of missing) {
    for (const chunk of perCall(names)) {
      const readings = cache.read(callFor(chunk, call, key, read, idOf, cache), waiter);
      for (const [id, answer] of readings) answers.set(id, answer);
    }
  }
  return keys.map((key) => answers.get(idOf(callKey(key), key.name)) ?? Promise.reject(new Error("a key got lost")));
}

function callFor<Key extends NamedKey, Value>(
  names: readonly string[],
  call: string,
  key: Key,
  read: ReadNames<Key, Value>,
  idOf: Cached["idOf"],
  cache: FigureCache,
): FigureCall<Value> {
  const again = async (wanted: readonly string[]) => {
    for (const chunk of perCall(wanted)) {
      const readings = cache.read(callFor(chunk, call, key, read, idOf, cache), nobody);
      await Promise.allSettled(readings.values());
    }
  };
  return {
    names: new Map(names.map((name) => [idOf(call, name), name])),
    read: (signal) => read(names, key, signal),
    again,
  };
}

/** Waits for what is read ahead: it never leaves, and needs not be told. */
const nobody: Waiter = { signal: undefined, onStale: () => undefined };

/** A failed chunk fails its own keys only. */
function asValueOrError<Value>(answer: Promise<Value>): Promise<Value | Error> {
  return answer.catch((error: unknown) => (error instanceof Error ? error : new Error(String(error))));
}

/** A loader of what takes a call for each key. */
function single<Key extends AccountKey, Value>(
  batches: Batches,
  operation: string,
  read: (key: Key, signal: AbortSignal) => Promise<Value>,
): Loader<Key, Value> {
  const { waves, waiter, cache, scope } = batches;
  const idOf = (call: string) => `${scope}|${operation}|${call}`;
  const callFor = (key: Key): FigureCall<Value> => ({
    names: new Map([[idOf(callKey(key)), ""]]),
    read: async (signal) => new Map([["", await read(key, signal)]]),
    again: async () => {
      await Promise.allSettled(cache.read(callFor(key), nobody).values());
    },
  });
  const readOne = (key: Key): Promise<Value> => {
    const id = idOf(callKey(key));
    return cache.find<Value>(id, waiter) ?? cache.read(callFor(key), waiter).get(id) ?? Promise.reject(new Error());
  };
  const loader = once(
    () =>
      new DataLoader<Key, Value, string>(
        (keys) => waves.track(Promise.all(keys.map((key) => asValueOrError(readOne(key))))),
        { cacheKeyFn: callKey, batchScheduleFn: waves.schedule("ACCOUNT") },
      ),
  );
  return { load: (key) => cache.find<Value>(idOf(callKey(key)), waiter) ?? loader().load(key) };
}

/** Made when it is first asked for: a request uses one or two of its loaders. */
function once<Made>(make: () => Made): () => Made {
  let made: Made | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
