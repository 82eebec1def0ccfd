import type { GraphContext } from "../../context.ts";
import { ApplicationError, ConflictError } from "../../model/errors.ts";
import { MAX_MEDIA_KEYS, type MediaDistributionRecord } from "../../model/media/media.ts";
import { assertName } from "../../model/text.ts";
import { builder } from "../builder.ts";
import { MutationPayload, type Payload, payload } from "../payload.ts";
import { findMediaDistribution, MediaDistributionRef } from "./find-media-distribution.ts";
import { MediaDistribution } from "./media-distribution.ts";
import { type IssuedKey, MediaKeyInput, NewMediaKey, newMediaKey } from "./new-media-key.ts";

const AddMediaKeyInput = builder.inputType("AddMediaKeyInput", {
  description: "The key to add, and its media distribution.",
  fields: (t) => ({
    idempotencyKey: t.id({
      required: true,
      description:
        "Key of your choice, 1 to 128 characters. Repeating a request with it within a day adds no second media key.",
    }),
    distribution: t.field({
      type: MediaDistributionRef,
      required: true,
      description: "The distribution that gets the key, by either of its ids.",
    }),
    key: t.field({ type: MediaKeyInput, required: true, description: "The media key to add." }),
  }),
});

const AddMediaKeyPayload = builder
  .objectRef<Payload & { readonly distribution?: MediaDistributionRecord; readonly issued?: IssuedKey | null }>(
    "AddMediaKeyPayload",
  )
  .implement({
    description: "The new key, or why there is none.",
    interfaces: [MutationPayload],
    fields: (t) => ({
      mediaDistribution: t.expose("distribution", {
        type: MediaDistribution,
        nullable: true,
        description: "The distribution with all its keys; null when the call failed.",
      }),
      newKey: t.expose("issued", {
        type: NewMediaKey,
        nullable: true,
        description: "The key with its secret, shown only in this response; null when the idempotency key is repeated.",
      }),
    }),
  });

builder.mutationField("addMediaKey", (t) =>
  t.field({
    type: AddMediaKeyPayload,
    nullable: true,
    authScopes: { staff: "media:write" },
    description:
      "Adds a key to a distribution. Once it has a key, its media plays only with a JWT that is signed with one of its keys.",
    args: {
      input: t.arg({ type: AddMediaKeyInput, required: true, description: "The key to add, and its distribution." }),
    },
    resolve: (_root, { input: { idempotencyKey, distribution, key } }, context) =>
      payload(async () => {
        assertName(idempotencyKey, "input.idempotencyKey");
        const newKey = newMediaKey(key, "input.key");
        const target = await findMediaDistribution(distribution, "input.distribution", context);
        return addOnce(idempotencyKey, target, { ...key }, newKey, context);
      }),
  }),
);

/**
 * Adds the key once for an idempotency key.
 *
 * After a lost response, the key is recognised as the one that the distribution did not have before.
 */
async function addOnce(
  idempotencyKey: string,
  { id, keys }: MediaDistributionRecord,
  input: object,
  newKey: ReturnType<typeof newMediaKey>,
  { caller, idempotency, upstream }: GraphContext,
) {
  const { mediaDistributions } = upstream;
  let isNew = false;
  const keyId = await idempotency.run({
    caller: caller.principalId,
    operation: "addMediaKey",
    key: idempotencyKey,
    input: { id, ...input },
    fingerprint: id,
    before: JSON.stringify(keys.map((key) => key.id)),
    creates: "MediaKey",
    perform: async () => {
      if (keys.length >= MAX_MEDIA_KEYS) {
        throw new ApplicationError(
          "LIMIT_EXCEEDED",
          `\`input.distribution\` must have fewer than ${MAX_MEDIA_KEYS} keys; remove one first.`,
          {
            argument: "input.distribution",
            max: MAX_MEDIA_KEYS,
          },
        );
      }
      isNew = true;
      return (await mediaDistributions.createKey(id, newKey)).id;
    },
    recover: async ({ before, isTaken, hasRival }) => {
      // The platform never shows a key's secret, so two keys with one name cannot be told apart.
      if (await hasRival()) return null;
      const idsBefore = JSON.parse(before ?? "[]") as string[];
      for (const key of (await mediaDistributions.read(id))?.keys ?? []) {
        const matches = key.name === (newKey.name ?? null) && !idsBefore.includes(key.id);
        if (matches && !(await isTaken(key.id))) return key.id;
      }
      return null;
    },
  });
  const distribution = await mediaDistributions.read(id);
  const key = distribution?.keys.find((candidate) => candidate.id === keyId);
  if (!distribution || !key) {
    throw new ConflictError(
      "`input.idempotencyKey` must be a new key: the media key that it added has been removed since.",
      {
        argument: "input.idempotencyKey",
      },
    );
  }
  return { distribution, issued: isNew ? { key, secret: newKey.isGenerated ? newKey.secret : null } : null };
}
