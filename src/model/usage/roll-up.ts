import { DAY_MS, floorTo, HOUR_MS } from "./time.ts";

/**
 * Fewest days for which hours are kept: the present and the last month are then answered in every time zone, by the hour and by
 * the day.
 */
export const MIN_HOURS_KEPT_DAYS = 62;

/** All hours of a UTC day, each a bit, the first hour the lowest. */
const ALL_HOURS = 0xff_ffff;

/** Returns the start of the oldest UTC day whose hours are kept; null for hours that are kept without limit. */
export function hoursKeptSince(now: number, keptDays: number | null): number | null {
  return keptDays === null ? null : floorTo(now - keptDays * DAY_MS, DAY_MS);
}

/**
 * Returns whether the hours of a UTC day are kept for good: those of the first and the last day of a month, of which a month in
 * another time zone takes a part.
 */
export function isAtMonthTurn(day: number): boolean {
  return new Date(day).getUTCDate() === 1 || new Date(day + DAY_MS).getUTCDate() === 1;
}

/** Returns the starts of the hours of a day whose bits are set, in order. */
export function hoursIn(day: number, bits: number): number[] {
  const hours: number[] = [];
  for (let hour = 0; hour < 24; hour += 1) if (bits & (1 << hour)) hours.push(day + hour * HOUR_MS);
  return hours;
}

/** Hours of one series and UTC day, compared with the row of that day. */
export interface HoursOfDay {
  /** Hours that were read, by their bits. */
  readonly read: number;
  /** Whether a row, of the hours or of the day, may still change. */
  readonly isOpen: boolean;
  /** Whether the day was read from the platform too. */
  readonly hasDay: boolean;
  /** Whether the bytes of all hours together exceed those of the day in a part. */
  readonly exceedsDay: boolean;
  /** Whether the day has more bytes than all hours together in a part. */
  readonly isBelowDay: boolean;
  /** Whether a count of all hours together exceeds 64 bits, so that no day can have it. */
  readonly isTooLarge: boolean;
}

/**
 * What becomes of the hours of a day.
 *
 * ROLLED_UP: the day has what they have. OPEN: a row may still change. DIFFERENT: hours and day contradict each other,
 * or no day can have the sum of the hours.
 */
export type RollUp =
  | {
      readonly outcome: "ROLLED_UP";
      /** Hours that the figures of the day do not include, by their bits; null if that is not known. */
      readonly lacking: number | null;
    }
  | { readonly outcome: "OPEN" | "DIFFERENT" };

/**
 * Decides whether the row of a day replaces its hours. A day that the platform gave is never changed.
 *
 * With hours that were not read, a day that has more than the others includes usage of those, and nobody knows of which.
 */
export function rollUpOf({ read, isOpen, hasDay, exceedsDay, isBelowDay, isTooLarge }: HoursOfDay): RollUp {
  if (isOpen) return { outcome: "OPEN" };
  const lacking = ALL_HOURS & ~read;
  if (!hasDay && isTooLarge) return { outcome: "DIFFERENT" };
  if (!hasDay) return { outcome: "ROLLED_UP", lacking };
  if (exceedsDay || (isBelowDay && lacking === 0)) return { outcome: "DIFFERENT" };
  return { outcome: "ROLLED_UP", lacking: isBelowDay ? null : lacking };
}
