import type { GraphContext } from "../../context.ts";
import { cacheable } from "../../engine/cacheability.ts";
import { type BandwidthSource, readCountries, readCoverage, readSeries, readTotal } from "../../loaders/bandwidth.ts";
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
import type { CountryRow } from "../../upstream/analytics.ts";
import { builder } from "../builder.ts";
import { pageSize } from "../connection.ts";
import { answeredWindow, Window } from "../window.ts";
import { Traffic } from "./traffic.ts";
import { Granularity, UsageCoverage, UsageSeries } from "./usage-series.ts";

/** A subject's bandwidth over a window; nothing is read until a field asks for it. */
export class BandwidthValue {
  readonly source: BandwidthSource;
  readonly window: UsageWindow;
  /** Up to when all figures are whole that its fields have read so far. */
  freshUntil: number;

  constructor(source: BandwidthSource, window: UsageWindow) {
    this.source = source;
    this.window = window;
    this.freshUntil = window.retention.freshUntil;
  }

  /** Returns the value of a figure that a field has read. */
  take<Value>(figure: Measured<Value>): Value {
    if (figure.freshUntil < this.freshUntil) this.freshUntil = figure.freshUntil;
    return figure.value;
  }
}

/** Figures that were read longer ago are not served, so a window that ended before is told at once; see the figure cache. */
const SURELY_OVER_MS = 2 * DAY_MS;

/** Returns up to when the figures of all fields are whole: once everything has been read that the request asks for. */
async function freshUntilOf(bandwidth: BandwidthValue, { loaders }: GraphContext): Promise<number> {
  await loaders.batchScheduler.idle();
  return bandwidth.freshUntil;
}

const PercentileRate = builder.objectRef<Percentile & { readonly p: number; readonly granularity: GranularityName }>(
  "PercentileRate",
);
PercentileRate.implement({
  description:
    "A percentile of the mean rates of the window's buckets, by nearest rank over those that are over and lack nothing that is known of. The industry bills by samples of five minutes; the platform meters by the hour, and `sampleInterval` says so.",
  fields: (t) => ({
    p: t.exposeFloat("p", { description: "The percentile, such as 95." }),
    bitsPerSecond: t.exposeFloat("bitsPerSecond", {
      nullable: true,
      description:
        "The rate that so many per cent of the samples do not exceed, in bits per second; null without samples.",
    }),
    sampleInterval: t.field({
      type: "Duration",
      description: "The length of one sample.",
      resolve: ({ granularity }) => ({ HOUR: "PT1H", DAY: "P1D", MONTH: "P1M" })[granularity],
    }),
    samples: t.exposeInt("samples", {
      description: "How many buckets are COMPLETE or UNVERIFIED: these are the samples.",
    }),
    unverified: t.exposeInt("unverified", {
      description: "How many of the samples are UNVERIFIED: hours may lack in them, which makes a rate too low.",
    }),
    discarded: t.exposeInt("discarded", { description: "How many samples lie above the percentile." }),
    missing: t.exposeInt("missing", {
      description: "How many buckets of the window are PARTIAL or MISSING, and so are no samples.",
    }),
  }),
});

const CountryTraffic = builder.objectRef<CountryRow>("CountryTraffic");
CountryTraffic.implement({
  description: "The traffic of one country.",
  fields: (t) => ({
    country: t.expose("country", { type: "CountryCode", description: "The country." }),
    traffic: t.expose("traffic", { type: Traffic, description: "Its bytes." }),
    viewSeconds: t.exposeFloat("viewSeconds", { description: "How long its viewers watched, in seconds, summed." }),
    publishSeconds: t.exposeFloat("publishSeconds", { description: "How long was broadcast from it, in seconds." }),
  }),
});

export const Bandwidth = builder.objectRef<BandwidthValue>("Bandwidth").implement({
  description:
    "Metered traffic over a window. Each field is read only when it is asked for; a figure is null, with a code in `errors`, when the platform can't give it.",
  fields: (t) => ({
    window: t.field({
      type: Window,
      extensions: cacheable(),
      description: "The window as it is answered: up to the newest figures when it is not over yet.",
      resolve: (bandwidth, _args, context) => {
        const { freshUntil } = bandwidth.window.retention;
        return bandwidth.window.to + SURELY_OVER_MS <= freshUntil
          ? answeredWindow(bandwidth.window, freshUntil)
          : freshUntilOf(bandwidth, context).then((until) => answeredWindow(bandwidth.window, until));
      },
    }),
    freshUntil: t.field({
      type: "DateTime",
      extensions: cacheable(),
      description:
        "The quarter hour up to which every figure beside this field is whole. Older than the last quarter hour while the platform has not published that yet, and when a kept figure is served because the platform is down.",
      resolve: async (bandwidth, _args, context) => bucketBoundary(await freshUntilOf(bandwidth, context)),
    }),
    total: t.field({
      type: Traffic,
      nullable: true,
      description:
        "All traffic of the window: exactly the sum of its series. Time that the platform did not meter counts nothing; `coverage` tells whether there is any.",
      resolve: (bandwidth) =>
        mapMaybe(readTotal(bandwidth.source, bandwidth.window), (figure) => bandwidth.take(figure)),
    }),
    coverage: t.field({
      type: UsageCoverage,
      nullable: true,
      extensions: cacheable(),
      description:
        "Whether the total lacks anything, and what. Read by the same calls as series: one for ten names by hours, one more where the window reaches back over 7 days, and one more for the account beyond 365.",
      resolve: (bandwidth) =>
        mapMaybe(readCoverage(bandwidth.source, bandwidth.window), (figure) => ({
          ...bandwidth.take(figure),
          freshUntil: figure.freshUntil,
        })),
    }),
    series: t.field({
      type: UsageSeries,
      nullable: true,
      extensions: cacheable(),
      description: "The window in hours, days or months.",
      args: {
        granularity: t.arg({
          type: Granularity,
          required: true,
          defaultValue: "HOUR",
          description: "The size of a bucket.",
        }),
        timeZone: t.arg({
          type: "TimeZone",
          description: "Where days and months begin; that of the window when it is left out.",
        }),
      },
      resolve: (bandwidth, args) => {
        const { source, window } = bandwidth;
        const timeZone = args.timeZone ?? window.timeZone;
        return mapMaybe(readSeries(source, window, args.granularity, timeZone), (figure) => ({
          window: { ...answeredWindow(window, figure.freshUntil), timeZone },
          granularity: args.granularity,
          freshUntil: figure.freshUntil,
          // The type of a list has no word for one that is only read.
          points: bandwidth.take(figure) as SeriesPoint[],
        }));
      },
    }),
    percentile: t.field({
      type: PercentileRate,
      nullable: true,
      extensions: cacheable(),
      description: "A percentile of the rate of bytes sent, such as the 95th that bandwidth is often billed by.",
      args: {
        p: t.arg.float({ required: true, defaultValue: 95, description: "More than 0, at most 100." }),
        granularity: t.arg({
          type: Granularity,
          required: true,
          defaultValue: "HOUR",
          description: "The length of one sample.",
        }),
      },
      resolve: async (bandwidth, { p, granularity }) => {
        const { source, window } = bandwidth;
        if (!(p > 0 && p <= 100)) throw new InvalidInputError("p", "A percentile is more than 0 and at most 100.");
        const points = await readSeries(source, window, granularity, window.timeZone);
        return { ...percentile(bandwidth.take(points), p), p, granularity };
      },
    }),
    byCountry: t.field({
      type: [CountryTraffic],
      nullable: true,
      extensions: cacheable(),
      description:
        "Traffic by country, the largest first. Kept for streams and the account; the platform knows no countries per tracking id.",
      args: {
        first: t.arg.int({
          required: true,
          defaultValue: 50,
          description: "At most so many countries, from 1 to 100.",
        }),
      },
      resolve: async (bandwidth, { first }) => {
        const rows = bandwidth.take(await readCountries(bandwidth.source, bandwidth.window));
        return rows.toSorted(byTraffic).slice(0, pageSize(first, "first"));
      },
    }),
  }),
});

function byTraffic(a: CountryRow, b: CountryRow): number {
  const difference = b.traffic.bytesOut + b.traffic.bytesIn - a.traffic.bytesOut - a.traffic.bytesIn;
  return difference === 0n ? (a.country < b.country ? -1 : 1) : difference > 0n ? 1 : -1;
}
