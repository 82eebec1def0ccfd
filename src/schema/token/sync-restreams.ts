import type { PublishTokenRecord } from "../../model/token/token.ts";
import { builder } from "../builder.ts";
import { MutationPayload, type Payload, payload } from "../payload.ts";
import { PublishToken } from "../refs.ts";
import { findPublishToken, PublishTokenRef } from "./find-token.ts";

const SyncRestreamsInput = builder.inputType("SyncRestreamsInput", {
  description: "Input of `syncRestreams`.",
  fields: (t) => ({
    publishToken: t.field({
      type: PublishTokenRef,
      required: true,
      description: "The publish token whose running streams take over its re-stream targets.",
    }),
  }),
});

const SyncRestreamsPayload = builder
  .objectRef<Payload & { readonly token?: PublishTokenRecord }>("SyncRestreamsPayload")
  .implement({
    description: "The synchronized publish token, or the reasons why it was not synchronized.",
    interfaces: [MutationPayload],
    fields: (t) => ({
      publishToken: t.expose("token", {
        type: PublishToken,
        nullable: true,
        description: "The token; null when the call failed. Pushes that run are in `restreams` of the streams' feeds.",
      }),
    }),
  });

builder.mutationField("syncRestreams", (t) =>
  t.field({
    type: SyncRestreamsPayload,
    nullable: true,
    authScopes: { scope: "stream:control" },
    description:
      "Applies the re-stream targets of a publish token to its running streams: starts and ends pushes. Pushes to unchanged targets are not interrupted.",
    args: {
      input: t.arg({ type: SyncRestreamsInput, required: true, description: "The publish token to synchronize." }),
    },
    resolve: (_root, { input }, context) =>
      payload(async () => {
        const token = await findPublishToken(input.publishToken, "input.publishToken", context);
        await context.upstream.publishTokens.syncRestreams(token.id);
        context.liveStreamCache.changed();
        return { token };
      }),
  }),
);
