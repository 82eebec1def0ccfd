import { ConflictError, NotFoundError } from "../../model/errors.ts";
import type { MediaDistributionRecord } from "../../model/media/media.ts";
import { builder } from "../builder.ts";
import { MutationPayload, type Payload, payload } from "../payload.ts";
import { findMediaDistribution, MediaDistributionRef } from "./find-media-distribution.ts";
import { MediaDistribution } from "./media-distribution.ts";

const RemoveMediaKeyPayload = builder
  .objectRef<Payload & { readonly distribution?: MediaDistributionRecord }>("RemoveMediaKeyPayload")
  .implement({
    description: "What the distribution is without the key, or why it still has it.",
    interfaces: [MutationPayload],
    fields: (t) => ({
      mediaDistribution: t.expose("distribution", {
        type: MediaDistribution,
        nullable: true,
        description: "The distribution with the keys that are left. Without any it is open to everyone.",
      }),
    }),
  });

builder.mutationField("removeMediaKey", (t) =>
  t.field({
    type: RemoveMediaKeyPayload,
    nullable: true,
    authScopes: { staff: "media:write" },
    description: "Removes a key from a distribution: what was signed with it plays nothing any more.",
    args: {
      distribution: t.arg({ type: MediaDistributionRef, required: true, description: "Which distribution." }),
      keyId: t.arg.string({ required: true, description: "Which of its keys." }),
      opensDistribution: t.arg.boolean({
        required: true,
        defaultValue: false,
        description: "Needed to remove the last key: everyone who knows an address can play its media then.",
      }),
    },
    resolve: (_root, { distribution: ref, keyId, opensDistribution }, context) =>
      payload(async () => {
        const former = await findMediaDistribution(ref, "distribution", context);
        const keys = former.keys.filter(({ id }) => id !== keyId);
        if (keys.length === former.keys.length) throw new NotFoundError("keyId");
        if (keys.length === 0 && !opensDistribution) {
          const rule =
            "It is the last key: without it everyone can play. Add another first, or set `opensDistribution`.";
          throw new ConflictError(rule, { argument: "keyId" });
        }
        await context.upstream.mediaDistributions.deleteKey(former.id, keyId);
        return { distribution: { ...former, keys } };
      }),
  }),
);
