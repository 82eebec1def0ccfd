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
  description: "Which distribution gets which key.",
  fields: (t) => ({
    idempotencyKey: t.id({
      required: true,
      description: "Of your choosing: the same key adds the same media key, however often it is sent within a day.",
    }),
    distribution: t.field({ type: MediaDistributionRef, required: true, description: "Which distribution." }),
    key: t.field({ type: MediaKeyInput, required: true, description: "The key." }),
  }),
});

const AddMediaKeyPayload = builder
  .objectRef<Payload & { readonly distribution?: MediaDistributionRecord; readonly made?: IssuedKey | null }>(
    "AddMediaKeyPayload",
  )
  .implement({
    description: "The new key, or why there is none.",
    interfaces: [MutationPayload],
    fields: (t) => ({
      mediaDistribution: t.expose("distribution", {
        type: MediaDistribution,
        nullable: true,
        description: "The distribution with all its keys.",
      }),
      newKey: t.expose("made", {
        type: NewMediaKey,
        nullable: true,
        description: "The key with its secret, this once: null when the same idempotency key comes again.",
      }),
    }),
  });

builder.mutationField("addMediaKey", (t) =>
  t.field({
    type: AddMediaKeyPayload,
    nullable: true,
    authScopes: { staff: "media:write" },
    description:
      "Adds a key to a distribution. From its first key on, its media plays only with a JWT that is signed by one.",
    args: { input: t.arg({ type: AddMediaKeyInput, required: true, description: "Which key." }) },
    resolve: (_root, { input: { idempotencyKey, distribution, key } }, context) =>
      payload(async () => {
        assertName(idempotencyKey, "input.idempotencyKey");
        const wanted = newMediaKey(key, "input.key");
        const former = await findMediaDistribution(distribution, "input.distribution", context);
        return addOnce(idempotencyKey, former, { ...key }, wanted, context);
      }),
  }),
);

/** Adds it once: where the answer was lost, the key is the one that the distribution did not have before. */
async function addOnce(
  idempotencyKey: string,
  { id, keys }: MediaDistributionRecord,
  wish: object,
  wanted: ReturnType<typeof newMediaKey>,
  { caller, idempotency, upstream }: GraphContext,
) {
  const { mediaDistributions } = upstream;
  let isNew = false;
  const keyId = await idempotency.run({
    caller: caller.principalId,
    operation: "addMediaKey",
    key: idempotencyKey,
    input: { id, ...wish },
    likeness: id,
    before: JSON.stringify(keys.map((key) => key.id)),
    makes: "MediaKey",
    perform: async () => {
      if (keys.length >= MAX_MEDIA_KEYS) {
        throw new ApplicationError(
          "LIMIT_EXCEEDED",
          `A distribution has at most ${MAX_MEDIA_KEYS} keys: remove one first.`,
          {
            argument: "input.distribution",
            max: MAX_MEDIA_KEYS,
          },
        );
      }
      isNew = true;
      return (await mediaDistributions.createKey(id, wanted)).id;
    },
    recover: async ({ before, isTaken, hasRival }) => {
      // The platform never shows a key's secret, so two keys of one name can't be told apart.
      if (await hasRival()) return null;
      const known = JSON.parse(before ?? "[]") as string[];
      for (const key of (await mediaDistributions.read(id))?.keys ?? []) {
        const isAlike = key.name === (wanted.name ?? null) && !known.includes(key.id);
        if (isAlike && !(await isTaken(key.id))) return key.id;
      }
      return null;
    },
  });
  const distribution = await mediaDistributions.read(id);
  const key = distribution?.keys.find((candidate) => candidate.id === keyId);
  if (!distribution || !key) {
    throw new ConflictError("The key that this idempotency key added has been removed since. Use a new key.", {
      argument: "input.idempotencyKey",
    });
  }
  return { distribution, made: isNew ? { key, secret: wanted.isMade ? wanted.secret : null } : null };
}
