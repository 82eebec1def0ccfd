import type { SubscribeTokenRecord } from "../../model/token/token.ts";
import { builder } from "../builder.ts";
import { MutationPayload, type Payload, payload } from "../payload.ts";
import { SubscribeToken } from "../refs.ts";
import { findSubscribeToken, SubscribeTokenRef } from "./find-token.ts";
import { keyDescription, rotateIdempotently } from "./rotate-token.ts";
import { secretField } from "./secret-field.ts";

const RotateSubscribeTokenInput = builder.inputType("RotateSubscribeTokenInput", {
  description: "Input of `rotateSubscribeToken`.",
  fields: (t) => ({
    idempotencyKey: t.id({ required: true, description: keyDescription }),
    token: t.field({
      type: SubscribeTokenRef,
      required: true,
      description: "The subscribe token that gets a new secret.",
    }),
  }),
});

const RotateSubscribeTokenPayload = builder
  .objectRef<Payload & { readonly token?: SubscribeTokenRecord }>("RotateSubscribeTokenPayload")
  .implement({
    description: "The subscribe token with its new secret, or the reasons why it was not rotated.",
    interfaces: [MutationPayload],
    fields: (t) => ({
      subscribeToken: t.expose("token", {
        type: SubscribeToken,
        nullable: true,
        description: "The rotated token; null when the call failed.",
      }),
      ...secretField(t, "The new token string, for the partner: a secret. Null when the call failed."),
    }),
  });

builder.mutationField("rotateSubscribeToken", (t) =>
  t.field({
    type: RotateSubscribeTokenPayload,
    nullable: true,
    authScopes: { scope: "token:write" },
    description:
      "Gives a subscribe token a new secret under the same id. The old secret and every viewer token signed with it are refused from the next connection on.",
    args: { input: t.arg({ type: RotateSubscribeTokenInput, required: true, description: "The token to rotate." }) },
    resolve: (_root, { input: { token: ref, idempotencyKey } }, context) =>
      payload(async () => {
        const former = await findSubscribeToken(ref, "input.token", context);
        const client = context.upstream.subscribeTokens;
        const find = context.tokenCache.subscribeToken;
        const rotation = { operation: "rotateSubscribeToken", idempotencyKey, former, client, find };
        return { token: await rotateIdempotently(rotation, context) };
      }),
  }),
);
