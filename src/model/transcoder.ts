import { InvalidInputError, invalidArgument } from "./errors.ts";
import { assertNotBlank } from "./text.ts";

/**
 * Cloud transcoders: each turns one RTMP or SRT feed into a ladder of quality layers. The platform bills the minutes in which
 * they are active.
 *
 * @see /api/transcoders
 */

export type TranscoderStatus =
  | "Queued"
  | "Provisioning"
  | "Active"
  | "Error"
  | "ShuttingDown"
  | "Shutdown"
  | "Deleting"
  | "Deleted";

/** The output of a transcoder. */
export interface TranscoderProfile {
  readonly id: string | null;
  readonly name: string | null;
  readonly description: string | null;
  /** Highest number of lines in a frame. */
  readonly height: number | null;
  readonly frameRate: number | null;
  /** Whether the top layer is the unchanged input. */
  readonly isPassThrough: boolean;
  readonly layers: readonly TranscoderLayer[];
}

export interface TranscoderLayer {
  readonly height: number | null;
  readonly width: number | null;
  readonly frameRate: number | null;
  readonly codec: string | null;
  readonly bitsPerSecond: number | null;
}

export interface TranscoderRecord {
  readonly kind: "Transcoder";
  readonly id: string;
  readonly name: string;
  readonly clusterId: string | null;
  readonly host: string | null;
  readonly status: TranscoderStatus;
  readonly profile: TranscoderProfile | null;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** When the transcoder was last shut down, in milliseconds since the epoch; null while it runs, or before its first start. */
  readonly endedAt: number | null;
  /** Addresses that encoders send to. */
  readonly ingest: { readonly rtmp: string | null; readonly rtmps: string | null; readonly srt: string | null };
}

/** Settings to create or change; undefined leaves a setting as it is. */
export interface TranscoderSettings {
  readonly name?: string | undefined;
  readonly clusterId?: string | undefined;
  readonly dnsPrefix?: string | undefined;
  /** Defines the whole output, so it excludes the three settings below. */
  readonly profileId?: string | undefined;
  readonly height?: number | undefined;
  readonly frameRate?: number | undefined;
  readonly isPassThrough?: boolean | undefined;
}

/** Frame rates that the platform accepts, per second. @see POST /api/transcoders */
export const frameRates = [24, 25, 29.97, 30, 50, 59.94, 60];
/** A label of a host name has up to 63 characters, of which a hyphen and the account's id take some. */
const prefix = /^[a-z\d-]{1,56}$/i;

/** Throws unless the platform accepts the settings. @throws InvalidInputError naming the argument */
export function assertTranscoderSettings(settings: TranscoderSettings): void {
  const { name, dnsPrefix, profileId, height, frameRate, isPassThrough } = settings;
  if (name !== undefined) assertNotBlank(name, "input.name");
  if (dnsPrefix !== undefined && !prefix.test(dnsPrefix)) {
    throw invalidArgument("input.dnsPrefix", "must be 1 to 56 letters, digits and hyphens", dnsPrefix);
  }
  if (height !== undefined && height < 1) throw invalidArgument("input.height", "must be at least 1 line", height);
  if (frameRate !== undefined && !frameRates.includes(frameRate)) {
    throw invalidArgument("input.frameRate", `must be one of ${frameRates.join(", ")} frames per second`, frameRate);
  }
  const output = { height, frameRate, isPassThrough };
  const [other] = Object.entries(output).find(([, value]) => value !== undefined) ?? [];
  if (profileId !== undefined && other !== undefined) {
    throw invalidArgument(`input.${other}`, "must be absent if `profileId` is set: a profile defines the whole output");
  }
}

/** Throws unless a new transcoder has a profile, or a height and a frame rate. @throws InvalidInputError naming the argument */
export function assertOutput({ profileId, height, frameRate }: TranscoderSettings): void {
  if (profileId !== undefined || (height !== undefined && frameRate !== undefined)) return;
  const missing = height === undefined ? "height" : "frameRate";
  throw invalidArgument(`input.${missing}`, "must be set unless `profileId` is");
}

/** Throws unless transcoders run in the cluster. @throws InvalidInputError, CLUSTER_UNKNOWN if the account has no such cluster */
export function assertTranscodes(
  clusterId: string,
  clusters: readonly { readonly id: string; readonly canTranscode: boolean }[],
): void {
  const able = clusters.filter(({ canTranscode }) => canTranscode).map(({ id }) => id);
  if (able.includes(clusterId)) return;
  const isKnown = clusters.some(({ id }) => id === clusterId);
  throw new InvalidInputError(
    "input.clusterId",
    `\`input.clusterId\` must be a cluster with transcoders, one of ${able.join(", ")}; got ${JSON.stringify(clusterId)}.`,
    {},
    isKnown ? "INVALID_INPUT" : "CLUSTER_UNKNOWN",
  );
}
