import { builder } from "../builder.ts";
import { changePublishTokens, MAX_TOKENS_PER_CHANGE, PublishTokensPayload } from "./change-many.ts";
import { PublishTokenRef } from "./find-token.ts";

const DisablePublishTokensInput = builder.inputType("DisablePublishTokensInput", {
  description: "Input of `disablePublishTokens`.",
  fields: (t) => ({
    tokens: t.field({
      type: [PublishTokenRef],
      required: true,
      description: `The publish tokens to disable: 1 to ${MAX_TOKENS_PER_CHANGE}.`,
    }),
  }),
});

builder.mutationField("disablePublishTokens", (t) =>
  t.field({
    type: PublishTokensPayload,
    nullable: true,
    authScopes: { scope: "token:write" },
    description:
      "Disables publish tokens: no broadcast can start with them. Running broadcasts go on; stop the stream to end them.",
    args: { input: t.arg({ type: DisablePublishTokensInput, required: true, description: "The tokens to disable." }) },
    resolve: (_root, { input }, context) => changePublishTokens(input.tokens, false, context),
  }),
);
