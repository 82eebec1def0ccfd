import type { SubscribeTokenRecord } from "../../model/token/token.ts";
import { builder } from "../builder.ts";
import { MutationPayload, type Payload, payload } from "../payload.ts";
import { SubscribeToken } from "../refs.ts";
import { findSubscribeToken, SubscribeTokenRef } from "./find-token.ts";
import { keyDescription, rotateIdempotently } from "./rotate-token.ts";

const RotateSubscribeTokenInput = builder.inputType("RotateSubscribeTokenInput", {
  description: "Which subscribe token gets a new secret.",
  fields: (t) => ({
    idempotencyKey: t.id({ required: true, description: keyDescription }),
    token: t.field({ type: SubscribeTokenRef, required: true, description: "Which token." }),
  }),
});

const RotateSubscribeTokenPayload = builder
  .objectRef<Payload & { readonly token?: SubscribeTokenRecord }>("RotateSubscribeTokenPayload")
  .implement({
    description: "The subscribe token with its new secret, or why it has none.",
    interfaces: [MutationPayload],
    fields: (t) => ({
      subscribeToken: t.expose("token", { type: SubscribeToken, nullable: true, description: "The token." }),
      secret: t.string({
        nullable: true,
        description: "The new token string: hand it to the partner.",
        resolve: ({ token }) => token?.secret.reveal() ?? null,
      }),
    }),
  });

builder.mutationField("rotateSubscribeToken", (t) =>
  t.field({
    type: RotateSubscribeTokenPayload,
    nullable: true,
    authScopes: { scope: "token:write" },
    description:
      "Gives a subscribe token a new secret under the same id. The old one, and every viewer token that was signed with it, is refused from the next connection on.",
    args: { input: t.arg({ type: RotateSubscribeTokenInput, required: true, description: "Which token." }) },
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
