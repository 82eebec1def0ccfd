import { ApplicationError, invalidArgument } from "./errors.ts";
import { assertNotBlank } from "./text.ts";

/** Width and height of the frames of a mix, in pixels. @see POST /v3/conferences/mix/{conferenceId}/rts/start */
const FRAME_PIXELS = { min: 390, max: 1920 };
const MAX_ADDRESS_LENGTH = 2048;
const uuid = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

/** The requested look of a conference's stream. */
export interface MixRequest {
  readonly layoutUrl?: string | undefined;
  readonly width?: number | undefined;
  readonly height?: number | undefined;
  readonly mixId?: string | undefined;
}

/** Returns the error of mutations about conferences while the feature is disabled. */
export function conferenceStreamingDisabled(): ApplicationError {
  return new ApplicationError(
    "FEATURE_DISABLED",
    "Conference streaming is disabled, because its platform has been retired. Set CONFERENCE_STREAMING=on to enable it.",
  );
}

/** Throws unless the text has the form of a conference id. @throws InvalidInputError naming the argument */
export function assertConferenceId(conferenceId: string, argument: string): void {
  if (uuid.test(conferenceId)) return;
  throw invalidArgument(argument, "must be the UUID of a conference, not its alias", conferenceId);
}

/**
 * Throws unless the platform accepts the mix.
 *
 * @param isOwnStream whether the target is a stream of the account, which has fewer options
 * @throws InvalidInputError naming the argument
 */
export function assertMix({ layoutUrl, width, height, mixId }: MixRequest, isOwnStream: boolean): void {
  const isLayout = layoutUrl === undefined || layoutUrl === "default" || isWebAddress(layoutUrl);
  if (!isLayout) {
    throw invalidArgument("input.layoutUrl", "must be `default` or a URL that begins with https://", layoutUrl);
  }
  for (const [name, pixels] of Object.entries({ width, height })) {
    if (pixels !== undefined && (pixels < FRAME_PIXELS.min || pixels > FRAME_PIXELS.max)) {
      throw invalidArgument(`input.${name}`, `must be ${FRAME_PIXELS.min} to ${FRAME_PIXELS.max} pixels`, pixels);
    }
  }
  if (mixId !== undefined) assertNotBlank(mixId, "input.mixId");
  const [extra] = Object.entries({ width, height, mixId }).find(([, value]) => value !== undefined) ?? [];
  if (isOwnStream && extra !== undefined) {
    throw invalidArgument(`input.${extra}`, "must be absent if `stream` is set: only a platform stream has it");
  }
}

function isWebAddress(text: string): boolean {
  return text.startsWith("https://") && text.length <= MAX_ADDRESS_LENGTH && URL.canParse(text);
}
