import type { GraphContext } from "../../context.ts";
import { THUMBNAILS_PER_MINUTE } from "../../limits/thumbnail-limit.ts";
import { ApplicationError } from "../../model/errors.ts";
import { streamRecord } from "../../model/stream/stream.ts";
import { UpstreamError } from "../../upstream/upstream-error.ts";
import { builder } from "../builder.ts";
import { MutationPayload, type Payload, payload } from "../payload.ts";
import { Stream } from "../refs.ts";
import { findPublishToken, PublishTokenRef } from "../token/find-token.ts";
import { findStream, StreamRef } from "./find-stream.ts";

const TriggerThumbnailInput = builder.inputType("TriggerThumbnailInput", {
  description: "The stream to make a thumbnail of.",
  fields: (t) => ({
    stream: t.field({ type: StreamRef, required: true, description: "The stream, by id or name. It must be live." }),
    publishToken: t.field({
      type: PublishTokenRef,
      description: "Publish token of the feed to picture. Defaults to any feed of the stream.",
    }),
  }),
});

const TriggerThumbnailPayload = builder
  .objectRef<Payload & { readonly streamName?: string; readonly isTriggered?: boolean }>("TriggerThumbnailPayload")
  .implement({
    description: "Whether a thumbnail is being made, or why not.",
    interfaces: [MutationPayload],
    fields: (t) => ({
      stream: t.field({
        type: Stream,
        nullable: true,
        description: "The stream that is pictured; null when the call failed.",
        resolve: ({ streamName }) => (streamName === undefined ? null : streamRecord(streamName)),
      }),
      isTriggered: t.boolean({
        description:
          "Whether the platform is making the thumbnail. It sends the picture as JPEG to the account's thumbnail webhooks.",
        resolve: ({ isTriggered }) => isTriggered ?? false,
      }),
    }),
  });

builder.mutationField("triggerThumbnail", (t) =>
  t.field({
    type: TriggerThumbnailPayload,
    nullable: true,
    authScopes: { staff: "media:write" },
    description: `Makes a thumbnail of a live stream now, up to ${THUMBNAILS_PER_MINUTE} a minute for each stream; the error of a further one has the time of the next. The publish token needs no setting for it.`,
    args: {
      input: t.arg({ type: TriggerThumbnailInput, required: true, description: "The stream to make a thumbnail of." }),
    },
    resolve: (_root, { input: { stream, publishToken } }, context) =>
      payload(async () => {
        const { name } = await findStream(stream, "input.stream", context);
        const token = publishToken && (await findPublishToken(publishToken, "input.publishToken", context));
        return { streamName: name, isTriggered: await trigger(name, token?.id, context) };
      }),
  }),
);

/**
 * Returns whether the platform makes a thumbnail.
 *
 * @throws ApplicationError RATE_LIMITED before any call to the platform
 * @throws UpstreamError
 */
async function trigger(
  streamName: string,
  publishTokenId: number | undefined,
  { upstream, thumbnailLimit, ownNow: now }: GraphContext,
): Promise<boolean> {
  const slot = await thumbnailLimit.take(streamName);
  if ("retryAfterMs" in slot) {
    const retryAfterSeconds = Math.ceil(slot.retryAfterMs / 1000);
    throw new ApplicationError(
      "RATE_LIMITED",
      `\`input.stream\` must not be pictured more than ${THUMBNAILS_PER_MINUTE} times a minute; the next thumbnail is possible in ${retryAfterSeconds} s.`,
      {
        argument: "input.stream",
        retryAfterSeconds,
        retryAt: new Date(now + retryAfterSeconds * 1000).toISOString(),
      },
    );
  }
  try {
    return await upstream.thumbnails.trigger({ streamName, publishTokenId });
  } catch (error) {
    // The platform does not count a thumbnail that it rejects.
    if (error instanceof UpstreamError && error.code === "UPSTREAM_REJECTED") await slot.release();
    throw error;
  }
}
