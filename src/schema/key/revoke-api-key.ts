import { NotFoundError } from "../../model/errors.ts";
import type { ApiKeyRecord } from "../../store/records.ts";
import { commitLast } from "../audit/audited.ts";
import { builder } from "../builder.ts";
import { MutationPayload, type Payload, payload } from "../payload.ts";
import { ApiKey } from "../refs.ts";
import { findApiKey } from "./api-key.ts";

const RevokeApiKeyInput = builder.inputType("RevokeApiKeyInput", {
  description: "The API key to revoke, which cannot be undone.",
  fields: (t) => ({
    id: t.id({ required: true, description: "The global id of the API key." }),
  }),
});

const RevokeApiKeyPayload = builder
  .objectRef<Payload & { readonly key?: ApiKeyRecord }>("RevokeApiKeyPayload")
  .implement({
    description: "The revoked API key, or why it was not revoked.",
    interfaces: [MutationPayload],
    fields: (t) => ({
      apiKey: t.expose("key", { type: ApiKey, nullable: true, description: "The revoked key; null after a failure." }),
    }),
  });

builder.mutationField("revokeApiKey", (t) =>
  t.field({
    type: RevokeApiKeyPayload,
    nullable: true,
    authScopes: { staff: "key:admin" },
    description:
      "Revokes an API key and all sessions that it issued, permanently: within a second every gateway on the same database rejects them. Requests in flight are finished. Repeating it changes nothing.",
    args: { input: t.arg({ type: RevokeApiKeyInput, required: true, description: "The API key to revoke." }) },
    resolve: (_root, { input }, context) =>
      payload(async () => {
        const { id } = await findApiKey(input.id, "input.id", context);
        const key = await commitLast(context, ({ apiKeys }) => apiKeys.revoke(id, context.ownNow));
        if (!key) throw new NotFoundError("input.id");
        return { key };
      }),
  }),
);
