import type { TokenKind } from "../../cache/token-cache.ts";
import type { GraphContext } from "../../context.ts";
import { builder } from "../builder.ts";
import { deleteOnPlatform } from "../delete-on-platform.ts";
import { encodeGlobalId } from "../global-id.ts";
import { MutationPayload, type Payload } from "../payload.ts";

export const DeleteTokenPayload = builder
  .objectRef<Payload & { readonly deletedId?: string }>("DeleteTokenPayload")
  .implement({
    description: "The deleted token, or the reasons why it was not deleted.",
    interfaces: [MutationPayload],
    fields: (t) => ({
      deletedId: t.exposeID("deletedId", {
        nullable: true,
        description: "Global id of the deleted token; null when the call failed.",
      }),
    }),
  });

interface DeletingClient {
  delete(id: number): Promise<void>;
  read(id: number): Promise<object | null>;
}

/**
 * Deletes a token on the platform and in the cache, and returns the id that it had in the graph.
 *
 * @throws UpstreamError when the token may still exist
 */
export async function deleteToken(
  kind: TokenKind,
  id: number,
  client: DeletingClient,
  { tokenCache }: GraphContext,
): Promise<{ deletedId: string }> {
  await deleteOnPlatform(
    () => client.delete(id),
    async () => (await client.read(id)) !== null,
  );
  tokenCache.delete(kind, id);
  return { deletedId: encodeGlobalId(kind, id) };
}
