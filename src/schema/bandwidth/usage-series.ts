import { bucketBoundary } from "../../model/usage/bucket-date.ts";
import type {
  Coverage,
  Granularity as GranularityName,
  SeriesPoint,
  BucketState as State,
} from "../../model/usage/series.ts";
import type { TimeWindow } from "../../model/usage/time.ts";
import { bitsPerSecond } from "../../model/usage/traffic.ts";
import { builder } from "../builder.ts";
import { Window } from "../window.ts";
import { Traffic } from "./traffic.ts";

export const Granularity = builder.enumType("Granularity", {
  description: "The size of a bucket.",
  values: {
    HOUR: { description: "UTC hours; kept for 7 days." },
    DAY: { description: "Days of the time zone, of 23 to 25 hours; UTC days are kept for 365 days, others for 7." },
    MONTH: {
      description: "Months of the time zone, put together from its days; the account's UTC months are kept for ever.",
    },
  } satisfies Record<GranularityName, { description: string }>,
});

export const BucketState = builder.enumType("BucketState", {
  description: "How much of a bucket is known.",
  values: {
    COMPLETE: {
      description:
        "Every hour of the bucket is in its figure: the bucket was over, and its last quarter hour published, when the figure was read.",
    },
    UNVERIFIED: {
      description:
        "The bucket is over and its figure will not grow, but nobody knows whether hours lack in it: hours are kept for 7 days, and the platform gives older days and months in one figure each.",
    },
    PARTIAL: {
      description:
        "A part of the bucket is known: it is not over yet, or some of it is missing, which `missing` names.",
    },
    MISSING: { description: "Nothing: the platform metered nothing. That is not the same as zero." },
  } satisfies Record<State, { description: string }>,
});

export const Gap = builder.objectRef<TimeWindow>("Gap").implement({
  description: "A stretch of time, half-open, for which the platform has no figure although it is over.",
  fields: (t) => ({
    from: t.field({
      type: "DateTime",
      description: "First instant of the stretch.",
      resolve: ({ from }) => bucketBoundary(from),
    }),
    to: t.field({
      type: "DateTime",
      description: "End of the stretch, exclusive.",
      resolve: ({ to }) => bucketBoundary(to),
    }),
  }),
});

export const UsageCoverage = builder.objectRef<Coverage & { readonly freshUntil: number }>("UsageCoverage").implement({
  description:
    "How much of a window is known: by hours for the last 7 days, by days for 365, and by months of the account before that.",
  fields: (t) => ({
    state: t.expose("state", {
      type: BucketState,
      description:
        "How much of the window is known. PARTIAL without any `missing` means that the window is not over yet.",
    }),
    missing: t.field({
      type: [Gap],
      description:
        "Hours, days and months of the window that are over and have no figure, and in an outage the time since the kept figures were read; in order, neighbours as one.",
      resolve: ({ missing }) => [...missing],
    }),
    freshUntil: t.field({
      type: "DateTime",
      description: "The quarter hour up to which the window was looked at.",
      resolve: ({ freshUntil }) => bucketBoundary(freshUntil),
    }),
  }),
});

export const UsagePoint = builder.objectRef<SeriesPoint>("UsagePoint").implement({
  description: "One bucket of a series.",
  fields: (t) => ({
    start: t.expose("start", { type: "DateTime", description: "Its first instant." }),
    end: t.expose("end", { type: "DateTime", description: "The instant behind its last." }),
    state: t.expose("state", { type: BucketState, description: "How much of it is known." }),
    bytesOut: t.expose("bytesOut", {
      type: "Bytes",
      nullable: true,
      description: "Bytes sent; null when nothing is known, which is not zero.",
    }),
    bytesIn: t.expose("bytesIn", {
      type: "Bytes",
      nullable: true,
      description: "Bytes received; null when nothing is known.",
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
        "Parts of the bucket that are over and have no figure, oldest first; empty when no part is known to be missing.",
      resolve: ({ missing }) => [...missing],
    }),
    traffic: t.expose("traffic", {
      type: Traffic,
      nullable: true,
      description: "The figure in full, with its parts; null when nothing is known.",
    }),
  }),
});

export const UsageColumns = builder.objectRef<readonly SeriesPoint[]>("UsageColumns").implement({
  description: "A series as columns of equal length, as charts take it.",
  fields: (t) => ({
    start: t.field({
      type: ["DateTime"],
      description: "First instants of the buckets.",
      resolve: (points) => points.map(({ start }) => start),
    }),
    state: t.field({
      type: [BucketState],
      description: "How much of each bucket is known.",
      resolve: (points) => points.map(({ state }) => state),
    }),
    bytesOut: t.field({
      type: ["Bytes"],
      nullable: { list: false, items: true },
      description: "Bytes sent; null where nothing is known.",
      resolve: (points) => points.map(({ bytesOut }) => bytesOut),
    }),
    bytesIn: t.field({
      type: ["Bytes"],
      nullable: { list: false, items: true },
      description: "Bytes received; null where nothing is known.",
      resolve: (points) => points.map(({ bytesIn }) => bytesIn),
    }),
  }),
});

export interface SeriesValue {
  readonly window: TimeWindow & { readonly timeZone: string };
  readonly granularity: GranularityName;
  readonly freshUntil: number;
  readonly points: SeriesPoint[];
}

export const UsageSeries = builder.objectRef<SeriesValue>("UsageSeries").implement({
  description: "Bandwidth over time.",
  fields: (t) => ({
    window: t.expose("window", { type: Window, description: "The window that the buckets fill." }),
    granularity: t.expose("granularity", { type: Granularity, description: "The size of its buckets." }),
    freshUntil: t.field({
      type: "DateTime",
      description:
        "The quarter hour up to which all buckets are whole. Figures move every 15 minutes, some minutes after the quarter hour.",
      resolve: ({ freshUntil }) => bucketBoundary(freshUntil),
    }),
    points: t.expose("points", {
      type: [UsagePoint],
      description:
        "Every bucket of the window that begins before `freshUntil`, oldest first: none skipped, none invented.",
    }),
    columns: t.field({
      type: UsageColumns,
      description: "The same as columns, for charts.",
      resolve: ({ points }) => points,
    }),
  }),
});
