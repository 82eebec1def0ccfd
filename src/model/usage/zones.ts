/** Time zone from a month on, up to the month of the next entry of its list. */
export interface ZonePeriod {
  /** First month, `YYYY-MM`; null for the first entry of a list, which has no beginning. */
  readonly fromMonth: string | null;
  /** IANA name. */
  readonly timeZone: string;
}

/** One time zone, or at least two that follow one another, oldest first. */
export type Zones = string | readonly ZonePeriod[];

/** Returns the time zone of a month, `YYYY-MM`. */
export function timeZoneOf(month: string, zones: Zones): string {
  if (typeof zones === "string") return zones;
  return zones.findLast(({ fromMonth }) => fromMonth === null || fromMonth <= month)?.timeZone ?? "UTC";
}

/**
 * Returns the zones of a partner's days and months.
 *
 * A month whose zone has no whole-hour offsets has the account's zone for billing, as the platform meters full UTC hours.
 *
 * @param own zones of the partner, at least one
 * @param billing zones of the account for billing, at least one
 */
export function billedZones(
  own: readonly ZonePeriod[],
  billing: readonly ZonePeriod[],
  hasWholeHours: (timeZone: string) => boolean,
): Zones {
  const starts = [...new Set([...own, ...billing].map(({ fromMonth }) => fromMonth ?? ""))].sort();
  const zones: ZonePeriod[] = [];
  for (const start of starts) {
    const chosen = timeZoneOf(start, own);
    const timeZone = hasWholeHours(chosen) ? chosen : timeZoneOf(start, billing);
    if (zones.at(-1)?.timeZone !== timeZone) zones.push({ fromMonth: start || null, timeZone });
  }
  const [only, ...later] = zones;
  return only && later.length === 0 ? only.timeZone : zones;
}
