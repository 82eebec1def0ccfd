import type { Granularity as GranularityName, SeriesPoint, BucketState as State } from "../../model/series.ts";
import { edgeDate, type TimeWindow } from "../../model/time-window.ts";
import { bitsPerSecond } from "../../model/traffic.ts";
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
      description: "All of it: the bucket was over, and its last quarter hour published, when its figure was read.",
    },
    PARTIAL: { description: "A part: the bucket is not over yet, or some of its hours are missing." },
    MISSING: { description: "Nothing: the platform metered nothing. That is not the same as zero." },
  } satisfies Record<State, { description: string }>,
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
      description: "Mean rate of bytes sent over the whole bucket, in bits per second; null unless it is complete.",
      resolve: ({ state, traffic, from, to }) =>
        state === "COMPLETE" && traffic ? bitsPerSecond(traffic.bytesOut, to - from) : null,
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
      resolve: ({ freshUntil }) => edgeDate(freshUntil),
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
