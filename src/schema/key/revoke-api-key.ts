import { NotFoundError } from "../../model/errors.ts";
import type { ApiKeyRecord } from "../../store/records.ts";
import { commitLast } from "../audit/audited.ts";
import { builder } from "../builder.ts";
import { MutationPayload, type Payload, payload } from "../payload.ts";
import { ApiKey } from "../refs.ts";
import { findApiKey } from "./api-key.ts";

const RevokeApiKeyPayload = builder
  .objectRef<Payload & { readonly key?: ApiKeyRecord }>("RevokeApiKeyPayload")
  .implement({
    description: "The revoked key, or why it was not.",
    interfaces: [MutationPayload],
    fields: (t) => ({
      apiKey: t.expose("key", { type: ApiKey, nullable: true, description: "The key." }),
    }),
  });

builder.mutationField("revokeApiKey", (t) =>
  t.field({
    type: RevokeApiKeyPayload,
    nullable: true,
    authScopes: { staff: "key:admin" },
    description:
      "Ends an API key for good, and all sessions that it made: within a second they are refused by every gateway that shares the database. Requests that are under way are finished. Repeated, it changes nothing.",
    args: { id: t.arg.id({ required: true, description: "The key's id." }) },
    resolve: (_root, { id }, context) =>
      payload(async () => {
        const { id: keyId } = await findApiKey(id, "id", context);
        const key = await commitLast(context, ({ apiKeys }) => apiKeys.revoke(keyId, context.ownNow));
        if (!key) throw new NotFoundError("id");
        return { key };
      }),
  }),
);
