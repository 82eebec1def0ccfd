import { assertName } from "../../model/text.ts";
import { assertRestrictions, withTokenRestrictions } from "../../model/token/restrictions.ts";
import type { SubscribeTokenRecord } from "../../model/token/token.ts";
import { builder } from "../builder.ts";
import { omitNulls } from "../input.ts";
import { MutationPayload, type Payload, payload } from "../payload.ts";
import { SubscribeToken } from "../refs.ts";
import { updateSubscribeTokenOf } from "./change-many.ts";
import { findSubscribeToken, SubscribeTokenRef } from "./find-token.ts";
import { assertChanges, assertMasterIsUnbound, changeFields, restrictionFields } from "./token-input.ts";

const UpdateSubscribeTokenInput = builder.inputType("UpdateSubscribeTokenInput", {
  description:
    "What to change in a subscribe token; what is left out stays as it is. Its tracking id and expiry can't be changed: make a new token for that.",
  fields: (t) => ({
    token: t.field({ type: SubscribeTokenRef, required: true, description: "Which token." }),
    ...changeFields(t),
    ...restrictionFields(t),
  }),
});

const UpdateSubscribeTokenPayload = builder
  .objectRef<Payload & { readonly token?: SubscribeTokenRecord }>("UpdateSubscribeTokenPayload")
  .implement({
    description: "The changed subscribe token, or why it was not changed.",
    interfaces: [MutationPayload],
    fields: (t) => ({
      subscribeToken: t.expose("token", {
        type: SubscribeToken,
        nullable: true,
        description: "The token as it is now.",
      }),
    }),
  });

builder.mutationField("updateSubscribeToken", (t) =>
  t.field({
    type: UpdateSubscribeTokenPayload,
    nullable: true,
    authScopes: { scope: "token:write" },
    description: "Changes a subscribe token, and with it what was signed under it, from the next connection on.",
    args: { input: t.arg({ type: UpdateSubscribeTokenInput, required: true, description: "What to change." }) },
    resolve: (_root, { input: { token: ref, ...rest } }, context) =>
      payload(async () => {
        const changes = omitNulls(rest);
        assertChanges(changes);
        assertRestrictions(changes, "input");
        if (changes.label !== undefined) assertName(changes.label, "input.label");
        const present = await findSubscribeToken(ref, "input.token", context);
        assertRestrictions(withTokenRestrictions(changes, present), "input");
        await assertMasterIsUnbound(changes.bindIpsOnUsage, present.trackingId, context);
        return { token: await updateSubscribeTokenOf(present, changes, "input.token", context) };
      }),
  }),
);
