import type { CountryBuckets } from "../model/usage/country-usage.ts";
import type { Measured } from "../model/usage/measured.ts";
import { DAYS_RETAINED, type RetentionPolicy } from "../model/usage/retention.ts";
import type { SeriesRequest, UsageSeries } from "../model/usage/series.ts";
import type { TimeWindow } from "../model/usage/time.ts";
import type { Traffic } from "../model/usage/traffic.ts";
import type { MaybePromise } from "../primitives/maybe-promise.ts";
import type { CountryRow } from "../upstream/analytics.ts";
import { archiveOf, type BandwidthArchive, type BandwidthSource, daily, metered } from "./bandwidth-source.ts";
import type { UsageLoaders } from "./usage.ts";

/**
 * Returns the bandwidth of a stream.
 *
 * Its methods throw NotMeteredError for a name that analytics reject.
 */
export function streamBandwidth(usage: UsageLoaders, name: string): BandwidthSource {
  return new StreamBandwidth(usage, name);
}

/** A class, because a page creates one for each of its streams. */
class StreamBandwidth implements BandwidthSource {
  readonly #usage: UsageLoaders;
  readonly #name: string;

  constructor(usage: UsageLoaders, name: string) {
    this.#usage = usage;
    this.#name = name;
  }

  get retention(): RetentionPolicy {
    return DAYS_RETAINED;
  }

  archive(): BandwidthArchive {
    const name = this.#name;
    return archiveOf(this.#usage.archived, { kind: "STREAM", name }, undefined, { kind: "STREAM_COUNTRY", name });
  }

  total(window: TimeWindow): MaybePromise<Measured<Traffic>> {
    return this.#usage.streamTotal.load({ name: metered(this.#name), window });
  }

  prefetchTotal(window: TimeWindow): boolean {
    return this.#usage.streamTotal.prefetch({ name: metered(this.#name), window });
  }

  series({ window, resolution }: SeriesRequest): MaybePromise<Measured<UsageSeries>> {
    return this.#usage.streamSeries.load({ name: metered(this.#name), window, resolution: daily(resolution) });
  }

  countries(window: TimeWindow): MaybePromise<Measured<readonly CountryRow[]>> {
    return this.#usage.streamCountries.load({ name: metered(this.#name), window });
  }

  countrySeries({ window, resolution }: SeriesRequest): MaybePromise<Measured<CountryBuckets>> {
    return this.#usage.streamCountrySeries.load({ name: metered(this.#name), window, resolution: daily(resolution) });
  }
}
