import { ConflictError } from "../../model/errors.ts";
import { builder } from "../builder.ts";
import { deleteOnPlatform } from "../delete-on-platform.ts";
import { encodeGlobalId } from "../global-id.ts";
import { MutationPayload, type Payload, payload } from "../payload.ts";
import { findTranscoder, TranscoderRef } from "./find-transcoder.ts";

const DeleteTranscoderInput = builder.inputType("DeleteTranscoderInput", {
  description: "The cloud transcoder to delete.",
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
    args: {
      input: t.arg({ type: DeleteTranscoderInput, required: true, description: "The cloud transcoder to delete." }),
    },
    resolve: (_root, { input: { transcoder: ref } }, context) =>
      payload(async () => {
        const { id, status } = await findTranscoder(ref, "input.transcoder", context);
        if (isGone(status)) {
          throw new ConflictError("`input.transcoder` must name a transcoder that has not been deleted.", {
            argument: "input.transcoder",
          });
        }
        const { transcoders } = context.upstream;
        await deleteOnPlatform(
          () => transcoders.delete(id),
          async () => {
            const present = await transcoders.read(id);
            return present !== null && !isGone(present.status);
          },
        );
        return { deletedId: encodeGlobalId("Transcoder", id) };
      }),
  }),
);

function isGone(status: string): boolean {
  return status === "Deleting" || status === "Deleted";
}
