import { createHash } from "node:crypto";
import type { GraphContext } from "../../context.ts";
import { NotFoundError } from "../../model/errors.ts";
import { assertName } from "../../model/stream/stream.ts";
import type { PublishTokenRecord, SubscribeTokenRecord, TokenRecord } from "../../model/token/token.ts";
import type { TokenChanges } from "../../upstream/token-client.ts";
import { builder } from "../builder.ts";
import { MutationPayload, type Payload, payload } from "../payload.ts";
import { findPublishToken, findSubscribeToken, PublishTokenRef, SubscribeTokenRef } from "./find-token.ts";
import { PublishToken } from "./publish-token.ts";
import { SubscribeToken } from "./subscribe-token.ts";

const keyDescription = "Of your choosing: sent again within a day, the same key does not rotate a second time.";

const RotatePublishTokenInput = builder.inputType("RotatePublishTokenInput", {
  description: "Which publish token gets a new secret.",
  fields: (t) => ({
    idempotencyKey: t.id({ required: true, description: keyDescription }),
    token: t.field({ type: PublishTokenRef, required: true, description: "Which token." }),
  }),
});

const RotateSubscribeTokenInput = builder.inputType("RotateSubscribeTokenInput", {
  description: "Which subscribe token gets a new secret.",
  fields: (t) => ({
    idempotencyKey: t.id({ required: true, description: keyDescription }),
    token: t.field({ type: SubscribeTokenRef, required: true, description: "Which token." }),
  }),
});

const RotatePublishTokenPayload = builder
  .objectRef<Payload & { readonly token?: PublishTokenRecord }>("RotatePublishTokenPayload")
  .implement({
    description: "The publish token with its new secret, or why it has none.",
    interfaces: [MutationPayload],
    fields: (t) => ({
      publishToken: t.expose("token", { type: PublishToken, nullable: true, description: "The token." }),
      secret: t.string({
        nullable: true,
        description: "The new token string: hand it to the broadcaster.",
        resolve: ({ token }) => token?.secret.reveal() ?? null,
      }),
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

builder.mutationFields((t) => ({
  rotatePublishToken: t.field({
    type: RotatePublishTokenPayload,
    nullable: true,
    authScopes: { scope: "token:write" },
    description: "Gives a publish token a new secret under the same id. The old one is refused from now on.",
    args: { input: t.arg({ type: RotatePublishTokenInput, required: true, description: "Which token." }) },
    resolve: (_root, { input: { token: ref, idempotencyKey } }, context) =>
      payload(async () => {
        const former = await findPublishToken(ref, "input.token", context);
        const client = context.upstream.publishTokens;
        const find = context.tokenCache.publishToken;
        const rotation = { operation: "rotatePublishToken", idempotencyKey, former, client, find };
        return { token: await rotateIdempotently(rotation, context) };
      }),
  }),
  rotateSubscribeToken: t.field({
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
}));

interface Rotation<Token> {
  readonly operation: string;
  readonly idempotencyKey: string;
  readonly former: Token;
  readonly client: {
    update(id: number, changes: TokenChanges): Promise<Token>;
    read(id: number): Promise<Token | null>;
  };
  readonly find: (id: number) => Promise<Token | null>;
}

/** Rotates once for an idempotency key. When the answer is lost, the token itself tells whether its secret is new. */
export async function rotateIdempotently<Token extends PublishTokenRecord | SubscribeTokenRecord>(
  { operation, idempotencyKey, former, client, find }: Rotation<Token>,
  { caller, idempotency, tokenCache }: GraphContext,
): Promise<Token> {
  assertName(idempotencyKey, "input.idempotencyKey");
  await idempotency.run({
    caller: caller.principalId,
    operation,
    key: idempotencyKey,
    input: former.id,
    likeness: former.id,
    before: fingerprint(former),
    perform: async () => {
      tokenCache.put(await client.update(former.id, { refreshSecret: true }));
      return String(former.id);
    },
    recover: async ({ before }) => {
      const present = await client.read(former.id);
      if (!present || fingerprint(present) === before) return null;
      tokenCache.put(present);
      return String(present.id);
    },
  });
  const rotated = await find(former.id);
  if (!rotated) throw new NotFoundError("input.token");
  return rotated;
}

function fingerprint({ secret }: TokenRecord): string {
  return createHash("sha256").update(secret.reveal()).digest("base64");
}
