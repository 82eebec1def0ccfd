import { assertName } from "../../model/text.ts";
import type { SubscribeTokenRecord } from "../../model/token/token.ts";
import { builder } from "../builder.ts";
import { omitNulls } from "../input.ts";
import { MutationPayload, type Payload, payload } from "../payload.ts";
import { SubscribeToken } from "../refs.ts";
import { createSubscribeTokenOnce } from "./create-token-idempotently.ts";
import { secretField } from "./secret-field.ts";
import { assertMasterIsUnbound, assertNewToken, newTokenFields, restrictionFields } from "./token-input.ts";

const CreateSubscribeTokenInput = builder.inputType("CreateSubscribeTokenInput", {
  description: "Settings of a new subscribe token.",
  fields: (t) => ({
    ...newTokenFields(t),
    trackingId: t.string({
      description:
        "Tracking id under which the viewers' bytes are counted, one per partner: 1 to 128 characters. Defaults to none. Can't be changed later.",
    }),
    ...restrictionFields(t, true),
  }),
});

const CreateSubscribeTokenPayload = builder
  .objectRef<Payload & { readonly token?: SubscribeTokenRecord }>("CreateSubscribeTokenPayload")
  .implement({
    description: "The new subscribe token, or the reasons why none was created.",
    interfaces: [MutationPayload],
    fields: (t) => ({
      subscribeToken: t.expose("token", {
        type: SubscribeToken,
        nullable: true,
        description: "The new token; null when none was created.",
      }),
      ...secretField(
        t,
        "The token string, for the partner: a secret, the signing key of its viewer tokens. Null when no token was created.",
      ),
    }),
  });

builder.mutationField("createSubscribeToken", (t) =>
  t.field({
    type: CreateSubscribeTokenPayload,
    nullable: true,
    authScopes: { scope: "token:write" },
    description:
      "Creates a subscribe token, a credential for watching. With a tracking id, a partner signs viewer tokens under it.",
    args: {
      input: t.arg({
        type: CreateSubscribeTokenInput,
        required: true,
        description: "Settings of the new subscribe token.",
      }),
    },
    resolve: (_root, { input: { idempotencyKey, ...rest } }, context) =>
      payload(async () => {
        const input = omitNulls(rest);
        assertNewToken(input);
        if (input.trackingId !== undefined) assertName(input.trackingId, "input.trackingId");
        await assertMasterIsUnbound(input.bindIpsOnUsage, input.trackingId, context);
        const creation = { operation: "createSubscribeToken", idempotencyKey, input };
        return { token: await createSubscribeTokenOnce(creation, context) };
      }),
  }),
);
