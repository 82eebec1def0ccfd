import { InvalidInputError } from "./errors.ts";

/**
 * Cloud transcoders: each takes one RTMP or SRT feed and makes a ladder of quality layers of it. They are charged by the
 * minute while they are active.
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

/** What a transcoder makes of its input. */
export interface TranscoderProfile {
  readonly id: string | null;
  readonly name: string | null;
  readonly description: string | null;
  /** Most lines of a frame. */
  readonly height: number | null;
  readonly frameRate: number | null;
  /** The top layer is the input, as it came. */
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
  /** When it was last shut down; null while it is not, or has never been started. */
  readonly endedAt: number | null;
  /** Where encoders send to. */
  readonly ingest: { readonly rtmp: string | null; readonly rtmps: string | null; readonly srt: string | null };
}

/** What can be set of a transcoder; what is undefined is left as it is. */
export interface TranscoderSettings {
  readonly name?: string | undefined;
  readonly clusterId?: string | undefined;
  readonly dnsPrefix?: string | undefined;
  /** It says all of the output, so it goes without the three below. */
  readonly profileId?: string | undefined;
  readonly height?: number | undefined;
  readonly frameRate?: number | undefined;
  readonly isPassThrough?: boolean | undefined;
}

/** The frame rates that the platform takes. @see POST /api/transcoders */
export const frameRates = [24, 25, 29.97, 30, 50, 59.94, 60];
/** A part of a host name holds 63 characters, of which a dash and the account's id take some. */
const prefix = /^[a-z\d-]{1,56}$/i;

/** @throws InvalidInputError naming the argument and the documented rule */
export function assertTranscoderSettings(settings: TranscoderSettings): void {
  const { name, dnsPrefix, profileId, height, frameRate, isPassThrough } = settings;
  if (name !== undefined && name.trim() === "") throw new InvalidInputError("input.name", "It holds a text.");
  if (dnsPrefix !== undefined && !prefix.test(dnsPrefix)) {
    throw new InvalidInputError("input.dnsPrefix", "It holds letters, digits and dashes, at most 56; no underscores.");
  }
  if (height !== undefined && height < 1) throw new InvalidInputError("input.height", "It is a number of lines.");
  if (frameRate !== undefined && !frameRates.includes(frameRate)) {
    throw new InvalidInputError("input.frameRate", `It is one of ${frameRates.join(", ")} frames per second.`);
  }
  const output = { height, frameRate, isPassThrough };
  const [other] = Object.entries(output).find(([, value]) => value !== undefined) ?? [];
  if (profileId !== undefined && other !== undefined) {
    throw new InvalidInputError(
      `input.${other}`,
      "A profile says all of the output, and would win: give one or the other.",
    );
  }
}

/** A new transcoder needs to know what to make. @throws InvalidInputError */
export function assertOutput({ profileId, height, frameRate }: TranscoderSettings): void {
  if (profileId !== undefined || (height !== undefined && frameRate !== undefined)) return;
  const missing = height === undefined ? "height" : "frameRate";
  throw new InvalidInputError(`input.${missing}`, "Give a profileId, or a height and a frameRate.");
}

/** @throws InvalidInputError CLUSTER_UNKNOWN, or for a cluster where no transcoder runs */
export function assertTranscodes(
  clusterId: string,
  clusters: readonly { readonly id: string; readonly canTranscode: boolean }[],
): void {
  const able = clusters.filter(({ canTranscode }) => canTranscode).map(({ id }) => id);
  if (able.includes(clusterId)) return;
  const isKnown = clusters.some(({ id }) => id === clusterId);
  throw new InvalidInputError(
    "input.clusterId",
    `Transcoders run in the clusters ${able.join(", ")}.`,
    {},
    isKnown ? "INVALID_INPUT" : "CLUSTER_UNKNOWN",
  );
}

/** @throws InvalidInputError when nothing is set */
export function assertSomething(settings: TranscoderSettings): void {
  if (Object.values(settings).some((value) => value !== undefined)) return;
  throw new InvalidInputError("input", "There is nothing to change in it.");
}
