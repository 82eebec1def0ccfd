import { builder } from "../builder.ts";
import { MutationPayload, type Payload } from "../payload.ts";
import { PublishToken } from "../refs.ts";
import { disableFirstField, type Stopped, stopBroadcasts, stopPayload } from "./stop-broadcasts.ts";
import { StoppingLevel } from "./stopping-level.ts";

const StopAllStreamsInput = builder.inputType("StopAllStreamsInput", {
  description: "How to stop every live stream of the account.",
  fields: disableFirstField,
});

const StopAllStreamsPayload = builder.objectRef<Payload & Partial<Stopped>>("StopAllStreamsPayload").implement({
  description: "How much was stopped, or why nothing was.",
  interfaces: [MutationPayload],
  fields: (t) => ({
    stoppingLevel: t.expose("stoppingLevel", {
      type: StoppingLevel,
      nullable: true,
      description: "How much was stopped; null when the call failed.",
    }),
    disabledTokens: t.field({
      type: [PublishToken],
      description: "Publish tokens that were disabled, so that encoders can't come back with them.",
      resolve: ({ disabledTokens }) => [...(disabledTokens ?? [])],
    }),
  }),
});

builder.mutationField("stopAllStreams", (t) =>
  t.field({
    type: StopAllStreamsPayload,
    nullable: true,
    authScopes: { scope: "stream:control" },
    description: "Ends every live stream of the account.",
    args: { input: t.arg({ type: StopAllStreamsInput, required: true, description: "How to stop the streams." }) },
    resolve: (_root, { input: { disableFirst } }, context) =>
      stopPayload(async () => {
        const { publishTokens, streams } = context.upstream;
        return stopBroadcasts(disableFirst ? await publishTokens.activeAll() : [], () => streams.stopAll(), context);
      }),
  }),
);
