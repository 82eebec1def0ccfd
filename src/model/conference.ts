import { ApplicationError, InvalidInputError } from "./errors.ts";

/** Frames of a conference's mix are so many pixels wide and high. @see POST /v3/conferences/mix/{conferenceId}/rts/start */
const FRAME_PIXELS = { min: 390, max: 1920 };
const MAX_ADDRESS_LENGTH = 2048;
const uuid = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

/** What a client wants a conference's stream to look like. */
export interface MixRequest {
  readonly layoutUrl?: string | undefined;
  readonly width?: number | undefined;
  readonly height?: number | undefined;
  readonly mixId?: string | undefined;
}

/** What a mutation about conferences answers where they are switched off. */
export function conferenceStreamingDisabled(): ApplicationError {
  return new ApplicationError(
    "FEATURE_DISABLED",
    "Streaming of conferences is switched off, as its platform has been retired: CONFERENCE_STREAMING=on switches it on.",
  );
}

/** @throws InvalidInputError for what is no id of a conference, such as its alias */
export function assertConferenceId(conferenceId: string, argument: string): void {
  if (uuid.test(conferenceId)) return;
  throw new InvalidInputError(argument, "It is the conference's id, a UUID that its platform has made; not its alias.");
}

/**
 * @param isOwnStream to a stream of one's own, which takes less
 * @throws InvalidInputError naming the argument and the documented rule
 */
export function assertMix({ layoutUrl, width, height, mixId }: MixRequest, isOwnStream: boolean): void {
  const isLayout = layoutUrl === undefined || layoutUrl === "default" || isWebAddress(layoutUrl);
  if (!isLayout)
    throw new InvalidInputError("input.layoutUrl", "It is `default`, or an address that begins with https://.");
  for (const [name, pixels] of Object.entries({ width, height })) {
    if (pixels !== undefined && (pixels < FRAME_PIXELS.min || pixels > FRAME_PIXELS.max)) {
      throw new InvalidInputError(`input.${name}`, `It is of ${FRAME_PIXELS.min} to ${FRAME_PIXELS.max} pixels.`);
    }
  }
  if (mixId !== undefined && mixId.trim() === "") throw new InvalidInputError("input.mixId", "It holds a text.");
  const [extra] = Object.entries({ width, height, mixId }).find(([, value]) => value !== undefined) ?? [];
  if (isOwnStream && extra !== undefined) {
    throw new InvalidInputError(
      `input.${extra}`,
      "It goes with a stream that the platform makes; leave it out, or `stream`.",
    );
  }
}

function isWebAddress(text: string): boolean {
  return text.startsWith("https://") && text.length <= MAX_ADDRESS_LENGTH && URL.canParse(text);
}
