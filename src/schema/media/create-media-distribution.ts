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

/** What a distribution is recognised by after the answer to its creation was lost. */
export const distributionComparison: Comparison<NewMediaDistribution, MediaDistributionRecord> = {
  name: (wished, { name }) => name === wished,
  isDefault: (wished, { isDefault }) => isDefault === (wished ?? false),
  keys: (wished, { keys }) => namesOf(wished) === namesOf(keys),
};

function namesOf(keys: readonly { readonly name?: string | null | undefined }[]): string {
  return JSON.stringify(keys.map((key) => key.name ?? null));
}

const CreateMediaDistributionInput = builder.inputType("CreateMediaDistributionInput", {
  description: "The rules by which media is to be played.",
  fields: (t) => ({
    idempotencyKey: t.id({
      required: true,
      description: "Of your choosing: the same key makes the same distribution, however often it is sent within a day.",
    }),
    name: t.string({ required: true, description: "What to call it: 1 to 128 characters, without an asterisk." }),
    isDefault: t.boolean({
      required: true,
      defaultValue: false,
      description: "Whether new assets get it that name none. It then takes the place of the present default.",
    }),
    keys: t.field({
      type: [MediaKeyInput],
      required: true,
      defaultValue: [],
      description: "Keys, at most 2. Without any, everyone who knows an address can play it.",
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
        description: "The distribution.",
      }),
      newKeys: t.field({
        type: [NewMediaKey],
        description:
          "Its keys with their secrets, this once: none when the same idempotency key comes again. Then add a key, and delete the one that you do not have.",
        resolve: ({ keys }) => [...(keys ?? [])],
      }),
    }),
  });

builder.mutationField("createMediaDistribution", (t) =>
  t.field({
    type: CreateMediaDistributionPayload,
    nullable: true,
    authScopes: { staff: "media:write" },
    description: "Makes a distribution: the rules by which recordings and clips are played from the CDN.",
    args: { input: t.arg({ type: CreateMediaDistributionInput, required: true, description: "What it is made of." }) },
    resolve: (_root, { input: { idempotencyKey, name, isDefault, keys } }, context) =>
      payload(async () => {
        assertName(idempotencyKey, "input.idempotencyKey");
        assertDistributionName(name, "input.name");
        if (keys.length > MAX_MEDIA_KEYS) {
          throw new InvalidInputError("input.keys", `A distribution has at most ${MAX_MEDIA_KEYS} keys.`);
        }
        const made = keys.map((key, index) => newMediaKey(key, `input.keys.${index}`));
        const wish = { name, isDefault, keys: keys.map((key) => ({ ...key })) };
        return createOnce(idempotencyKey, wish, { name, isDefault, keys: made }, context);
      }),
  }),
);

/** @throws InvalidInputError for a name that no distribution can have */
export function assertDistributionName(name: string, argument: string): void {
  assertName(name, argument);
  if (name.includes("*")) throw new InvalidInputError(argument, "A distribution's name has no asterisk.");
}

/** Makes it once: where the answer was lost, it is looked for among the newest, by its name and the names of its keys. */
async function createOnce(
  idempotencyKey: string,
  wish: object,
  wanted: NewMediaDistribution & { readonly keys: readonly ReturnType<typeof newMediaKey>[] },
  context: GraphContext,
) {
  const { caller, idempotency, upstream } = context;
  const { mediaDistributions } = upstream;
  let isNew = false;
  const id = await idempotency.run({
    caller: caller.principalId,
    operation: "createMediaDistribution",
    key: idempotencyKey,
    input: wish,
    likeness: { name: wanted.name, keys: namesOf(wanted.keys) },
    makes: "MediaDistribution",
    perform: async () => {
      isNew = true;
      return (await mediaDistributions.create(wanted)).id;
    },
    recover: async ({ begunAt, isTaken, hasRival }) => {
      // The platform never shows a key's secret, so two distributions with keys of the same names can't be told apart.
      if (wanted.keys.length > 0 && (await hasRival())) return null;
      const span = context.spanOnPlatform(begunAt);
      for (const each of (await mediaDistributions.list()).reverse()) {
        const isAlike = matchesRequest(distributionComparison, wanted, each, span);
        const isRecent = (each.createdAt ?? 0) >= span.begunAt - CLOCK_TOLERANCE_MS;
        if (isAlike && isRecent && !(await isTaken(each.id))) return each.id;
      }
      return null;
    },
  });
  const distribution = await mediaDistributions.read(id);
  if (!distribution) {
    const rule = "The distribution that this idempotency key made has been deleted since. Use a new key.";
    throw new ConflictError(rule, { argument: "input.idempotencyKey" });
  }
  const keys = distribution.keys.map((key, index): IssuedKey => {
    const made = wanted.keys[index];
    return { key, secret: made?.isMade ? made.secret : null };
  });
  return { distribution, keys: isNew ? keys : [] };
}
