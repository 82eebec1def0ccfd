import type { GraphContext } from "../../context.ts";
import { assertCluster } from "../../model/cluster/geo-cascade.ts";
import { type IngestEndpoints, ingestEndpoints } from "../../model/stream/endpoints.ts";
import {
  type BackupRequest,
  type IngestWarningCode,
  ingestWarningCodes,
  type IngestPlan as Plan,
  type PlannedFeed,
  type IngestProtocol as Protocol,
  planIngest,
} from "../../model/stream/ingest-plan.ts";
import { streamRecord } from "../../model/stream/stream.ts";
import { assertName } from "../../model/text.ts";
import type { PublishTokenRecord } from "../../model/token/token.ts";
import { builder } from "../builder.ts";
import { enumValues } from "../enum-values.ts";
import { encodeGlobalId } from "../global-id.ts";
import { PublishToken, Stream } from "../refs.ts";
import { PublishTokenRef, type TokenReference } from "../token/find-token.ts";
import { ingestHosts, RtmpIngest } from "./endpoints.ts";
import { findPublisher } from "./find-publisher.ts";
import { StreamRef, streamNameOf } from "./find-stream.ts";

const IngestProtocol = builder.enumType("IngestProtocol", {
  description: "How an encoder sends a stream in. What each can do is told by `protocolInfo`.",
  values: {
    WHIP: { description: "WebRTC by WHIP." },
    RTMP: { description: "RTMP, unencrypted." },
    RTMPS: { description: "RTMP over TLS." },
    SRT: { description: "SRT, encrypted where the publish token says so." },
  } as const satisfies Record<Protocol, { description: string }>,
});

const IngestWarningCodeEnum = builder.enumType("IngestWarningCode", {
  description: "What a broadcaster should know of a plan, although it is possible.",
  values: enumValues(ingestWarningCodes),
});

const IngestSourceInput = builder.inputType("IngestSourceInput", {
  description: "A source of a stream: a camera, or a sound.",
  fields: (t) => ({
    sourceId: t.string({
      description:
        "What to call it, of 1 to 128 characters without blanks and without & ? = # % + /. Only the first source, the main one, may go without.",
    }),
    isAudioOnly: t.boolean({ required: true, defaultValue: false, description: "It has no picture, and no layers." }),
  }),
});

const IngestLayerInput = builder.inputType("IngestLayerInput", {
  description: "A quality in which each source is sent.",
  fields: (t) => ({
    name: t.string({
      required: true,
      description: "What to call it, such as `high`: it becomes part of the feed's id.",
    }),
    kilobitsPerSecond: t.int({
      description:
        "The rate of its picture, by which the platform chooses a layer for each viewer. It is told over RTMP and SRT.",
    }),
  }),
});

const IngestBackupInput = builder.inputType("IngestBackupInput", {
  description: "A further set of the same feeds, from other encoders, which is shown when the set before it fails.",
  fields: (t) => ({
    priority: t.int({
      description: "Below that of the set before it; one less when it is left out.",
    }),
    clusterId: t.string({
      description:
        "The cluster that takes it in, over RTMP, RTMPS or SRT; the token's when it is left out. Another one than the first set's needs geo-cascade.",
    }),
    publishToken: t.field({
      type: PublishTokenRef,
      description: "A token of its own, which must have the same geo-cascade; the plan's when it is left out.",
    }),
  }),
});

interface FeedValue {
  readonly feed: PlannedFeed;
  readonly protocol: Protocol;
  readonly endpoints: IngestEndpoints;
}

const IngestPlanFeed = builder.objectRef<FeedValue>("IngestPlanFeed").implement({
  description: "One feed of a plan: what one output of an encoder is set to.",
  fields: (t) => ({
    isBackup: t.boolean({
      description: "Whether it stands by for another feed.",
      resolve: ({ feed }) => feed.isBackup,
    }),
    sourceId: t.string({
      nullable: true,
      description: "What the platform will call it among the stream's feeds; null for the main source without layers.",
      resolve: ({ feed }) => feed.sourceId,
    }),
    simulcastId: t.string({
      nullable: true,
      description:
        "The camera that it is a layer of, and its label in the platform's player: empty for the main one, null for a stream of a single feed.",
      resolve: ({ feed }) => feed.simulcastId,
    }),
    layer: t.string({
      nullable: true,
      description: "Its quality; null without layers.",
      resolve: ({ feed }) => feed.layer,
    }),
    priority: t.int({
      nullable: true,
      description: "Its priority, as its address says; null leaves it to the token.",
      resolve: ({ feed }) => feed.priority,
    }),
    hasAudio: t.boolean({
      description: "Whether it carries sound: of several layers only the first does.",
      resolve: ({ feed }) => feed.hasAudio,
    }),
    hasVideo: t.boolean({ description: "Whether it carries a picture.", resolve: ({ feed }) => feed.hasVideo }),
    isEncrypted: t.boolean({
      description: "Whether it is encrypted on its way to the platform.",
      resolve: ({ feed }) => feed.isEncrypted,
    }),
    clusterId: t.string({
      description: "The cluster that takes it in; `auto` for the nearest.",
      resolve: ({ feed }) => feed.clusterId,
    }),
    publishToken: t.field({
      type: PublishToken,
      description: "The token that it is published with.",
      resolve: ({ feed }) => feed.token,
    }),
    url: t.string({
      description:
        "The whole address, for encoders with a single field: a secret, as it holds the token but over WHIP.",
      resolve: ({ protocol, endpoints }) => addressOf(protocol, endpoints),
    }),
    rtmp: t.field({
      type: RtmpIngest,
      nullable: true,
      description: "The same as server and stream key, over RTMP and RTMPS; null over others.",
      resolve: ({ protocol, endpoints }) =>
        protocol === "RTMP" || protocol === "RTMPS"
          ? { server: serverOf(protocol, endpoints), streamKey: endpoints.rtmpStreamKey }
          : null,
    }),
    bearerToken: t.string({
      nullable: true,
      description: "The publish token, which WHIP takes as bearer: a secret. Null over others.",
      resolve: ({ protocol, endpoints }) => (protocol === "WHIP" ? endpoints.publishToken : null),
    }),
    srtStreamId: t.string({
      nullable: true,
      description: "The stream id, for SRT encoders that have a field for it: a secret. Null over others.",
      resolve: ({ protocol, endpoints }) => (protocol === "SRT" ? endpoints.srtStreamId : null),
    }),
    srtPassphrase: t.string({
      nullable: true,
      description: "What SRT is encrypted with: a secret. Null where it is not, and over others.",
      resolve: ({ protocol, endpoints }) => (protocol === "SRT" ? endpoints.srtPassphrase : null),
    }),
  }),
});

const IngestWarning = builder.objectRef<IngestWarningCode>("IngestWarning").implement({
  description: "What a broadcaster should know of a plan, although it is possible.",
  fields: (t) => ({
    code: t.field({ type: IngestWarningCodeEnum, description: "The warning, for a program.", resolve: (code) => code }),
    message: t.string({ description: "The same, for a person.", resolve: (code) => ingestWarningCodes[code] }),
  }),
});

interface PlanValue {
  readonly streamName: string;
  readonly protocol: Protocol;
  readonly plan: Plan;
}

const IngestPlan = builder.objectRef<PlanValue>("IngestPlan").implement({
  description: "How a stream is sent in: one entry for each output of an encoder, with its exact address.",
  fields: (t) => ({
    stream: t.field({
      type: Stream,
      description: "The stream.",
      resolve: ({ streamName }) => streamRecord(streamName),
    }),
    protocol: t.expose("protocol", { type: IngestProtocol, description: "How it is sent." }),
    feeds: t.field({
      type: [IngestPlanFeed],
      description: "The primary feeds, source by source and the best layer first, then each set of backups.",
      resolve: ({ plan, protocol, streamName }, _args, context) =>
        plan.feeds.map(async (feed) => {
          const hosts = await ingestHosts(feed.clusterId, context);
          const { token, parameters } = feed;
          const endpoints = ingestEndpoints(context.directorUrl, hosts, token, streamName, parameters);
          return { feed, protocol, endpoints };
        }),
    }),
    warnings: t.field({
      type: [IngestWarning],
      description: "What to know before it begins.",
      resolve: ({ plan }) => [...plan.warnings],
    }),
  }),
});

builder.queryField("ingestPlan", (t) =>
  t.field({
    type: IngestPlan,
    nullable: true,
    authScopes: { staff: "token:reveal" },
    description:
      "The exact addresses for sending a stream in: several sources, quality layers and backups, checked against the settings of the publish token and the platform's limits. The addresses hold the token, so each reading is audited.",
    args: {
      stream: t.arg({ type: StreamRef, required: true, description: "Which stream." }),
      protocol: t.arg({ type: IngestProtocol, required: true, description: "How it is sent." }),
      publishToken: t.arg({
        type: PublishTokenRef,
        description: "With which token. It may be left out for a stream that a single usable one publishes.",
      }),
      sources: t.arg({
        type: [IngestSourceInput],
        description: "The sources, the main one first; a single one without an id when it is left out.",
      }),
      layers: t.arg({
        type: [IngestLayerInput],
        description: "The qualities of each source with a picture, the best first; a single one when it is left out.",
      }),
      priority: t.arg.int({
        description:
          "Of the primary feeds. Left out, it is the token's; with backups, which need one below it, the token's or else the number of backups.",
      }),
      backups: t.arg({
        type: [IngestBackupInput],
        description: "Further sets of the same feeds, the next to be shown first.",
      }),
      isEncrypted: t.arg.boolean({
        description: "What is expected of SRT: the plan is refused where the token says otherwise.",
      }),
      extraLatencyMs: t.arg.int({ description: "Latency to add, for a steadier picture: 0 to 3000 milliseconds." }),
    },
    resolve: async (_root, args, context) => {
      // A stream under a pattern may be planned before it is anywhere.
      const name = streamNameOf(args.stream, "stream");
      assertName(name, "stream");
      const token = await findPublisher(name, args.publishToken, "publishToken", context);
      const backups = (args.backups ?? []).map((backup, index) => backupWish(name, backup, index, context));
      const plan = planIngest({
        token,
        protocol: args.protocol,
        sources: (args.sources ?? [mainSource]).map(({ sourceId, ...rest }) => ({
          ...rest,
          sourceId: sourceId ?? null,
        })),
        layers: (args.layers ?? []).map((layer) => ({ ...layer, kilobitsPerSecond: layer.kilobitsPerSecond ?? null })),
        priority: args.priority ?? null,
        backups: await Promise.all(backups),
        isEncrypted: args.isEncrypted ?? null,
        extraLatencyMs: args.extraLatencyMs ?? null,
        now: context.now,
      });
      const used = new Set(plan.feeds.map((feed) => feed.token));
      await Promise.all([...used].map((each: PublishTokenRecord) => noteReading(each, context)));
      return { streamName: name, protocol: args.protocol, plan };
    },
  }),
);

const mainSource = { sourceId: null, isAudioOnly: false };

interface BackupInput {
  readonly priority?: number | null | undefined;
  readonly clusterId?: string | null | undefined;
  readonly publishToken?: TokenReference | null | undefined;
}

async function backupWish(
  streamName: string,
  { priority, clusterId, publishToken }: BackupInput,
  index: number,
  context: GraphContext,
): Promise<BackupRequest> {
  const at = `backups.${index}`;
  if (clusterId != null) {
    const { clusters } = await context.account.clusters();
    assertCluster(
      clusterId,
      clusters.map(({ id }) => id),
      `${at}.clusterId`,
    );
  }
  const token = publishToken ? await findPublisher(streamName, publishToken, `${at}.publishToken`, context) : null;
  return { priority: priority ?? null, clusterId: clusterId ?? null, token };
}

function noteReading({ id }: PublishTokenRecord, { audit }: GraphContext): Promise<void> {
  return audit.reveal(encodeGlobalId("PublishToken", id), "ingestPlan");
}

function addressOf(protocol: Protocol, endpoints: IngestEndpoints): string {
  if (protocol === "WHIP") return endpoints.whipUrl;
  if (protocol === "SRT") return endpoints.srtUrl;
  return `${serverOf(protocol, endpoints)}/${endpoints.rtmpStreamKey}`;
}

function serverOf(protocol: "RTMP" | "RTMPS", { rtmpServer, rtmpsServer }: IngestEndpoints): string {
  return protocol === "RTMP" ? rtmpServer : rtmpsServer;
}
