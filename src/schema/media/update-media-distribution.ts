import { InvalidInputError } from "../../model/errors.ts";
import type { MediaDistributionRecord } from "../../model/media/media.ts";
import { builder } from "../builder.ts";
import { omitNulls } from "../input.ts";
import { MutationPayload, type Payload, payload } from "../payload.ts";
import { assertDistributionName } from "./create-media-distribution.ts";
import { findMediaDistribution, MediaDistributionRef } from "./find-media-distribution.ts";
import { MediaDistribution } from "./media-distribution.ts";

const UpdateMediaDistributionInput = builder.inputType("UpdateMediaDistributionInput", {
  description: "What to change in a distribution; what is left out stays as it is.",
  fields: (t) => ({
    distribution: t.field({ type: MediaDistributionRef, required: true, description: "Which distribution." }),
    name: t.string({ description: "What to call it: 1 to 128 characters, without an asterisk." }),
    isDefault: t.boolean({ description: "Whether new assets get it that name none." }),
  }),
});

const UpdateMediaDistributionPayload = builder
  .objectRef<Payload & { readonly distribution?: MediaDistributionRecord }>("UpdateMediaDistributionPayload")
  .implement({
    description: "The changed distribution, or why it was not changed.",
    interfaces: [MutationPayload],
    fields: (t) => ({
      mediaDistribution: t.expose("distribution", {
        type: MediaDistribution,
        nullable: true,
        description: "The distribution as it is now.",
      }),
    }),
  });

builder.mutationField("updateMediaDistribution", (t) =>
  t.field({
    type: UpdateMediaDistributionPayload,
    nullable: true,
    authScopes: { staff: "media:write" },
    description: "Changes the name of a distribution, or makes it the default.",
    args: { input: t.arg({ type: UpdateMediaDistributionInput, required: true, description: "What to change." }) },
    resolve: (_root, { input: { distribution: ref, ...rest } }, context) =>
      payload(async () => {
        const changes = omitNulls(rest);
        if (Object.keys(changes).length === 0)
          throw new InvalidInputError("input", "There is nothing to change in it.");
        if (changes.name !== undefined) assertDistributionName(changes.name, "input.name");
        const { id } = await findMediaDistribution(ref, "input.distribution", context);
        return { distribution: await context.upstream.mediaDistributions.update(id, changes) };
      }),
  }),
);
