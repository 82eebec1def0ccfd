import { assertMultisourceCluster } from "../../model/token/publish-settings.ts";
import type { PublishTokenRecord } from "../../model/token/token.ts";
import { builder } from "../builder.ts";
import { knownClusters } from "../cluster/known-clusters.ts";
import { omitNulls } from "../input.ts";
import { MutationPayload, type Payload, payload } from "../payload.ts";
import { PublishToken } from "../refs.ts";
import { createPublishTokenOnce } from "./create-token-idempotently.ts";
import { secretField } from "./secret-field.ts";
import {
  assertNewToken,
  assertPublishSettings,
  newTokenFields,
  publishSettingFields,
  restrictionFields,
} from "./token-input.ts";

const CreatePublishTokenInput = builder.inputType("CreatePublishTokenInput", {
  description: "Settings of a new publish token.",
  fields: (t) => ({
    ...newTokenFields(t),
    isSecured: t.boolean({
      required: true,
      defaultValue: true,
      description:
        "Whether viewers of the streams need a token. Defaults to true. Syndicated streams must be secured: otherwise anyone watches unbilled.",
    }),
    ...publishSettingFields(t, true),
    ...restrictionFields(t, true),
  }),
});

const CreatePublishTokenPayload = builder
  .objectRef<Payload & { readonly token?: PublishTokenRecord }>("CreatePublishTokenPayload")
  .implement({
    description: "The new publish token, or the reasons why none was created.",
    interfaces: [MutationPayload],
    fields: (t) => ({
      publishToken: t.expose("token", {
        type: PublishToken,
        nullable: true,
        description: "The new token; null when none was created.",
      }),
      ...secretField(
        t,
        "The token string, for the broadcaster: a secret, since anyone who holds it can broadcast. Null when no token was created.",
      ),
    }),
  });

builder.mutationField("createPublishToken", (t) =>
  t.field({
    type: CreatePublishTokenPayload,
    nullable: true,
    authScopes: { scope: "token:write" },
    description: "Creates a publish token, a credential for broadcasting.",
    args: {
      input: t.arg({
        type: CreatePublishTokenInput,
        required: true,
        description: "Settings of the new publish token.",
      }),
    },
    resolve: (_root, { input: { idempotencyKey, ...rest } }, context) =>
      payload(async () => {
        const input = omitNulls(rest);
        assertNewToken(input);
        assertPublishSettings(input);
        if (input.isMultisource && !input.originCluster) {
          const clusters = await knownClusters(context);
          assertMultisourceCluster(input.isMultisource, clusters?.defaultCluster);
        }
        const creation = { operation: "createPublishToken", idempotencyKey, input };
        return { token: await createPublishTokenOnce(creation, context) };
      }),
  }),
);
