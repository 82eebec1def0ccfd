import type { GraphContext } from "../../context.ts";
import {
  type ByMediaKind,
  type DrmDay,
  type DrmLicences as DrmLicencesFigure,
  type DrmSystem,
  drmSystems,
  type MeteredDay,
  sumLicences,
} from "../../model/usage/meters.ts";
import type { TimeWindow } from "../../model/usage/time.ts";
import { planTotal, type UsageWindow } from "../../model/usage/time-window.ts";
import { builder } from "../builder.ts";
import { Meter, type MeterWindow } from "../meter.ts";

const ClipDayUsage = builder.objectRef<MeteredDay>("ClipDayUsage").implement({
  description: "Clips that were ordered on one day.",
  fields: (t) => ({
    date: t.field({ type: "DateTime", description: "The beginning of the UTC day.", resolve: dateOf }),
    minutesUsed: t.exposeFloat("amount", { description: "Minutes of clips." }),
  }),
});

export const ClipUsage = builder.objectRef<MeterWindow>("ClipUsage").implement({
  description: "Minutes of the clips that were ordered, which is what they are charged for.",
  interfaces: [Meter],
  fields: (t) => ({
    minutesUsed: t.float({
      nullable: true,
      description: "Minutes, all days together.",
      resolve: async (usage, _args, context) => sumOf(await clipDays(usage, context)),
    }),
    days: t.field({
      type: [ClipDayUsage],
      nullable: true,
      description: "The days on which any was ordered, oldest first.",
      resolve: async (usage, _args, context) => [...(await clipDays(usage, context))],
    }),
  }),
});

const StorageDayUsage = builder.objectRef<MeteredDay>("StorageDayUsage").implement({
  description: "What was kept on one day.",
  fields: (t) => ({
    date: t.field({ type: "DateTime", description: "The beginning of the UTC day.", resolve: dateOf }),
    gigabyteHours: t.exposeFloat("amount", {
      description: "Decimal gigabytes (1,000,000,000 bytes), times the hours that they were kept.",
    }),
  }),
});

const BilledStorage = builder.objectRef<ByMediaKind<number>>("BilledStorage").implement({
  description:
    "Binary gigabytes (1024³ bytes), times the hours that they were kept, as whole numbers: the platform bills storage by them, and draws its days in decimal ones.",
  fields: (t) => ({
    total: t.exposeFloat("total", { description: "Of all media." }),
    recordings: t.exposeFloat("recordings", { description: "Of recordings." }),
    clips: t.exposeFloat("clips", { description: "Of clips." }),
    timelines: t.exposeFloat("timelines", { description: "Of the cache that clips are cut from." }),
    vod: t.exposeFloat("vod", { description: "Of what was uploaded." }),
  }),
});

export const StorageUsage = builder.objectRef<MeterWindow>("StorageUsage").implement({
  description: "What was kept of recordings, clips and their cache, and for how long.",
  interfaces: [Meter],
  fields: (t) => ({
    gigabyteHours: t.float({
      nullable: true,
      description: "Decimal gigabytes (1,000,000,000 bytes), times the hours that they were kept: all days together.",
      resolve: async (usage, _args, context) => sumOf(await storageDays(usage, context)),
    }),
    days: t.field({
      type: [StorageDayUsage],
      nullable: true,
      description: "The days on which anything was kept, oldest first.",
      resolve: async (usage, _args, context) => [...(await storageDays(usage, context))],
    }),
    billed: t.field({
      type: BilledStorage,
      nullable: true,
      description: "What the platform bills for the window.",
      resolve: ({ window }, _args, { loaders }) => loaders.meters.billedStorage(kept(window)),
    }),
  }),
});

export const StoredMedia = builder.objectRef<ByMediaKind<bigint>>("StoredMedia").implement({
  description: "What is kept now in the platform's storage.",
  fields: (t) => ({
    total: t.expose("total", { type: "Bytes", description: "All media." }),
    recordings: t.expose("recordings", { type: "Bytes", description: "Recordings." }),
    clips: t.expose("clips", { type: "Bytes", description: "Clips." }),
    timelines: t.expose("timelines", { type: "Bytes", description: "The cache that clips are cut from." }),
    vod: t.expose("vod", { type: "Bytes", description: "What was uploaded." }),
  }),
});

const DrmSystemEnum = builder.enumType("DrmSystem", {
  description: "Whose DRM a viewer's device has.",
  values: {
    FAIRPLAY: { description: "Apple's." },
    PLAYREADY: { description: "Microsoft's." },
    WIDEVINE: { description: "Google's." },
  } as const satisfies Record<DrmSystem, { description: string }>,
});

const DrmLicences = builder.objectRef<DrmLicencesFigure>("DrmLicences").implement({
  description: "Requests for DRM licences, by what came of them.",
  fields: (t) => ({
    issued: t.exposeFloat("issued", { description: "Licences that were given." }),
    failed: t.exposeFloat("failed", { description: "Requests that failed for an error." }),
    denied: t.exposeFloat("denied", { description: "Requests of viewers who may not have one." }),
  }),
});

const DrmSystemUsage = builder
  .objectRef<{ readonly system: DrmSystem; readonly licences: DrmLicencesFigure }>("DrmSystemUsage")
  .implement({
    description: "Requests of one DRM system.",
    fields: (t) => ({
      system: t.expose("system", { type: DrmSystemEnum, description: "The system." }),
      licences: t.expose("licences", { type: DrmLicences, description: "Its requests." }),
    }),
  });

const DrmDayUsage = builder.objectRef<DrmDay>("DrmDayUsage").implement({
  description: "Requests for DRM licences on one day.",
  fields: (t) => ({
    date: t.field({ type: "DateTime", description: "The beginning of the UTC day.", resolve: dateOf }),
    licences: t.field({
      type: DrmLicences,
      description: "Of all systems together.",
      resolve: ({ systems }) => sumLicences(Object.values(systems)),
    }),
    bySystem: t.field({
      type: [DrmSystemUsage],
      description: "Of each system.",
      resolve: (day) => bySystem([day]),
    }),
  }),
});

export const DrmUsage = builder.objectRef<MeterWindow>("DrmUsage").implement({
  description: "Requests for DRM licences, which is what protected streams are charged for beside their bandwidth.",
  interfaces: [Meter],
  fields: (t) => ({
    licences: t.field({
      type: DrmLicences,
      nullable: true,
      description: "Of all systems, all days together.",
      resolve: async (usage, _args, context) =>
        sumLicences((await drmDays(usage, context)).flatMap(({ systems }) => Object.values(systems))),
    }),
    bySystem: t.field({
      type: [DrmSystemUsage],
      nullable: true,
      description: "Of each system, all days together.",
      resolve: async (usage, _args, context) => bySystem(await drmDays(usage, context)),
    }),
    days: t.field({
      type: [DrmDayUsage],
      nullable: true,
      description: "The days on which any was asked for, oldest first.",
      resolve: async (usage, _args, context) => [...(await drmDays(usage, context))],
    }),
  }),
});

/** The window as the platform is asked for it. @throws InvalidInputError WINDOW_NOT_RETAINED */
function kept(window: UsageWindow): TimeWindow {
  return planTotal(window, { monthsRetained: false }).direct ?? window;
}

function clipDays({ window }: MeterWindow, { loaders }: GraphContext) {
  return loaders.meters.clipDays(kept(window));
}

function storageDays({ window }: MeterWindow, { loaders }: GraphContext) {
  return loaders.meters.storageDays(kept(window));
}

function drmDays({ window }: MeterWindow, { loaders }: GraphContext) {
  return loaders.meters.drmDays(kept(window));
}

function sumOf(days: readonly MeteredDay[]): number {
  return days.reduce((sum, { amount }) => sum + amount, 0);
}

function bySystem(days: readonly DrmDay[]) {
  return drmSystems.map((system) => ({ system, licences: sumLicences(days.map(({ systems }) => systems[system])) }));
}

function dateOf({ day }: { readonly day: number }): Date {
  return new Date(day);
}
