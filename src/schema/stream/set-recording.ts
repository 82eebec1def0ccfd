import { builder } from "../builder.ts";
import { omitNulls } from "../input.ts";
import { changeFeatures, featuresPayload, featureTargetFields } from "./change-features.ts";

const SetRecordingInput = builder.inputType("SetRecordingInput", {
  description: "Whether the broadcasts of a stream are recorded, or can be clipped: one of the two, or neither.",
  fields: (t) => ({
    ...featureTargetFields(t),
    isRecording: t.boolean({
      required: true,
      description:
        "Whether broadcasts are recorded from their beginning to their end, of 10 seconds to 24 hours a recording. It can't be switched while the token is broadcasting.",
    }),
    isClipping: t.boolean({
      description:
        "Whether clips can be cut out of a broadcast while it is live. It must be on before the broadcast begins. Excludes `isRecording`.",
    }),
  }),
});

const SetRecordingPayload = featuresPayload("SetRecordingPayload");

builder.mutationField("setRecording", (t) =>
  t.field({
    type: SetRecordingPayload,
    nullable: true,
    authScopes: { staff: "media:write" },
    description: "Switches the recording of a stream, or its clipping, on or off.",
    args: { input: t.arg({ type: SetRecordingInput, required: true, description: "What is switched." }) },
    resolve: (_root, { input: { stream, publishToken, ...settings } }, context) =>
      changeFeatures({ stream, publishToken }, omitNulls(settings), context),
  }),
);
