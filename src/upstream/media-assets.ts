import type {
  MediaAssetRecord,
  MediaAssetState,
  MediaAssetType,
  MediaDownload,
  MediaFacts,
  MediaStorage,
  MediaTrack,
} from "../model/media/media.ts";
import type { Redactor } from "../model/redactor.ts";
import { Secret } from "../model/secret.ts";
import { iso } from "../model/usage/time.ts";
import type { components } from "./generated/media.ts";
import {
  count,
  instant,
  integer,
  list,
  mapOf,
  object,
  optional,
  optionalList,
  ShapeError,
  text,
} from "./transport/decode.ts";
import type { Http } from "./transport/http-types.ts";
import { nullIfRejected } from "./upstream-error.ts";

/** Filter of a list of assets, which is sorted by their start. Lists never contain deleted assets. */
export interface MediaAssetsQuery {
  readonly types: readonly MediaAssetType[];
  readonly states: readonly MediaAssetState[];
  readonly streamName?: string | undefined;
  readonly publishTokenId?: number | undefined;
  readonly name?: string | undefined;
  readonly sourceId?: string | undefined;
  readonly newestFirst: boolean;
}

/** Source and settings of a new clip. Times are milliseconds since the epoch. */
export interface NewClip {
  readonly streamName: string;
  readonly publishTokenId?: number | undefined;
  /** The source of the highest priority, then quality, by default. */
  readonly sourceId?: string | undefined;
  /** Every layer by default, with a clip for each. */
  readonly simulcastId?: string | undefined;
  readonly priority?: number | undefined;
  readonly from: number;
  /** Now by default. */
  readonly to?: number | undefined;
  readonly name?: string | undefined;
  readonly format?: "mp4" | "hls" | undefined;
  readonly expiresAt?: number | undefined;
  readonly distributionId?: string | undefined;
  readonly customPath?: string | undefined;
}

/** Changes to an asset: null removes a setting, undefined leaves it as it is. */
export interface MediaAssetChanges {
  readonly distributionId?: string | null | undefined;
  readonly customPath?: string | null | undefined;
}

/** Outcome of deleting several assets: one response may report some as deleted and others as refused. */
export interface DeletionOutcome {
  readonly failures: readonly { readonly id: string; readonly reason: string }[];
}

/** Assets on a full page of a list, and ids that one deletion accepts. @see GET, DELETE /api/v3/media/assets */
export const MAX_ASSETS_PER_CALL = 100;

/** Client for recordings, clips and timelines. Every method throws UpstreamError when there is no usable response. */
export interface MediaAssets {
  /** Returns one page, counted from 1; a page with fewer than {@link MAX_ASSETS_PER_CALL} is the last. @see GET /api/v3/media/assets */
  list(query: MediaAssetsQuery, page: number, signal?: AbortSignal): Promise<MediaAssetRecord[]>;
  /** Returns an asset with its download URLs; null for an id that the account does not have. @see GET /api/v3/media/assets/{mediaAssetId} */
  read(id: string, signal?: AbortSignal): Promise<MediaAssetRecord | null>;
  /**
   * Cuts clips: one for each timeline and layer in the span. A repeated idempotency key returns the same clips.
   *
   * @see POST /api/v3/media/assets
   */
  clip(clip: NewClip, idempotencyKey: string): Promise<MediaAssetRecord[]>;
  /** Changes an asset. @see PATCH /api/v3/media/assets/{mediaAssetId} */
  update(id: string, changes: MediaAssetChanges): Promise<MediaAssetRecord>;
  /** Deletes up to {@link MAX_ASSETS_PER_CALL} assets; refuses those that are neither complete nor failed. @see DELETE /api/v3/media/assets */
  delete(ids: readonly string[]): Promise<DeletionOutcome>;
}

const PATH = "/api/v3/media/assets";

export function createMediaAssets(http: Http): MediaAssets {
  return {
    list: ({ newestFirst, ...query }, page, signal) =>
      http.read({
        operation: "MediaAssets_ListMediaAssets",
        path: PATH,
        query: {
          type: query.types.map((type) => wireTypes[type]),
          status: query.states.map((state) => wireStates[state]),
          streamName: query.streamName,
          tokenId: query.publishTokenId,
          name: query.name,
          sourceId: query.sourceId,
          sort: "startTime",
          desc: newestFirst,
          page,
          limit: MAX_ASSETS_PER_CALL,
        },
        decode: (data, redact) => list(data, "data", assetBy(redact)),
        signal,
      }),
    read: async (id, signal) =>
      nullIfRejected(
        http.read({
          operation: "MediaAssets_ReadMediaAsset",
          path: `${PATH}/${encodeURIComponent(id)}`,
          decode: (data, redact) => assetBy(redact)(data, "data"),
          signal,
        }),
        "mediaAssetId",
      ),
    clip: (clip, idempotencyKey) =>
      http.write({
        operation: "MediaAssets_CreateMediaAsset",
        method: "POST",
        path: PATH,
        body: clipBody(clip),
        idempotencyKey,
        decode: (data, redact) => list(data, "data", assetBy(redact)),
      }),
    update: (id, { distributionId, customPath }) =>
      http.write({
        operation: "MediaAssets_UpdateMediaAsset",
        method: "PATCH",
        path: `${PATH}/${encodeURIComponent(id)}`,
        body: {
          ...(distributionId !== undefined && { mediaDistributionId: distributionId }),
          ...(customPath !== undefined && { customPath }),
        } satisfies Schemas["UpdateMediaAssetModel"],
        decode: (data, redact) => assetBy(redact)(data, "data"),
      }),
    delete: (ids) =>
      http.write({
        operation: "MediaAssets_DeleteMediaAssets",
        method: "DELETE",
        path: PATH,
        query: { id: ids },
        decode: deletionOutcome,
      }),
  };
}

type Schemas = components["schemas"];

const wireTypes = {
  RECORDING: "recording",
  CLIP: "clip",
  TIMELINE: "timeline",
  VOD: "vod",
  STORAGE_VALIDATION: "storageValidation",
} as const satisfies Record<MediaAssetType, Schemas["MediaAssetType"]>;

const wireStates = {
  PROCESSING: "processing",
  COMPLETE: "complete",
  ERROR: "error",
  DELETING: "deleting",
  DELETED: "deleted",
} as const satisfies Record<MediaAssetState, Schemas["MediaAssetStatus"]>;

const storages = {
  PLATFORM: "dolbyStorage",
  GOOGLE_CLOUD: "gcs",
  AMAZON_S3: "awsS3",
} as const satisfies Record<MediaStorage, Schemas["MediaAssetStorageType"]>;

/** Creates the decoder of an enum from its names and the platform's values. @param what completes the message "is not ..." */
function enumDecoder<Name extends string>(names: Readonly<Record<Name, string>>, what: string) {
  const byValue = new Map(Object.entries<string>(names).map(([name, value]) => [value, name as Name]));
  return (value: unknown, at: string): Name => {
    const name = byValue.get(text(value, at));
    if (name === undefined) throw new ShapeError(at, what);
    return name;
  };
}

const assetType = enumDecoder(wireTypes, "a type of media");
const assetState = enumDecoder(wireStates, "a status of media");
const storageType = enumDecoder(storages, "a kind of storage");

function clipBody(clip: NewClip): Schemas["CreateMediaAssetModel"] {
  const { streamName, publishTokenId, sourceId, simulcastId, priority, name, format, distributionId, customPath } =
    clip;
  return {
    streamName,
    startTime: iso(clip.from),
    ...(clip.to !== undefined && { stopTime: iso(clip.to) }),
    ...(publishTokenId !== undefined && { tokenId: publishTokenId }),
    ...(sourceId !== undefined && { sourceId }),
    ...(simulcastId !== undefined && { simulcastId }),
    ...(priority !== undefined && { priority }),
    ...(name !== undefined && { name }),
    ...(format !== undefined && { targetFormat: format }),
    ...(clip.expiresAt !== undefined && { expiration: iso(clip.expiresAt) }),
    ...(distributionId !== undefined && { mediaDistributionId: distributionId }),
    ...(customPath !== undefined && { customPath }),
  };
}

function assetBy(redact: Redactor) {
  return (value: unknown, at: string): MediaAssetRecord => asset(value, at, redact);
}

function asset(value: unknown, at: string, redact: Redactor): MediaAssetRecord {
  const wire = object<Schemas["DownloadMediaAssetModel"]>(value, at);
  const feed = object<Schemas["MediaAssetFeedSelectionModel"]>(wire.feed ?? {}, `${at}.feed`);
  const storage = object<Schemas["MediaAssetStorageResponseModel"]>(wire.storage ?? {}, `${at}.storage`);
  const problem = optional(wire.error, `${at}.error`, text);
  return {
    kind: "MediaAsset",
    id: text(wire.id, `${at}.id`),
    type: assetType(wire.type, `${at}.type`),
    state: assetState(wire.status, `${at}.status`),
    name: optional(wire.name, `${at}.name`, text),
    streamName: optional(feed.streamName, `${at}.feed.streamName`, text),
    publishTokenId: optional(feed.tokenId, `${at}.feed.tokenId`, integer),
    sourceId: optional(feed.sourceId, `${at}.feed.sourceId`, text),
    simulcastId: optional(feed.simulcastId, `${at}.feed.simulcastId`, text),
    priority: optional(feed.priority, `${at}.feed.priority`, integer),
    startedAt: instant(wire.startTime, `${at}.startTime`),
    endedAt: optional(wire.stopTime, `${at}.stopTime`, instant),
    createdAt: optional(wire.created, `${at}.created`, instant),
    expiresAt: optional(wire.expiration, `${at}.expiration`, instant),
    removedAt: optional(wire.removed, `${at}.removed`, instant),
    problem: problem === null ? null : redact(problem),
    storage: optional(storage.type, `${at}.storage.type`, storageType) ?? "PLATFORM",
    facts: optional(wire.metadata, `${at}.metadata`, facts),
    distributionId: optional(wire.mediaDistributionId, `${at}.mediaDistributionId`, text),
    customPath: optional(wire.customPath, `${at}.customPath`, text),
    download: optional(wire.download, `${at}.download`, download),
  };
}

function facts(value: unknown, at: string): MediaFacts {
  const wire = object<Schemas["RecordMetadata"]>(value, at);
  const sizes = optional(wire.sizes, `${at}.sizes`, (map, place) => mapOf(map, place, count));
  return {
    format: optional(wire.format, `${at}.format`, text),
    bytes: sizes && [...sizes.values()].reduce((sum, bytes) => sum + bytes, 0n),
    durationSeconds: optional(wire.duration, `${at}.duration`, integer),
    tracks: optionalList(wire.tracks, `${at}.tracks`, track),
  };
}

function track(value: unknown, at: string): MediaTrack {
  const wire = object<Schemas["RecordMediaTrack"]>(value, at);
  return {
    type: optional(wire.type, `${at}.type`, text),
    codec: optional(wire.codec, `${at}.codec`, text),
    bitsPerSecond: optional(wire.bitrate, `${at}.bitrate`, integer),
    width: optional(wire.width, `${at}.width`, integer),
    height: optional(wire.height, `${at}.height`, integer),
    framesPerSecond: optional(wire.framerate, `${at}.framerate`, integer),
    channels: optional(wire.channels, `${at}.channels`, integer),
    samplesPerSecond: optional(wire.samplerate, `${at}.samplerate`, integer),
  };
}

function download(value: unknown, at: string): MediaDownload {
  const wire = object<Schemas["RecordDownloadUrl"]>(value, at);
  const secret = (url: unknown, place: string) => new Secret(text(url, place));
  return {
    fileUrl: optional(wire.downloadUrl, `${at}.downloadUrl`, secret),
    fileUrlExpiresAt: optional(wire.downloadExpiresOn, `${at}.downloadExpiresOn`, instant),
    playbackUrl: optional(wire.url, `${at}.url`, secret),
  };
}

function deletionOutcome(data: unknown, redact: Redactor): DeletionOutcome {
  const wire = object<Schemas["DeleteMediaAssetsResponse"]>(data, "data");
  return {
    failures: optionalList(wire.errors, "data.errors", (failure, at) => {
      const { id, error } = object<Schemas["MediaAssetDeletionError"]>(failure, at);
      const reason = optional(error, `${at}.error`, text) ?? "The platform gave no reason.";
      return { id: text(id, `${at}.id`), reason: redact(reason) };
    }),
  };
}
