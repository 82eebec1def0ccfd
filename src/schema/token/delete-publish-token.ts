import { builder } from "../builder.ts";
import { payload } from "../payload.ts";
import { DeleteTokenPayload, deleteToken } from "./delete-token.ts";
import { findPublishToken, PublishTokenRef } from "./find-token.ts";

builder.mutationField("deletePublishToken", (t) =>
  t.field({
    type: DeleteTokenPayload,
    nullable: true,
    authScopes: { scope: "token:write" },
    description: "Deletes a publish token. All broadcasts with it end at once.",
    args: { token: t.arg({ type: PublishTokenRef, required: true, description: "Which token." }) },
    resolve: (_root, { token: ref }, context) =>
      payload(async () => {
        const { id } = await findPublishToken(ref, "token", context);
        return deleteToken("PublishToken", id, context.upstream.publishTokens, context);
      }),
  }),
);
