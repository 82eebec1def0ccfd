import type { TranscoderProfile, TranscoderRecord, TranscoderSettings, TranscoderStatus } from "../model/transcoder.ts";
import type { components } from "./generated/transcoder.ts";
import { MAX_ITEMS_ON_PAGE } from "./list-page.ts";
import { boolean, instant, integer, list, number, object, optional, optionalList, text } from "./transport/decode.ts";
import type { Http } from "./transport/http-types.ts";
import { nullIfRejected } from "./upstream-error.ts";

/** Settings of a new transcoder. */
export interface NewTranscoder extends TranscoderSettings {
  readonly name: string;
  readonly clusterId: string;
  /** Whether it starts at once; the platform bills it from then on. */
  readonly startsNow: boolean;
}

/** Page of the list, counted from 1, of up to 100 transcoders. The platform returns no total. */
export interface TranscoderPage {
  readonly page: number;
  /** Oldest first by default. */
  readonly newestFirst?: boolean;
  /** Whether deleted transcoders are included; false by default. */
  readonly withDeleted?: boolean;
}

/** Client for cloud transcoders. Every method throws UpstreamError when there is no usable response. */
export interface Transcoders {
  /** Returns one page, sorted by age. @see GET /api/transcoders */
  list(page: TranscoderPage, signal?: AbortSignal): Promise<TranscoderRecord[]>;
  /** Returns a transcoder; null for an id that the account does not have. @see GET /api/transcoders/{transcoderId} */
  read(id: string, signal?: AbortSignal): Promise<TranscoderRecord | null>;
  /** Creates a transcoder. Not idempotent: each call creates another one. @see POST /api/transcoders */
  create(transcoder: NewTranscoder): Promise<TranscoderRecord>;
  /** Changes a transcoder. @see PUT /api/transcoders/{transcoderId} */
  update(id: string, changes: TranscoderSettings): Promise<TranscoderRecord>;
  /** Deletes a transcoder; a running one is shut down at once. @see DELETE /api/transcoders/{transcoderId} */
  delete(id: string): Promise<void>;
}

type Schemas = components["schemas"];

const statuses = [
  "Queued",
  "Provisioning",
  "Active",
  "Error",
  "ShuttingDown",
  "Shutdown",
  "Deleting",
  "Deleted",
] as const satisfies readonly Schemas["TranscoderDisplayStatus"][];

export function createTranscoders(http: Http): Transcoders {
  const at = (id: string) => `/api/transcoders/${encodeURIComponent(id)}`;
  const decode = (data: unknown) => transcoder(data, "data");
  return {
    list: ({ page, newestFirst = false, withDeleted = false }, signal) =>
      http.read({
        operation: "Transcoder_ListTranscoders",
        path: "/api/transcoders",
        query: {
          sortBy: "CreatedDate",
          page,
          itemsOnPage: MAX_ITEMS_ON_PAGE,
          isDescending: newestFirst,
          status: withDeleted ? statuses : undefined,
        },
        decode: (data) => list(data, "data", transcoder),
        signal,
      }),
    read: async (id, signal) =>
      nullIfRejected(http.read({ operation: "Transcoder_GetTranscoder", path: at(id), decode, signal })),
    create: ({ startsNow, ...settings }) =>
      http.write({
        operation: "Transcoder_CreateTranscoder",
        method: "POST",
        path: "/api/transcoders",
        body: {
          ...settingsBody(settings),
          name: settings.name,
          cluster: settings.clusterId,
          startNow: startsNow,
        } satisfies Schemas["CreateTranscoderRecord"],
        decode,
      }),
    update: (id, changes) =>
      http.write({
        operation: "Transcoder_UpdateTranscoder",
        method: "PUT",
        path: at(id),
        body: settingsBody(changes) satisfies Schemas["UpdateTranscoder"],
        decode,
      }),
    delete: async (id) => {
      await http.write({
        operation: "Transcoder_DeleteTranscoder",
        method: "DELETE",
        path: at(id),
        decode: () => undefined,
      });
    },
  };
}

function settingsBody(settings: TranscoderSettings) {
  const { name, clusterId, dnsPrefix, profileId, height, frameRate, isPassThrough } = settings;
  return {
    ...(name !== undefined && { name }),
    ...(clusterId !== undefined && { cluster: clusterId }),
    ...(dnsPrefix !== undefined && { dnsPrefix }),
    ...(profileId !== undefined && { profile: profileId }),
    ...(height !== undefined && { height }),
    ...(frameRate !== undefined && { frameRate }),
    ...(isPassThrough !== undefined && { passThrough: isPassThrough }),
  };
}

function transcoder(value: unknown, at: string): TranscoderRecord {
  const wire = object<Schemas["RecordResponse"]>(value, at);
  const urls = object<Schemas["PublishUrlsResponse"]>(wire.publishUrls ?? {}, `${at}.publishUrls`);
  return {
    kind: "Transcoder",
    id: text(wire.transcoderId, `${at}.transcoderId`),
    name: optional(wire.name, `${at}.name`, text) ?? "",
    clusterId: optional(wire.cluster, `${at}.cluster`, text),
    host: optional(wire.dnsName, `${at}.dnsName`, text),
    status: status(wire.status, `${at}.status`),
    profile: optional(wire.profile, `${at}.profile`, profile),
    createdAt: instant(wire.createdOn, `${at}.createdOn`),
    endedAt: optional(wire.endedOn, `${at}.endedOn`, instant),
    ingest: {
      rtmp: optional(urls.rtmp, `${at}.publishUrls.rtmp`, text),
      rtmps: optional(urls.rtmps, `${at}.publishUrls.rtmps`, text),
      srt: optional(urls.srt, `${at}.publishUrls.srt`, text),
    },
  };
}

/** Returns `Error` for a status that the documents do not list: the transcoder can't be relied on in it. */
function status(value: unknown, at: string): TranscoderStatus {
  const received = text(value, at);
  return statuses.find((known) => known === received) ?? "Error";
}

function profile(value: unknown, at: string): TranscoderProfile {
  const wire = object<Schemas["ProfileResponse"]>(value, at);
  return {
    id: optional(wire.profileId, `${at}.profileId`, text),
    name: optional(wire.name, `${at}.name`, text),
    description: optional(wire.description, `${at}.description`, text),
    height: optional(wire.height, `${at}.height`, integer),
    frameRate: optional(wire.frameRate, `${at}.frameRate`, number),
    isPassThrough: optional(wire.passThrough, `${at}.passThrough`, boolean) ?? false,
    layers: optionalList(wire.layers, `${at}.layers`, (layer, place) => {
      const { height, width, fps, codec, bitrate } = object<Schemas["TranscoderProfileLayer"]>(layer, place);
      return {
        height: optional(height, `${place}.height`, integer),
        width: optional(width, `${place}.width`, integer),
        frameRate: optional(fps, `${place}.fps`, number),
        codec: optional(codec, `${place}.codec`, text),
        bitsPerSecond: optional(bitrate, `${place}.bitrate`, integer),
      };
    }),
  };
}
