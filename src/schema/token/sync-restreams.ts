import type { PublishTokenRecord } from "../../model/token/token.ts";
import { builder } from "../builder.ts";
import { MutationPayload, type Payload, payload } from "../payload.ts";
import { PublishToken } from "../refs.ts";
import { findPublishToken, PublishTokenRef } from "./find-token.ts";

const SyncRestreamsPayload = builder
  .objectRef<Payload & { readonly token?: PublishTokenRecord }>("SyncRestreamsPayload")
  .implement({
    description: "What was brought up to date, or why it was not.",
    interfaces: [MutationPayload],
    fields: (t) => ({
      publishToken: t.expose("token", {
        type: PublishToken,
        nullable: true,
        description: "The token. What runs now is told by `restreams` of its streams' feeds.",
      }),
    }),
  });

builder.mutationField("syncRestreams", (t) =>
  t.field({
    type: SyncRestreamsPayload,
    nullable: true,
    authScopes: { scope: "stream:control" },
    description:
      "Lets the running streams of a publish token be pushed to its targets as they are now. Pushes that stay are not interrupted.",
    args: { publishToken: t.arg({ type: PublishTokenRef, required: true, description: "Which token." }) },
    resolve: (_root, { publishToken: ref }, context) =>
      payload(async () => {
        const token = await findPublishToken(ref, "publishToken", context);
        await context.upstream.publishTokens.syncRestreams(token.id);
        context.liveStreamCache.changed();
        return { token };
      }),
  }),
);
