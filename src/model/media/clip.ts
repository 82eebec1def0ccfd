import { ApplicationError, invalidArgument } from "../errors.ts";
import { assertLength } from "../text.ts";
import { DAY_MS, HOUR_MS, iso } from "../usage/time.ts";
import { DEFAULT_TIMELINE_DAYS, type MediaExpiry } from "./media.ts";

/** Shortest clip, in milliseconds. @see POST /api/v3/media/assets */
const MIN_CLIP_MS = 10_000;
/** Longest clip, in milliseconds. */
const MAX_CLIP_MS = 8 * HOUR_MS;

const MAX_CLIP_NAME_LENGTH = 256;
const MAX_CUSTOM_PATH_LENGTH = 512;
const FORBIDDEN_IN_NAMES = '\r\n#[]*?:"“”<>|/{}^%`~';

/** The half-open span of a clip, in milliseconds since the epoch. Without `to` it ends now. */
export interface ClipSpan {
  readonly from: number;
  readonly to?: number | undefined;
}

/** Throws unless a clip can have this span at `now`. @throws InvalidInputError naming the argument */
export function assertClipSpan({ from, to = Number.NaN }: ClipSpan, now: number): void {
  const end = Number.isNaN(to) ? now : to;
  if (from >= now) throw invalidArgument("input.from", `must be in the past, before ${iso(now)}`, iso(from));
  if (end > now) throw invalidArgument("input.to", `must not be in the future, after ${iso(now)}`, iso(end));
  if (end - from < MIN_CLIP_MS || end - from > MAX_CLIP_MS) {
    throw invalidArgument("input.to", "must be 10 to 28,800 seconds after `input.from`", (end - from) / 1000);
  }
}

/** Returns the earliest start of a clip at `now`: the account's cache reaches back to it. */
export function clippableSince({ timelineDays }: MediaExpiry, now: number): number {
  return now - (timelineDays ?? DEFAULT_TIMELINE_DAYS) * DAY_MS;
}

/** Throws for a clip that starts before the account's cache. @throws ApplicationError CLIP_NOT_CACHED */
export function assertCached({ from }: ClipSpan, expiry: MediaExpiry, now: number): void {
  const since = clippableSince(expiry, now);
  if (from >= since) return;
  const days = expiry.timelineDays ?? DEFAULT_TIMELINE_DAYS;
  throw notCached(
    `\`input.from\` must not be before ${iso(since)}: clips are cut from a cache of ${days === 1 ? "1 day" : `${days} days`}.`,
    { clippableSince: iso(since) },
  );
}

/** Returns the error for a clip of a valid span whose media is not in the cache. */
export function notCached(message: string, facts: Readonly<Record<string, unknown>> = {}): ApplicationError {
  return new ApplicationError("CLIP_NOT_CACHED", message, { argument: "input.from", ...facts });
}

/** Throws unless media can have this name. @throws InvalidInputError naming the argument */
export function assertClipName(name: string, argument: string): void {
  assertLength(name, 1, MAX_CLIP_NAME_LENGTH, argument);
  const found = [...FORBIDDEN_IN_NAMES].filter((character) => name.includes(character));
  if (found.length === 0) return;
  throw invalidArgument(argument, `must not contain ${found.map((each) => JSON.stringify(each)).join(", ")}`);
}

/** Throws unless an address of the CDN can have this path. @throws InvalidInputError naming the argument */
export function assertCustomPath(path: string, argument: string): void {
  assertLength(path, 1, MAX_CUSTOM_PATH_LENGTH, argument);
}
