import { assertName } from "../../model/text.ts";
import type { SubscribeTokenRecord } from "../../model/token/token.ts";
import { builder } from "../builder.ts";
import { omitNulls } from "../input.ts";
import { MutationPayload, type Payload, payload } from "../payload.ts";
import { SubscribeToken } from "../refs.ts";
import { createSubscribeTokenOnce } from "./create-token-idempotently.ts";
import { assertMasterIsUnbound, assertNewToken, newTokenFields, restrictionFields } from "./token-input.ts";

const CreateSubscribeTokenInput = builder.inputType("CreateSubscribeTokenInput", {
  description: "What a new subscribe token is made of.",
  fields: (t) => ({
    idempotencyKey: t.id({
      required: true,
      description: "Of your choosing: the same key makes the same token, however often it is sent within a day.",
    }),
    ...newTokenFields(t),
    trackingId: t.string({
      description:
        "Under which its viewers' bytes are counted, one per partner: 1 to 128 characters. It can't be changed later.",
    }),
    ...restrictionFields(t),
  }),
});

const CreateSubscribeTokenPayload = builder
  .objectRef<Payload & { readonly token?: SubscribeTokenRecord }>("CreateSubscribeTokenPayload")
  .implement({
    description: "The new subscribe token, or why there is none.",
    interfaces: [MutationPayload],
    fields: (t) => ({
      subscribeToken: t.expose("token", { type: SubscribeToken, nullable: true, description: "The token." }),
      secret: t.string({
        nullable: true,
        description:
          "The token string: hand it to the partner, which signs its viewers' tokens with it. It is a signing key.",
        resolve: ({ token }) => token?.secret.reveal() ?? null,
      }),
    }),
  });

builder.mutationField("createSubscribeToken", (t) =>
  t.field({
    type: CreateSubscribeTokenPayload,
    nullable: true,
    authScopes: { scope: "token:write" },
    description:
      "Makes a subscribe token, a credential for watching. With a tracking id it is what a partner signs its viewers' tokens under.",
    args: { input: t.arg({ type: CreateSubscribeTokenInput, required: true, description: "What it is made of." }) },
    resolve: (_root, { input: { idempotencyKey, ...wish } }, context) =>
      payload(async () => {
        const input = omitNulls(wish);
        assertNewToken(input);
        if (input.trackingId !== undefined) assertName(input.trackingId, "input.trackingId");
        await assertMasterIsUnbound(input.bindIpsOnUsage, input.trackingId, context);
        const creation = { operation: "createSubscribeToken", idempotencyKey, input };
        return { token: await createSubscribeTokenOnce(creation, context) };
      }),
  }),
);
