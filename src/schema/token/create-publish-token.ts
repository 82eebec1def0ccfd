import { assertMultisourceCluster } from "../../model/token/publish-settings.ts";
import type { PublishTokenRecord } from "../../model/token/token.ts";
import { builder } from "../builder.ts";
import { knownClusters } from "../cluster/known-clusters.ts";
import { omitNulls } from "../input.ts";
import { MutationPayload, type Payload, payload } from "../payload.ts";
import { PublishToken } from "../refs.ts";
import { createPublishTokenOnce } from "./create-token-idempotently.ts";
import {
  assertNewToken,
  assertPublishSettings,
  newTokenFields,
  publishSettingFields,
  restrictionFields,
} from "./token-input.ts";

const CreatePublishTokenInput = builder.inputType("CreatePublishTokenInput", {
  description: "What a new publish token is made of.",
  fields: (t) => ({
    idempotencyKey: t.id({
      required: true,
      description: "Of your choosing: the same key makes the same token, however often it is sent within a day.",
    }),
    ...newTokenFields(t),
    isSecured: t.boolean({
      required: true,
      defaultValue: true,
      description:
        "Whether viewers of its streams need a token. Syndicated streams must be secured, else anyone can watch uncounted.",
    }),
    ...publishSettingFields(t),
    ...restrictionFields(t),
  }),
});

const CreatePublishTokenPayload = builder
  .objectRef<Payload & { readonly token?: PublishTokenRecord }>("CreatePublishTokenPayload")
  .implement({
    description: "The new publish token, or why there is none.",
    interfaces: [MutationPayload],
    fields: (t) => ({
      publishToken: t.expose("token", { type: PublishToken, nullable: true, description: "The token." }),
      secret: t.string({
        nullable: true,
        description: "The token string: hand it to the broadcaster. It opens broadcasting to whoever has it.",
        resolve: ({ token }) => token?.secret.reveal() ?? null,
      }),
    }),
  });

builder.mutationField("createPublishToken", (t) =>
  t.field({
    type: CreatePublishTokenPayload,
    nullable: true,
    authScopes: { scope: "token:write" },
    description: "Makes a publish token, a credential for broadcasting.",
    args: { input: t.arg({ type: CreatePublishTokenInput, required: true, description: "What it is made of." }) },
    resolve: (_root, { input: { idempotencyKey, ...wish } }, context) =>
      payload(async () => {
        const input = omitNulls(wish);
        assertNewToken(input);
        assertPublishSettings(input);
        if (input.isMultisource && !input.originCluster) {
          const known = await knownClusters(context);
          assertMultisourceCluster(input.isMultisource, known?.defaultCluster);
        }
        const creation = { operation: "createPublishToken", idempotencyKey, input };
        return { token: await createPublishTokenOnce(creation, context) };
      }),
  }),
);
