import { builder } from "../builder.ts";
import { pickSettings, publishSettingFields } from "../token/token-input.ts";
import { changeFeatures, featuresPayload, featureTargetFields } from "./change-features.ts";

const UpdateStreamFeaturesInput = builder.inputType("UpdateStreamFeaturesInput", {
  description: "The features of a stream to change. A setting that is left out stays as it is.",
  fields: (t) => ({
    ...featureTargetFields(t),
    isSecured: t.boolean({ description: "Whether viewers need a token. Unchanged if left out." }),
    ...publishSettingFields(t, false),
  }),
});

const UpdateStreamFeaturesPayload = featuresPayload("UpdateStreamFeaturesPayload");

builder.mutationField("updateStreamFeatures", (t) =>
  t.field({
    type: UpdateStreamFeaturesPayload,
    nullable: true,
    authScopes: { scope: "token:write" },
    description:
      "Changes features of a stream. They are settings of its publish tokens, which all get the same values.",
    args: {
      input: t.arg({
        type: UpdateStreamFeaturesInput,
        required: true,
        description: "The stream to change, and the changes.",
      }),
    },
    resolve: (_root, { input: { stream, publishToken, ...settings } }, context) =>
      changeFeatures({ stream, publishToken }, pickSettings(settings), context),
  }),
);
