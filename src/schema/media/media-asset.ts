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
import { decodeCursor, encodeCursor, PageInfo, pageSize } from "../connection.ts";
import { enumValues } from "../enum-values.ts";
import { encodeGlobalId } from "../global-id.ts";
import { MediaAsset, PublishToken, Stream } from "../refs.ts";
import { recordWindow, WindowInput } from "../window.ts";
import { MediaDistribution } from "./media-distribution.ts";

const MediaAssetTypeEnum = builder.enumType("MediaAssetType", {
  description: "Kind of media that an asset holds.",
  values: enumValues(mediaAssetTypes),
});

const MediaAssetStateEnum = builder.enumType("MediaAssetState", {
  description: "Stage in the life of an asset. An asset moves on by itself: read its state again to see how far it is.",
  values: enumValues(mediaAssetStates),
});

const MediaStorageEnum = builder.enumType("MediaStorage", {
  description: "Owner of the storage that an asset is in.",
  values: {
    PLATFORM: { description: "The storage that the platform provides with the account." },
    GOOGLE_CLOUD: { description: "A bucket of the account at Google Cloud." },
    AMAZON_S3: { description: "A bucket of the account at Amazon S3." },
  },
});

const MediaTrack = builder.objectRef<MediaTrackRecord>("MediaTrack").implement({
  description: "One track of finished media.",
  fields: (t) => ({
    type: t.exposeString("type", {
      nullable: true,
      description: "Kind of track: `video` or `audio`; null if the platform reports none.",
    }),
    codec: t.exposeString("codec", {
      nullable: true,
      description: "Codec of the track, such as `h264` or `opus`; null if the platform reports none.",
    }),
    bitsPerSecond: t.expose("bitsPerSecond", {
      type: "SafeInt",
      nullable: true,
      description: "Bit rate of the track in bits per second; null if the platform reports none.",
    }),
    width: t.expose("width", {
      type: "SafeInt",
      nullable: true,
      description: "Width of the picture in pixels; null for audio.",
    }),
    height: t.expose("height", {
      type: "SafeInt",
      nullable: true,
      description: "Height of the picture in pixels; null for audio.",
    }),
    framesPerSecond: t.expose("framesPerSecond", {
      type: "SafeInt",
      nullable: true,
      description: "Frame rate of the picture in frames per second; null for audio.",
    }),
    channels: t.expose("channels", {
      type: "SafeInt",
      nullable: true,
      description: "Number of audio channels; null for video.",
    }),
    samplesPerSecond: t.expose("samplesPerSecond", {
      type: "SafeInt",
      nullable: true,
      description: "Sample rate of the audio in hertz; null for video.",
    }),
  }),
});

const MediaDownload = builder.objectRef<MediaDownloadRecord>("MediaDownload").implement({
  description: "Addresses of finished media. Anyone who has an address can fetch the media.",
  fields: (t) => ({
    fileUrl: t.string({
      nullable: true,
      description: "Address of the file, valid for a short time; null for HLS, which is many files.",
      resolve: ({ fileUrl }) => fileUrl?.reveal() ?? null,
    }),
    fileUrlExpiresAt: t.expose("fileUrlExpiresAt", {
      type: "DateTime",
      nullable: true,
      description: "Time at which `fileUrl` stops working; read the field again for another. Null without an address.",
    }),
    playbackUrl: t.string({
      nullable: true,
      description:
        "Address on the CDN, valid as long as the asset exists; null without a distribution. If the distribution has keys, append `?token=` and a JWT signed with one of them.",
      resolve: ({ playbackUrl }) => playbackUrl?.reveal() ?? null,
    }),
  }),
});

builder.node(MediaAsset, {
  name: "MediaAsset",
  description:
    "A recording, a clip, or another stretch of media. Each source and layer of a stream has an asset of its own, and a recording continues in a new asset after 24 hours.",
  authScopes: { staff: "stream:read" },
  id: { resolve: ({ id }) => id },
  fields: (t) => ({
    assetId: t.exposeString("id", { description: "The platform's id of the asset." }),
    type: t.expose("type", { type: MediaAssetTypeEnum, description: "Kind of media that the asset holds." }),
    state: t.expose("state", { type: MediaAssetStateEnum, description: "Stage that the asset has reached." }),
    processingSince: t.field({
      type: "DateTime",
      nullable: true,
      description:
        "Time at which the platform began to process the asset: a clip when it was ordered, a recording when its broadcast ended. Null during the broadcast, and after processing.",
      resolve: ({ state, type, createdAt, endedAt }) =>
        state === "PROCESSING" ? (type === "CLIP" ? createdAt : endedAt) : null,
    }),
    problem: t.exposeString("problem", {
      nullable: true,
      description: "Why processing failed, in the platform's words; null if it did not.",
    }),
    name: t.exposeString("name", { nullable: true, description: "Name of the asset; null if it has none." }),
    stream: t.field({
      type: Stream,
      nullable: true,
      description: "Stream that the asset was made of; null if it was not broadcast.",
      resolve: ({ streamName }) => (streamName === null ? null : streamRecord(streamName)),
    }),
    publishToken: t.field({
      type: PublishToken,
      nullable: true,
      authScopes: { staff: "token:read" },
      description: "Publish token that the asset was broadcast with; null when that has been deleted.",
      resolve: ({ publishTokenId }, _args, { loaders }) =>
        publishTokenId === null ? null : loaders.publishToken(publishTokenId),
    }),
    sourceId: t.exposeString("sourceId", {
      nullable: true,
      description: "Id of the source; null for the main source.",
    }),
    simulcastId: t.exposeString("simulcastId", {
      nullable: true,
      description: "Id of the quality layer; null if the encoder named none.",
    }),
    priority: t.expose("priority", {
      type: "SafeInt",
      nullable: true,
      description: "Priority of the feed that the asset was made of; null if it had none.",
    }),
    startedAt: t.expose("startedAt", { type: "DateTime", description: "Time at which the first frame was broadcast." }),
    endedAt: t.expose("endedAt", {
      type: "DateTime",
      nullable: true,
      description: "Time at which the last frame was broadcast; null during the broadcast.",
    }),
    durationSeconds: t.field({
      type: "SafeInt",
      description: "Length of the media in seconds; during the broadcast, the length so far.",
      resolve: ({ facts, startedAt, endedAt }, _args, { now }) =>
        facts?.durationSeconds ?? Math.max(0, Math.floor(((endedAt ?? now) - startedAt) / 1000)),
    }),
    createdAt: t.expose("createdAt", {
      type: "DateTime",
      nullable: true,
      description: "Time at which the clip was ordered or the recording began; null if the platform reports none.",
    }),
    expiresAt: t.expose("expiresAt", {
      type: "DateTime",
      nullable: true,
      description:
        "Time at which the platform deletes the asset; null for never, and for a recording that has not ended.",
    }),
    removedAt: t.expose("removedAt", {
      type: "DateTime",
      nullable: true,
      description: "Time at which the asset was deleted; null while it exists.",
    }),
    storage: t.expose("storage", { type: MediaStorageEnum, description: "Owner of the storage that the asset is in." }),
    format: t.string({
      nullable: true,
      description: "Format of the file: `mp4`, `webm` or `hls`; null until the asset is complete.",
      resolve: ({ facts }) => facts?.format ?? null,
    }),
    bytes: t.field({
      type: "Bytes",
      nullable: true,
      description: "Size of all files in bytes; null until the asset is complete.",
      resolve: ({ facts }) => facts?.bytes ?? null,
    }),
    tracks: t.field({
      type: [MediaTrack],
      description: "Video and audio tracks of the asset; empty until it is complete.",
      resolve: ({ facts }) => [...(facts?.tracks ?? [])],
    }),
    distribution: t.field({
      type: MediaDistribution,
      nullable: true,
      description:
        "Distribution by whose rules the asset is played from the CDN; null without one, and if it has been deleted.",
      resolve: ({ distributionId }, _args, { loaders }) =>
        distributionId === null ? null : loaders.mediaDistribution(distributionId),
    }),
    customPath: t.exposeString("customPath", {
      nullable: true,
      description: "Replaces the asset's id in its CDN addresses; null if the id is used.",
    }),
    download: t.field({
      type: MediaDownload,
      nullable: true,
      authScopes: { staff: "media:reveal" },
      description:
        "Addresses of the finished media. Secret, so each reading is audited. Null until the asset is complete, and if it is in a bucket of the account.",
      resolve: async ({ id }, _args, { loaders, audit }) => {
        const download = (await loaders.mediaAssets.byId(id))?.download ?? null;
        if (download) await audit.reveal(encodeGlobalId("MediaAsset", id), "download");
        return download;
      },
    }),
  }),
});

const MediaAssetOrder = builder.enumType("MediaAssetOrder", {
  description: "Order of a list of assets, by the start of their media.",
  values: {
    NEWEST_FIRST: { description: "The latest broadcast comes first." },
    OLDEST_FIRST: { description: "The earliest broadcast comes first." },
  },
});

/** Arguments of every field that lists media assets. */
export const mediaAssetArgs = builder.args((t) => ({
  types: t.field({
    type: [MediaAssetTypeEnum],
    required: true,
    defaultValue: ["RECORDING", "CLIP"],
    description: "Types of the assets, at least one. Defaults to recordings and clips.",
  }),
  states: t.field({
    type: [MediaAssetStateEnum],
    required: true,
    defaultValue: ["PROCESSING", "COMPLETE", "ERROR"],
    description:
      "States of the assets, at least one. Defaults to PROCESSING, COMPLETE and ERROR; deleted assets cannot be listed.",
  }),
  sourceId: t.string({ description: "Id of the assets' source. Defaults to all sources." }),
  window: t.field({
    type: WindowInput,
    description:
      "Only assets that started within this window, which may begin and end at any minute. Defaults to all time.",
  }),
  timeZone: t.field({
    type: "TimeZone",
    required: true,
    defaultValue: "UTC",
    description: "Time zone in which the months of `window` begin. Defaults to UTC.",
  }),
  order: t.field({
    type: MediaAssetOrder,
    required: true,
    defaultValue: "NEWEST_FIRST",
    description: "Order by the start of the media. Defaults to the newest first.",
  }),
  first: t.int({
    required: true,
    defaultValue: 20,
    description: "Number of assets to return, 0 to 100. Defaults to 20.",
  }),
  after: t.string({ description: "Return the assets after this cursor. Defaults to the start of the list." }),
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
  description: "A media asset of a page, with its cursor.",
  fields: (t) => ({
    cursor: t.exposeString("cursor", { description: "Position of the asset in the list." }),
    node: t.expose("node", { type: MediaAsset, description: "The media asset at this position." }),
  }),
});

export const MediaAssetConnection = builder.objectRef<MediaAssetPage>("MediaAssetConnection").implement({
  description: "A page of media assets. The platform does not report how many there are in total.",
  fields: (t) => ({
    edges: t.field({
      type: [MediaAssetEdge],
      description: "Assets of the page with their cursors.",
      resolve: ({ edges }) => [...edges],
    }),
    nodes: t.field({
      type: [MediaAsset],
      description: "Assets of the page, in the order of `edges`.",
      resolve: ({ edges }) => edges.map(({ node }) => node),
    }),
    pageInfo: t.field({
      type: builder.pageInfoRef(),
      description: "Position of the page in the list.",
      resolve: ({ edges, hasNextPage, hasPreviousPage }) => new PageInfo(edges, hasNextPage, hasPreviousPage),
    }),
  }),
});

/**
 * Returns a page of media assets.
 *
 * @param selection filters of the platform beside the arguments
 * @throws InvalidInputError naming the argument
 * @throws UpstreamError
 */
export async function mediaAssetPage(
  selection: Pick<MediaAssetsQuery, "streamName" | "publishTokenId" | "name">,
  { types, states, sourceId, window, timeZone, order, first, after }: MediaAssetArguments,
  context: GraphContext,
): Promise<MediaAssetPage> {
  if (types.length === 0) throw new InvalidInputError("types", "`types` must name at least one type.");
  if (states.length === 0 || states.includes("DELETED")) {
    throw new InvalidInputError(
      "states",
      "`states` must name at least one state, and not DELETED: deleted assets cannot be listed.",
    );
  }
  const size = pageSize(first, "first");
  const position = after ? positionOf(decodeCursor(after, "after")) : null;
  const assets = context.loaders.mediaAssets.first(
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
  const positioned = await context.loaders.batchScheduler.track(assets);
  return {
    edges: positioned.slice(0, size).map(({ asset, position: { startedAt, id, page } }) => ({
      node: asset,
      cursor: encodeCursor(`${startedAt}:${page}:${id}`),
    })),
    hasNextPage: positioned.length > size,
    hasPreviousPage: position !== null,
  };
}

function positionOf(key: string): AssetPosition {
  const [, startedAt, page, id] = /^(-?\d{1,15}):(\d{1,6}):(.{1,128})$/s.exec(key) ?? [];
  if (!startedAt || !page || !id || Number(page) < 1) {
    throw new InvalidInputError(
      "after",
      "`after` must be a cursor of media assets, such as their `pageInfo.endCursor`.",
    );
  }
  return { startedAt: Number(startedAt), page: Number(page), id };
}
