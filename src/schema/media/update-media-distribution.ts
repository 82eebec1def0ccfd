import type { MediaDistributionRecord } from "../../model/media/media.ts";
import { builder } from "../builder.ts";
import { assertAnyChange, omitNulls } from "../input.ts";
import { MutationPayload, type Payload, payload } from "../payload.ts";
import { assertDistributionName } from "./create-media-distribution.ts";
import { findMediaDistribution, MediaDistributionRef } from "./find-media-distribution.ts";
import { MediaDistribution } from "./media-distribution.ts";

const UpdateMediaDistributionInput = builder.inputType("UpdateMediaDistributionInput", {
  description: "Changes to a distribution. A field that is left out stays as it is.",
  fields: (t) => ({
    distribution: t.field({
      type: MediaDistributionRef,
      required: true,
      description: "The distribution to change, by either of its ids.",
    }),
    name: t.string({ description: "New name: 1 to 128 characters, without an asterisk. Unchanged if left out." }),
    isDefault: t.boolean({
      description: "Whether new assets use this distribution unless they name another. Unchanged if left out.",
    }),
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
        description: "The distribution with its new settings; null when the call failed.",
      }),
    }),
  });

builder.mutationField("updateMediaDistribution", (t) =>
  t.field({
    type: UpdateMediaDistributionPayload,
    nullable: true,
    authScopes: { staff: "media:write" },
    description: "Renames a distribution, or makes it the default of the account.",
    args: {
      input: t.arg({
        type: UpdateMediaDistributionInput,
        required: true,
        description: "The distribution to change, and the changes.",
      }),
    },
    resolve: (_root, { input: { distribution: ref, ...rest } }, context) =>
      payload(async () => {
        const changes = omitNulls(rest);
        assertAnyChange(changes);
        if (changes.name !== undefined) assertDistributionName(changes.name, "input.name");
        const { id } = await findMediaDistribution(ref, "input.distribution", context);
        return { distribution: await context.upstream.mediaDistributions.update(id, changes) };
      }),
  }),
);
