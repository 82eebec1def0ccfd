import { ApplicationError, InvalidInputError } from "../errors.ts";
import { DAY_MS, HOUR_MS, iso } from "../usage/time.ts";
import { DEFAULT_TIMELINE_DAYS, type MediaExpiry } from "./media.ts";

/** The shortest and the longest clip. @see POST /api/v3/media/assets */
const MIN_CLIP_MS = 10_000;
const MAX_CLIP_MS = 8 * HOUR_MS;

const MAX_CLIP_NAME_LENGTH = 256;
const MAX_CUSTOM_PATH_LENGTH = 512;
const FORBIDDEN_IN_NAMES = '\r\n#[]*?:"“”<>|/{}^%`~';

/** The span of a clip: half-open, in milliseconds since the epoch; up to now when it has no end. */
export interface ClipSpan {
  readonly from: number;
  readonly to?: number | undefined;
}

/** @throws InvalidInputError for a span that no clip can have at `now`, naming the rule */
export function assertClipSpan({ from, to = Number.NaN }: ClipSpan, now: number): void {
  const end = Number.isNaN(to) ? now : to;
  if (from >= now) throw new InvalidInputError("input.from", `A clip begins in the past, before ${iso(now)}.`);
  if (end > now) throw new InvalidInputError("input.to", `A clip ends in the past, at ${iso(now)} at the latest.`);
  if (end - from < MIN_CLIP_MS || end - from > MAX_CLIP_MS) {
    const length = `not of ${(end - from) / 1000} seconds`;
    throw new InvalidInputError("input.to", `A clip is of 10 seconds to 8 hours, ${length}.`);
  }
}

/** How far back the account's cache can reach at `now`: clips that begin earlier are refused. */
export function clippableSince({ timelineDays }: MediaExpiry, now: number): number {
  return now - (timelineDays ?? DEFAULT_TIMELINE_DAYS) * DAY_MS;
}

/** @throws ApplicationError CLIP_NOT_CACHED for a clip that begins before what the account keeps, naming the rule */
export function assertCached({ from }: ClipSpan, expiry: MediaExpiry, now: number): void {
  const since = clippableSince(expiry, now);
  if (from >= since) return;
  const days = expiry.timelineDays ?? DEFAULT_TIMELINE_DAYS;
  throw notCached(
    `Clips are cut from a cache of ${days === 1 ? "1 day" : `${days} days`}: nothing before ${iso(since)} is in it any more.`,
    { clippableSince: iso(since) },
  );
}

/** Why a clip can't be cut although its span is fine. */
export function notCached(message: string, facts: Readonly<Record<string, unknown>> = {}): ApplicationError {
  return new ApplicationError("CLIP_NOT_CACHED", message, { argument: "input.from", ...facts });
}

/** @throws InvalidInputError for a name that media can't have */
export function assertClipName(name: string, argument: string): void {
  if (name.length < 1 || name.length > MAX_CLIP_NAME_LENGTH) {
    throw new InvalidInputError(argument, `It holds 1 to ${MAX_CLIP_NAME_LENGTH} characters, not ${name.length}.`);
  }
  const found = [...FORBIDDEN_IN_NAMES].filter((character) => name.includes(character));
  if (found.length === 0) return;
  throw new InvalidInputError(
    argument,
    `A name can't have ${found.map((each) => JSON.stringify(each)).join(", ")} in it.`,
  );
}

/** @throws InvalidInputError for a path that no address of the CDN can have */
export function assertCustomPath(path: string, argument: string): void {
  if (path.length >= 1 && path.length <= MAX_CUSTOM_PATH_LENGTH) return;
  throw new InvalidInputError(argument, `It holds 1 to ${MAX_CUSTOM_PATH_LENGTH} characters, not ${path.length}.`);
}
