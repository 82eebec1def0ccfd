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
  description: "What a transcoder is doing. It is charged while it is active.",
  values: {
    QUEUED: { value: "Queued", description: "It waits for a machine." },
    PROVISIONING: { value: "Provisioning", description: "Its machine is being made." },
    ACTIVE: { value: "Active", description: "It takes a feed, or waits for one." },
    ERROR: { value: "Error", description: "It has failed." },
    SHUTTING_DOWN: { value: "ShuttingDown", description: "It is being shut down." },
    SHUTDOWN: { value: "Shutdown", description: "It is not running; it may be started again." },
    DELETING: { value: "Deleting", description: "It is being deleted." },
    DELETED: { value: "Deleted", description: "It is gone, and can only be read." },
  } as const satisfies Record<string, { value: Status; description: string }>,
});

const TranscoderLayer = builder.objectRef<Layer>("TranscoderLayer").implement({
  description: "A quality that a transcoder makes.",
  fields: (t) => ({
    height: t.exposeInt("height", { nullable: true, description: "Lines of a frame." }),
    width: t.exposeInt("width", { nullable: true, description: "Pixels of a line." }),
    frameRate: t.exposeFloat("frameRate", { nullable: true, description: "Frames per second." }),
    codec: t.exposeString("codec", { nullable: true, description: "How it is encoded, such as `h264`." }),
    bitsPerSecond: t.exposeInt("bitsPerSecond", { nullable: true, description: "The rate that it aims at." }),
  }),
});

const TranscoderProfile = builder.objectRef<Profile>("TranscoderProfile").implement({
  description: "What a transcoder makes of its input.",
  fields: (t) => ({
    profileId: t.exposeString("id", { nullable: true, description: "What the platform calls it, such as `1080p30`." }),
    name: t.exposeString("name", { nullable: true, description: "What people call it." }),
    description: t.exposeString("description", { nullable: true, description: "What it is for." }),
    height: t.exposeInt("height", { nullable: true, description: "Most lines of a frame." }),
    frameRate: t.exposeFloat("frameRate", { nullable: true, description: "Frames per second." }),
    isPassThrough: t.exposeBoolean("isPassThrough", {
      description: "Whether the best layer is the input as it came.",
    }),
    layers: t.field({
      type: [TranscoderLayer],
      description: "The qualities, as the platform lists them.",
      resolve: ({ layers }) => [...layers],
    }),
  }),
});

const TranscoderIngest = builder.objectRef<TranscoderRecord["ingest"]>("TranscoderIngest").implement({
  description: "Where encoders send to, in place of the cluster's own addresses; the stream name and the token follow.",
  fields: (t) => ({
    rtmpServer: t.exposeString("rtmp", { nullable: true, description: "RTMP." }),
    rtmpsServer: t.exposeString("rtmps", { nullable: true, description: "RTMP over TLS." }),
    srtServer: t.exposeString("srt", { nullable: true, description: "SRT." }),
  }),
});

/** Minutes of one transcoder, or of all. */
interface UsageValue extends MeterWindow {
  readonly transcoderId: string | null;
}

const TranscoderDayUsage = builder
  .objectRef<{ readonly day: number; readonly minutesUsed: number }>("TranscoderDayUsage")
  .implement({
    description: "How long transcoders were active on one day.",
    fields: (t) => ({
      date: t.expose("day", { type: "DateTime", description: "The beginning of the UTC day." }),
      minutesUsed: t.exposeFloat("minutesUsed", { description: "Whole minutes." }),
    }),
  });

export const TranscoderUsage = builder.objectRef<UsageValue>("TranscoderUsage").implement({
  description: "For how long transcoders were active, which is what they are charged for. It is metered by UTC days.",
  interfaces: [Meter],
  fields: (t) => ({
    freshUntil: t.field({
      type: "DateTime",
      description: "Up to when minutes can be in: the platform counts a day when it is over.",
      resolve: (_usage, _args, { now }) => floorTo(now, DAY_MS),
    }),
    minutesUsed: t.float({
      nullable: true,
      description: "Whole minutes, all days together.",
      resolve: async (usage, _args, context) =>
        (await daysOf(usage, context)).reduce((sum, { minutesUsed }) => sum + minutesUsed, 0),
    }),
    days: t.field({
      type: [TranscoderDayUsage],
      nullable: true,
      description: "The days on which any minute was used, oldest first.",
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
    "A cloud transcoder: it takes one RTMP or SRT feed, and makes several qualities of it. It is charged by the minute while it is active.",
  authScopes: { staff: "stream:read" },
  id: { resolve: ({ id }) => id },
  fields: (t) => ({
    transcoderId: t.exposeString("id", { description: "What the platform calls it." }),
    name: t.exposeString("name", { description: "What people call it." }),
    status: t.expose("status", { type: TranscoderStatus, description: "What it is doing." }),
    clusterId: t.exposeString("clusterId", { nullable: true, description: "The cluster that it runs in." }),
    cluster: t.field({
      type: Cluster,
      nullable: true,
      description: "The same as an object; null for one that the account no longer has.",
      resolve: async ({ clusterId }, _args, { account }) =>
        (await account.clusters()).clusters.find(({ id }) => id === clusterId) ?? null,
    }),
    host: t.exposeString("host", { nullable: true, description: "The name of its host." }),
    profile: t.expose("profile", { type: TranscoderProfile, nullable: true, description: "What it makes." }),
    createdAt: t.expose("createdAt", { type: "DateTime", description: "When it was made." }),
    endedAt: t.expose("endedAt", {
      type: "DateTime",
      nullable: true,
      description: "When it was last shut down; null while it is not.",
    }),
    ingest: t.field({
      type: TranscoderIngest,
      nullable: true,
      authScopes: { staff: "token:reveal" },
      description: "Where encoders send to. Each reading is audited, as that of other ingest addresses is.",
      resolve: async ({ id, ingest }, _args, { audit }) => {
        await audit.reveal(encodeGlobalId("Transcoder", id), "ingest");
        return ingest;
      },
    }),
    usage: t.field({
      type: TranscoderUsage,
      nullable: true,
      authScopes: { staff: "usage:read" },
      description: "For how long it was active.",
      args: windowArgs,
      resolve: ({ id }, args, context) => ({ transcoderId: id, window: dailyWindow(args, context) }),
    }),
  }),
});
