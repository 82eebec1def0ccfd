import { ConflictError, NotFoundError } from "../../model/errors.ts";
import type { MediaDistributionRecord } from "../../model/media/media.ts";
import { builder } from "../builder.ts";
import { MutationPayload, type Payload, payload } from "../payload.ts";
import { findMediaDistribution, MediaDistributionRef } from "./find-media-distribution.ts";
import { MediaDistribution } from "./media-distribution.ts";

const RemoveMediaKeyInput = builder.inputType("RemoveMediaKeyInput", {
  description: "The key to remove, and its media distribution.",
  fields: (t) => ({
    distribution: t.field({
      type: MediaDistributionRef,
      required: true,
      description: "The distribution that has the key, by either of its ids.",
    }),
    keyId: t.string({ required: true, description: "The platform's id of the key: `MediaKey.keyId`." }),
    opensDistribution: t.boolean({
      required: true,
      defaultValue: false,
      description:
        "Must be true to remove the last key: then everyone who knows an address can play its media. Defaults to false.",
    }),
  }),
});

const RemoveMediaKeyPayload = builder
  .objectRef<Payload & { readonly distribution?: MediaDistributionRecord }>("RemoveMediaKeyPayload")
  .implement({
    description: "The distribution without the key, or why it still has it.",
    interfaces: [MutationPayload],
    fields: (t) => ({
      mediaDistribution: t.expose("distribution", {
        type: MediaDistribution,
        nullable: true,
        description:
          "The distribution with its remaining keys; null when the call failed. Without keys it is open to everyone.",
      }),
    }),
  });

builder.mutationField("removeMediaKey", (t) =>
  t.field({
    type: RemoveMediaKeyPayload,
    nullable: true,
    authScopes: { staff: "media:write" },
    description: "Removes a key from a distribution. JWTs that were signed with it no longer play its media.",
    args: {
      input: t.arg({
        type: RemoveMediaKeyInput,
        required: true,
        description: "The key to remove, and its distribution.",
      }),
    },
    resolve: (_root, { input: { distribution: ref, keyId, opensDistribution } }, context) =>
      payload(async () => {
        const distribution = await findMediaDistribution(ref, "input.distribution", context);
        const keys = distribution.keys.filter(({ id }) => id !== keyId);
        if (keys.length === distribution.keys.length) throw new NotFoundError("input.keyId");
        if (keys.length === 0 && !opensDistribution) {
          throw new ConflictError(
            "`input.keyId` must not name the last key, without which everyone can play the media: add another key first, or set `input.opensDistribution`.",
            { argument: "input.keyId" },
          );
        }
        await context.upstream.mediaDistributions.deleteKey(distribution.id, keyId);
        return { distribution: { ...distribution, keys } };
      }),
  }),
);
