import { builder } from "../builder.ts";
import { PublishTokenRef } from "../token/find-token.ts";
import { givenSettings, publishSettingFields } from "../token/token-input.ts";
import { changeFeatures, featuresPayload } from "./change-features.ts";
import { StreamRef } from "./find-stream.ts";

const UpdateStreamFeaturesInput = builder.inputType("UpdateStreamFeaturesInput", {
  description: "Which features of a stream to switch; what is left out stays as it is.",
  fields: (t) => ({
    stream: t.field({ type: StreamRef, required: true, description: "Which stream." }),
    publishToken: t.field({
      type: PublishTokenRef,
      description:
        "In which of its publish tokens; in all usable ones when it is left out. One that stands for other streams too has to be named.",
    }),
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
      changeFeatures({ stream, publishToken }, givenSettings(settings), context),
  }),
);
