import { assertTranscoderSettings, assertTranscodes, type TranscoderRecord } from "../../model/transcoder.ts";
import { builder } from "../builder.ts";
import { assertAnyChange, omitNulls } from "../input.ts";
import { MutationPayload, type Payload, payload } from "../payload.ts";
import { findTranscoder, TranscoderRef } from "./find-transcoder.ts";
import { Transcoder } from "./transcoder.ts";
import { outputFields } from "./transcoder-input.ts";

const UpdateTranscoderInput = builder.inputType("UpdateTranscoderInput", {
  description: "Changes to a transcoder. A setting that is left out stays as it is.",
  fields: (t) => ({
    transcoder: t.field({
      type: TranscoderRef,
      required: true,
      description: "The transcoder to change, by either of its ids.",
    }),
    name: t.string({ description: "New name; must not be blank. Unchanged if left out." }),
    clusterId: t.string({
      description:
        "Id of the cluster to run in. Can change only while the transcoder is shut down; unchanged if left out.",
    }),
    dnsPrefix: t.string({
      description:
        "First part of the host's name. Can change only while the transcoder is shut down; unchanged if left out.",
    }),
    ...outputFields(t, false),
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
        description: "The transcoder with its new settings; null when the call failed.",
      }),
    }),
  });

builder.mutationField("updateTranscoder", (t) =>
  t.field({
    type: UpdateTranscoderPayload,
    nullable: true,
    authScopes: { scope: "transcoder:write" },
    description: "Changes a transcoder. A new output needs no restart.",
    args: {
      input: t.arg({
        type: UpdateTranscoderInput,
        required: true,
        description: "The transcoder to change, and the changes.",
      }),
    },
    resolve: (_root, { input: { transcoder: ref, ...rest } }, context) =>
      payload(async () => {
        const changes = omitNulls(rest);
        assertAnyChange(changes);
        assertTranscoderSettings(changes);
        if (changes.clusterId !== undefined) {
          assertTranscodes(changes.clusterId, (await context.account.clusters()).clusters);
        }
        const { id } = await findTranscoder(ref, "input.transcoder", context);
        return { transcoder: await context.upstream.transcoders.update(id, changes) };
      }),
  }),
);
