import type { GraphContext } from "../../context.ts";
import type { AssetPosition } from "../../loaders/media-assets.ts";
import { InvalidInputError } from "../../model/errors.ts";
import {
  type MediaAssetRecord,
  type MediaAssetState,
  type MediaAssetType,
  type MediaDownload as MediaDownloadRecord,
  type MediaTrack as MediaTrackRecord,
  mediaAssetStates,
  mediaAssetTypes,
} from "../../model/media/media.ts";
import { streamRecord } from "../../model/stream/stream.ts";
import type { MediaAssetsQuery } from "../../upstream/media-assets.ts";
import { builder } from "../builder.ts";
import { decodeCursor, encodeCursor, pageSize } from "../connection.ts";
import { enumValues } from "../enum-values.ts";
import { encodeGlobalId } from "../global-id.ts";
import { MediaAsset, PublishToken, Stream } from "../refs.ts";
import { recordWindow, WindowInput } from "../window.ts";
import { MediaDistribution } from "./media-distribution.ts";

export const MediaAssetTypeEnum = builder.enumType("MediaAssetType", {
  description: "What kind of media an asset is.",
  values: enumValues(mediaAssetTypes),
});

export const MediaAssetStateEnum = builder.enumType("MediaAssetState", {
  description: "Where an asset is on its way. Time moves it on: ask again to see how far it is.",
  values: enumValues(mediaAssetStates),
});

const MediaStorageEnum = builder.enumType("MediaStorage", {
  description: "Whose storage an asset lies in.",
  values: {
    PLATFORM: { description: "The platform's." },
    GOOGLE_CLOUD: { description: "A bucket of one's own at Google Cloud." },
    AMAZON_S3: { description: "A bucket of one's own at Amazon S3." },
  },
});

const MediaTrack = builder.objectRef<MediaTrackRecord>("MediaTrack").implement({
  description: "One track of finished media.",
  fields: (t) => ({
    type: t.exposeString("type", { nullable: true, description: "`video` or `audio`." }),
    codec: t.exposeString("codec", { nullable: true, description: "Such as `h264` or `opus`." }),
    bitsPerSecond: t.exposeInt("bitsPerSecond", { nullable: true, description: "Its bit rate." }),
    width: t.exposeInt("width", { nullable: true, description: "Of the picture, in pixels." }),
    height: t.exposeInt("height", { nullable: true, description: "Of the picture, in pixels." }),
    framesPerSecond: t.exposeInt("framesPerSecond", { nullable: true, description: "Pictures in a second." }),
    channels: t.exposeInt("channels", { nullable: true, description: "Of sound." }),
    samplesPerSecond: t.exposeInt("samplesPerSecond", { nullable: true, description: "Of sound, in hertz." }),
  }),
});

const MediaDownload = builder.objectRef<MediaDownloadRecord>("MediaDownload").implement({
  description: "Where finished media is fetched from. Whoever has an address can fetch it.",
  fields: (t) => ({
    fileUrl: t.string({
      nullable: true,
      description: "Of the file, for a short time; null for HLS, which is many files.",
      resolve: ({ fileUrl }) => fileUrl?.reveal() ?? null,
    }),
    fileUrlExpiresAt: t.expose("fileUrlExpiresAt", {
      type: "DateTime",
      nullable: true,
      description: "When `fileUrl` stops working; ask again for another.",
    }),
    playbackUrl: t.string({
      nullable: true,
      description:
        "Of the CDN, for as long as the asset is there; null without a distribution. One with keys wants `?token=` and a JWT signed by one of them.",
      resolve: ({ playbackUrl }) => playbackUrl?.reveal() ?? null,
    }),
  }),
});

builder.node(MediaAsset, {
  name: "MediaAsset",
  description:
    "A recording, a clip, or another stretch of media. One is made for each source and layer of a stream, and after 24 hours of recording a new one.",
  authScopes: { staff: "stream:read" },
  id: { resolve: ({ id }) => id },
  fields: (t) => ({
    assetId: t.exposeString("id", { description: "What the platform calls it." }),
    type: t.expose("type", { type: MediaAssetTypeEnum, description: "What kind of media it is." }),
    state: t.expose("state", { type: MediaAssetStateEnum, description: "Where it is on its way." }),
    processingSince: t.field({
      type: "DateTime",
      nullable: true,
      description:
        "Since when the platform has been making it: since it was ordered, or since its broadcast ended. Null while that goes on, and when it is done.",
      resolve: ({ state, type, createdAt, endedAt }) =>
        state === "PROCESSING" ? (type === "CLIP" ? createdAt : endedAt) : null,
    }),
    problem: t.exposeString("problem", {
      nullable: true,
      description: "Why it could not be made, in the platform's words.",
    }),
    name: t.exposeString("name", { nullable: true, description: "What people call it." }),
    stream: t.field({
      type: Stream,
      nullable: true,
      description: "The stream that it was made of; null for what was not broadcast.",
      resolve: ({ streamName }) => (streamName === null ? null : streamRecord(streamName)),
    }),
    publishToken: t.field({
      type: PublishToken,
      nullable: true,
      authScopes: { staff: "token:read" },
      description: "The publish token that it was broadcast with; null when that has been deleted.",
      resolve: ({ publishTokenId }, _args, { loaders }) =>
        publishTokenId === null ? null : loaders.publishToken(publishTokenId),
    }),
    sourceId: t.exposeString("sourceId", { nullable: true, description: "The source; null for the main one." }),
    simulcastId: t.exposeString("simulcastId", {
      nullable: true,
      description: "The quality layer; null where the encoder named none.",
    }),
    priority: t.exposeInt("priority", { nullable: true, description: "The priority of the feed." }),
    startedAt: t.expose("startedAt", { type: "DateTime", description: "When its first picture was broadcast." }),
    endedAt: t.expose("endedAt", {
      type: "DateTime",
      nullable: true,
      description: "When its last picture was broadcast; null while that goes on.",
    }),
    durationSeconds: t.int({
      description: "How long it is, or has grown to.",
      resolve: ({ facts, startedAt, endedAt }, _args, { now }) =>
        facts?.durationSeconds ?? Math.max(0, Math.floor(((endedAt ?? now) - startedAt) / 1000)),
    }),
    createdAt: t.expose("createdAt", {
      type: "DateTime",
      nullable: true,
      description: "When it was ordered, or its recording began.",
    }),
    expiresAt: t.expose("expiresAt", {
      type: "DateTime",
      nullable: true,
      description: "When the platform deletes it; null for never, and for a recording that has not ended.",
    }),
    removedAt: t.expose("removedAt", { type: "DateTime", nullable: true, description: "When it was deleted." }),
    storage: t.expose("storage", { type: MediaStorageEnum, description: "Whose storage it lies in." }),
    format: t.string({
      nullable: true,
      description: "Of its file: `mp4`, `webm` or `hls`. Null until it is complete.",
      resolve: ({ facts }) => facts?.format ?? null,
    }),
    bytes: t.field({
      type: "Bytes",
      nullable: true,
      description: "Size of its files. Null until it is complete.",
      resolve: ({ facts }) => facts?.bytes ?? null,
    }),
    tracks: t.field({
      type: [MediaTrack],
      description: "Its tracks of pictures and sound; none until it is complete.",
      resolve: ({ facts }) => [...(facts?.tracks ?? [])],
    }),
    distribution: t.field({
      type: MediaDistribution,
      nullable: true,
      description: "By which rules it is played from the CDN; null for none, and for one that has been deleted.",
      resolve: ({ distributionId }, _args, { loaders }) =>
        distributionId === null ? null : loaders.mediaDistribution(distributionId),
    }),
    customPath: t.exposeString("customPath", {
      nullable: true,
      description: "What stands for its id in the CDN's addresses.",
    }),
    download: t.field({
      type: MediaDownload,
      nullable: true,
      authScopes: { staff: "media:reveal" },
      description:
        "Where it is fetched from: a secret. Null until it is complete, and in storage of one's own. Each reading is audited.",
      resolve: async ({ id }, _args, { loaders, audit }) => {
        const download = (await loaders.mediaAssets.byId(id))?.download ?? null;
        if (download) await audit.reveal(encodeGlobalId("MediaAsset", id), "download");
        return download;
      },
    }),
  }),
});

const MediaAssetOrder = builder.enumType("MediaAssetOrder", {
  description: "In which order assets are listed, by the beginning of their media.",
  values: {
    NEWEST_FIRST: { description: "The latest broadcast first." },
    OLDEST_FIRST: { description: "The earliest broadcast first." },
  },
});

/** The arguments of every field that lists media assets. */
export const mediaAssetArgs = builder.args((t) => ({
  types: t.field({
    type: [MediaAssetTypeEnum],
    required: true,
    defaultValue: ["RECORDING", "CLIP"],
    description: "Of these types, at least one.",
  }),
  states: t.field({
    type: [MediaAssetStateEnum],
    required: true,
    defaultValue: ["PROCESSING", "COMPLETE", "ERROR"],
    description: "In these states, at least one. Deleted assets are in no list.",
  }),
  sourceId: t.string({ description: "Of this source." }),
  window: t.field({
    type: WindowInput,
    description: "That began in this window, which need not be of full hours; at any time when it is left out.",
  }),
  timeZone: t.field({
    type: "TimeZone",
    required: true,
    defaultValue: "UTC",
    description: "Where the months of `window` begin.",
  }),
  order: t.field({
    type: MediaAssetOrder,
    required: true,
    defaultValue: "NEWEST_FIRST",
    description: "By the beginning of their media.",
  }),
  first: t.int({ required: true, defaultValue: 20, description: "At most so many assets, from 1 to 100." }),
  after: t.string({ description: "Begin behind the asset with this cursor." }),
}));

interface MediaAssetArguments {
  readonly types: readonly MediaAssetType[];
  readonly states: readonly MediaAssetState[];
  readonly sourceId?: string | null | undefined;
  readonly window?: Parameters<typeof recordWindow>[0]["window"] | null | undefined;
  readonly timeZone: string;
  readonly order: "NEWEST_FIRST" | "OLDEST_FIRST";
  readonly first: number;
  readonly after?: string | null | undefined;
}

interface MediaAssetPage {
  readonly edges: readonly { readonly cursor: string; readonly node: MediaAssetRecord }[];
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
}

const MediaAssetEdge = builder.objectRef<MediaAssetPage["edges"][number]>("MediaAssetEdge").implement({
  description: "A media asset of a page with its cursor.",
  fields: (t) => ({
    cursor: t.exposeString("cursor", { description: "Where this asset stands in the list." }),
    node: t.expose("node", { type: MediaAsset, description: "The asset itself." }),
  }),
});

export const MediaAssetConnection = builder.objectRef<MediaAssetPage>("MediaAssetConnection").implement({
  description: "A page of media assets. How many there are in all, the platform does not tell.",
  fields: (t) => ({
    edges: t.field({
      type: [MediaAssetEdge],
      description: "The assets with their cursors.",
      resolve: ({ edges }) => [...edges],
    }),
    nodes: t.field({
      type: [MediaAsset],
      description: "The assets themselves, in the order of `edges`.",
      resolve: ({ edges }) => edges.map(({ node }) => node),
    }),
    pageInfo: t.field({
      type: builder.pageInfoRef(),
      description: "Where the page stands in the list.",
      resolve: ({ edges, hasNextPage, hasPreviousPage }) => ({
        hasNextPage,
        hasPreviousPage,
        startCursor: edges.at(0)?.cursor ?? null,
        endCursor: edges.at(-1)?.cursor ?? null,
      }),
    }),
  }),
});

/**
 * @param selection what the platform filters by, beside the arguments
 * @throws InvalidInputError naming the argument; UpstreamError
 */
export async function mediaAssetPage(
  selection: Pick<MediaAssetsQuery, "streamName" | "publishTokenId" | "name">,
  { types, states, sourceId, window, timeZone, order, first, after }: MediaAssetArguments,
  context: GraphContext,
): Promise<MediaAssetPage> {
  if (types.length === 0) throw new InvalidInputError("types", "Name at least one type.");
  if (states.length === 0 || states.includes("DELETED")) {
    throw new InvalidInputError("states", "Name at least one state. Deleted assets are in no list.");
  }
  const size = pageSize(first, "first");
  const position = after == null ? null : positionOf(decodeCursor(after, "after"));
  const reading = context.loaders.mediaAssets.first(
    {
      ...selection,
      types: [...new Set(types)],
      states: [...new Set(states)],
      sourceId: sourceId ?? undefined,
      newestFirst: order === "NEWEST_FIRST",
    },
    { ...(window && recordWindow({ window, timeZone }, context)), after: position },
    size + 1,
  );
  const placed = await context.loaders.batchScheduler.track(reading);
  return {
    edges: placed.slice(0, size).map(({ asset, position: { startedAt, id, page } }) => ({
      node: asset,
      cursor: encodeCursor(`${startedAt}:${page}:${id}`),
    })),
    hasNextPage: placed.length > size,
    hasPreviousPage: position !== null,
  };
}

function positionOf(key: string): AssetPosition {
  const [, startedAt, page, id] = /^(-?\d{1,15}):(\d{1,6}):(.{1,128})$/s.exec(key) ?? [];
  if (!startedAt || !page || !id || Number(page) < 1) {
    throw new InvalidInputError("after", "It is no cursor of media assets.");
  }
  return { startedAt: Number(startedAt), page: Number(page), id };
}
