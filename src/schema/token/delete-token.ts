import type { TokenKind } from "../../cache/token-cache.ts";
import type { GraphContext } from "../../context.ts";
import { UpstreamError } from "../../upstream/upstream-error.ts";
import { builder } from "../builder.ts";
import { encodeGlobalId } from "../global-id.ts";
import { MutationPayload, type Payload, payload } from "../payload.ts";
import { findPublishToken, findSubscribeToken, PublishTokenRef, SubscribeTokenRef } from "./find-token.ts";

const DeleteTokenPayload = builder
  .objectRef<Payload & { readonly deletedId?: string }>("DeleteTokenPayload")
  .implement({
    description: "What was deleted, or why nothing was.",
    interfaces: [MutationPayload],
    fields: (t) => ({
      deletedId: t.exposeID("deletedId", { nullable: true, description: "The id that the token had in the graph." }),
    }),
  });

builder.mutationFields((t) => ({
  deletePublishToken: t.field({
    type: DeleteTokenPayload,
    nullable: true,
    authScopes: { scope: "token:write" },
    description: "Deletes a publish token. All broadcasts with it end at once.",
    args: { token: t.arg({ type: PublishTokenRef, required: true, description: "Which token." }) },
    resolve: (_root, { token: ref }, context) =>
      payload(async () => {
        const { id } = await findPublishToken(ref, "token", context);
        return remove("PublishToken", id, context.upstream.publishTokens, context);
      }),
  }),
  deleteSubscribeToken: t.field({
    type: DeleteTokenPayload,
    nullable: true,
    authScopes: { scope: "token:write" },
    description:
      "Deletes a subscribe token. It and what was signed under it are refused at the next connection; viewers who are watching are not interrupted.",
    args: { token: t.arg({ type: SubscribeTokenRef, required: true, description: "Which token." }) },
    resolve: (_root, { token: ref }, context) =>
      payload(async () => {
        const { id, trackingId } = await findSubscribeToken(ref, "token", context);
        // Once the token is deleted, nothing else tells that there was one.
        if (trackingId !== null) await context.store.partners.noteToken(trackingId, id);
        return remove("SubscribeToken", id, context.upstream.subscribeTokens, context);
      }),
  }),
}));

interface DeletingClient {
  delete(id: number): Promise<void>;
  read(id: number): Promise<object | null>;
}

async function remove(kind: TokenKind, id: number, client: DeletingClient, { tokenCache }: GraphContext) {
  try {
    await client.delete(id);
  } catch (error) {
    // When only the answer was lost, the token is gone, and that is what was wanted.
    const isLost = error instanceof UpstreamError && error.code === "OUTCOME_UNKNOWN";
    if (!isLost || (await client.read(id))) throw error;
  }
  tokenCache.delete(kind, id);
  return { deletedId: encodeGlobalId(kind, id) };
}
