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
  description: "Which conference is streamed, and where to.",
  fields: (t) => ({
    conferenceId: t.id({
      required: true,
      description: "The conference's id: a UUID that its platform has made, not its alias.",
    }),
    stream: t.field({
      type: StreamRef,
      description: "A stream of the account. Left out, the platform makes a stream, named after the conference.",
    }),
    publishToken: t.field({
      type: PublishTokenRef,
      description:
        "The token for that stream, which is handed to the conference platform. It may be left out where a single usable one publishes it.",
    }),
    layoutUrl: t.string({
      description:
        "The page that arranges the picture, or `default` for the platform's own; left out, the app's setting.",
    }),
    width: t.int({ description: "Of the picture: 390 to 1920 pixels. For a stream that the platform makes." }),
    height: t.int({ description: "Of the picture: 390 to 1920 pixels. For a stream that the platform makes." }),
    mixId: t.string({ description: "Your name for the mix. For a stream that the platform makes." }),
  }),
});

interface Started {
  readonly target: Target;
  readonly streamName: string | null;
  readonly made: ConferenceStream | null;
}

const StartConferenceStreamPayload = builder
  .objectRef<Payload & Partial<Started>>("StartConferenceStreamPayload")
  .implement({
    description: "Where the conference is streamed to, or why it is not.",
    interfaces: [MutationPayload],
    fields: (t) => ({
      target: t.expose("target", {
        type: ConferenceStreamTarget,
        nullable: true,
        description: "Whose stream it is: say it to stopConferenceStream.",
      }),
      stream: t.field({
        type: Stream,
        nullable: true,
        description: "The stream. It is live within seconds.",
        resolve: ({ streamName }) => (streamName == null ? null : streamRecord(streamName)),
      }),
      streamAccountId: t.string({
        nullable: true,
        description: "The account of a stream that the platform has made.",
        resolve: ({ made }) => made?.streamAccountId ?? null,
      }),
      subscribeToken: t.string({
        nullable: true,
        description: "What opens a stream that the platform has made: a secret, which is shown this once.",
        resolve: ({ made }) => made?.subscribeToken?.reveal() ?? null,
      }),
      hostedPlayerUrl: t.string({
        nullable: true,
        description: "The player of a stream that the platform has made, with that token: a secret as well.",
        resolve: ({ made }) => made?.viewerUrl?.reveal() ?? null,
      }),
    }),
  });

builder.mutationField("startConferenceStream", (t) =>
  t.field({
    type: StartConferenceStreamPayload,
    nullable: true,
    authScopes: { scope: "stream:control" },
    description:
      "Streams a conference of Dolby.io Communications, to a stream of the account or to one that the platform makes. That platform has been retired: it answers FEATURE_DISABLED unless the gateway is configured for it. A conference is streamed once at a time.",
    args: { input: t.arg({ type: StartConferenceStreamInput, required: true, description: "What to stream." }) },
    resolve: (_root, { input: { conferenceId, stream, publishToken, ...rest } }, context) =>
      payload(async () => {
        const { conference } = context.upstream;
        if (!conference) throw conferenceStreamingDisabled();
        assertConferenceId(conferenceId, "input.conferenceId");
        const mix: MixRequest = omitNulls(rest);
        assertMix(mix, stream != null);
        if (stream) return startToOwn(conference, conferenceId, { stream, publishToken, mix }, context);
        if (publishToken)
          throw new InvalidInputError("input.publishToken", "It goes with a stream of yours: give `stream`.");
        const made = await conference.start(conferenceId, mix);
        context.liveStreamCache.changed();
        return { target: "PLATFORM_STREAM" as const, streamName: made.streamName, made };
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
  // The token leaves for another platform, which is as much as to show it.
  const tokenId = encodeGlobalId("PublishToken", token.id);
  context.act?.touched(tokenId);
  await context.audit.reveal(tokenId, "startConferenceStream");
  await conference.startToOwn(conferenceId, { streamName, publishToken: token.secret, layoutUrl });
  context.liveStreamCache.changed();
  return { target: "OWN_STREAM", streamName, made: null };
}
