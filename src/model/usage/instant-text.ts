import { Temporal } from "temporal-polyfill";
import { startOfDate } from "./calendar.ts";
import type { Zones } from "./zones.ts";

/**
 * Returns the instant that a text names, in milliseconds: a date, `2026-03-01`, is the start of its day in the zones; a time has
 * an offset of its own, `2026-03-01T10:00:00Z`. Null for any other text.
 */
export function instantOf(text: string, zones: Zones): number | null {
  try {
    if (/^\d{4}-\d{2}-\d{2}$/.test(text))
      return startOfDate(Temporal.PlainDate.from(text, { overflow: "reject" }), zones);
    return /^\d{4}-\d{2}-\d{2}T/.test(text) ? Temporal.Instant.from(text).epochMilliseconds : null;
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}
