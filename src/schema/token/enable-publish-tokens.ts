import { builder } from "../builder.ts";
import { changePublishTokens, PublishTokensPayload } from "./change-many.ts";
import { PublishTokenRef } from "./find-token.ts";

builder.mutationField("enablePublishTokens", (t) =>
  t.field({
    type: PublishTokensPayload,
    nullable: true,
    authScopes: { scope: "token:write" },
    description: "Enables publish tokens, one or many: broadcasts with them may start again.",
    args: { tokens: t.arg({ type: [PublishTokenRef], required: true, description: "The tokens, at most 100." }) },
    resolve: (_root, { tokens }, context) => changePublishTokens(tokens, true, context),
  }),
);
