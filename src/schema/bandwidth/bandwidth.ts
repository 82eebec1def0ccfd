import type { GraphContext } from "../../context.ts";
import { cacheable } from "../../engine/cacheability.ts";
import { readCountries, readCountrySeries, readCoverage, readSeries, readTotal } from "../../loaders/bandwidth.ts";
import type { BandwidthSource } from "../../loaders/bandwidth-source.ts";
import { InvalidInputError } from "../../model/errors.ts";
import { bucketBoundary } from "../../model/usage/bucket-date.ts";
import type { Measured } from "../../model/usage/measured.ts";
import {
  type Granularity as GranularityName,
  type Percentile,
  percentile,
  type SeriesPoint,
} from "../../model/usage/series.ts";
import { DAY_MS } from "../../model/usage/time.ts";
import type { UsageWindow } from "../../model/usage/time-window.ts";
import { mapMaybe } from "../../primitives/maybe-promise.ts";
import { builder } from "../builder.ts";
import { pageSize } from "../connection.ts";
import { answeredWindow, Window } from "../window.ts";
import { CountrySeries, CountryTraffic, largestCountries } from "./country-traffic.ts";
import { Traffic } from "./traffic.ts";
import { Granularity, UsageCoverage, UsageOrigin, UsageSeries } from "./usage-series.ts";

/** Bandwidth of a subject over a window. Each field reads its own usage when it is resolved. */
export class BandwidthValue {
  readonly source: BandwidthSource;
  readonly window: UsageWindow;
  /** Time up to which the usage that the fields have read so far is complete. */
  freshUntil: number;

  constructor(source: BandwidthSource, window: UsageWindow) {
    this.source = source;
    this.window = window;
    this.freshUntil = window.retention.freshUntil;
  }

  /** Returns the value that a field has read, and lowers `freshUntil` to its freshness. */
  take<Value>(measured: Measured<Value>): Value {
    if (measured.freshUntil < this.freshUntil) this.freshUntil = measured.freshUntil;
    return measured.value;
  }
}

/** Milliseconds after which a window's end is final: the usage cache serves nothing that was read longer ago. */
const FINAL_AFTER_MS = 2 * DAY_MS;

/** Returns the time up to which the usage of all fields is complete, after all of them have been read. */
async function freshUntilOf(bandwidth: BandwidthValue, { loaders }: GraphContext): Promise<number> {
  await loaders.batchScheduler.idle();
  return bandwidth.freshUntil;
}

const PercentileRate = builder.objectRef<Percentile & { readonly p: number; readonly granularity: GranularityName }>(
  "PercentileRate",
);
PercentileRate.implement({
  description:
    "A percentile, by nearest rank, of the mean rates of the window's COMPLETE and UNVERIFIED buckets. The industry bills by samples of five minutes; the platform meters hours, as `sampleInterval` shows.",
  fields: (t) => ({
    p: t.exposeFloat("p", { description: "Percentile that was asked for, such as 95." }),
    bitsPerSecond: t.exposeFloat("bitsPerSecond", {
      nullable: true,
      description: "Rate that `p` percent of the samples do not exceed, in bits per second; null without samples.",
    }),
    sampleInterval: t.field({
      type: "Duration",
      description: "Length of one sample, the size of a bucket, such as `PT1H`.",
      resolve: ({ granularity }) => ({ HOUR: "PT1H", DAY: "P1D", MONTH: "P1M" })[granularity],
    }),
    samples: t.exposeInt("samples", {
      description: "Number of samples: buckets that are COMPLETE or UNVERIFIED.",
    }),
    unverified: t.exposeInt("unverified", {
      description: "Number of samples that are UNVERIFIED: hours may be missing in them, which lowers the rate.",
    }),
    discarded: t.exposeInt("discarded", { description: "Number of samples above the percentile." }),
    missing: t.exposeInt("missing", {
      description: "Number of buckets that are PARTIAL or MISSING, and therefore no samples.",
    }),
  }),
});

export const Bandwidth = builder.objectRef<BandwidthValue>("Bandwidth").implement({
  description:
    "Metered traffic over a window, from the platform as far as that retains it, and otherwise from the archive. Each field is read only if selected, and is null, with a code in `errors`, when it can't be read.",
  fields: (t) => ({
    window: t.field({
      type: Window,
      extensions: cacheable(),
      description: "Window that the fields cover: it ends at the newest published usage if it is not over yet.",
      resolve: (bandwidth, _args, context) => {
        const { freshUntil } = bandwidth.window.retention;
        return bandwidth.window.to + FINAL_AFTER_MS <= freshUntil
          ? answeredWindow(bandwidth.window, freshUntil)
          : freshUntilOf(bandwidth, context).then((until) => answeredWindow(bandwidth.window, until));
      },
    }),
    freshUntil: t.field({
      type: "DateTime",
      extensions: cacheable(),
      description:
        "Quarter hour up to which the other selected fields are complete. Older than the last quarter hour until the platform publishes that, and when cached usage is served because the platform is down.",
      resolve: async (bandwidth, _args, context) => bucketBoundary(await freshUntilOf(bandwidth, context)),
    }),
    total: t.field({
      type: Traffic,
      nullable: true,
      description:
        "All traffic of the window, exactly the sum of its series. Time of which no usage is known counts as zero: see `coverage`. Null, with an error, when it can't be read.",
      resolve: (bandwidth) =>
        mapMaybe(readTotal(bandwidth.source, bandwidth.window), (measured) => bandwidth.take(measured)),
    }),
    origin: t.field({
      type: UsageOrigin,
      nullable: true,
      description:
        "Where `total` and `byCountry` are read: what the platform no longer retains, from the archive. Null, with an error, when they can't be read.",
      resolve: (bandwidth) =>
        mapMaybe(readTotal(bandwidth.source, bandwidth.window), (measured) => {
          bandwidth.take(measured);
          return measured.origin ?? "LIVE";
        }),
    }),
    coverage: t.field({
      type: UsageCoverage,
      nullable: true,
      extensions: cacheable(),
      description:
        "Known part of the total, and the periods that are missing. Read by the same calls as `series`. Null, with an error, when the platform can't be read.",
      resolve: (bandwidth) =>
        mapMaybe(readCoverage(bandwidth.source, bandwidth.window), (measured) => ({
          ...bandwidth.take(measured),
          freshUntil: measured.freshUntil,
        })),
    }),
    series: t.field({
      type: UsageSeries,
      nullable: true,
      extensions: cacheable(),
      description: "Traffic of the window by hours, days or months. Null, with an error, when it can't be read.",
      args: {
        granularity: t.arg({
          type: Granularity,
          required: true,
          defaultValue: "HOUR",
          description: "Size of a bucket. Defaults to HOUR.",
        }),
        timeZone: t.arg({
          type: "TimeZone",
          description: "Time zone that days and months begin in. Defaults to the window's.",
        }),
      },
      resolve: (bandwidth, args) => {
        const { source, window } = bandwidth;
        const zones = args.timeZone ?? window.zones;
        return mapMaybe(readSeries(source, window, args.granularity, zones), (measured) => ({
          window: { ...answeredWindow(window, measured.freshUntil), zones },
          granularity: args.granularity,
          freshUntil: measured.freshUntil,
          origin: measured.origin ?? "LIVE",
          // Pothos has no type for a readonly list.
          points: bandwidth.take(measured) as SeriesPoint[],
        }));
      },
    }),
    percentile: t.field({
      type: PercentileRate,
      nullable: true,
      extensions: cacheable(),
      description:
        "A percentile of the rate of bytes sent; bandwidth is often billed by the 95th. Null, with an error, when it can't be read.",
      args: {
        p: t.arg.float({
          required: true,
          defaultValue: 95,
          description: "Percentile, greater than 0 and at most 100. Defaults to 95.",
        }),
        granularity: t.arg({
          type: Granularity,
          required: true,
          defaultValue: "HOUR",
          description: "Length of one sample, the size of a bucket. Defaults to HOUR.",
        }),
      },
      resolve: async (bandwidth, { p, granularity }) => {
        const { source, window } = bandwidth;
        if (!(p > 0 && p <= 100))
          throw new InvalidInputError("p", `\`p\` must be greater than 0 and at most 100; got ${p}.`);
        const points = await readSeries(source, window, granularity, window.zones);
        return { ...percentile(bandwidth.take(points), p), p, granularity };
      },
    }),
    byCountry: t.field({
      type: [CountryTraffic],
      nullable: true,
      extensions: cacheable(),
      description:
        "Traffic by country, largest first, for streams and the account. Null, with an error, for a partner: the platform does not break tracking ids down by country.",
      args: {
        first: t.arg.int({
          required: true,
          defaultValue: 50,
          description: "Maximum number of countries, 0 to 100. Defaults to 50.",
        }),
      },
      resolve: async (bandwidth, { first }) => {
        const rows = bandwidth.take(await readCountries(bandwidth.source, bandwidth.window));
        return largestCountries(rows, pageSize(first, "first"));
      },
    }),
    seriesByCountry: t.field({
      type: [CountrySeries],
      nullable: true,
      extensions: cacheable(),
      description:
        "Usage by country and by hours, days or months, with numbers of views and broadcasts; the countries with the most traffic first. Null, with an error, for a partner, like `byCountry`, or when it can't be read.",
      args: {
        granularity: t.arg({
          type: Granularity,
          required: true,
          defaultValue: "DAY",
          description: "Size of a bucket. Defaults to DAY.",
        }),
        timeZone: t.arg({
          type: "TimeZone",
          description: "Time zone that days and months begin in. Defaults to the window's.",
        }),
        first: t.arg.int({
          required: true,
          defaultValue: 50,
          description: "Maximum number of countries, 0 to 100. Defaults to 50.",
        }),
      },
      resolve: async (bandwidth, { granularity, timeZone, first }) => {
        const { source, window } = bandwidth;
        const series = await readCountrySeries(source, window, granularity, timeZone ?? window.zones);
        return largestCountries(bandwidth.take(series), pageSize(first, "first"));
      },
    }),
  }),
});
