import type { PublishTokenRecord } from "../../model/token/token.ts";
import { builder } from "../builder.ts";
import { MutationPayload, type Payload, payload } from "../payload.ts";
import { PublishToken } from "../refs.ts";
import { findPublishToken, PublishTokenRef } from "./find-token.ts";
import { keyDescription, rotateIdempotently } from "./rotate-token.ts";
import { secretField } from "./secret-field.ts";

const RotatePublishTokenInput = builder.inputType("RotatePublishTokenInput", {
  description: "Input of `rotatePublishToken`.",
  fields: (t) => ({
    idempotencyKey: t.id({ required: true, description: keyDescription }),
    token: t.field({ type: PublishTokenRef, required: true, description: "The publish token that gets a new secret." }),
  }),
});

const RotatePublishTokenPayload = builder
  .objectRef<Payload & { readonly token?: PublishTokenRecord }>("RotatePublishTokenPayload")
  .implement({
    description: "The publish token with its new secret, or the reasons why it was not rotated.",
    interfaces: [MutationPayload],
    fields: (t) => ({
      publishToken: t.expose("token", {
        type: PublishToken,
        nullable: true,
        description: "The rotated token; null when the call failed.",
      }),
      ...secretField(t, "The new token string, for the broadcaster: a secret. Null when the call failed."),
    }),
  });

builder.mutationField("rotatePublishToken", (t) =>
  t.field({
    type: RotatePublishTokenPayload,
    nullable: true,
    authScopes: { scope: "token:write" },
    description: "Gives a publish token a new secret under the same id. The old secret is refused at once.",
    args: { input: t.arg({ type: RotatePublishTokenInput, required: true, description: "The token to rotate." }) },
    resolve: (_root, { input: { token: ref, idempotencyKey } }, context) =>
      payload(async () => {
        const former = await findPublishToken(ref, "input.token", context);
        const client = context.upstream.publishTokens;
        const find = context.tokenCache.publishToken;
        const rotation = { operation: "rotatePublishToken", idempotencyKey, former, client, find };
        return { token: await rotateIdempotently(rotation, context) };
      }),
  }),
);
