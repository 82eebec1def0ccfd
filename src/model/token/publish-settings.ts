import { ConflictError, invalidArgument } from "../errors.ts";
import type { PublishTokenRecord } from "./token.ts";

/** Settings of a publish token, at most one of which is true. */
export interface RecordingSettings {
  readonly isRecording?: boolean | undefined;
  readonly isClipping?: boolean | undefined;
}

/**
 * Throws when a token would both record and clip.
 *
 * @param present the token's present settings; empty for a new token
 * @throws InvalidInputError naming the argument
 * @see PUT /api/v2/publish_token/{tokenId} (`record`, `clip`)
 */
export function assertRecordsOrClips(settings: RecordingSettings, present: RecordingSettings = {}): void {
  const isRecording = settings.isRecording ?? present.isRecording;
  const isClipping = settings.isClipping ?? present.isClipping;
  if (!isRecording || !isClipping) return;
  const [added, other] = settings.isClipping ? ["isClipping", "isRecording"] : ["isRecording", "isClipping"];
  throw invalidArgument(`input.${added}`, `must be false unless \`${other}\` is: a token either records or clips`);
}

/**
 * Throws when recording would be switched during a broadcast: a recording starts and ends with its broadcast.
 *
 * @param liveTokenIds ids of the tokens that are broadcasting now
 * @throws ConflictError
 */
export function assertRecordingMayChange(
  { id, label, isRecording }: PublishTokenRecord,
  settings: RecordingSettings,
  liveTokenIds: readonly number[],
): void {
  if (settings.isRecording === undefined || settings.isRecording === isRecording || !liveTokenIds.includes(id)) return;
  throw new ConflictError(
    `The publish token ${label} (${id}) is broadcasting: recording can be switched once the broadcast has ended.`,
    { argument: "input.isRecording" },
  );
}

interface DrmSettings {
  readonly isDrm?: boolean | undefined;
  readonly isSecured?: boolean | undefined;
}

/**
 * Throws when DRM would be on for a stream that is not secured: DRM identifies its viewers by their tokens.
 *
 * @param present the token's present settings; empty for a new token
 * @throws InvalidInputError naming the argument
 */
export function assertDrmIsSecured(settings: DrmSettings, present: DrmSettings = {}): void {
  const isDrm = settings.isDrm ?? present.isDrm;
  const isSecured = settings.isSecured ?? present.isSecured;
  if (!isDrm || isSecured !== false) return;
  const [argument, rule] = settings.isDrm
    ? ["input.isDrm", "must be false while `isSecured` is"]
    : ["input.isSecured", "must be true while `isDrm` is"];
  throw invalidArgument(argument, `${rule}: DRM needs viewers with tokens`);
}

/**
 * Throws when a token of several sources would have no fixed cluster.
 *
 * @param isMultisource the requested setting; undefined when the request leaves it as it is
 * @param originCluster the cluster that would apply; undefined or null when it is not known
 * @throws InvalidInputError naming the argument
 */
export function assertMultisourceCluster(
  isMultisource: boolean | undefined,
  originCluster: string | null | undefined,
): void {
  if (!isMultisource || originCluster !== "auto") return;
  throw invalidArgument(
    "input.isMultisource",
    "must be false while `originCluster` is `auto`: several sources need a cluster by its id",
  );
}
