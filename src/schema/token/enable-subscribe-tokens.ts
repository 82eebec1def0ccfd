import { builder } from "../builder.ts";
import { changeSubscribeTokens, SubscribeTokensPayload } from "./change-many.ts";
import { SubscribeTokenRef } from "./find-token.ts";

builder.mutationField("enableSubscribeTokens", (t) =>
  t.field({
    type: SubscribeTokensPayload,
    nullable: true,
    authScopes: { scope: "token:write" },
    description: "Enables subscribe tokens, one or many: they and what was signed under them open streams again.",
    args: { tokens: t.arg({ type: [SubscribeTokenRef], required: true, description: "The tokens, at most 100." }) },
    resolve: (_root, { tokens }, context) => changeSubscribeTokens(tokens, true, context),
  }),
);
