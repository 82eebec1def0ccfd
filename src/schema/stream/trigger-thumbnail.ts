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
  description: "Of which stream to make a thumbnail.",
  fields: (t) => ({
    stream: t.field({ type: StreamRef, required: true, description: "Which stream. It must be live." }),
    publishToken: t.field({
      type: PublishTokenRef,
      description: "Of the feed with this publish token, where the stream has several.",
    }),
  }),
});

const TriggerThumbnailPayload = builder
  .objectRef<Payload & { readonly streamName?: string; readonly isTriggered?: boolean }>("TriggerThumbnailPayload")
  .implement({
    description: "Whether a thumbnail is being made, or why it is not.",
    interfaces: [MutationPayload],
    fields: (t) => ({
      stream: t.field({
        type: Stream,
        nullable: true,
        description: "The stream.",
        resolve: ({ streamName }) => (streamName === undefined ? null : streamRecord(streamName)),
      }),
      isTriggered: t.boolean({
        description: "Whether it is being made. The platform sends it, as JPEG, to the account's thumbnail webhooks.",
        resolve: ({ isTriggered }) => isTriggered ?? false,
      }),
    }),
  });

builder.mutationField("triggerThumbnail", (t) =>
  t.field({
    type: TriggerThumbnailPayload,
    nullable: true,
    authScopes: { staff: "media:write" },
    description: `Has a thumbnail of a live stream made now: ${THUMBNAILS_PER_MINUTE} a minute for a stream, then the error tells when the next is possible. It needs no setting of the publish token.`,
    args: { input: t.arg({ type: TriggerThumbnailInput, required: true, description: "Of which stream." }) },
    resolve: (_root, { input: { stream, publishToken } }, context) =>
      payload(async () => {
        const { name } = await findStream(stream, "input.stream", context);
        const token = publishToken && (await findPublishToken(publishToken, "input.publishToken", context));
        return { streamName: name, isTriggered: await trigger(name, token?.id, context) };
      }),
  }),
);

/** @throws ApplicationError RATE_LIMITED, before the platform is asked; UpstreamError */
async function trigger(
  streamName: string,
  publishTokenId: number | undefined,
  { upstream, thumbnailLimit, ownNow: now }: GraphContext,
): Promise<boolean> {
  const place = await thumbnailLimit.take(streamName);
  if ("retryAfterMs" in place) {
    const retryAfterSeconds = Math.ceil(place.retryAfterMs / 1000);
    throw new ApplicationError(
      "RATE_LIMITED",
      `The platform makes ${THUMBNAILS_PER_MINUTE} thumbnails of a stream in a minute. The next is possible in ${retryAfterSeconds} s.`,
      {
        argument: "input.stream",
        retryAfterSeconds,
        possibleAt: new Date(now + retryAfterSeconds * 1000).toISOString(),
      },
    );
  }
  try {
    return await upstream.thumbnails.trigger({ streamName, publishTokenId });
  } catch (error) {
    // What the platform refuses outright it does not count.
    if (error instanceof UpstreamError && error.code === "UPSTREAM_REJECTED") await place.release();
    throw error;
  }
}
