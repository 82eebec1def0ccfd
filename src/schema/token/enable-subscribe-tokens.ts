import { builder } from "../builder.ts";
import { changeSubscribeTokens, MAX_TOKENS_PER_CHANGE, SubscribeTokensPayload } from "./change-many.ts";
import { SubscribeTokenRef } from "./find-token.ts";

const EnableSubscribeTokensInput = builder.inputType("EnableSubscribeTokensInput", {
  description: "Input of `enableSubscribeTokens`.",
  fields: (t) => ({
    tokens: t.field({
      type: [SubscribeTokenRef],
      required: true,
      description: `The subscribe tokens to enable: 1 to ${MAX_TOKENS_PER_CHANGE}.`,
    }),
  }),
});

builder.mutationField("enableSubscribeTokens", (t) =>
  t.field({
    type: SubscribeTokensPayload,
    nullable: true,
    authScopes: { scope: "token:write" },
    description: "Enables subscribe tokens: they and the viewer tokens signed under them open streams again.",
    args: { input: t.arg({ type: EnableSubscribeTokensInput, required: true, description: "The tokens to enable." }) },
    resolve: (_root, { input }, context) => changeSubscribeTokens(input.tokens, true, context),
  }),
);
