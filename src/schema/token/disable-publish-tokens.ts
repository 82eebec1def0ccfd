import { builder } from "../builder.ts";
import { changePublishTokens, PublishTokensPayload } from "./change-many.ts";
import { PublishTokenRef } from "./find-token.ts";

builder.mutationField("disablePublishTokens", (t) =>
  t.field({
    type: PublishTokensPayload,
    nullable: true,
    authScopes: { scope: "token:write" },
    description: "Disables publish tokens, one or many. Running broadcasts go on; stop the stream to end them.",
    args: { tokens: t.arg({ type: [PublishTokenRef], required: true, description: "The tokens, at most 100." }) },
    resolve: (_root, { tokens }, context) => changePublishTokens(tokens, false, context),
  }),
);
