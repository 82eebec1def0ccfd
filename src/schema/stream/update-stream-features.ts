import { builder } from "../builder.ts";
import { pickSettings, publishSettingFields } from "../token/token-input.ts";
import { changeFeatures, featuresPayload, featureTargetFields } from "./change-features.ts";

const UpdateStreamFeaturesInput = builder.inputType("UpdateStreamFeaturesInput", {
  description: "Which features of a stream to switch; what is left out stays as it is.",
  fields: (t) => ({
    ...featureTargetFields(t),
    isSecured: t.boolean({ description: "Whether its viewers need a token." }),
    ...publishSettingFields(t),
  }),
});

const UpdateStreamFeaturesPayload = featuresPayload("UpdateStreamFeaturesPayload");

builder.mutationField("updateStreamFeatures", (t) =>
  t.field({
    type: UpdateStreamFeaturesPayload,
    nullable: true,
    authScopes: { scope: "token:write" },
    description: "Switches features of a stream on or off: its publish tokens carry them, and all are changed alike.",
    args: { input: t.arg({ type: UpdateStreamFeaturesInput, required: true, description: "What to switch." }) },
    resolve: (_root, { input: { stream, publishToken, ...settings } }, context) =>
      changeFeatures({ stream, publishToken }, pickSettings(settings), context),
  }),
);
