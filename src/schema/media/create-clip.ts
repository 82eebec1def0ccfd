import { createHash } from "node:crypto";
import type { GraphContext } from "../../context.ts";
import { ConflictError, InvalidInputError } from "../../model/errors.ts";
import { assertCached, assertClipName, assertClipSpan, assertCustomPath, notCached } from "../../model/media/clip.ts";
import type { MediaAssetRecord } from "../../model/media/media.ts";
import { assertName } from "../../model/text.ts";
import type { NewClip } from "../../upstream/media-assets.ts";
import { UpstreamError } from "../../upstream/upstream-error.ts";
import { builder } from "../builder.ts";
import { encodeGlobalId } from "../global-id.ts";
import { omitNulls } from "../input.ts";
import { MutationPayload, type Payload, payload } from "../payload.ts";
import { MediaAsset } from "../refs.ts";
import { findStream, StreamRef } from "../stream/find-stream.ts";
import { findPublishToken, PublishTokenRef } from "../token/find-token.ts";
import { distributionIdOf, MediaDistributionRef } from "./find-media-distribution.ts";

const ClipFormat = builder.enumType("ClipFormat", {
  description: "What a clip is made into.",
  values: {
    MP4: { value: "mp4", description: "One file, to be downloaded." },
    HLS: { value: "hls", description: "Many files, to be played from the CDN." },
  } as const,
});

const CreateClipInput = builder.inputType("CreateClipInput", {
  description: "What to cut out of a broadcast, and what to make of it.",
  fields: (t) => ({
    idempotencyKey: t.id({
      required: true,
      description: "Of your choosing: the same key makes the same clips, however often it is sent within a day.",
    }),
    stream: t.field({ type: StreamRef, required: true, description: "The stream." }),
    from: t.field({
      type: "DateTime",
      required: true,
      description:
        "The first instant, no further back than the cache reaches: `account { mediaExpiry { clippableSince } }`.",
    }),
    to: t.field({
      type: "DateTime",
      description: "The instant behind the last, 10 seconds to 8 hours later; now when it is left out.",
    }),
    publishToken: t.field({ type: PublishTokenRef, description: "Only what was broadcast with this publish token." }),
    sourceId: t.string({ description: "Only this source; the best by priority and quality when it is left out." }),
    simulcastId: t.string({ description: "Only this quality layer; a clip of each when it is left out." }),
    priority: t.int({ description: "Only feeds of this priority; the highest when it is left out." }),
    name: t.string({
      description:
        'What to call it: 1 to 256 characters, none of # [ ] * ? : " < > | / { } ^ % ` ~. Its id when it is left out.',
    }),
    format: t.field({ type: ClipFormat, description: "What to make of it; MP4 when it is left out." }),
    expiresAt: t.field({
      type: "DateTime",
      description: "When the platform deletes it; by the account's rule for clips when it is left out.",
    }),
    distribution: t.field({
      type: MediaDistributionRef,
      description: "By which rules it is played; by the account's default distribution when it is left out.",
    }),
    customPath: t.string({
      description: "What stands for its id in the CDN's addresses: 1 to 512 characters, of no other asset.",
    }),
  }),
});

const CreateClipPayload = builder
  .objectRef<Payload & { readonly clips?: readonly MediaAssetRecord[] }>("CreateClipPayload")
  .implement({
    description: "The clips, or why there are none.",
    interfaces: [MutationPayload],
    fields: (t) => ({
      clips: t.field({
        type: [MediaAsset],
        description:
          "One, or several where the stream restarted in the span or has several quality layers. They are PROCESSING at first: ask for their `state` until it is COMPLETE.",
        resolve: ({ clips }) => [...(clips ?? [])],
      }),
    }),
  });

builder.mutationField("createClip", (t) =>
  t.field({
    type: CreateClipPayload,
    nullable: true,
    authScopes: { staff: "media:write" },
    description:
      "Cuts a clip out of a broadcast, while it is live or as long as its cache is kept. Its publish token must have had `isClipping` on before the broadcast began.",
    args: { input: t.arg({ type: CreateClipInput, required: true, description: "What to cut." }) },
    resolve: (_root, { input: { idempotencyKey, ...wish } }, context) =>
      payload(async () => {
        assertName(idempotencyKey, "input.idempotencyKey");
        const { stream, publishToken, distribution, from, to, expiresAt, ...rest } = omitNulls(wish);
        if (rest.name !== undefined) assertClipName(rest.name, "input.name");
        if (rest.customPath !== undefined) assertCustomPath(rest.customPath, "input.customPath");
        const clip: NewClip = {
          ...rest,
          streamName: (await findStream(stream, "input.stream", context)).name,
          publishTokenId: publishToken && (await findPublishToken(publishToken, "input.publishToken", context)).id,
          distributionId: distribution && distributionIdOf(distribution, "input.distribution"),
          from: from.getTime(),
          to: to?.getTime(),
          expiresAt: expiresAt?.getTime(),
        };
        context.act?.touched(encodeGlobalId("Stream", clip.streamName));
        return { clips: await clipOnce(idempotencyKey, clip, context) };
      }),
  }),
);

/**
 * Cuts clips once for an idempotency key. The platform keeps keys of its own for this one call, so an order whose answer was
 * lost is sent again under the same key: what was cut comes back, and is not cut twice.
 *
 * @throws InvalidInputError; ApplicationError CLIP_NOT_CACHED, IDEMPOTENCY_MISMATCH, OUTCOME_UNKNOWN, CONFLICT; UpstreamError
 */
async function clipOnce(idempotencyKey: string, clip: NewClip, context: GraphContext): Promise<MediaAssetRecord[]> {
  const { caller, idempotency, upstream, loaders } = context;
  const key = upstreamKey(caller.principalId, idempotencyKey);
  let cut: readonly MediaAssetRecord[] | null = null;
  const order = async () => {
    cut = await upstream.mediaAssets.clip(clip, key);
    return cut.map(({ id }) => id).join(" ");
  };
  const ids = await idempotency.run({
    caller: caller.principalId,
    operation: "createClip",
    key: idempotencyKey,
    input: clip,
    likeness: clip,
    makes: "Clip",
    perform: async () => {
      // Rules of time hold for a new order: one that comes again is answered however late it is.
      await assertCuttable(clip, context);
      return order().catch(told);
    },
    // The platform refuses what it would have to cut now: then it cut nothing before.
    recover: () => order().catch(nothingIfRefused),
  });
  const clips = cut ?? (await Promise.all(ids.split(" ").map((id) => loaders.mediaAssets.byId(id))));
  const found = clips.filter((asset) => asset !== null).filter(({ state }) => state !== "DELETED");
  if (found.length > 0) return found;
  throw new ConflictError("The clips that this idempotency key made have been deleted since. Use a new key.", {
    argument: "input.idempotencyKey",
  });
}

async function assertCuttable(clip: NewClip, { upstream, now, signal }: GraphContext): Promise<void> {
  assertClipSpan(clip, now);
  if (clip.expiresAt !== undefined && clip.expiresAt <= now) {
    throw new InvalidInputError("input.expiresAt", "It is in the future.");
  }
  assertCached(clip, await upstream.mediaExpiry.read(signal), now);
}

/** Keys of different callers must not meet at the platform, which knows one caller alone. */
function upstreamKey(principalId: string, idempotencyKey: string): string {
  return createHash("sha256")
    .update(JSON.stringify(["createClip", principalId, idempotencyKey]))
    .digest("base64url");
}

/** The documented words for a span in which nothing can be clipped. @see POST /api/v3/media/assets */
const NO_TIMELINES = /no timelines found/i;

function told(error: unknown): never {
  if (!isRefused(error) || !NO_TIMELINES.test(error.message)) throw error;
  throw notCached(
    "Nothing of the stream is in the cache for that time: it was not live then, or its publish token did not have `isClipping` on before it went live.",
  );
}

function nothingIfRefused(error: unknown): null {
  if (isRefused(error)) return null;
  throw error;
}

function isRefused(error: unknown): error is UpstreamError {
  return error instanceof UpstreamError && error.code === "UPSTREAM_REJECTED";
}
