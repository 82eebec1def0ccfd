import {
  assertSomething,
  assertTranscoderSettings,
  assertTranscodes,
  type TranscoderRecord,
} from "../../model/transcoder.ts";
import { builder } from "../builder.ts";
import { omitNulls } from "../input.ts";
import { MutationPayload, type Payload, payload } from "../payload.ts";
import { findTranscoder, TranscoderRef } from "./find-transcoder.ts";
import { Transcoder } from "./transcoder.ts";
import { outputFields } from "./transcoder-input.ts";

const UpdateTranscoderInput = builder.inputType("UpdateTranscoderInput", {
  description: "What to change in a transcoder; what is left out stays as it is.",
  fields: (t) => ({
    transcoder: t.field({ type: TranscoderRef, required: true, description: "Which transcoder." }),
    name: t.string({ description: "What to call it." }),
    clusterId: t.string({ description: "The cluster to run in. It changes only while the transcoder is shut down." }),
    dnsPrefix: t.string({
      description: "The first part of its host's name. It changes only while the transcoder is shut down.",
    }),
    ...outputFields(t),
  }),
});

const UpdateTranscoderPayload = builder
  .objectRef<Payload & { readonly transcoder?: TranscoderRecord }>("UpdateTranscoderPayload")
  .implement({
    description: "The changed transcoder, or why it was not changed.",
    interfaces: [MutationPayload],
    fields: (t) => ({
      transcoder: t.expose("transcoder", {
        type: Transcoder,
        nullable: true,
        description: "The transcoder as it is now.",
      }),
    }),
  });

builder.mutationField("updateTranscoder", (t) =>
  t.field({
    type: UpdateTranscoderPayload,
    nullable: true,
    authScopes: { scope: "transcoder:write" },
    description: "Changes a transcoder. It need not be restarted for a new output.",
    args: { input: t.arg({ type: UpdateTranscoderInput, required: true, description: "What to change." }) },
    resolve: (_root, { input: { transcoder: ref, ...rest } }, context) =>
      payload(async () => {
        const changes = omitNulls(rest);
        assertSomething(changes);
        assertTranscoderSettings(changes);
        if (changes.clusterId !== undefined) {
          assertTranscodes(changes.clusterId, (await context.account.clusters()).clusters);
        }
        const { id } = await findTranscoder(ref, "input.transcoder", context);
        return { transcoder: await context.upstream.transcoders.update(id, changes) };
      }),
  }),
);
