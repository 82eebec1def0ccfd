import { streamRecord } from "../../model/stream/stream.ts";
import { builder } from "../builder.ts";
import { MutationPayload } from "../payload.ts";
import { Stream } from "../refs.ts";
import { findStream, StreamRef } from "./find-stream.ts";
import { disableFirstField, type StopPayload, stopBroadcasts, stopPayload, stoppedFields } from "./stop-broadcasts.ts";

const StopStreamInput = builder.inputType("StopStreamInput", {
  description: "The live stream to stop, and the settings of the stop.",
  fields: (t) => ({
    stream: t.field({ type: StreamRef, required: true, description: "The stream to stop, by id or name." }),
    ...disableFirstField(t),
  }),
});

const StopStreamPayload = builder.objectRef<StopPayload>("StopStreamPayload").implement({
  description: "Extent of the stop, or the reasons why nothing was stopped.",
  interfaces: [MutationPayload],
  fields: (t) => ({
    stream: t.field({
      type: Stream,
      nullable: true,
      description: "The stopped stream; null when the call failed.",
      resolve: ({ streamName }) => (streamName === undefined ? null : streamRecord(streamName)),
    }),
    ...stoppedFields(t),
  }),
});

builder.mutationField("stopStream", (t) =>
  t.field({
    type: StopStreamPayload,
    nullable: true,
    authScopes: { scope: "stream:control" },
    description: "Ends a live stream for its broadcasters and viewers.",
    args: {
      input: t.arg({
        type: StopStreamInput,
        required: true,
        description: "The stream to stop, and the settings of the stop.",
      }),
    },
    resolve: (_root, { input: { stream, disableFirst } }, context) =>
      stopPayload(async () => {
        const { name } = await findStream(stream, "input.stream", context);
        const streamId = `${await context.account.id()}/${name}`;
        const { publishTokens, streams } = context.upstream;
        const outcome = await stopBroadcasts(
          disableFirst ? await publishTokens.active(streamId) : [],
          () => streams.stop(streamId),
          context,
        );
        return { ...outcome, streamName: name };
      }),
  }),
);
