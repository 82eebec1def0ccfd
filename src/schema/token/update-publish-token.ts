import { assertName } from "../../model/text.ts";
import {
  assertDrmIsSecured,
  assertMultisourceCluster,
  assertRecordsOrClips,
} from "../../model/token/publish-settings.ts";
import { assertRestrictions, MAX_BOUND_ADDRESSES, withTokenRestrictions } from "../../model/token/restrictions.ts";
import type { PublishTokenRecord } from "../../model/token/token.ts";
import { builder } from "../builder.ts";
import { MutationPayload, type Payload, payload } from "../payload.ts";
import { PublishToken } from "../refs.ts";
import { findPublishToken, PublishTokenRef } from "./find-token.ts";
import {
  assertChanges,
  assertPublishSettings,
  changeFields,
  pickSettings,
  publishSettingFields,
  restrictionFields,
} from "./token-input.ts";

const UpdatePublishTokenInput = builder.inputType("UpdatePublishTokenInput", {
  description: "Changes of a publish token; fields that are left out do not change. The expiry can't be changed.",
  fields: (t) => ({
    token: t.field({ type: PublishTokenRef, required: true, description: "The publish token to change." }),
    ...changeFields(t),
    isSecured: t.boolean({ description: "Whether viewers of the streams need a token. Defaults to no change." }),
    ...publishSettingFields(t, false),
    ...restrictionFields(t, false),
  }),
});

const UpdatePublishTokenPayload = builder
  .objectRef<Payload & { readonly token?: PublishTokenRecord }>("UpdatePublishTokenPayload")
  .implement({
    description: "The changed publish token, or the reasons why it was not changed.",
    interfaces: [MutationPayload],
    fields: (t) => ({
      publishToken: t.expose("token", {
        type: PublishToken,
        nullable: true,
        description: "The token in its new state; null when it was not changed.",
      }),
    }),
  });

builder.mutationField("updatePublishToken", (t) =>
  t.field({
    type: UpdatePublishTokenPayload,
    nullable: true,
    authScopes: { scope: "token:write" },
    description: "Changes a publish token. Running broadcasts keep most of their settings until they restart.",
    args: {
      input: t.arg({ type: UpdatePublishTokenInput, required: true, description: "The token and its changes." }),
    },
    resolve: (_root, { input: { token: ref, ...rest } }, context) =>
      payload(async () => {
        const changes = pickSettings(rest);
        assertChanges(changes);
        assertPublishSettings(changes);
        assertRestrictions(changes, "input", MAX_BOUND_ADDRESSES.update);
        if (changes.label !== undefined) assertName(changes.label, "input.label");
        const present = await findPublishToken(ref, "input.token", context);
        assertRecordsOrClips(changes, present);
        assertDrmIsSecured(changes, present);
        assertMultisourceCluster(changes.isMultisource, changes.originCluster || present.effective.originCluster);
        assertRestrictions(withTokenRestrictions(changes, present), "input", MAX_BOUND_ADDRESSES.update);
        const token = await context.upstream.publishTokens.update(present.id, changes);
        context.tokenCache.put(token);
        return { token };
      }),
  }),
);
