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
  description: "Minutes of the clips that were ordered on one UTC day.",
  fields: (t) => ({
    date: t.field({ type: "DateTime", description: "Start of the UTC day.", resolve: dateOf }),
    minutesUsed: t.exposeFloat("amount", { description: "Minutes of clips that were ordered on this day." }),
  }),
});

export const ClipUsage = builder.objectRef<MeterWindow>("ClipUsage").implement({
  description: "Minutes of ordered clips, which the platform charges for.",
  interfaces: [Meter],
  fields: (t) => ({
    minutesUsed: t.float({
      nullable: true,
      description: "Minutes of clips over all days of the window. Null, with an error, if the platform cannot be read.",
      resolve: async (usage, _args, context) => sumOf(await clipDays(usage, context)),
    }),
    days: t.field({
      type: [ClipDayUsage],
      nullable: true,
      description:
        "Days on which clips were ordered, oldest first; empty if there were none. Null, with an error, if the platform cannot be read.",
      resolve: async (usage, _args, context) => [...(await clipDays(usage, context))],
    }),
  }),
});

const StorageDayUsage = builder.objectRef<MeteredDay>("StorageDayUsage").implement({
  description: "Storage used on one UTC day.",
  fields: (t) => ({
    date: t.field({ type: "DateTime", description: "Start of the UTC day.", resolve: dateOf }),
    gigabyteHours: t.exposeFloat("amount", {
      description: "Gigabyte hours: decimal gigabytes (1,000,000,000 bytes) times the hours that they were stored.",
    }),
  }),
});

const BilledStorage = builder.objectRef<ByMediaKind<number>>("BilledStorage").implement({
  description:
    "Billed storage, in gigabyte hours: binary gigabytes (1024³ bytes) times the hours that they were stored, as whole numbers. Days are given in decimal gigabytes instead.",
  fields: (t) => ({
    total: t.exposeFloat("total", { description: "Gigabyte hours of all media together." }),
    recordings: t.exposeFloat("recordings", { description: "Gigabyte hours of recordings." }),
    clips: t.exposeFloat("clips", { description: "Gigabyte hours of clips." }),
    timelines: t.exposeFloat("timelines", { description: "Gigabyte hours of the cache that clips are cut from." }),
    vod: t.exposeFloat("vod", { description: "Gigabyte hours of uploaded media." }),
  }),
});

export const StorageUsage = builder.objectRef<MeterWindow>("StorageUsage").implement({
  description: "Storage used by recordings, clips and their cache over a window.",
  interfaces: [Meter],
  fields: (t) => ({
    gigabyteHours: t.float({
      nullable: true,
      description:
        "Gigabyte hours over all days: decimal gigabytes (1,000,000,000 bytes) times the hours that they were stored. Null, with an error, if the platform cannot be read.",
      resolve: async (usage, _args, context) => sumOf(await storageDays(usage, context)),
    }),
    days: t.field({
      type: [StorageDayUsage],
      nullable: true,
      description:
        "Days on which anything was stored, oldest first; empty if there were none. Null, with an error, if the platform cannot be read.",
      resolve: async (usage, _args, context) => [...(await storageDays(usage, context))],
    }),
    billed: t.field({
      type: BilledStorage,
      nullable: true,
      description:
        "Storage that the platform bills for the window, by kind of media. Null, with an error, if the platform cannot be read.",
      resolve: ({ window }, _args, { loaders }) => readRetained(window, loaders.meters.billedStorage, NOTHING_STORED),
    }),
  }),
});

export const StoredMedia = builder.objectRef<ByMediaKind<bigint>>("StoredMedia").implement({
  description:
    "Bytes in the platform's storage now, by kind of media. Null, with an error, if the platform cannot be read.",
  fields: (t) => ({
    total: t.expose("total", { type: "Bytes", description: "Bytes of all media together." }),
    recordings: t.expose("recordings", { type: "Bytes", description: "Bytes of recordings." }),
    clips: t.expose("clips", { type: "Bytes", description: "Bytes of clips, without their cache." }),
    timelines: t.expose("timelines", { type: "Bytes", description: "Bytes of the cache that clips are cut from." }),
    vod: t.expose("vod", { type: "Bytes", description: "Bytes of uploaded media." }),
  }),
});

const DrmSystemEnum = builder.enumType("DrmSystem", {
  description: "The DRM system of a viewer's device.",
  values: {
    FAIRPLAY: { description: "Apple FairPlay, on Apple devices." },
    PLAYREADY: { description: "Microsoft PlayReady, on Windows and Xbox." },
    WIDEVINE: { description: "Google Widevine, on Android and in most browsers." },
  } as const satisfies Record<DrmSystem, { description: string }>,
});

const DrmLicences = builder.objectRef<DrmLicencesFigure>("DrmLicences").implement({
  description: "DRM licence requests, by result.",
  fields: (t) => ({
    issued: t.exposeFloat("issued", { description: "Number of requests that were answered with a licence." }),
    failed: t.exposeFloat("failed", { description: "Number of requests that failed because of an error." }),
    denied: t.exposeFloat("denied", { description: "Requests of viewers who are not entitled to a licence." }),
  }),
});

const DrmSystemUsage = builder
  .objectRef<{ readonly system: DrmSystem; readonly licences: DrmLicencesFigure }>("DrmSystemUsage")
  .implement({
    description: "Licence requests of one DRM system.",
    fields: (t) => ({
      system: t.expose("system", { type: DrmSystemEnum, description: "The DRM system that the requests came from." }),
      licences: t.expose("licences", { type: DrmLicences, description: "Licence requests of this system, by result." }),
    }),
  });

const DrmDayUsage = builder.objectRef<DrmDay>("DrmDayUsage").implement({
  description: "DRM licence requests on one UTC day.",
  fields: (t) => ({
    date: t.field({ type: "DateTime", description: "Start of the UTC day.", resolve: dateOf }),
    licences: t.field({
      type: DrmLicences,
      description: "Requests of all systems on this day, by result.",
      resolve: ({ systems }) => sumLicences(Object.values(systems)),
    }),
    bySystem: t.field({
      type: [DrmSystemUsage],
      description: "Requests of this day by DRM system. Empty without requests.",
      resolve: (day) => bySystem([day]),
    }),
  }),
});

export const DrmUsage = builder.objectRef<MeterWindow>("DrmUsage").implement({
  description: "DRM licence requests, which the platform charges for in addition to bandwidth.",
  interfaces: [Meter],
  fields: (t) => ({
    licences: t.field({
      type: DrmLicences,
      nullable: true,
      description:
        "Requests of all systems over all days, by result. Null, with an error, if the platform cannot be read.",
      resolve: async (usage, _args, context) =>
        sumLicences((await drmDays(usage, context)).flatMap(({ systems }) => Object.values(systems))),
    }),
    bySystem: t.field({
      type: [DrmSystemUsage],
      nullable: true,
      description:
        "Requests over all days by DRM system. Empty without requests. Null, with an error, if the platform cannot be read.",
      resolve: async (usage, _args, context) => bySystem(await drmDays(usage, context)),
    }),
    days: t.field({
      type: [DrmDayUsage],
      nullable: true,
      description:
        "Days with licence requests, oldest first; empty if there were none. Null, with an error, if the platform cannot be read.",
      resolve: async (usage, _args, context) => [...(await drmDays(usage, context))],
    }),
  }),
});

/** Reads a window as the platform's meters take it, unless it has no usage yet. @throws InvalidInputError WINDOW_NOT_RETAINED */
async function readRetained<Value>(window: UsageWindow, read: (window: TimeWindow) => Promise<Value>, none: Value) {
  const { direct } = planTotal(window, { monthsRetained: false });
  return direct ? read(direct) : none;
}

const NOTHING_STORED: ByMediaKind<number> = { total: 0, recordings: 0, clips: 0, timelines: 0, vod: 0 };

function clipDays({ window }: MeterWindow, { loaders }: GraphContext) {
  return readRetained(window, loaders.meters.clipDays, []);
}

function storageDays({ window }: MeterWindow, { loaders }: GraphContext) {
  return readRetained(window, loaders.meters.storageDays, []);
}

function drmDays({ window }: MeterWindow, { loaders }: GraphContext) {
  return readRetained(window, loaders.meters.drmDays, []);
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
