import DataLoader from "dataloader";
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

export function createFigureLoaders(analytics: Analytics, waves: Waves, signal?: AbortSignal): FigureLoaders {
  const batches = { waves, signal };
  return {
    accountTotal: single(batches, ({ window }) => analytics.accountTotal(window, signal)),
    accountSeries: single<AccountSeriesKey, TrafficByBucket>(batches, ({ window, resolution }) =>
      analytics.accountSeries(window, resolution, signal),
    ),
    accountCountries: single(batches, ({ window }) => analytics.accountCountries(window, signal)),
    streamTotal: named(batches, "STREAMS", (names, { window }) => analytics.streamTotals(names, window, signal)),
    streamSeries: named<NamedSeriesKey, TrafficByBucket>(batches, "STREAMS", (names, { window, resolution }) =>
      analytics.streamSeries(names, window, resolution, signal),
    ),
    streamCountries: named(batches, "STREAMS", (names, { window }) => analytics.streamCountries(names, window, signal)),
    rowsByTrackingId: named(batches, "TRACKING_IDS", (ids, { window }) =>
      analytics.trackingTotals(ids, window, signal),
    ),
    rowSeriesByTrackingId: named<NamedSeriesKey, Map<number, StreamRow[]>>(
      batches,
      "TRACKING_IDS",
      (ids, { window, resolution }) => analytics.trackingSeries(ids, window, resolution, signal),
    ),
    trackingRowsByStream: named(batches, "STREAM_TRACKING", (names, { window }) =>
      analytics.streamTrackingTotals(names, window, signal),
    ),
    trackingRowSeriesByStream: named<NamedSeriesKey, Map<number, TrackingRow[]>>(
      batches,
      "STREAM_TRACKING",
      (names, { window, resolution }) => analytics.streamTrackingSeries(names, window, resolution, signal),
    ),
  };
}

interface Batches {
  readonly waves: Waves;
}

/** What keys of one call have in common. */
function callKey(key: { readonly window: TimeWindow; readonly resolution?: Granularity }): string {
  return `${windowKey(key.window)}|${key.resolution ?? ""}`;
}

/** A loader of what one call answers for many names. */
function named<Key extends NamedKey, Value>(
  { waves }: Batches,
  family: FigureFamily,
  read: (names: readonly string[], call: Omit<Key, "name">) => Promise<Map<string, Value>>,
): DataLoader<Key, Value, string> {
  return new DataLoader<Key, Value, string>((keys) => waves.track(readAll(keys, read)), {
    cacheKeyFn: (key) => `${callKey(key)}|${key.name}`,
    batchScheduleFn: waves.schedule(family),
  });
}

async function readAll<Key extends NamedKey, Value>(
  keys: readonly Key[],
  read: (names: readonly string[], call: Omit<Key, "name">) => Promise<Map<string, Value>>,
): Promise<(Value | Error)[]> {
  const groups = new Map<string, Key[]>();
  for (const key of keys) {
    const group = groups.get(callKey(key));
    if (group) group.push(key);
    else groups.set(callKey(key), [key]);
  }
  const answers = new Map<string, Promise<Map<string, Value>>>();
  for (const [call, group] of groups) {
    const [key] = group;
    if (!key) continue;
    for (const names of perCall(group.map(({ name }) => name))) {
      const answer = read(names, key);
      for (const name of names) answers.set(`${call}|${name}`, answer);
    }
  }
  return Promise.all(keys.map((key) => answerFor(key.name, answers.get(`${callKey(key)}|${key.name}`))));
}

async function answerFor<Value>(name: string, answer: Promise<Map<string, Value>> | undefined): Promise<Value | Error> {
  try {
    return (await answer)?.get(name) ?? new Error(`no answer was read for ${name}`);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** A loader of what takes a call for each key. */
function single<Key extends AccountKey, Value>(
  { waves }: Batches,
  read: (key: Key) => Promise<Value>,
): DataLoader<Key, Value, string> {
  const readEach = (keys: readonly Key[]) => Promise.all(keys.map((key) => read(key).catch((error: Error) => error)));
  return new DataLoader<Key, Value, string>((keys) => waves.track(readEach(keys)), {
    cacheKeyFn: callKey,
    batchScheduleFn: waves.schedule("ACCOUNT"),
  });
}
