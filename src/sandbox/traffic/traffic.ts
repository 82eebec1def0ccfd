import { LRUCache } from "lru-cache";
import { isMetered, weekdayOfDay } from "../calendar.ts";
import { type MeterReading, reading } from "../meter-reading.ts";
import { hashText, mix } from "../random.ts";
import { type AudienceModel, cellBits, cellBytes, cellViewSeconds, cellViews, modelAudience } from "./audience-hour.ts";
import { COUNTRIES, type StreamProfile } from "./profile.ts";

/** A stream's profile prepared for evaluation. */
export interface StreamModel {
  readonly profile: StreamProfile;
  readonly key: number;
  readonly audiences: readonly AudienceModel[];
  /** Position of the first audience among all audiences of the seed, which stable ids are derived from. */
  readonly firstLane: number;
  /** Cells of a day on air: the work that caching the day saves. */
  readonly cellsPerDay: number;
}

/** The traffic function: the traffic of every stream of the seed in any hour. Pure, without a clock. */
export interface Traffic {
  /** Every stream with a profile, by name, in seed order. */
  readonly streams: ReadonlyMap<string, StreamModel>;
  /**
   * Returns the readings of whole hours `[fromHour, toHour)` of one stream, summed over those hours.
   *
   * One for each meter that moved, and none for the hours of the gap. At most a day, so that sums stay exact.
   */
  ofHours(stream: StreamModel, fromHour: number, toHour: number): readonly MeterReading[];
  /** Returns the cached readings of a whole UTC day (days since the epoch). */
  ofDay(stream: StreamModel, day: number): readonly MeterReading[];
}

/**
 * Cached days of all streams together: a year of some thirty streams.
 *
 * The least recently used are evicted first, so a sandbox of thousands of streams takes time instead of memory.
 */
const REMEMBERED_DAYS = 12_000;

/** Cells below which a day is not cached: looking it up costs as much as computing it. */
const WORTH_REMEMBERING_CELLS = 16;

/**
 * Creates the traffic function.
 *
 * @param seed - other seeds give other figures for the same profiles
 * @param profiles - one for each stream with a past
 */
export function createTraffic(seed: number, profiles: readonly StreamProfile[]): Traffic {
  const streams = new Map<string, StreamModel>();
  let lanes = 0;
  for (const profile of profiles) {
    const key = hashText(`${seed}|${profile.streamName}`);
    const audiences = profile.audiences.map((audience) =>
      modelAudience(audience, mix(key, hashText(audience.trackingId ?? "")), profile.ingestBitsPerSecond),
    );
    const cells = audiences.reduce((sum, { inhabited }) => sum + inhabited.length, 0);
    const cellsPerDay = cells * (profile.schedule.hours.to - profile.schedule.hours.from);
    streams.set(profile.streamName, { profile, key, audiences, firstLane: lanes, cellsPerDay });
    lanes += audiences.length;
  }

  const days = new LRUCache<string, readonly MeterReading[]>({ max: REMEMBERED_DAYS });

  return {
    streams,
    ofHours: readingsOfHours,
    ofDay(stream, day) {
      if (stream.cellsPerDay < WORTH_REMEMBERING_CELLS) return readingsOfHours(stream, day * 24, day * 24 + 24);
      const key = `${stream.profile.streamName}/${day}`;
      const cached = days.get(key);
      if (cached) return cached;
      const readings = readingsOfHours(stream, day * 24, day * 24 + 24);
      days.set(key, readings);
      return readings;
    },
  };
}

/**
 * Returns the hours of a UTC day on which a stream is on air, as hours since the epoch.
 *
 * `to` is excluded, and there are none if it is not after `from`. The gap is ignored here: the platform loses figures
 * then, not streams.
 */
export function hoursOnAir(stream: StreamModel, day: number): { from: number; to: number } {
  const { weekdays, hours, share } = stream.profile.schedule;
  const takesPlace = weekdays.includes(weekdayOfDay(day)) && (share === 1 || mix(stream.key, day) < share * 2 ** 32);
  return takesPlace ? { from: day * 24 + hours.from, to: day * 24 + hours.to } : { from: 0, to: 0 };
}

/** Returns the sums of the cells of one audience, by country in the order of COUNTRIES. */
interface CellSums {
  readonly bytes: number[];
  readonly views: number[];
  readonly viewSeconds: number[];
}

const zeros = (): number[] => COUNTRIES.map(() => 0);

function readingsOfHours(stream: StreamModel, fromHour: number, toHour: number): readonly MeterReading[] {
  const { audiences } = stream;
  const sums = audiences.map((): CellSums => ({ bytes: zeros(), views: zeros(), viewSeconds: zeros() }));
  const relayedBytes = zeros();
  const onAir = { hours: 0, publishes: 0, ingestBytes: 0 };

  for (let day = Math.floor(fromHour / 24); day * 24 < toHour; day++) {
    const { from, to } = hoursOnAir(stream, day);
    for (let hour = Math.max(from, fromHour); hour < Math.min(to, toHour); hour++) {
      if (!isMetered(hour)) continue;
      onAir.hours++;
      onAir.ingestBytes += ingestOf(stream, hour);
      if (hour === from && hoursOnAir(stream, day - 1).to !== from) onAir.publishes++;
      for (let index = 0; index < audiences.length; index++) {
        const [model, sum] = [audiences[index], sums[index]];
        if (model && sum) addCells(stream.profile, model, hour, sum, relayedBytes);
      }
    }
  }
  return onAir.hours === 0 ? [] : toReadings(stream, onAir, sums, relayedBytes);
}

function addCells(profile: StreamProfile, model: AudienceModel, hour: number, sum: CellSums, relayed: number[]) {
  const weekday = weekdayOfDay(Math.floor(hour / 24));
  for (const country of model.inhabited) {
    const bits = cellBits(model, country, hour);
    const bytes = cellBytes(model, country, hour, weekday, bits);
    if (bytes === 0) continue;
    sum.bytes[country] = (sum.bytes[country] ?? 0) + bytes;
    const views = cellViews(model, bits, bytes);
    sum.views[country] = (sum.views[country] ?? 0) + views;
    sum.viewSeconds[country] = (sum.viewSeconds[country] ?? 0) + cellViewSeconds(bits, views);
    // Rounded cell by cell: rounding the sum instead would make a day differ from its hours.
    relayed[country] = (relayed[country] ?? 0) + Math.floor((bytes * profile.geoCascadePercent) / 100);
  }
}

function toReadings(
  { profile, audiences }: StreamModel,
  onAir: { hours: number; publishes: number; ingestBytes: number },
  sums: readonly CellSums[],
  relayedBytes: readonly number[],
): readonly MeterReading[] {
  const { streamName } = profile;
  const atPublisher = { streamName, trackingId: null, country: profile.publisherCountry };
  const readings = [
    reading({
      ...atPublisher,
      part: "standard",
      bytesIn: BigInt(onAir.ingestBytes),
      publishes: onAir.publishes,
      publishSeconds: onAir.hours * 3600,
    }),
  ];
  if (profile.restreamTargets > 0) {
    readings.push(
      reading({
        ...atPublisher,
        part: "restream",
        bytesOut: BigInt(onAir.ingestBytes * profile.restreamTargets),
        restreamSeconds: onAir.hours * 3600 * profile.restreamTargets,
      }),
    );
  }
  audiences.forEach(({ audience: { trackingId } }, index) => {
    COUNTRIES.forEach((country, at) => {
      const sum = sums[index];
      if (!sum?.bytes[at]) return;
      const [bytesOut, views, viewSeconds] = [BigInt(sum.bytes[at]), sum.views[at] ?? 0, sum.viewSeconds[at] ?? 0];
      readings.push(reading({ streamName, part: "standard", trackingId, country, bytesOut, views, viewSeconds }));
    });
  });
  COUNTRIES.forEach((country, at) => {
    if (!relayedBytes[at]) return;
    readings.push(
      reading({ streamName, part: "geoCascade", trackingId: null, country, bytesOut: BigInt(relayedBytes[at]) }),
    );
  });
  return readings;
}

/** Returns the bytes that the encoder sends in an hour: its bit rate, give or take an eighth. */
function ingestOf(stream: StreamModel, hour: number): number {
  const nominal = (stream.profile.ingestBitsPerSecond * 3600) / 8;
  return Math.floor(nominal * (0.875 + (mix(stream.key, hour) & 0xffff) / 0x40000));
}
