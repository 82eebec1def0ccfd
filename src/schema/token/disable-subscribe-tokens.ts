import { builder } from "../builder.ts";
import { changeSubscribeTokens, MAX_TOKENS_PER_CHANGE, SubscribeTokensPayload } from "./change-many.ts";
import { SubscribeTokenRef } from "./find-token.ts";

const DisableSubscribeTokensInput = builder.inputType("DisableSubscribeTokensInput", {
  description: "Input of `disableSubscribeTokens`.",
  fields: (t) => ({
    tokens: t.field({
      type: [SubscribeTokenRef],
      required: true,
      description: `The subscribe tokens to disable: 1 to ${MAX_TOKENS_PER_CHANGE}.`,
    }),
  }),
});

builder.mutationField("disableSubscribeTokens", (t) =>
  t.field({
    type: SubscribeTokensPayload,
    nullable: true,
    authScopes: { scope: "token:write" },
    description:
      "Disables subscribe tokens. They and the viewer tokens signed under them are refused at the next connection; viewers who are watching are not interrupted.",
    args: {
      input: t.arg({ type: DisableSubscribeTokensInput, required: true, description: "The tokens to disable." }),
    },
    resolve: (_root, { input }, context) => changeSubscribeTokens(input.tokens, false, context),
  }),
);
