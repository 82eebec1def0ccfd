import { DAY_MS, floorTo, HOUR_MS, iso, type TimeWindow } from "../src/model/usage/time.ts";

/** A window as a request contains it. */
export interface Window {
  readonly from: string;
  readonly to: string;
}

/** Number of days that the platform retains, back from the day before yesterday. */
const DAYS = 350;
const dayPairs = Array.from({ length: DAYS }, (_, from) =>
  Array.from({ length: DAYS - from }, (_, length) => [from, from + length + 1] as const),
).flat();

/** Returns the n-th of 61,425 windows of whole days; neighbours are far apart in time. */
export function dayWindow(index: number): Window {
  const begin = floorTo(Date.now(), DAY_MS) - (DAYS + 2) * DAY_MS;
  const [from, to] = dayPairs[(index * 7_919) % dayPairs.length] ?? [0, 1];
  return written({ from: begin + from * DAY_MS, to: begin + to * DAY_MS });
}

/** Number of hours in which windows of hours begin, within the hourly retention of the platform. */
const STARTS = 5 * 24;
const LENGTHS = [24, 23, 25, 22, 26, 21, 27, 20, 28, 19, 29, 18, 30, 17, 31, 16, 32] as const;

/** Number of windows of hours. */
export const HOUR_WINDOWS = STARTS * LENGTHS.length;

/** Returns the n-th window of hours; their mean length is a day. */
export function hourWindow(index: number): Window {
  const begin = floorTo(Date.now(), HOUR_MS) - (STARTS + 40) * HOUR_MS;
  const from = begin + (index % STARTS) * HOUR_MS;
  const hours = LENGTHS[Math.floor(index / STARTS) % LENGTHS.length] ?? 24;
  return written({ from, to: from + hours * HOUR_MS });
}

/** Number of hours in which short windows begin. */
const SHORT_STARTS = 150;
const shortPairs = Array.from({ length: SHORT_STARTS }, (_, from) =>
  Array.from({ length: SHORT_STARTS - from }, (_, length) => [from, from + length + 1] as const),
).flat();

/** Offsets from UTC in which short windows are written, in hours. */
const OFFSETS = [0, 1, 5, 11] as const;

/** Returns the n-th of 11,325 windows of hours, written with an offset from UTC. */
export function shortWindow(index: number): Window {
  const begin = floorTo(Date.now(), HOUR_MS) - (SHORT_STARTS + 5) * HOUR_MS;
  const [from, to] = shortPairs[(index * 7_919) % shortPairs.length] ?? [0, 1];
  const offset = OFFSETS[index % OFFSETS.length] ?? 0;
  const at = (hour: number) =>
    new Date(begin + (hour + offset) * HOUR_MS)
      .toISOString()
      .replace(".000Z", `+${String(offset).padStart(2, "0")}:00`);
  return { from: at(from), to: at(to) };
}

/** Returns a window as parameters of a path. */
export function windowPath({ from, to }: Window): string {
  return `from=${encodeURIComponent(from)}&to=${encodeURIComponent(to)}`;
}

function written({ from, to }: TimeWindow): Window {
  return { from: iso(from), to: iso(to) };
}
