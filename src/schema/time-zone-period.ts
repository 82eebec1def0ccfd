import type { ZonePeriod, Zones } from "../model/usage/zones.ts";
import { builder } from "./builder.ts";

export const TimeZonePeriod = builder.objectRef<ZonePeriod>("TimeZonePeriod").implement({
  description: "A time zone from a month on, up to the month of the next one in its list.",
  fields: (t) => ({
    fromMonth: t.exposeString("fromMonth", {
      nullable: true,
      description: "First month, `YYYY-MM`; it begins where the month before ends. Null for the first zone of a list.",
    }),
    timeZone: t.expose("timeZone", { type: "TimeZone", description: "Time zone in which days and months begin." }),
  }),
});

/** Returns the zones as a list of at least one. */
export function periodsOf(zones: Zones): ZonePeriod[] {
  return typeof zones === "string" ? [{ fromMonth: null, timeZone: zones }] : [...zones];
}
