import { builder } from "../builder.ts";
import { payload } from "../payload.ts";
import { DeleteTokenPayload, deleteToken } from "./delete-token.ts";
import { findSubscribeToken, SubscribeTokenRef } from "./find-token.ts";

const DeleteSubscribeTokenInput = builder.inputType("DeleteSubscribeTokenInput", {
  description: "Input of `deleteSubscribeToken`.",
  fields: (t) => ({
    token: t.field({ type: SubscribeTokenRef, required: true, description: "The subscribe token to delete." }),
  }),
});

builder.mutationField("deleteSubscribeToken", (t) =>
  t.field({
    type: DeleteTokenPayload,
    nullable: true,
    authScopes: { scope: "token:write" },
    description:
      "Deletes a subscribe token. The token and viewer tokens signed under it are refused at the next connection; viewers who are watching are not interrupted.",
    args: { input: t.arg({ type: DeleteSubscribeTokenInput, required: true, description: "The token to delete." }) },
    resolve: (_root, { input }, context) =>
      payload(async () => {
        const { id, trackingId } = await findSubscribeToken(input.token, "input.token", context);
        // Recorded first: once the token is deleted, no call shows that the partner had it.
        if (trackingId !== null) await context.store.partners.recordToken(trackingId, id);
        return deleteToken("SubscribeToken", id, context.upstream.subscribeTokens, context);
      }),
  }),
);
