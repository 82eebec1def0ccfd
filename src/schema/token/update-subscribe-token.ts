import { assertName } from "../../model/text.ts";
import { assertRestrictions, MAX_BOUND_ADDRESSES, withTokenRestrictions } from "../../model/token/restrictions.ts";
import type { SubscribeTokenRecord } from "../../model/token/token.ts";
import { builder } from "../builder.ts";
import { omitNulls } from "../input.ts";
import { MutationPayload, type Payload, payload } from "../payload.ts";
import { SubscribeToken } from "../refs.ts";
import { changeSubscribeToken } from "./change-many.ts";
import { findSubscribeToken, SubscribeTokenRef } from "./find-token.ts";
import { assertChanges, assertMasterIsUnbound, changeFields, restrictionFields } from "./token-input.ts";

const UpdateSubscribeTokenInput = builder.inputType("UpdateSubscribeTokenInput", {
  description:
    "Changes of a subscribe token; fields that are left out do not change. The tracking id and the expiry can't be changed: create a new token for that.",
  fields: (t) => ({
    token: t.field({ type: SubscribeTokenRef, required: true, description: "The subscribe token to change." }),
    ...changeFields(t),
    ...restrictionFields(t, false),
  }),
});

const UpdateSubscribeTokenPayload = builder
  .objectRef<Payload & { readonly token?: SubscribeTokenRecord }>("UpdateSubscribeTokenPayload")
  .implement({
    description: "The changed subscribe token, or the reasons why it was not changed.",
    interfaces: [MutationPayload],
    fields: (t) => ({
      subscribeToken: t.expose("token", {
        type: SubscribeToken,
        nullable: true,
        description: "The token in its new state; null when it was not changed.",
      }),
    }),
  });

builder.mutationField("updateSubscribeToken", (t) =>
  t.field({
    type: UpdateSubscribeTokenPayload,
    nullable: true,
    authScopes: { scope: "token:write" },
    description: "Changes a subscribe token. Viewer tokens signed under it follow from the next connection on.",
    args: {
      input: t.arg({ type: UpdateSubscribeTokenInput, required: true, description: "The token and its changes." }),
    },
    resolve: (_root, { input: { token: ref, ...rest } }, context) =>
      payload(async () => {
        const changes = omitNulls(rest);
        assertChanges(changes);
        assertRestrictions(changes, "input", MAX_BOUND_ADDRESSES.update);
        if (changes.label !== undefined) assertName(changes.label, "input.label");
        const present = await findSubscribeToken(ref, "input.token", context);
        assertRestrictions(withTokenRestrictions(changes, present), "input", MAX_BOUND_ADDRESSES.update);
        await assertMasterIsUnbound(changes.bindIpsOnUsage, present.trackingId, context);
        return { token: await changeSubscribeToken(present, changes, "input.token", context) };
      }),
  }),
);
