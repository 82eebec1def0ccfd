import type { GraphContext } from "../../context.ts";
import type {
  TranscoderLayer as Layer,
  TranscoderProfile as Profile,
  TranscoderStatus as Status,
  TranscoderRecord,
} from "../../model/transcoder.ts";
import { DAY_MS, floorTo } from "../../model/usage/time.ts";
import { planTotal } from "../../model/usage/time-window.ts";
import type { TranscoderDay as Day } from "../../upstream/analytics.ts";
import { builder } from "../builder.ts";
import { Cluster } from "../cluster/cluster.ts";
import { connectionType } from "../connection-type.ts";
import { encodeGlobalId } from "../global-id.ts";
import { Meter, type MeterWindow } from "../meter.ts";
import { dailyWindow, windowArgs } from "../window.ts";

export const TranscoderStatus = builder.enumType("TranscoderStatus", {
  description: "Stage in the life of a transcoder, which is charged only while ACTIVE.",
  values: {
    QUEUED: { value: "Queued", description: "The transcoder waits for a machine." },
    PROVISIONING: { value: "Provisioning", description: "The transcoder's machine is being provisioned." },
    ACTIVE: { value: "Active", description: "The transcoder receives a feed, or waits for one." },
    ERROR: { value: "Error", description: "The transcoder has failed, and is not charged." },
    SHUTTING_DOWN: {
      value: "ShuttingDown",
      description: "The transcoder's machine is being stopped, and no longer charged.",
    },
    SHUTDOWN: { value: "Shutdown", description: "The transcoder is not running and may be started again." },
    DELETING: { value: "Deleting", description: "The platform is removing the transcoder for good." },
    DELETED: { value: "Deleted", description: "The transcoder is gone and can only be read." },
  } as const satisfies Record<string, { value: Status; description: string }>,
});

const TranscoderLayer = builder.objectRef<Layer>("TranscoderLayer").implement({
  description: "A quality that a transcoder produces.",
  fields: (t) => ({
    height: t.expose("height", {
      type: "SafeInt",
      nullable: true,
      description: "Height of the picture in pixels; null if the platform reports none.",
    }),
    width: t.expose("width", {
      type: "SafeInt",
      nullable: true,
      description: "Width of the picture in pixels; null if the platform reports none.",
    }),
    frameRate: t.exposeFloat("frameRate", {
      nullable: true,
      description: "Frames per second; null if the platform reports none.",
    }),
    codec: t.exposeString("codec", {
      nullable: true,
      description: "Codec of the layer, such as `h264`; null if the platform reports none.",
    }),
    bitsPerSecond: t.expose("bitsPerSecond", {
      type: "SafeInt",
      nullable: true,
      description: "Target bit rate in bits per second; null if the platform reports none.",
    }),
  }),
});

const TranscoderProfile = builder.objectRef<Profile>("TranscoderProfile").implement({
  description: "Output of a transcoder.",
  fields: (t) => ({
    profileId: t.exposeString("id", {
      nullable: true,
      description: "The platform's id of the profile, such as `1080p30`; null without a profile.",
    }),
    name: t.exposeString("name", { nullable: true, description: "Name of the profile; null if it has none." }),
    description: t.exposeString("description", {
      nullable: true,
      description: "Purpose of the profile in the platform's words; null if it has none.",
    }),
    height: t.expose("height", {
      type: "SafeInt",
      nullable: true,
      description: "Largest height of the picture in pixels; null if the platform reports none.",
    }),
    frameRate: t.exposeFloat("frameRate", {
      nullable: true,
      description: "Frames per second; null if the platform reports none.",
    }),
    isPassThrough: t.exposeBoolean("isPassThrough", {
      description: "Whether the best layer is the unchanged input.",
    }),
    layers: t.field({
      type: [TranscoderLayer],
      description: "Qualities of the output, in the platform's order. Empty if the platform names none.",
      resolve: ({ layers }) => [...layers],
    }),
  }),
});

const TranscoderIngest = builder.objectRef<TranscoderRecord["ingest"]>("TranscoderIngest").implement({
  description:
    "Addresses that encoders send to instead of the cluster's. Append the stream name and the publish token.",
  fields: (t) => ({
    rtmpServer: t.exposeString("rtmp", {
      nullable: true,
      description: "RTMP server address; null if the platform reports none.",
    }),
    rtmpsServer: t.exposeString("rtmps", {
      nullable: true,
      description: "RTMPS server address (RTMP over TLS); null if the platform reports none.",
    }),
    srtServer: t.exposeString("srt", {
      nullable: true,
      description: "SRT server address; null if the platform reports none.",
    }),
  }),
});

/** Minutes of one transcoder, or of all if the id is null. */
interface UsageValue extends MeterWindow {
  readonly transcoderId: string | null;
}

const TranscoderDayUsage = builder
  .objectRef<{ readonly day: number; readonly minutesUsed: number }>("TranscoderDayUsage")
  .implement({
    description: "Time for which transcoders were active on one day.",
    fields: (t) => ({
      date: t.expose("day", { type: "DateTime", description: "Start of the day, in UTC." }),
      minutesUsed: t.exposeFloat("minutesUsed", { description: "Active time of the day in whole minutes." }),
    }),
  });

export const TranscoderUsage = builder.objectRef<UsageValue>("TranscoderUsage").implement({
  description: "Time for which transcoders were active, which is what they are charged for. Metered by UTC days.",
  interfaces: [Meter],
  fields: (t) => ({
    freshUntil: t.field({
      type: "DateTime",
      description: "Instant up to which minutes can be metered: the platform counts a day when it is over.",
      resolve: (_usage, _args, { now }) => floorTo(now, DAY_MS),
    }),
    minutesUsed: t.float({
      nullable: true,
      description:
        "Active time of all days of the window, in whole minutes. Null, with an error, if the platform cannot be read.",
      resolve: async (usage, _args, context) =>
        (await daysOf(usage, context)).reduce((sum, { minutesUsed }) => sum + minutesUsed, 0),
    }),
    days: t.field({
      type: [TranscoderDayUsage],
      nullable: true,
      description:
        "Days with at least one active minute, oldest first. Empty without such days. Null, with an error, if the platform cannot be read.",
      resolve: (usage, _args, context) => daysOf(usage, context),
    }),
  }),
});

/** @throws InvalidInputError WINDOW_NOT_RETAINED; UpstreamError */
async function daysOf({ transcoderId, window }: UsageValue, { loaders }: GraphContext) {
  const { direct } = planTotal(window, { monthsRetained: false });
  const days = direct ? await loaders.transcoders.days(direct) : [];
  return days
    .map(({ day, minutes }) => ({ day, minutesUsed: minutesIn(minutes, transcoderId) }))
    .filter(({ minutesUsed }) => minutesUsed > 0)
    .sort((a, b) => a.day - b.day);
}

function minutesIn(minutes: Day["minutes"], transcoderId: string | null): number {
  if (transcoderId !== null) return minutes.get(transcoderId) ?? 0;
  return [...minutes.values()].reduce((sum, each) => sum + each, 0);
}

export const Transcoder = builder.objectRef<TranscoderRecord>("Transcoder");

export const TranscoderConnection = connectionType(Transcoder, "Transcoder", "transcoders");

builder.node(Transcoder, {
  name: "Transcoder",
  description:
    "A cloud transcoder: receives one RTMP or SRT feed and produces several qualities of it. It is charged by the minute while it is active.",
  authScopes: { staff: "stream:read" },
  id: { resolve: ({ id }) => id },
  fields: (t) => ({
    transcoderId: t.exposeString("id", { description: "The platform's id of the transcoder." }),
    name: t.exposeString("name", { description: "Name of the transcoder." }),
    status: t.expose("status", { type: TranscoderStatus, description: "Stage that the transcoder has reached." }),
    clusterId: t.exposeString("clusterId", {
      nullable: true,
      description: "Id of the cluster that the transcoder runs in; null if the platform reports none.",
    }),
    cluster: t.field({
      type: Cluster,
      nullable: true,
      description: "Cluster that the transcoder runs in; null if the account no longer has it.",
      resolve: async ({ clusterId }, _args, { account }) =>
        (await account.clusters()).clusters.find(({ id }) => id === clusterId) ?? null,
    }),
    host: t.exposeString("host", {
      nullable: true,
      description: "Host name of the transcoder; null if it has none yet.",
    }),
    profile: t.expose("profile", {
      type: TranscoderProfile,
      nullable: true,
      description: "Output of the transcoder; null if the platform reports none.",
    }),
    createdAt: t.expose("createdAt", { type: "DateTime", description: "Time at which the transcoder was created." }),
    endedAt: t.expose("endedAt", {
      type: "DateTime",
      nullable: true,
      description: "Time of the last shutdown; null while the transcoder is not shut down.",
    }),
    ingest: t.field({
      type: TranscoderIngest,
      nullable: true,
      authScopes: { staff: "token:reveal" },
      description:
        "Addresses that encoders send to. Each reading is audited, as for other ingest addresses. Null, with an error, without the scope token:reveal.",
      resolve: async ({ id, ingest }, _args, { audit }) => {
        await audit.reveal(encodeGlobalId("Transcoder", id), "ingest");
        return ingest;
      },
    }),
    usage: t.field({
      type: TranscoderUsage,
      nullable: true,
      authScopes: { staff: "usage:read" },
      description:
        "Time for which the transcoder was active over a window. Null, with an error, if the platform cannot be read.",
      args: windowArgs,
      resolve: ({ id }, args, context) => ({ transcoderId: id, window: dailyWindow(args, context) }),
    }),
  }),
});
