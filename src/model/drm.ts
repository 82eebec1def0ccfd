import { InvalidInputError } from "./errors.ts";

interface DrmSettings {
  readonly isDrm?: boolean | undefined;
  readonly isSecured?: boolean | undefined;
}

/**
 * DRM goes with viewers who are known by a token.
 *
 * @param present what the token has so far, where it is known
 * @throws InvalidInputError naming the argument and the documented rule
 */
export function assertDrmIsSecured(settings: DrmSettings, present: DrmSettings = {}): void {
  const isDrm = settings.isDrm ?? present.isDrm;
  const isSecured = settings.isSecured ?? present.isSecured;
  if (!isDrm || isSecured !== false) return;
  const argument = settings.isDrm ? "input.isDrm" : "input.isSecured";
  throw new InvalidInputError(argument, "DRM is for secured streams: its viewers need a token.");
}
