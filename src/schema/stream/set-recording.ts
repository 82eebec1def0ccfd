import { builder } from "../builder.ts";
import { omitNulls } from "../input.ts";
import { changeFeatures, featuresPayload, featureTargetFields } from "./change-features.ts";

const SetRecordingInput = builder.inputType("SetRecordingInput", {
  description: "Whether broadcasts of a stream are recorded or can be clipped: one of the two, or neither.",
  fields: (t) => ({
    ...featureTargetFields(t),
    isRecording: t.boolean({
      required: true,
      description:
        "Whether broadcasts are recorded as a whole, 10 seconds to 24 hours in each recording. Cannot change while the token is broadcasting.",
    }),
    isClipping: t.boolean({
      description:
        "Whether clips can be cut out of a live broadcast. Must be on before the broadcast begins; excludes `isRecording`. Unchanged if left out.",
    }),
  }),
});

const SetRecordingPayload = featuresPayload("SetRecordingPayload");

builder.mutationField("setRecording", (t) =>
  t.field({
    type: SetRecordingPayload,
    nullable: true,
    authScopes: { staff: "media:write" },
    description: "Switches recording or clipping of a stream on or off.",
    args: {
      input: t.arg({
        type: SetRecordingInput,
        required: true,
        description: "The stream, and the recording settings to change.",
      }),
    },
    resolve: (_root, { input: { stream, publishToken, ...settings } }, context) =>
      changeFeatures({ stream, publishToken }, omitNulls(settings), context),
  }),
);
