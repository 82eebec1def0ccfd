import { builder } from "../builder.ts";
import { payload } from "../payload.ts";
import { DeleteTokenPayload, deleteToken } from "./delete-token.ts";
import { findPublishToken, PublishTokenRef } from "./find-token.ts";

const DeletePublishTokenInput = builder.inputType("DeletePublishTokenInput", {
  description: "Input of `deletePublishToken`.",
  fields: (t) => ({
    token: t.field({ type: PublishTokenRef, required: true, description: "The publish token to delete." }),
  }),
});

builder.mutationField("deletePublishToken", (t) =>
  t.field({
    type: DeleteTokenPayload,
    nullable: true,
    authScopes: { scope: "token:write" },
    description: "Deletes a publish token. All broadcasts with it end at once.",
    args: { input: t.arg({ type: DeletePublishTokenInput, required: true, description: "The token to delete." }) },
    resolve: (_root, { input }, context) =>
      payload(async () => {
        const { id } = await findPublishToken(input.token, "input.token", context);
        return deleteToken("PublishToken", id, context.upstream.publishTokens, context);
      }),
  }),
);
