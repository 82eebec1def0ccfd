import { mix } from "../random.ts";
import { type Audience, COUNTRIES } from "./profile.ts";

/**
 * A cell is the traffic of one audience in one country in one hour.
 *
 * Its figures are a pure function of (seed, stream, tracking id, country, hour): no state, no order of evaluation, no
 * neighbours. Everything that the sandbox knows of the past is sums and parts of cells.
 */

/** An audience prepared for fast evaluation. */
export interface AudienceModel {
  readonly audience: Audience;
  /** Countries with viewers: indices into COUNTRIES. */
  readonly inhabited: readonly number[];
  /** One 32-bit key for each country, in the order of COUNTRIES. */
  readonly keys: readonly number[];
  /**
   * Bytes per hour before weekday and chance, at `country * 24 + hour of the UTC day`.
   *
   * 0 in countries without viewers.
   */
  readonly level: Float64Array;
  /** Highest bit rate that one viewer receives. */
  readonly viewerBitsPerSecond: number;
}

/** Highest bit rate of a viewer with a good connection, below the platform's cap of 12 Mbit/s. */
const VIEWER_BITS_PER_SECOND = 8e6;

/** Viewers of each local hour, relative to the busiest. */
const DAYPART = [
  0.35, 0.24, 0.17, 0.13, 0.12, 0.14, 0.2, 0.28, 0.34, 0.38, 0.41, 0.45, 0.5, 0.52, 0.53, 0.56, 0.62, 0.72, 0.86, 0.97,
  1, 0.92, 0.73, 0.51,
] as const;

/** Factor of each weekday, Sunday first. */
const WEEKDAY = [1, 0.7, 0.72, 0.75, 0.8, 0.95, 1.05] as const;

/** Hours ahead of UTC, in the order of COUNTRIES; the sandbox has no daylight saving time. */
const UTC_OFFSET_HOURS = [-6, 0, 1, 1, -3, 5, 10, 9] as const;

/**
 * @param key - 32 bits that no other audience of the seed has
 * @param ingestBitsPerSecond - bit rate of the stream, which no viewer exceeds
 */
export function modelAudience(audience: Audience, key: number, ingestBitsPerSecond: number): AudienceModel {
  const weights = COUNTRIES.map((country) => audience.countries[country] ?? 0);
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const level = new Float64Array(COUNTRIES.length * 24);
  weights.forEach((weight, country) => {
    for (let hour = 0; hour < 24; hour++) {
      const localHour = (hour + (UTC_OFFSET_HOURS[country] ?? 0) + 24) % 24;
      level[country * 24 + hour] = (audience.peakBytesPerHour * weight * (DAYPART[localHour] ?? 0)) / sum;
    }
  });
  return {
    audience,
    inhabited: weights.flatMap((weight, country) => (weight > 0 ? [country] : [])),
    keys: COUNTRIES.map((_, country) => mix(key, country + 1)),
    level,
    viewerBitsPerSecond: Math.min(ingestBitsPerSecond, VIEWER_BITS_PER_SECOND),
  };
}

/**
 * Returns the chance of a cell: 32 bits for its bytes, its viewers and their times.
 *
 * Bits 0-15 vary the bytes, 18-27 the time of its viewers, 28-31 how their times differ.
 */
export function cellBits(model: AudienceModel, country: number, hour: number): number {
  return mix(model.keys[country] ?? 0, hour);
}

/**
 * Returns the bytes delivered in a cell: a whole number below 2^53, 0 without viewers.
 *
 * @param country - index into COUNTRIES
 * @param hour - whole hours since the epoch
 * @param weekday - of that hour, 0 is Sunday
 * @param bits - `cellBits` of the same cell
 */
export function cellBytes(model: AudienceModel, country: number, hour: number, weekday: number, bits: number): number {
  if (bits >>> 28 < model.audience.idleSixteenths) return 0;
  const level = model.level[country * 24 + (hour % 24)] ?? 0;
  return Math.floor(level * (WEEKDAY[weekday] ?? 1) * (0.75 + (bits & 0xffff) / 0x20000));
}

/** Returns the number of viewer sessions that start in a cell with bytes: so many that none exceeds the bit rate of viewers. */
export function cellViews(model: AudienceModel, bits: number, bytes: number): number {
  return Math.ceil((bytes * 8) / (meanSeconds(bits) * model.viewerBitsPerSecond));
}

/** Returns the seconds of all sessions of a cell. */
export function cellViewSeconds(bits: number, views: number): number {
  return views * meanSeconds(bits);
}

/** Returns the seconds of one session, 75 to 3594; those of all sessions sum to `cellViewSeconds`. */
export function sessionSeconds(bits: number, views: number, index: number): number {
  const spread = (bits >>> 28) * 15;
  if (index === views - 1 && views % 2 === 1) return meanSeconds(bits);
  return meanSeconds(bits) + (index % 2 === 0 ? spread : -spread);
}

function meanSeconds(bits: number): number {
  return 300 + 3 * ((bits >>> 18) & 1023);
}
