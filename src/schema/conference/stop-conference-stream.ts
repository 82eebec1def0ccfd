import { assertConferenceId, conferenceStreamingDisabled } from "../../model/conference.ts";
import { builder } from "../builder.ts";
import { MutationPayload, type Payload, payload } from "../payload.ts";
import { ConferenceStreamTarget, type Target } from "./conference-stream-target.ts";

const StopConferenceStreamPayload = builder
  .objectRef<Payload & { readonly conferenceId?: string; readonly target?: Target }>("StopConferenceStreamPayload")
  .implement({
    description: "What was stopped, or why nothing was.",
    interfaces: [MutationPayload],
    fields: (t) => ({
      conferenceId: t.exposeID("conferenceId", { nullable: true, description: "The conference." }),
      target: t.expose("target", {
        type: ConferenceStreamTarget,
        nullable: true,
        description: "Where it is no longer streamed to.",
      }),
    }),
  });

builder.mutationField("stopConferenceStream", (t) =>
  t.field({
    type: StopConferenceStreamPayload,
    nullable: true,
    authScopes: { scope: "stream:control" },
    description: "Ends the stream of a conference, which itself goes on.",
    args: {
      conferenceId: t.arg.id({ required: true, description: "The conference's id." }),
      target: t.arg({
        type: ConferenceStreamTarget,
        required: true,
        description: "Where it is streamed to, as startConferenceStream has told.",
      }),
    },
    resolve: (_root, { conferenceId, target }, { upstream: { conference }, liveStreamCache }) =>
      payload(async () => {
        if (!conference) throw conferenceStreamingDisabled();
        assertConferenceId(conferenceId, "conferenceId");
        await (target === "OWN_STREAM" ? conference.stopOwn(conferenceId) : conference.stop(conferenceId));
        liveStreamCache.changed();
        return { conferenceId, target };
      }),
  }),
);
