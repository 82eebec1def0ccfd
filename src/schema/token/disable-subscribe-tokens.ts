import { builder } from "../builder.ts";
import { changeSubscribeTokens, SubscribeTokensPayload } from "./change-many.ts";
import { SubscribeTokenRef } from "./find-token.ts";

builder.mutationField("disableSubscribeTokens", (t) =>
  t.field({
    type: SubscribeTokensPayload,
    nullable: true,
    authScopes: { scope: "token:write" },
    description:
      "Disables subscribe tokens, one or many. They and what was signed under them are refused at the next connection; viewers who are watching are not interrupted.",
    args: { tokens: t.arg({ type: [SubscribeTokenRef], required: true, description: "The tokens, at most 100." }) },
    resolve: (_root, { tokens }, context) => changeSubscribeTokens(tokens, false, context),
  }),
);
