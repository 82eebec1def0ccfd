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
  description:
    "Protocol by which an encoder sends a stream to the platform. `protocolInfo` lists what each protocol supports.",
  values: {
    WHIP: { description: "WebRTC, signalled by WHIP." },
    RTMP: { description: "RTMP over TCP, unencrypted." },
    RTMPS: { description: "RTMP over TLS, encrypted." },
    SRT: { description: "SRT over UDP, encrypted if the publish token requires it." },
  } as const satisfies Record<Protocol, { description: string }>,
});

const IngestWarningCodeEnum = builder.enumType("IngestWarningCode", {
  description: "A restriction of a plan that is valid nevertheless.",
  values: enumValues(ingestWarningCodes),
});

const IngestSourceInput = builder.inputType("IngestSourceInput", {
  description: "A source of a stream: a camera or a sound.",
  fields: (t) => ({
    sourceId: t.string({
      description:
        "Id of the source, 1 to 128 characters without blanks and without & ? = # % + /. Required for every source but the first, which is the main one if the id is left out.",
    }),
    isAudioOnly: t.boolean({
      required: true,
      defaultValue: false,
      description: "Whether the source has no picture, and therefore no layers. Defaults to false.",
    }),
  }),
});

const IngestLayerInput = builder.inputType("IngestLayerInput", {
  description: "A quality in which each source is sent.",
  fields: (t) => ({
    name: t.string({
      required: true,
      description: "Name of the layer, such as `high`; becomes part of the feed's id.",
    }),
    kilobitsPerSecond: t.int({
      description:
        "Bit rate of the layer's picture, in kilobits per second, by which the platform chooses a layer for each viewer. Announced over RTMP and SRT; not announced if left out.",
    }),
  }),
});

const IngestBackupInput = builder.inputType("IngestBackupInput", {
  description: "A further set of the same feeds, from other encoders, shown when the set before it fails.",
  fields: (t) => ({
    priority: t.int({
      description: "Priority of this set, below that of the set before it. Defaults to one less.",
    }),
    clusterId: t.string({
      description:
        "Id of the cluster that receives this set, over RTMP, RTMPS or SRT. Defaults to the token's cluster; any other than the first set's needs geo-cascade.",
    }),
    publishToken: t.field({
      type: PublishTokenRef,
      description: "Publish token for this set, with the same geo-cascade as the plan's. Defaults to the plan's token.",
    }),
  }),
});

interface FeedValue {
  readonly feed: PlannedFeed;
  readonly protocol: Protocol;
  readonly endpoints: IngestEndpoints;
}

const IngestPlanFeed = builder.objectRef<FeedValue>("IngestPlanFeed").implement({
  description: "One feed of a plan: the settings of one output of an encoder.",
  fields: (t) => ({
    isBackup: t.boolean({
      description: "Whether this feed backs up another one.",
      resolve: ({ feed }) => feed.isBackup,
    }),
    sourceId: t.string({
      nullable: true,
      description:
        "Source id that the platform will show among the stream's feeds; null for the main source without layers.",
      resolve: ({ feed }) => feed.sourceId,
    }),
    simulcastId: t.string({
      nullable: true,
      description:
        "Id of the camera that this feed is a layer of, and its label in the hosted player. Empty for the main source; null for a plan of one source without an id and without layers.",
      resolve: ({ feed }) => feed.simulcastId,
    }),
    layer: t.string({
      nullable: true,
      description: "Name of the quality layer; null without layers.",
      resolve: ({ feed }) => feed.layer,
    }),
    priority: t.field({
      type: "SafeInt",
      nullable: true,
      description: "Priority that the address sets; null leaves it to the publish token.",
      resolve: ({ feed }) => feed.priority,
    }),
    hasAudio: t.boolean({
      description: "Whether the feed carries sound. Among several layers only the first does.",
      resolve: ({ feed }) => feed.hasAudio,
    }),
    hasVideo: t.boolean({ description: "Whether the feed carries a picture.", resolve: ({ feed }) => feed.hasVideo }),
    isEncrypted: t.boolean({
      description: "Whether the feed is encrypted on its way to the platform.",
      resolve: ({ feed }) => feed.isEncrypted,
    }),
    clusterId: t.string({
      description: "Id of the cluster that receives the feed; `auto` for the nearest.",
      resolve: ({ feed }) => feed.clusterId,
    }),
    publishToken: t.field({
      type: PublishToken,
      description: "Publish token that the feed is broadcast with.",
      resolve: ({ feed }) => feed.token,
    }),
    url: t.string({
      description:
        "Whole address, for encoders with a single field. Secret except over WHIP: it contains the publish token.",
      resolve: ({ protocol, endpoints }) => addressOf(protocol, endpoints),
    }),
    rtmp: t.field({
      type: RtmpIngest,
      nullable: true,
      description: "Address as server and stream key, over RTMP and RTMPS; null over other protocols. Secret.",
      resolve: ({ protocol, endpoints }) =>
        protocol === "RTMP" || protocol === "RTMPS"
          ? { server: serverOf(protocol, endpoints), streamKey: endpoints.rtmpStreamKey }
          : null,
    }),
    bearerToken: t.string({
      nullable: true,
      description: "Publish token that WHIP takes as bearer; null over other protocols. Secret.",
      resolve: ({ protocol, endpoints }) => (protocol === "WHIP" ? endpoints.publishToken : null),
    }),
    srtStreamId: t.string({
      nullable: true,
      description: "Stream id, for SRT encoders that have a field for it; null over other protocols. Secret.",
      resolve: ({ protocol, endpoints }) => (protocol === "SRT" ? endpoints.srtStreamId : null),
    }),
    srtPassphrase: t.string({
      nullable: true,
      description: "Passphrase that SRT is encrypted with; null without encryption and over other protocols. Secret.",
      resolve: ({ protocol, endpoints }) => (protocol === "SRT" ? endpoints.srtPassphrase : null),
    }),
  }),
});

const IngestWarning = builder.objectRef<IngestWarningCode>("IngestWarning").implement({
  description: "A restriction of a plan that is valid nevertheless.",
  fields: (t) => ({
    code: t.field({
      type: IngestWarningCodeEnum,
      description: "Stable, machine-readable code of the warning.",
      resolve: (code) => code,
    }),
    message: t.string({
      description: "Explanation of the warning for people.",
      resolve: (code) => ingestWarningCodes[code],
    }),
  }),
});

interface PlanValue {
  readonly streamName: string;
  readonly protocol: Protocol;
  readonly plan: Plan;
}

const IngestPlan = builder.objectRef<PlanValue>("IngestPlan").implement({
  description: "Plan for sending a stream in: one entry for each output of an encoder, with its exact address.",
  fields: (t) => ({
    stream: t.field({
      type: Stream,
      description: "The stream that the plan is for.",
      resolve: ({ streamName }) => streamRecord(streamName),
    }),
    protocol: t.expose("protocol", { type: IngestProtocol, description: "Protocol of every feed of the plan." }),
    feeds: t.field({
      type: [IngestPlanFeed],
      description: "Primary feeds, source by source with the best layer first, then each set of backups.",
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
      description: "Restrictions to know before the broadcast begins; empty if there are none.",
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
      "The exact addresses for sending a stream in: sources, quality layers and backups, checked against the publish token's settings and the platform's limits. The addresses contain the token, so each reading is audited. Null, with an error, if a setting breaks a rule.",
    args: {
      stream: t.arg({
        type: StreamRef,
        required: true,
        description: "The stream to broadcast. It need not exist yet if a token's pattern opens it.",
      }),
      protocol: t.arg({ type: IngestProtocol, required: true, description: "Protocol of every feed of the plan." }),
      publishToken: t.arg({
        type: PublishTokenRef,
        description:
          "Publish token to broadcast with. Defaults to the only usable one of the stream; required if the stream has several.",
      }),
      sources: t.arg({
        type: [IngestSourceInput],
        description: "Sources, the main one first. Defaults to a single source without an id.",
      }),
      layers: t.arg({
        type: [IngestLayerInput],
        description: "Qualities of each source with a picture, the best first. Defaults to a single one.",
      }),
      priority: t.arg.int({
        description:
          "Priority of the primary feeds. Defaults to the token's; with backups, which need lower priorities, to the token's or, if it has none, the number of backups.",
      }),
      backups: t.arg({
        type: [IngestBackupInput],
        description: "Further sets of the same feeds, in the order in which they take over. None if left out.",
      }),
      isEncrypted: t.arg.boolean({
        description:
          "Whether SRT must be encrypted. The plan is rejected if the token's setting differs; not checked if left out.",
      }),
      extraLatencyMs: t.arg.int({
        description: "Latency to add for a steadier picture, 0 to 3000 milliseconds. Defaults to none.",
      }),
    },
    resolve: async (_root, args, context) => {
      // A stream that a pattern opens can be planned before it exists.
      const name = streamNameOf(args.stream, "stream");
      assertName(name, "stream");
      const token = await findPublisher(name, args.publishToken, "publishToken", context);
      const backups = (args.backups ?? []).map((backup, index) => backupRequest(name, backup, index, context));
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
      await Promise.all([...used].map((each: PublishTokenRecord) => auditReading(each, context)));
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

async function backupRequest(
  streamName: string,
  { priority, clusterId, publishToken }: BackupInput,
  index: number,
  context: GraphContext,
): Promise<BackupRequest> {
  const argument = `backups.${index}`;
  if (clusterId != null) {
    const { clusters } = await context.account.clusters();
    assertCluster(
      clusterId,
      clusters.map(({ id }) => id),
      `${argument}.clusterId`,
    );
  }
  const token = publishToken
    ? await findPublisher(streamName, publishToken, `${argument}.publishToken`, context)
    : null;
  return { priority: priority ?? null, clusterId: clusterId ?? null, token };
}

function auditReading({ id }: PublishTokenRecord, { audit }: GraphContext): Promise<void> {
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
