import { DAY_MS, floorTo, HOUR_MS, iso, type TimeWindow } from "../src/model/usage/time.ts";

/** A window as it is sent. */
export interface Window {
  readonly from: string;
  readonly to: string;
}

/** Days that the platform surely keeps, counted back from the day before yesterday. */
const DAYS = 350;
const dayPairs = Array.from({ length: DAYS }, (_, from) =>
  Array.from({ length: DAYS - from }, (_, length) => [from, from + length + 1] as const),
).flat();

/** The n-th window of whole days: there are 61,425 before the first comes again. Neighbours in order are far apart in time. */
export function dayWindow(index: number): Window {
  const begin = floorTo(Date.now(), DAY_MS) - (DAYS + 2) * DAY_MS;
  const [from, to] = dayPairs[(index * 7_919) % dayPairs.length] ?? [0, 1];
  return written({ from: begin + from * DAY_MS, to: begin + to * DAY_MS });
}

/** Beginnings of windows of hours, all in what the platform keeps by the hour. */
const STARTS = 5 * 24;
const LENGTHS = [24, 23, 25, 22, 26, 21, 27, 20, 28] as const;

/** How many windows of hours there are. */
export const HOUR_WINDOWS = STARTS * LENGTHS.length;

/** The n-th window of about a day, of which the mean is a day. */
export function hourWindow(index: number): Window {
  const begin = floorTo(Date.now(), HOUR_MS) - (STARTS + 40) * HOUR_MS;
  const from = begin + (index % STARTS) * HOUR_MS;
  const hours = LENGTHS[Math.floor(index / STARTS) % LENGTHS.length] ?? 24;
  return written({ from, to: from + hours * HOUR_MS });
}

function written({ from, to }: TimeWindow): Window {
  return { from: iso(from), to: iso(to) };
}
