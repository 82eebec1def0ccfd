import { builder } from "../builder.ts";
import { changePublishTokens, MAX_TOKENS_PER_CHANGE, PublishTokensPayload } from "./change-many.ts";
import { PublishTokenRef } from "./find-token.ts";

const EnablePublishTokensInput = builder.inputType("EnablePublishTokensInput", {
  description: "Input of `enablePublishTokens`.",
  fields: (t) => ({
    tokens: t.field({
      type: [PublishTokenRef],
      required: true,
      description: `The publish tokens to enable: 1 to ${MAX_TOKENS_PER_CHANGE}.`,
    }),
  }),
});

builder.mutationField("enablePublishTokens", (t) =>
  t.field({
    type: PublishTokensPayload,
    nullable: true,
    authScopes: { scope: "token:write" },
    description: "Enables publish tokens: broadcasts with them may start again.",
    args: { input: t.arg({ type: EnablePublishTokensInput, required: true, description: "The tokens to enable." }) },
    resolve: (_root, { input }, context) => changePublishTokens(input.tokens, true, context),
  }),
);
