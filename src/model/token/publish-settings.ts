import { ConflictError, InvalidInputError } from "../errors.ts";
import type { PublishTokenRecord } from "./token.ts";

/** The two settings of a publish token of which at most one is on. */
export interface RecordingSettings {
  readonly isRecording?: boolean | undefined;
  readonly isClipping?: boolean | undefined;
}

/**
 * A token records or clips, not both.
 *
 * @param present what the token has so far, where it is known
 * @throws InvalidInputError naming the argument and the documented rule
 * @see PUT /api/v2/publish_token/{tokenId} (`record`, `clip`)
 */
export function assertRecordsOrClips(settings: RecordingSettings, present: RecordingSettings = {}): void {
  const isRecording = settings.isRecording ?? present.isRecording;
  const isClipping = settings.isClipping ?? present.isClipping;
  if (!isRecording || !isClipping) return;
  const [added, other] = settings.isClipping ? ["isClipping", "isRecording"] : ["isRecording", "isClipping"];
  throw new InvalidInputError(
    `input.${added}`,
    `A token records or clips, not both: \`${added}: true\` goes with \`${other}: false\`.`,
  );
}

/**
 * Recording begins and ends with a broadcast: it is not switched while the token broadcasts.
 *
 * @param liveTokenIds the tokens that publish now
 * @throws ConflictError
 */
export function assertRecordingMayChange(
  { id, label, isRecording }: PublishTokenRecord,
  settings: RecordingSettings,
  liveTokenIds: readonly number[],
): void {
  if (settings.isRecording === undefined || settings.isRecording === isRecording || !liveTokenIds.includes(id)) return;
  throw new ConflictError(
    `The publish token ${label} (${id}) is broadcasting: recording can't be switched until its broadcast has ended.`,
    { argument: "input.isRecording" },
  );
}
