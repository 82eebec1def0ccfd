import { builder } from "../builder.ts";
import { encodeGlobalId } from "../global-id.ts";
import { MutationPayload, type Payload, payload } from "../payload.ts";
import { findMediaDistribution, MediaDistributionRef } from "./find-media-distribution.ts";

const DeleteMediaDistributionInput = builder.inputType("DeleteMediaDistributionInput", {
  description: "The media distribution to delete.",
  fields: (t) => ({
    distribution: t.field({
      type: MediaDistributionRef,
      required: true,
      description: "The distribution to delete, by either of its ids.",
    }),
  }),
});

const DeleteMediaDistributionPayload = builder
  .objectRef<Payload & { readonly deletedId?: string }>("DeleteMediaDistributionPayload")
  .implement({
    description: "The deleted distribution, or why it was not deleted.",
    interfaces: [MutationPayload],
    fields: (t) => ({
      deletedId: t.exposeID("deletedId", {
        nullable: true,
        description: "Global id of the deleted distribution; null when the call failed.",
      }),
    }),
  });

builder.mutationField("deleteMediaDistribution", (t) =>
  t.field({
    type: DeleteMediaDistributionPayload,
    nullable: true,
    authScopes: { staff: "media:write" },
    description: "Deletes a distribution with its keys. Its assets remain, and can no longer be played from the CDN.",
    args: {
      input: t.arg({
        type: DeleteMediaDistributionInput,
        required: true,
        description: "The media distribution to delete.",
      }),
    },
    resolve: (_root, { input: { distribution } }, context) =>
      payload(async () => {
        const { id } = await findMediaDistribution(distribution, "input.distribution", context);
        await context.upstream.mediaDistributions.delete(id);
        return { deletedId: encodeGlobalId("MediaDistribution", id) };
      }),
  }),
);
