import { ConflictError } from "../../model/errors.ts";
import type { Transcoders } from "../../upstream/transcoders.ts";
import { UpstreamError } from "../../upstream/upstream-error.ts";
import { builder } from "../builder.ts";
import { encodeGlobalId } from "../global-id.ts";
import { MutationPayload, type Payload, payload } from "../payload.ts";
import { findTranscoder, TranscoderRef } from "./find-transcoder.ts";

const DeleteTranscoderInput = builder.inputType("DeleteTranscoderInput", {
  description: "Which cloud transcoder to delete.",
  fields: (t) => ({
    transcoder: t.field({
      type: TranscoderRef,
      required: true,
      description: "The transcoder to delete, by either of its ids.",
    }),
  }),
});

const DeleteTranscoderPayload = builder
  .objectRef<Payload & { readonly deletedId?: string }>("DeleteTranscoderPayload")
  .implement({
    description: "The deleted transcoder, or why it was not deleted.",
    interfaces: [MutationPayload],
    fields: (t) => ({
      deletedId: t.exposeID("deletedId", {
        nullable: true,
        description: "Global id of the deleted transcoder, by which it can still be read; null when the call failed.",
      }),
    }),
  });

builder.mutationField("deleteTranscoder", (t) =>
  t.field({
    type: DeleteTranscoderPayload,
    nullable: true,
    authScopes: { scope: "transcoder:write" },
    description: "Deletes a transcoder. One that is running is shut down at once, and its stream ends.",
    args: { input: t.arg({ type: DeleteTranscoderInput, required: true, description: "Which transcoder to delete." }) },
    resolve: (_root, { input: { transcoder: ref } }, context) =>
      payload(async () => {
        const { id, status } = await findTranscoder(ref, "input.transcoder", context);
        if (isGone(status)) {
          throw new ConflictError("`input.transcoder` must name a transcoder that has not been deleted.", {
            argument: "input.transcoder",
          });
        }
        await remove(id, context.upstream.transcoders);
        return { deletedId: encodeGlobalId("Transcoder", id) };
      }),
  }),
);

async function remove(id: string, transcoders: Transcoders): Promise<void> {
  try {
    await transcoders.delete(id);
  } catch (error) {
    // Only the response was lost: if the transcoder is gone, the deletion succeeded.
    if (!(error instanceof UpstreamError) || error.code !== "OUTCOME_UNKNOWN") throw error;
    const present = await transcoders.read(id);
    if (present && !isGone(present.status)) throw error;
  }
}

function isGone(status: string): boolean {
  return status === "Deleting" || status === "Deleted";
}
