import type { ArchiveKind } from "../../model/usage/archive.ts";
import { bucketBoundary } from "../../model/usage/bucket-date.ts";
import {
  type CollectionProblem,
  type CollectionProblemCode,
  collectionProblemCodes,
} from "../../model/usage/collection-problems.ts";
import { hoursKeptSince } from "../../model/usage/roll-up.ts";
import { DAY_MS, floorTo } from "../../model/usage/time.ts";
import type { ArchiveGap, ArchiveProgress } from "../../store/archive/archive-records.ts";
import { COLLECTOR_LEASE } from "../../store/leases.ts";
import { Granularity } from "../bandwidth/usage-series.ts";
import { builder } from "../builder.ts";
import { enumValues } from "../enum-values.ts";

/** Gaps in one response; see `UsageCollection.missing`. */
const MAX_GAPS = 100;
/** Problems in one response; see `UsageCollection.problems`. */
const MAX_PROBLEMS = 100;

const UsageArchiveKind = builder.enumType("UsageArchiveKind", {
  description: "Series of which usage is collected, by whom and what they count.",
  values: enumValues<ArchiveKind>({
    ACCOUNT: "All traffic of the account.",
    STREAM: "All traffic of one stream.",
    ACCOUNT_COUNTRY: "Traffic of the account, by country.",
    STREAM_COUNTRY: "Traffic of one stream, by country.",
    TRACKING_STREAM: "Traffic of one tracking id, by stream.",
  }),
});

/** Progress, the newest usage that is published, and the oldest that is kept, in milliseconds since the epoch. */
type Progress = ArchiveProgress & { readonly freshUntil: number; readonly keptFrom: number };

const UsageCollectionProgress = builder.objectRef<Progress>("UsageCollectionProgress").implement({
  description: "How far the series of one granularity have been collected.",
  fields: (t) => ({
    granularity: t.expose("granularity", { type: Granularity, description: "Size of the buckets: HOUR or DAY." }),
    series: t.exposeInt("series", { description: "Series that are collected." }),
    incompleteSeries: t.exposeInt("incomplete", {
      description: "Series in which the platform has left out a bucket that it may still give; it is asked for again.",
    }),
    collectedFrom: t.field({
      type: "DateTime",
      description: "Start of the oldest bucket of any series.",
      resolve: ({ from }) => bucketBoundary(from),
    }),
    keptFrom: t.field({
      type: "DateTime",
      description:
        "Start of the oldest bucket from which on all are kept: `collectedFrom`, or a later one for hours if KEEP_HOURLY_USAGE_DAYS limits them. Older hours have been replaced by their UTC day, or are about to be.",
      resolve: ({ keptFrom }) => bucketBoundary(keptFrom),
    }),
    collectedUntil: t.field({
      type: "DateTime",
      description: "Time up to which every series has been read.",
      resolve: ({ readUntil }) => bucketBoundary(readUntil),
    }),
    lateSeconds: t.int({
      description:
        "Seconds by which `collectedUntil` is behind the newest usage that the platform has surely published; 0 if all is read.",
      resolve: ({ readUntil, freshUntil }) => Math.max(0, Math.round((freshUntil - readUntil) / 1000)),
    }),
  }),
});

const MissingUsage = builder.objectRef<ArchiveGap>("MissingUsage").implement({
  description:
    "Span of a series that was not collected while the platform had it. Its usage is unknown, which is not zero.",
  fields: (t) => ({
    kind: t.expose("kind", { type: UsageArchiveKind, description: "Kind of the series that lacks the buckets." }),
    name: t.string({
      nullable: true,
      description: "Stream or tracking id of the series; null for the account.",
      resolve: ({ name }) => name || null,
    }),
    granularity: t.expose("granularity", { type: Granularity, description: "Size of the buckets: HOUR or DAY." }),
    from: t.field({
      type: "DateTime",
      description: "Start of the first missing bucket.",
      resolve: ({ from }) => bucketBoundary(from),
    }),
    to: t.field({
      type: "DateTime",
      description: "End of the last missing bucket, exclusive.",
      resolve: ({ until }) => bucketBoundary(until),
    }),
  }),
});

const UsageCollectionProblemCode = builder.enumType("UsageCollectionProblemCode", {
  description: "Reason for which usage could not be collected. The read is repeated.",
  values: enumValues<CollectionProblemCode>(collectionProblemCodes),
});

const UsageCollectionProblem = builder.objectRef<CollectionProblem>("UsageCollectionProblem").implement({
  description: "Failure of the collection that no later read of the series has made good yet.",
  fields: (t) => ({
    code: t.expose("code", { type: UsageCollectionProblemCode, description: "Reason of the last failure." }),
    kind: t.expose("kind", {
      type: UsageArchiveKind,
      nullable: true,
      description: "Kind of the series that was read; null if the failure concerns all usage.",
    }),
    granularity: t.expose("granularity", {
      type: Granularity,
      nullable: true,
      description: "Size of the buckets, HOUR or DAY; null if the failure concerns all usage.",
    }),
    name: t.string({
      nullable: true,
      description: "Stream or tracking id of the series; null for the account.",
      resolve: ({ name }) => name || null,
    }),
    since: t.field({
      type: "DateTime",
      description: "Time of the first of the failures in a row that have this code.",
      resolve: ({ since }) => new Date(since),
    }),
    lastAt: t.field({
      type: "DateTime",
      description: "Time of the last failure.",
      resolve: ({ at }) => new Date(at),
    }),
  }),
});

interface UsageCollectionShape {
  readonly isRunning: boolean;
  readonly progress: readonly Progress[];
  readonly missing: readonly ArchiveGap[];
  readonly problems: readonly CollectionProblem[];
}

const UsageCollection = builder.objectRef<UsageCollectionShape>("UsageCollection").implement({
  description: "State of the copy of usage that the gateway makes before the platform deletes it.",
  fields: (t) => ({
    isRunning: t.exposeBoolean("isRunning", {
      description:
        "Whether a gateway of this store collects usage now; false for up to 15 seconds after one has ended.",
    }),
    progress: t.expose("progress", {
      type: [UsageCollectionProgress],
      description: "How far hours and days have been collected; empty before the first reading.",
    }),
    missing: t.expose("missing", {
      type: [MissingUsage],
      description: `Spans that are missing for good, newest first, up to ${MAX_GAPS}; empty if none is.`,
    }),
    problems: t.expose("problems", {
      type: [UsageCollectionProblem],
      description: `Failures that no later read has made good yet, newest first, up to ${MAX_PROBLEMS}. They are those of the gateway that answers: empty on one that does not collect.`,
    }),
  }),
});

builder.queryFields((t) => ({
  usageCollection: t.field({
    type: UsageCollection,
    nullable: true,
    authScopes: { staff: "usage:read" },
    description:
      "State of the usage archive: what it covers, what is missing, and how late it is. Null, with an error, for a partner's caller.",
    resolve: async (_root, _args, context) => {
      const { store, account, hoursKeptDays, collectionProblems } = context;
      const { now, freshUntil } = context.retention;
      const owner = await account.id();
      const [isRunning, progress, missing] = await Promise.all([
        store.leases.isHeld(COLLECTOR_LEASE),
        store.usageArchive.progress(owner),
        store.usageArchive.gaps(owner, MAX_GAPS),
      ]);
      const hoursSince = hoursKeptSince(now, hoursKeptDays) ?? Number.NEGATIVE_INFINITY;
      const newest = { HOUR: freshUntil, DAY: floorTo(freshUntil, DAY_MS) };
      return {
        isRunning,
        progress: progress.map((each) => ({
          ...each,
          freshUntil: newest[each.granularity],
          keptFrom: each.granularity === "HOUR" ? Math.max(each.from, hoursSince) : each.from,
        })),
        missing,
        problems: collectionProblems.list().slice(0, MAX_PROBLEMS),
      };
    },
  }),
}));
