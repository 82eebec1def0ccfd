import type { MeterReading } from "../meter-reading.ts";
import { sumBy, sumOf, type Usage } from "../usage.ts";

/** Response shapes of usage. Each is a sum of the given readings, by one of their keys or by none. */
export type Figure = (readings: Iterable<MeterReading>) => unknown;

/** `{bytesOut, bytesIn}` of all traffic kinds, and of each. */
export const totals: Figure = (readings) => {
  const { bytesOut, bytesIn, standard, restream, geoCascade } = sumOf(readings);
  return { bytesOut, bytesIn, standardStream: standard, restream, geoCascade };
};

/** Bytes and seconds, by country. */
export const geoTotals: Figure = (readings) => byCountry(readings, bytesAndSeconds);

/** Bytes, seconds, publishes and views, by country. */
export const geoPoints: Figure = (readings) =>
  byCountry(readings, (usage) => ({ ...bytesAndSeconds(usage), publishes: usage.publishes, views: usage.views }));

/** The deprecated form, by country: bytes of both directions, and views. */
export const bytesAndViews: Figure = (readings) =>
  byCountry(readings, ({ bytesOut, bytesIn, views }) => ({ bytes: bytesOut + bytesIn, views }));

/**
 * Returns a row for each tracking id with bytes, the untracked one first.
 *
 * No viewer causes re-streams and cascade, so they are in no row and the rows sum to `standardStream`.
 *
 * @param untracked - marks the row of untracked traffic, which the platform writes in two ways
 */
export function trackingRows(untracked: Readonly<Record<string, string>>): Figure {
  return (readings) => {
    const byTrackingId = sumBy(standardOnly(readings), ({ trackingId }) => trackingId);
    return rows(
      byTrackingId,
      (trackingId) => trackingId ?? "",
      (trackingId) => (trackingId === null ? untracked : { trackingId }),
    );
  };
}

/** Returns a row for each stream with bytes. */
export const streamRows: Figure = (readings) =>
  rows(
    sumBy(readings, ({ streamName }) => streamName),
    String,
    (streamName) => ({ streamName }),
  );

/** Returns the bytes of both directions. */
export function bandwidthOf({ bytesOut, bytesIn }: Usage) {
  return { bytesOut, bytesIn };
}

/** Returns an object with one value for each item. */
export function keyed<I, T>(items: readonly I[], key: (item: I) => string, value: (item: I) => T): Record<string, T> {
  return Object.fromEntries(items.map((item) => [key(item), value(item)]));
}

function bytesAndSeconds({ bytesOut, bytesIn, publishSeconds, viewSeconds }: Usage) {
  return { bytesOut, bytesIn, publishDuration: publishSeconds, viewDuration: viewSeconds };
}

function* standardOnly(readings: Iterable<MeterReading>): Generator<MeterReading> {
  for (const reading of readings) if (reading.part === "standard") yield reading;
}

function byCountry<T>(readings: Iterable<MeterReading>, value: (usage: Usage) => T): Record<string, T> {
  const sums = [...sumBy(readings, ({ country }) => country)].sort(([a], [b]) => compare(a, b));
  return Object.fromEntries(sums.map(([country, usage]) => [country, value(usage)]));
}

function rows<K>(sums: ReadonlyMap<K, Usage>, order: (key: K) => string, name: (key: K) => object): object[] {
  return [...sums]
    .filter(([, { bytesIn, bytesOut }]) => bytesIn > 0n || bytesOut > 0n)
    .sort(([a], [b]) => compare(order(a), order(b)))
    .map(([key, usage]) => ({ ...name(key), ...bandwidthOf(usage) }));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
