import { bucketBoundary } from "../../model/usage/bucket-date.ts";
import type { UsageOrigin as Origin } from "../../model/usage/measured.ts";
import type {
  Coverage,
  Granularity as GranularityName,
  SeriesPoint,
  BucketState as State,
} from "../../model/usage/series.ts";
import type { TimeWindow } from "../../model/usage/time.ts";
import { bitsPerSecond } from "../../model/usage/traffic.ts";
import { builder } from "../builder.ts";
import { enumValues } from "../enum-values.ts";
import { Window, type WindowValue } from "../window.ts";
import { Traffic } from "./traffic.ts";

export const Granularity = builder.enumType("Granularity", {
  description: "Size of a bucket of time.",
  values: {
    HOUR: { description: "Hours in UTC. The platform retains them for 7 days; older ones are read from the archive." },
    DAY: {
      description:
        "Days of the time zone, of 23 to 25 hours. The platform retains UTC days for 365 days, and others for 7; older ones are read from the archive.",
    },
    MONTH: {
      description:
        "Months of the time zone, summed from its days. The platform retains the account's UTC months indefinitely.",
    },
  } satisfies Record<GranularityName, { description: string }>,
});

export const BucketState = builder.enumType("BucketState", {
  description: "State of the usage in a bucket: known as a whole, in part, or not at all.",
  values: {
    COMPLETE: {
      description:
        "Every hour of the bucket is counted: the bucket was over, and its last quarter hour published, when its usage was read.",
    },
    UNVERIFIED: {
      description:
        "The bucket is over and its usage is final, but missing hours can't be ruled out: its usage was read as one number for each day or month.",
    },
    PARTIAL: {
      description:
        "A part of the bucket is known: the bucket is not over yet, or `missing` names the periods that lack.",
    },
    MISSING: {
      description:
        "The bucket is unknown: neither the platform nor the archive has usage of it, which differs from zero.",
    },
  } satisfies Record<State, { description: string }>,
});

export const UsageOrigin = builder.enumType("UsageOrigin", {
  description: "Where usage was read: from the platform, or from the copy that the gateway made of it.",
  values: enumValues<Origin>({
    LIVE: "Read from the platform, or from the cache of what it answered.",
    ARCHIVE: "Read from the archive, because the platform no longer retains it or is down.",
    MIXED: "Read in part from the platform and in part from the archive.",
  }),
});

export const Gap = builder.objectRef<TimeWindow>("Gap").implement({
  description: "A period that is over and of which no usage is known. Includes its start, excludes its end.",
  fields: (t) => ({
    from: t.field({
      type: "DateTime",
      description: "Start of the period, inclusive.",
      resolve: ({ from }) => bucketBoundary(from),
    }),
    to: t.field({
      type: "DateTime",
      description: "End of the period, exclusive.",
      resolve: ({ to }) => bucketBoundary(to),
    }),
  }),
});

export const UsageCoverage = builder.objectRef<Coverage & { readonly freshUntil: number }>("UsageCoverage").implement({
  description:
    "Known part of a window's usage: by hours for the last 7 days, by days for 365 days, and before that from the archive, or by months of the account.",
  fields: (t) => ({
    state: t.expose("state", {
      type: BucketState,
      description:
        "State of the window's usage. PARTIAL with an empty `missing` means that the window is not over yet.",
    }),
    missing: t.field({
      type: [Gap],
      description:
        "Periods of the window that are over and have no usage, oldest first, adjacent ones merged; in an outage, also the time since cached usage was read. Empty for none.",
      resolve: ({ missing }) => [...missing],
    }),
    freshUntil: t.field({
      type: "DateTime",
      description: "Quarter hour up to which the window was checked.",
      resolve: ({ freshUntil }) => bucketBoundary(freshUntil),
    }),
  }),
});

export const UsagePoint = builder.objectRef<SeriesPoint>("UsagePoint").implement({
  description: "Usage in one bucket of a series.",
  fields: (t) => ({
    start: t.expose("start", { type: "DateTime", description: "Start of the bucket, inclusive." }),
    end: t.expose("end", { type: "DateTime", description: "End of the bucket, exclusive." }),
    state: t.expose("state", {
      type: BucketState,
      description: "State of the bucket's usage: known as a whole, in part, or not at all.",
    }),
    bytesOut: t.expose("bytesOut", {
      type: "Bytes",
      nullable: true,
      description: "Bytes sent (egress) in the bucket; null if nothing is known, which is not zero.",
    }),
    bytesIn: t.expose("bytesIn", {
      type: "Bytes",
      nullable: true,
      description: "Bytes received (ingress) in the bucket; null if nothing is known.",
    }),
    bitsPerSecondOut: t.float({
      nullable: true,
      description:
        "Mean rate of bytes sent over the whole bucket, in bits per second; null unless the bucket is COMPLETE or UNVERIFIED.",
      resolve: ({ state, traffic, from, to }) =>
        (state === "COMPLETE" || state === "UNVERIFIED") && traffic ? bitsPerSecond(traffic.bytesOut, to - from) : null,
    }),
    missing: t.field({
      type: [Gap],
      description:
        "Periods of the bucket that are over and have no usage, oldest first; empty if none is known to be missing.",
      resolve: ({ missing }) => [...missing],
    }),
    traffic: t.expose("traffic", {
      type: Traffic,
      nullable: true,
      description: "All usage of the bucket, with its breakdown; null if nothing is known.",
    }),
    origin: t.expose("origin", {
      type: UsageOrigin,
      nullable: true,
      description: "Where the usage of the bucket was read; null if nothing is known.",
    }),
    correctedAt: t.field({
      type: "DateTime",
      nullable: true,
      description:
        "Time of the last correction of archived usage that had been settled, which is 24 hours after its last change; null if there was none, and for usage that was read from the platform.",
      resolve: ({ correctedAt }) => (correctedAt === null ? null : new Date(correctedAt)),
    }),
  }),
});

export const UsageColumns = builder.objectRef<readonly SeriesPoint[]>("UsageColumns").implement({
  description: "A series as columns of equal length, for charts: entry n of each column is bucket n.",
  fields: (t) => ({
    start: t.field({
      type: ["DateTime"],
      description: "Start of each bucket, inclusive, oldest first.",
      resolve: (points) => points.map(({ start }) => start),
    }),
    state: t.field({
      type: [BucketState],
      description: "State of each bucket, which says how much of it is known, oldest first.",
      resolve: (points) => points.map(({ state }) => state),
    }),
    bytesOut: t.field({
      type: ["Bytes"],
      nullable: { list: false, items: true },
      description: "Bytes sent (egress) in each bucket; null where nothing is known.",
      resolve: (points) => points.map(({ bytesOut }) => bytesOut),
    }),
    bytesIn: t.field({
      type: ["Bytes"],
      nullable: { list: false, items: true },
      description: "Bytes received (ingress) in each bucket; null where nothing is known.",
      resolve: (points) => points.map(({ bytesIn }) => bytesIn),
    }),
  }),
});

export interface SeriesValue {
  readonly window: WindowValue;
  readonly granularity: GranularityName;
  readonly freshUntil: number;
  readonly origin: Origin;
  readonly points: SeriesPoint[];
}

export const UsageSeries = builder.objectRef<SeriesValue>("UsageSeries").implement({
  description: "Usage over time, in buckets of equal granularity.",
  fields: (t) => ({
    window: t.expose("window", { type: Window, description: "Window that the buckets cover, up to `freshUntil`." }),
    granularity: t.expose("granularity", { type: Granularity, description: "Size of the buckets." }),
    origin: t.expose("origin", {
      type: UsageOrigin,
      description: "Where the usage of the buckets was read; LIVE if there are none.",
    }),
    freshUntil: t.field({
      type: "DateTime",
      description:
        "Quarter hour up to which all buckets are complete. Usage is published every 15 minutes, some minutes after the quarter hour.",
      resolve: ({ freshUntil }) => bucketBoundary(freshUntil),
    }),
    points: t.expose("points", {
      type: [UsagePoint],
      description:
        "Every bucket of the window that begins before `freshUntil`, oldest first, without gaps. Empty if there is none.",
    }),
    columns: t.field({
      type: UsageColumns,
      description: "The points of the series as columns, for charts.",
      resolve: ({ points }) => points,
    }),
  }),
});
