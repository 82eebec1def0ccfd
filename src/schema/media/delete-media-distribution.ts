import { builder } from "../builder.ts";
import { encodeGlobalId } from "../global-id.ts";
import { MutationPayload, type Payload, payload } from "../payload.ts";
import { findMediaDistribution, MediaDistributionRef } from "./find-media-distribution.ts";

const DeleteMediaDistributionPayload = builder
  .objectRef<Payload & { readonly deletedId?: string }>("DeleteMediaDistributionPayload")
  .implement({
    description: "What was deleted, or why nothing was.",
    interfaces: [MutationPayload],
    fields: (t) => ({
      deletedId: t.exposeID("deletedId", { nullable: true, description: "The id of the deleted distribution." }),
    }),
  });

builder.mutationField("deleteMediaDistribution", (t) =>
  t.field({
    type: DeleteMediaDistributionPayload,
    nullable: true,
    authScopes: { staff: "media:write" },
    description: "Deletes a distribution with its keys. Its assets stay, and can't be played from the CDN any more.",
    args: { distribution: t.arg({ type: MediaDistributionRef, required: true, description: "Which distribution." }) },
    resolve: (_root, { distribution }, context) =>
      payload(async () => {
        const { id } = await findMediaDistribution(distribution, "distribution", context);
        await context.upstream.mediaDistributions.delete(id);
        return { deletedId: encodeGlobalId("MediaDistribution", id) };
      }),
  }),
);
