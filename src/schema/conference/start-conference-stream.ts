import type { GraphContext } from "../../context.ts";
import { assertConferenceId, assertMix, conferenceStreamingDisabled, type MixRequest } from "../../model/conference.ts";
import { InvalidInputError } from "../../model/errors.ts";
import { streamRecord } from "../../model/stream/stream.ts";
import type { Conference, ConferenceStream } from "../../upstream/conference.ts";
import { builder } from "../builder.ts";
import { encodeGlobalId } from "../global-id.ts";
import { omitNulls } from "../input.ts";
import { MutationPayload, type Payload, payload } from "../payload.ts";
import { Stream } from "../refs.ts";
import { findPublisher } from "../stream/find-publisher.ts";
import { StreamRef, type StreamReference, streamNameOf } from "../stream/find-stream.ts";
import { PublishTokenRef, type TokenReference } from "../token/find-token.ts";
import { ConferenceStreamTarget, type Target } from "./conference-stream-target.ts";

const StartConferenceStreamInput = builder.inputType("StartConferenceStreamInput", {
  description: "The conference to stream, and its target.",
  fields: (t) => ({
    conferenceId: t.id({
      required: true,
      description: "Id of the conference: the UUID of its platform, not its alias.",
    }),
    stream: t.field({
      type: StreamRef,
      description:
        "Stream of the account to broadcast to. Defaults to a new stream of the platform, named after the conference.",
    }),
    publishToken: t.field({
      type: PublishTokenRef,
      description:
        "Publish token of `stream`, which is handed to the conference platform. Defaults to the stream's only usable one.",
    }),
    layoutUrl: t.string({
      description:
        "Address of the page that lays out the picture, or `default` for the platform's own. Defaults to the app's setting.",
    }),
    width: t.int({
      description:
        "Width of the picture, 390 to 1920 pixels; only without `stream`. Defaults to the platform's choice.",
    }),
    height: t.int({
      description:
        "Height of the picture, 390 to 1920 pixels; only without `stream`. Defaults to the platform's choice.",
    }),
    mixId: t.string({ description: "Name of your choice for the mix; only without `stream`. Defaults to none." }),
  }),
});

interface Started {
  readonly target: Target;
  readonly streamName: string | null;
  readonly created: ConferenceStream | null;
}

const StartConferenceStreamPayload = builder
  .objectRef<Payload & Partial<Started>>("StartConferenceStreamPayload")
  .implement({
    description: "Target of the conference's stream, or the reasons why none was started.",
    interfaces: [MutationPayload],
    fields: (t) => ({
      target: t.expose("target", {
        type: ConferenceStreamTarget,
        nullable: true,
        description: "Destination of the conference, to pass to `stopConferenceStream`; null when the call failed.",
      }),
      stream: t.field({
        type: Stream,
        nullable: true,
        description: "The stream, which is live within seconds; null when the call failed.",
        resolve: ({ streamName }) => (streamName == null ? null : streamRecord(streamName)),
      }),
      streamAccountId: t.string({
        nullable: true,
        description: "Account id of a stream that the platform has created; null for a stream of the account.",
        resolve: ({ created }) => created?.streamAccountId ?? null,
      }),
      subscribeToken: t.string({
        nullable: true,
        description:
          "Subscribe token of a stream that the platform has created; null for a stream of the account. Secret, and shown only in this response.",
        resolve: ({ created }) => created?.subscribeToken?.reveal() ?? null,
      }),
      hostedPlayerUrl: t.string({
        nullable: true,
        description:
          "Hosted player of a stream that the platform has created, with its token; null for a stream of the account. Secret.",
        resolve: ({ created }) => created?.viewerUrl?.reveal() ?? null,
      }),
    }),
  });

builder.mutationField("startConferenceStream", (t) =>
  t.field({
    type: StartConferenceStreamPayload,
    nullable: true,
    authScopes: { scope: "stream:control" },
    description:
      "Streams a conference of Dolby.io Communications to a stream of the account, or to one that the platform creates; one stream at a time for each conference. That platform has been retired: answers FEATURE_DISABLED unless the gateway is configured for it.",
    args: {
      input: t.arg({
        type: StartConferenceStreamInput,
        required: true,
        description: "The conference to stream, and its target.",
      }),
    },
    resolve: (_root, { input: { conferenceId, stream, publishToken, ...rest } }, context) =>
      payload(async () => {
        const { conference } = context.upstream;
        if (!conference) throw conferenceStreamingDisabled();
        assertConferenceId(conferenceId, "input.conferenceId");
        const mix: MixRequest = omitNulls(rest);
        assertMix(mix, stream != null);
        if (stream) return startToOwn(conference, conferenceId, { stream, publishToken, mix }, context);
        if (publishToken)
          throw new InvalidInputError(
            "input.publishToken",
            "`input.publishToken` must not be given without `input.stream`.",
          );
        const created = await conference.start(conferenceId, mix);
        context.liveStreamCache.changed();
        return { target: "PLATFORM_STREAM" as const, streamName: created.streamName, created };
      }),
  }),
);

interface OwnTarget {
  readonly stream: StreamReference;
  readonly publishToken: TokenReference | null | undefined;
  readonly mix: MixRequest;
}

async function startToOwn(
  conference: Conference,
  conferenceId: string,
  { stream, publishToken: ref, mix: { layoutUrl } }: OwnTarget,
  context: GraphContext,
): Promise<Started> {
  const streamName = streamNameOf(stream, "input.stream");
  const token = await findPublisher(streamName, ref, "input.publishToken", context);
  // The token is handed to another platform, which counts as showing it.
  const tokenId = encodeGlobalId("PublishToken", token.id);
  context.action?.touched(tokenId);
  await context.audit.reveal(tokenId, "startConferenceStream");
  await conference.startToOwn(conferenceId, { streamName, publishToken: token.secret, layoutUrl });
  context.liveStreamCache.changed();
  return { target: "OWN_STREAM", streamName, created: null };
}
