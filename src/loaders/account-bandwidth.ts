import { MONTHS_RETAINED } from "../model/usage/retention.ts";
import { archiveOf, type BandwidthSource, daily } from "./bandwidth-source.ts";
import type { UsageLoaders } from "./usage.ts";

/** Returns the bandwidth of the account, including traffic without a partner. */
export function accountBandwidth(usage: UsageLoaders): BandwidthSource {
  return {
    retention: MONTHS_RETAINED,
    total: (window) => usage.accountTotal.load({ window }),
    series: (read) => usage.accountSeries.load(read),
    countries: (window) => usage.accountCountries.load({ window }),
    countrySeries: ({ window, resolution }) =>
      usage.accountCountrySeries.load({ window, resolution: daily(resolution) }),
    archive: () =>
      archiveOf(usage.archived, { kind: "ACCOUNT", name: "" }, undefined, { kind: "ACCOUNT_COUNTRY", name: "" }),
  };
}
