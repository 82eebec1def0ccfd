import type { GraphContext } from "../../context.ts";
import { ConflictError, InvalidInputError } from "../../model/errors.ts";
import { MAX_MEDIA_KEYS, type MediaDistributionRecord } from "../../model/media/media.ts";
import { assertName } from "../../model/text.ts";
import type { NewMediaDistribution } from "../../upstream/media-distributions.ts";
import { builder } from "../builder.ts";
import { CLOCK_TOLERANCE_MS, type Comparison, matchesRequest } from "../matches-request.ts";
import { MutationPayload, type Payload, payload } from "../payload.ts";
import { MediaDistribution } from "./media-distribution.ts";
import { type IssuedKey, MediaKeyInput, NewMediaKey, newMediaKey } from "./new-media-key.ts";

/** Compares a distribution with a request whose response was lost. */
const distributionComparison: Comparison<NewMediaDistribution, MediaDistributionRecord> = {
  name: (requested, { name }) => name === requested,
  isDefault: (requested, { isDefault }) => isDefault === (requested ?? false),
  keys: (requested, { keys }) => namesOf(requested) === namesOf(keys),
};

function namesOf(keys: readonly { readonly name?: string | null | undefined }[]): string {
  return JSON.stringify(keys.map((key) => key.name ?? null));
}

const CreateMediaDistributionInput = builder.inputType("CreateMediaDistributionInput", {
  description: "The new distribution and its keys.",
  fields: (t) => ({
    idempotencyKey: t.id({
      required: true,
      description:
        "Key of your choice, 1 to 128 characters. Repeating a request with it within a day creates no second distribution.",
    }),
    name: t.string({
      required: true,
      description: "Name of the distribution: 1 to 128 characters, without an asterisk.",
    }),
    isDefault: t.boolean({
      required: true,
      defaultValue: false,
      description: "Whether new assets use the distribution unless they name another. Replaces the present default.",
    }),
    keys: t.field({
      type: [MediaKeyInput],
      required: true,
      defaultValue: [],
      description:
        "Keys of the distribution, at most 2; none by default. Without keys, everyone who knows an address can play its media.",
    }),
  }),
});

const CreateMediaDistributionPayload = builder
  .objectRef<Payload & { readonly distribution?: MediaDistributionRecord; readonly keys?: readonly IssuedKey[] }>(
    "CreateMediaDistributionPayload",
  )
  .implement({
    description: "The new distribution, or why there is none.",
    interfaces: [MutationPayload],
    fields: (t) => ({
      mediaDistribution: t.expose("distribution", {
        type: MediaDistribution,
        nullable: true,
        description: "The new distribution; null when the call failed.",
      }),
      newKeys: t.field({
        type: [NewMediaKey],
        description:
          "The new keys with their secrets, shown only in this response; empty when the idempotency key is repeated. In that case add a key and remove the one whose secret is lost.",
        resolve: ({ keys }) => [...(keys ?? [])],
      }),
    }),
  });

builder.mutationField("createMediaDistribution", (t) =>
  t.field({
    type: CreateMediaDistributionPayload,
    nullable: true,
    authScopes: { staff: "media:write" },
    description: "Creates a distribution: the rules by which recordings and clips are played from the CDN.",
    args: {
      input: t.arg({ type: CreateMediaDistributionInput, required: true, description: "The distribution to create." }),
    },
    resolve: (_root, { input: { idempotencyKey, name, isDefault, keys } }, context) =>
      payload(async () => {
        assertName(idempotencyKey, "input.idempotencyKey");
        assertDistributionName(name, "input.name");
        if (keys.length > MAX_MEDIA_KEYS) {
          throw new InvalidInputError(
            "input.keys",
            `\`input.keys\` must have at most ${MAX_MEDIA_KEYS} entries; got ${keys.length}.`,
          );
        }
        const newKeys = keys.map((key, index) => newMediaKey(key, `input.keys.${index}`));
        const request = { name, isDefault, keys: keys.map((key) => ({ ...key })) };
        return createOnce(idempotencyKey, request, { name, isDefault, keys: newKeys }, context);
      }),
  }),
);

/** @throws InvalidInputError if the name is malformed */
export function assertDistributionName(name: string, argument: string): void {
  assertName(name, argument);
  if (name.includes("*")) throw new InvalidInputError(argument, `\`${argument}\` must not contain \`*\`.`);
}

/**
 * Creates the distribution once for an idempotency key.
 *
 * After a lost response, it is recognised by its name and the names of its keys.
 */
async function createOnce(
  idempotencyKey: string,
  request: object,
  newDistribution: NewMediaDistribution & { readonly keys: readonly ReturnType<typeof newMediaKey>[] },
  context: GraphContext,
) {
  const { caller, idempotency, upstream } = context;
  const { mediaDistributions } = upstream;
  let isNew = false;
  const id = await idempotency.run({
    caller: caller.principalId,
    operation: "createMediaDistribution",
    key: idempotencyKey,
    input: request,
    fingerprint: { name: newDistribution.name, keys: namesOf(newDistribution.keys) },
    creates: "MediaDistribution",
    perform: async () => {
      isNew = true;
      return (await mediaDistributions.create(newDistribution)).id;
    },
    recover: async ({ begunAt, isTaken, hasRival }) => {
      // The platform never shows a key's secret, so distributions whose keys have the same names cannot be told apart.
      if (newDistribution.keys.length > 0 && (await hasRival())) return null;
      const span = context.spanOnPlatform(begunAt);
      for (const each of (await mediaDistributions.list()).reverse()) {
        const matches = matchesRequest(distributionComparison, newDistribution, each, span);
        const isRecent = (each.createdAt ?? 0) >= span.begunAt - CLOCK_TOLERANCE_MS;
        if (matches && isRecent && !(await isTaken(each.id))) return each.id;
      }
      return null;
    },
  });
  const distribution = await mediaDistributions.read(id);
  if (!distribution) {
    const rule = "`input.idempotencyKey` must be a new key: the distribution that it created has been deleted since.";
    throw new ConflictError(rule, { argument: "input.idempotencyKey" });
  }
  const keys = distribution.keys.map((key, index): IssuedKey => {
    const newKey = newDistribution.keys[index];
    return { key, secret: newKey?.isGenerated ? newKey.secret : null };
  });
  return { distribution, keys: isNew ? keys : [] };
}
