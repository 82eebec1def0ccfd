import { builder } from "../builder.ts";
import { MutationPayload } from "../payload.ts";
import { disableFirstField, type StopPayload, stopBroadcasts, stopPayload, stoppedFields } from "./stop-broadcasts.ts";

const StopAllStreamsInput = builder.inputType("StopAllStreamsInput", {
  description: "Settings for stopping every live stream of the account.",
  fields: disableFirstField,
});

const StopAllStreamsPayload = builder.objectRef<StopPayload>("StopAllStreamsPayload").implement({
  description: "Extent of the stop, or the reasons why nothing was stopped.",
  interfaces: [MutationPayload],
  fields: stoppedFields,
});

builder.mutationField("stopAllStreams", (t) =>
  t.field({
    type: StopAllStreamsPayload,
    nullable: true,
    authScopes: { scope: "stream:control" },
    description: "Ends every live stream of the account.",
    args: {
      input: t.arg({
        type: StopAllStreamsInput,
        required: true,
        description: "Settings of the stop, such as `disableFirst`.",
      }),
    },
    resolve: (_root, { input: { disableFirst } }, context) =>
      stopPayload(async () => {
        const { publishTokens, streams } = context.upstream;
        return stopBroadcasts(disableFirst ? await publishTokens.activeAll() : [], () => streams.stopAll(), context);
      }),
  }),
);
