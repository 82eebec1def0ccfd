import fc from "fast-check";
import { ceilTo, DAY_MS, HOUR_MS, iso, QUARTER_HOUR_MS, type TimeWindow } from "../../src/model/usage/time.ts";

/** Milliseconds since the epoch. */
export function at(text: string): number {
  const instant = Date.parse(text);
  if (Number.isNaN(instant)) throw new Error(`${text} is no time`);
  return instant;
}

/** A window by its bounds, to be compared with one as text. */
export function span({ from, to }: TimeWindow): [string, string] {
  return [iso(from), iso(to)];
}

/** Zones that are ahead and behind, with and without summer time, off the full hour, and with days that begin at 1 am. */
export const zones = fc.constantFrom(
  "UTC",
  "Europe/Berlin",
  "Europe/London",
  "America/New_York",
  "America/St_Johns",
  "Asia/Kolkata",
  "Asia/Kathmandu",
  "Australia/Lord_Howe",
  "Pacific/Kiritimati",
  "Africa/Cairo",
  "America/Santiago",
);

/** Any instant of some years, and often one at or next to the edge of a quarter, an hour, a day or a month. */
export const instants: fc.Arbitrary<number> = fc
  .tuple(
    fc.integer({ min: at("2025-01-01T00:00:00Z"), max: at("2029-01-01T00:00:00Z") }),
    fc.constantFrom(1, QUARTER_HOUR_MS, HOUR_MS, DAY_MS, "MONTH" as const),
    fc.constantFrom(0, 0, 1, -1, 5 * 60_000),
  )
  .map(([instant, unit, shift]) => {
    if (unit !== "MONTH") return ceilTo(instant, unit) + shift;
    const date = new Date(instant);
    return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1) + shift;
  });
