import * as z from "zod";
import { DAY_MS, HOUR_MS, overlap, parseInstant, type Span } from "../calendar.ts";
import { fieldErrorsOf } from "../http/body.ts";
import { type FieldErrors, fail, invalid } from "../http/response.ts";
import { type AssetFeed, afterDays, type MediaAsset, processingMs, SHORTEST_MS } from "./asset.ts";
import { TIMELINE_DAYS } from "./derived-assets.ts";
import type { Media, OrderedAsset } from "./media.ts";
import { storageFor, storageInput, storageProblem } from "./storage.ts";

const LONGEST_CLIP_MS = 8 * HOUR_MS;

const FORBIDDEN_IN_NAMES = '\r\n#[]*?:"“”<>|/{}^%`~';

const instant = z.string().transform((text, context) => {
  const at = parseInstant(text);
  if (at !== undefined) return at;
  context.addIssue({ code: "custom", message: `The value '${text}' is not a valid date.` });
  return z.NEVER;
});

const clipName = z
  .string()
  .min(1)
  .max(256)
  .superRefine((name, context) => {
    const found = [...FORBIDDEN_IN_NAMES].filter((character) => name.includes(character));
    if (found.length === 0) return;
    context.addIssue({ code: "custom", message: `Name may not contain character(s) (${found.join("")})` });
  });

/** Replaces the asset's id in viewing links. */
export const customPath = z.string().min(1).max(512);

const clipInput = z.object({
  streamName: z.string().nullish(),
  tokenId: z.int().nullish(),
  channelId: z.string().nullish(),
  sourceId: z.string().nullish(),
  simulcastId: z.string().nullish(),
  priority: z.int32().nullish(),
  startTime: instant,
  stopTime: instant.nullish(),
  name: clipName.nullish(),
  storage: storageInput.nullish(),
  expiration: instant.nullish(),
  // The document's own default is `Mp4`, against its enumeration.
  targetFormat: z
    .string()
    .toLowerCase()
    .pipe(z.enum(["mp4", "hls"]))
    .nullish(),
  mediaDistributionId: z.string().nullish(),
  customPath: customPath.nullish(),
});

type ClipInput = z.output<typeof clipInput>;

/**
 * Cuts clips out of the timelines of a stream.
 *
 * One clip for each timeline that reaches into the span, so several if the stream restarted in it. A clip starts and
 * ends with its timeline if that is shorter than the span.
 *
 * @throws ResponseError with field errors in PascalCase, as the platform writes them here; or with its message for
 * media that is not in the cache
 */
export function orderClips(media: Media, body: unknown, now: number): readonly MediaAsset[] {
  const input = readClipInput(body);
  const span = spanOf(input, now);
  checkReferences(media, input, now);
  const storage = storageFor(media.storageProfiles, input.storage ?? null);
  const oldest = now - (media.expiration.timelines.at(now) ?? TIMELINE_DAYS) * DAY_MS;
  // A start before the cache is rejected, though a later part of the span may be cached: the rule "bounds the
  // earliest clip startTime".
  const pieces = span.from < oldest ? [] : piecesFor(media, input, span, now);
  if (pieces.length === 0) {
    throw fail({
      message: "No timelines found matching clipping requirements. Check the stream, its clip setting and the times.",
    });
  }
  if (pieces.length > 1 && input.customPath) {
    throw invalid({ CustomPath: ["Several clips come of this request, and a custom path is for one"] });
  }
  return pieces.map(({ feed, bitsPerSecond, from, to }): MediaAsset => {
    const clip: OrderedAsset = {
      type: "clip",
      feed,
      name: input.name ?? null,
      format: input.targetFormat ?? "mp4",
      bitsPerSecond,
      startedAt: from,
      stoppedAt: to,
      createdAt: now,
      readyAt: now + processingMs(to - from),
      problem: storageProblem(storage),
      storage,
      // In a bucket of the account nothing expires.
      expiresAt:
        storage.bucketPath === null ? (input.expiration ?? afterDays(now, media.expiration.clips.at(now))) : null,
      mediaDistributionId: input.mediaDistributionId ?? media.distributions.default.at(now),
      customPath: input.customPath ?? null,
    };
    return media.add(clip);
  });
}

function readClipInput(body: unknown): ClipInput {
  const parsed = clipInput.safeParse(body);
  if (!parsed.success) throw invalid(inPascalCase(fieldErrorsOf(parsed.error)));
  return parsed.data;
}

function spanOf({ startTime, stopTime }: ClipInput, now: number): Span {
  const span = { from: startTime, to: stopTime ?? now };
  if (span.from >= now) throw invalid({ StartTime: ["StartTime must be in the past"] });
  if (span.to > now) throw invalid({ StopTime: ["StopTime must be in the past"] });
  if (span.to - span.from < SHORTEST_MS) throw invalid({ StopTime: ["A clip must be at least 10 seconds long"] });
  if (span.to - span.from > LONGEST_CLIP_MS) throw invalid({ StopTime: ["A clip must be at most 8 hours long"] });
  return span;
}

function checkReferences(media: Media, input: ClipInput, now: number): void {
  if (!input.streamName && input.tokenId == null && !input.channelId) {
    throw invalid({ StreamName: ["Give streamName, tokenId or channelId"] });
  }
  if (input.expiration != null && input.expiration <= now) {
    throw invalid({ Expiration: ["Expiration must be in the future"] });
  }
  if (input.mediaDistributionId && !media.distributions.byId(input.mediaDistributionId)) {
    throw invalid({ MediaDistributionId: [`No media distribution with id: ${input.mediaDistributionId}`] });
  }
  checkCustomPath(media, input.customPath ?? null);
}

/** @throws ResponseError if another asset has the path */
export function checkCustomPath(media: Media, path: string | null, ownId?: string): void {
  const usedBy = path !== null && media.assets().some((asset) => asset.customPath === path && asset.id !== ownId);
  if (usedBy) throw invalid({ CustomPath: [`The custom path '${path}' is taken`] });
}

interface Cut extends Span {
  readonly feed: AssetFeed;
  readonly bitsPerSecond: bigint;
}

/**
 * Returns the feeds to cut from.
 *
 * Those of one matching source, with every simulcast layer unless one is named.
 */
function piecesFor(media: Media, input: ClipInput, span: Span, now: number): Cut[] {
  const cuts = media.assets().flatMap((asset): Cut[] => {
    const { type, feed, bitsPerSecond, startedAt, stoppedAt } = asset;
    if (type !== "timeline" || feed === null || !isWanted(feed, input)) return [];
    const { from, to } = overlap({ from: startedAt, to: stoppedAt ?? now }, span);
    return to - from < SHORTEST_MS ? [] : [{ feed, bitsPerSecond, from, to }];
  });
  const [best] = [...cuts].sort(byRank);
  return cuts.filter(({ feed }) => best !== undefined && isSameSource(feed, best.feed));
}

function isWanted(
  feed: AssetFeed,
  { streamName, tokenId, channelId, sourceId, simulcastId, priority }: ClipInput,
): boolean {
  return (
    !channelId && // a channel of another product, of which the sandbox has none
    (!streamName || feed.streamName === streamName) &&
    (tokenId == null || feed.tokenId === tokenId) &&
    (sourceId == null || feed.sourceId === sourceId) &&
    (simulcastId === undefined || feed.simulcastId === simulcastId) &&
    (priority == null || feed.priority === priority)
  );
}

const LOWEST = Number.NEGATIVE_INFINITY;

/** Order by highest priority, then best quality, then newest. */
function byRank(a: Cut, b: Cut): number {
  const [priorityA, priorityB] = [a.feed.priority ?? LOWEST, b.feed.priority ?? LOWEST];
  if (priorityA !== priorityB) return priorityB - priorityA;
  return Number(b.bitsPerSecond - a.bitsPerSecond) || b.from - a.from;
}

function isSameSource(a: AssetFeed, b: AssetFeed): boolean {
  return (
    a.streamName === b.streamName && a.tokenId === b.tokenId && a.sourceId === b.sourceId && a.priority === b.priority
  );
}

/** Returns a field name in the casing of this operation's errors: `StartTime`. */
function inPascalCase(errors: FieldErrors): FieldErrors {
  return Object.fromEntries(
    Object.entries(errors).map(([field, texts]) => [field.charAt(0).toUpperCase() + field.slice(1), texts]),
  );
}
