import { assertConferenceId, conferenceStreamingDisabled } from "../../model/conference.ts";
import { builder } from "../builder.ts";
import { MutationPayload, type Payload, payload } from "../payload.ts";
import { ConferenceStreamTarget, type Target } from "./conference-stream-target.ts";

const StopConferenceStreamInput = builder.inputType("StopConferenceStreamInput", {
  description: "The stream of a conference to end.",
  fields: (t) => ({
    conferenceId: t.id({ required: true, description: "Id of the conference: the UUID of its platform." }),
    target: t.field({
      type: ConferenceStreamTarget,
      required: true,
      description: "Target of the conference's stream, as `startConferenceStream` returned it.",
    }),
  }),
});

const StopConferenceStreamPayload = builder
  .objectRef<Payload & { readonly conferenceId?: string; readonly target?: Target }>("StopConferenceStreamPayload")
  .implement({
    description: "The ended stream, or why it was not ended.",
    interfaces: [MutationPayload],
    fields: (t) => ({
      conferenceId: t.exposeID("conferenceId", {
        nullable: true,
        description: "Id of the conference; null when the call failed.",
      }),
      target: t.expose("target", {
        type: ConferenceStreamTarget,
        nullable: true,
        description: "Destination that the conference is no longer streamed to; null when the call failed.",
      }),
    }),
  });

builder.mutationField("stopConferenceStream", (t) =>
  t.field({
    type: StopConferenceStreamPayload,
    nullable: true,
    authScopes: { scope: "stream:control" },
    description: "Ends the stream of a conference. The conference itself goes on.",
    args: {
      input: t.arg({
        type: StopConferenceStreamInput,
        required: true,
        description: "The stream of a conference to end.",
      }),
    },
    resolve: (_root, { input: { conferenceId, target } }, { upstream: { conference }, liveStreamCache }) =>
      payload(async () => {
        if (!conference) throw conferenceStreamingDisabled();
        assertConferenceId(conferenceId, "input.conferenceId");
        await (target === "OWN_STREAM" ? conference.stopOwn(conferenceId) : conference.stop(conferenceId));
        liveStreamCache.changed();
        return { conferenceId, target };
      }),
  }),
);
