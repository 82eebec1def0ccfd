import type { CountryUsage, CountryPoint as Point, CountrySeries as Series } from "../../model/usage/country-usage.ts";
import { originOf } from "../../model/usage/joined-series.ts";
import type { CountryRow } from "../../upstream/analytics.ts";
import { builder } from "../builder.ts";
import { Traffic } from "./traffic.ts";
import { BucketState, UsageOrigin } from "./usage-series.ts";

export const CountryTraffic = builder.objectRef<CountryRow>("CountryTraffic").implement({
  description: "Traffic of the viewers and broadcasters in one country.",
  fields: (t) => ({
    country: t.expose("country", { type: "CountryCode", description: "Country, by ISO 3166-1 alpha-2." }),
    traffic: t.expose("traffic", { type: Traffic, description: "Bytes sent to and received from the country." }),
    viewSeconds: t.exposeFloat("viewSeconds", { description: "Seconds that viewers in the country watched, summed." }),
    publishSeconds: t.exposeFloat("publishSeconds", {
      description: "Seconds that were broadcast from the country, summed.",
    }),
  }),
});

const CountryPoint = builder.objectRef<Point>("CountryPoint").implement({
  description: "Usage of one country in one bucket of a series.",
  fields: (t) => ({
    start: t.field({
      type: "DateTime",
      description: "Start of the bucket, inclusive.",
      resolve: ({ bucket }) => bucket.start,
    }),
    end: t.field({
      type: "DateTime",
      description: "End of the bucket, exclusive.",
      resolve: ({ bucket }) => bucket.end,
    }),
    state: t.field({
      type: BucketState,
      description: "How much of the bucket is known, which is the same for all countries.",
      resolve: ({ bucket }) => bucket.state,
    }),
    bytesOut: t.field({
      type: "Bytes",
      nullable: true,
      description: "Bytes sent to the country in the bucket; null if nothing is known, which is not zero.",
      resolve: ({ usage }) => usage?.traffic.bytesOut,
    }),
    bytesIn: t.field({
      type: "Bytes",
      nullable: true,
      description: "Bytes received from the country in the bucket; null if nothing is known.",
      resolve: ({ usage }) => usage?.traffic.bytesIn,
    }),
    viewSeconds: t.float({
      nullable: true,
      description: "Seconds that viewers in the country watched, summed; null if nothing is known.",
      resolve: ({ usage }) => usage?.viewSeconds,
    }),
    publishSeconds: t.float({
      nullable: true,
      description: "Seconds that were broadcast from the country, summed; null if nothing is known.",
      resolve: ({ usage }) => usage?.publishSeconds,
    }),
    views: t.field({
      type: "SafeInt",
      nullable: true,
      description: "Number of views from the country that began in the bucket; null if nothing is known.",
      resolve: ({ usage }) => usage?.views,
    }),
    publishes: t.field({
      type: "SafeInt",
      nullable: true,
      description: "Number of broadcasts from the country that began in the bucket; null if nothing is known.",
      resolve: ({ usage }) => usage?.publishes,
    }),
  }),
});

export const CountrySeries = builder.objectRef<Series>("CountrySeries").implement({
  description: "Usage of one country over a window, in all and by bucket.",
  fields: (t) => ({
    country: t.expose("country", { type: "CountryCode", description: "Country, by ISO 3166-1 alpha-2." }),
    traffic: t.expose("traffic", { type: Traffic, description: "Bytes of all buckets, sent and received." }),
    viewSeconds: t.exposeFloat("viewSeconds", {
      description: "Seconds that viewers in the country watched, summed over all buckets.",
    }),
    publishSeconds: t.exposeFloat("publishSeconds", {
      description: "Seconds that were broadcast from the country, summed over all buckets.",
    }),
    views: t.expose("views", {
      type: "SafeInt",
      description: "Number of views from the country that began in the window.",
    }),
    publishes: t.expose("publishes", {
      type: "SafeInt",
      description: "Number of broadcasts from the country that began in the window.",
    }),
    origin: t.field({
      type: UsageOrigin,
      description: "Where the usage of the buckets was read; LIVE if there are none.",
      resolve: ({ points }) => originOf(points.map(({ bucket }) => bucket.origin)) ?? "LIVE",
    }),
    points: t.field({
      type: [CountryPoint],
      description: "Every bucket of the window that begins before `freshUntil`, oldest first, without gaps.",
      resolve: ({ points }) => [...points],
    }),
  }),
});

/** Returns the first countries with the most traffic, largest first. */
export function largestCountries<Country extends Pick<CountryUsage, "country" | "traffic">>(
  countries: readonly Country[],
  count: number,
): Country[] {
  return countries.toSorted(byTraffic).slice(0, count);
}

function byTraffic(a: Pick<CountryUsage, "country" | "traffic">, b: Pick<CountryUsage, "country" | "traffic">): number {
  const difference = b.traffic.bytesOut + b.traffic.bytesIn - a.traffic.bytesOut - a.traffic.bytesIn;
  return difference === 0n ? (a.country < b.country ? -1 : 1) : difference > 0n ? 1 : -1;
}
