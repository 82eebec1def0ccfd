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
  description: "Format of a clip's files.",
  values: {
    MP4: { value: "mp4", description: "One MP4 file, to be downloaded." },
    HLS: { value: "hls", description: "HLS: many files, to be played from the CDN." },
  } as const,
});

const CreateClipInput = builder.inputType("CreateClipInput", {
  description: "The part of a broadcast to cut, and the clip to make of it.",
  fields: (t) => ({
    idempotencyKey: t.id({
      required: true,
      description:
        "Key of your choice, 1 to 128 characters. Repeating a request with it within a day returns the same clips.",
    }),
    stream: t.field({ type: StreamRef, required: true, description: "The stream to cut from, by id or name." }),
    from: t.field({
      type: "DateTime",
      required: true,
      description: "Start of the clip, not before `account { mediaExpiry { clippableSince } }`.",
    }),
    to: t.field({
      type: "DateTime",
      description: "End of the clip, exclusive: 10 seconds to 8 hours after `from`. Defaults to now.",
    }),
    publishToken: t.field({
      type: PublishTokenRef,
      description: "Only what was broadcast with this publish token. Defaults to all tokens.",
    }),
    sourceId: t.string({
      description: "Only the source with this id. Defaults to the best source by priority and quality.",
    }),
    simulcastId: t.string({ description: "Only the quality layer with this id. Defaults to a clip of each layer." }),
    priority: t.int({ description: "Only feeds of this priority. Defaults to the highest." }),
    name: t.string({
      description:
        "Name of the clip: 1 to 256 characters, none of # [ ] * ? : \" < > | / { } ^ % ` ~. Defaults to the clip's id.",
    }),
    format: t.field({ type: ClipFormat, description: "Format of the clip. Defaults to MP4." }),
    expiresAt: t.field({
      type: "DateTime",
      description: "Time at which the platform deletes the clip. Defaults to the account's expiry rule for clips.",
    }),
    distribution: t.field({
      type: MediaDistributionRef,
      description: "Distribution by whose rules the clip is played. Defaults to the account's default distribution.",
    }),
    customPath: t.string({
      description:
        "Replaces the clip's id in its CDN addresses: 1 to 512 characters, used by no other asset. Defaults to the id.",
    }),
  }),
});

const CreateClipPayload = builder
  .objectRef<Payload & { readonly clips?: readonly MediaAssetRecord[] }>("CreateClipPayload")
  .implement({
    description: "The new clips, or why there are none.",
    interfaces: [MutationPayload],
    fields: (t) => ({
      clips: t.field({
        type: [MediaAsset],
        description:
          "The new clips: several if the stream restarted in the span or has several quality layers; empty when the call failed. A clip begins as PROCESSING; read its `state` again until it is COMPLETE.",
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
      "Cuts a clip out of a broadcast, while it is live or cached. The publish token must have had `isClipping` on before the broadcast began.",
    args: { input: t.arg({ type: CreateClipInput, required: true, description: "The clip to cut, and its stream." }) },
    resolve: (_root, { input: { idempotencyKey, ...settings } }, context) =>
      payload(async () => {
        assertName(idempotencyKey, "input.idempotencyKey");
        const { stream, publishToken, distribution, from, to, expiresAt, ...rest } = omitNulls(settings);
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
        context.action?.touched(encodeGlobalId("Stream", clip.streamName));
        return { clips: await clipOnce(idempotencyKey, clip, context) };
      }),
  }),
);

/**
 * Cuts clips once for an idempotency key.
 *
 * The platform has idempotency keys for this call. After a lost response the order is sent again under the same key:
 * the platform returns the clips that it cut, and cuts none twice.
 *
 * @throws InvalidInputError
 * @throws ApplicationError CLIP_NOT_CACHED, IDEMPOTENCY_MISMATCH, OUTCOME_UNKNOWN, CONFLICT
 * @throws UpstreamError
 */
async function clipOnce(idempotencyKey: string, clip: NewClip, context: GraphContext): Promise<MediaAssetRecord[]> {
  const { caller, idempotency, upstream, loaders } = context;
  const key = upstreamKey(caller.principalId, idempotencyKey);
  let clips: readonly MediaAssetRecord[] | null = null;
  const order = async () => {
    clips = await upstream.mediaAssets.clip(clip, key);
    return clips.map(({ id }) => id).join(" ");
  };
  const ids = await idempotency.run({
    caller: caller.principalId,
    operation: "createClip",
    key: idempotencyKey,
    input: clip,
    fingerprint: clip,
    creates: "Clip",
    perform: async () => {
      // Rules of time apply to a new order only: a repeated one is answered however late it comes.
      await assertMayClip(clip, context);
      return order().catch(mapRejection);
    },
    // When the platform rejects the repeated order, it cut nothing the first time.
    recover: () => order().catch(nullIfRejected),
  });
  const assets = clips ?? (await Promise.all(ids.split(" ").map((id) => loaders.mediaAssets.byId(id))));
  const found = assets.filter((asset) => asset !== null).filter(({ state }) => state !== "DELETED");
  if (found.length > 0) return found;
  throw new ConflictError(
    "`input.idempotencyKey` must be a new key: the clips that it created have been deleted since.",
    {
      argument: "input.idempotencyKey",
    },
  );
}

async function assertMayClip(clip: NewClip, { upstream, now, signal }: GraphContext): Promise<void> {
  assertClipSpan(clip, now);
  if (clip.expiresAt !== undefined && clip.expiresAt <= now) {
    throw new InvalidInputError("input.expiresAt", "`input.expiresAt` must be in the future.");
  }
  assertCached(clip, await upstream.mediaExpiry.read(signal), now);
}

/**
 * Returns the idempotency key for the platform.
 *
 * The platform sees one caller, the gateway, so keys of different callers must differ.
 */
function upstreamKey(principalId: string, idempotencyKey: string): string {
  return createHash("sha256")
    .update(JSON.stringify(["createClip", principalId, idempotencyKey]))
    .digest("base64url");
}

/** Documented message for a span in which nothing can be clipped. @see POST /api/v3/media/assets */
const NO_TIMELINES = /no timelines found/i;

function mapRejection(error: unknown): never {
  if (!isRejected(error) || !NO_TIMELINES.test(error.message)) throw error;
  throw notCached(
    "`input.from` and `input.to` must span cached media: the stream was not live then, or its publish token had `isClipping` off when it went live.",
  );
}

function nullIfRejected(error: unknown): null {
  if (isRejected(error)) return null;
  throw error;
}

function isRejected(error: unknown): error is UpstreamError {
  return error instanceof UpstreamError && error.code === "UPSTREAM_REJECTED";
}
