import { apiKeyState, generateApiKey } from "../../auth/api-keys.ts";
import { isScope } from "../../auth/scopes.ts";
import type { GraphContext } from "../../context.ts";
import { ConflictError, InvalidInputError } from "../../model/errors.ts";
import type { Secret } from "../../model/secret.ts";
import { assertName } from "../../model/text.ts";
import type { NewApiKey } from "../../store/api-keys.ts";
import type { ApiKeyRecord } from "../../store/records.ts";
import { commitLast } from "../audit/audited.ts";
import { builder } from "../builder.ts";
import { encodeGlobalId } from "../global-id.ts";
import { MutationPayload, type Payload, payload } from "../payload.ts";
import { ApiKey } from "../refs.ts";
import { findApiKey } from "./api-key.ts";

/** The longest time for which both keys are taken. */
const MAX_OVERLAP_SECONDS = 7 * 86_400;

const RotateApiKeyInput = builder.inputType("RotateApiKeyInput", {
  description: "Which API key gets a successor, and how long both are taken.",
  fields: (t) => ({
    idempotencyKey: t.id({
      required: true,
      description:
        "Of your choosing: sent again within a day, the same key does not rotate a second time. It answers with the successor, and not with its secret, of which the gateway keeps nothing.",
    }),
    id: t.id({ required: true, description: "The key's id." }),
    overlapSeconds: t.int({
      required: true,
      defaultValue: 3_600,
      description: `For how long the former key is still taken: 0 to ${MAX_OVERLAP_SECONDS}. Sessions that it made end with it.`,
    }),
  }),
});

/** A key and what a rotation put in its place; the secret is there in the one answer that makes it. */
interface Rotated {
  readonly former: ApiKeyRecord;
  readonly successor: ApiKeyRecord | null;
  readonly secret: Secret | null;
}

const RotateApiKeyPayload = builder.objectRef<Payload & Partial<Rotated>>("RotateApiKeyPayload").implement({
  description: "The key and its successor, or why it has none.",
  interfaces: [MutationPayload],
  fields: (t) => ({
    apiKey: t.expose("successor", { type: ApiKey, nullable: true, description: "The new key." }),
    formerKey: t.expose("former", { type: ApiKey, nullable: true, description: "The key that it replaces." }),
    secret: t.string({
      nullable: true,
      description:
        "The new key itself, to send behind `Bearer`. It is shown this once; null when the idempotency key had rotated before.",
      resolve: ({ secret }) => secret?.reveal() ?? null,
    }),
  }),
});

builder.mutationField("rotateApiKey", (t) =>
  t.field({
    type: RotateApiKeyPayload,
    nullable: true,
    authScopes: { staff: "key:admin" },
    description:
      "Makes another key for the same caller: same name, role, scopes and restrictions, and a life as long as the former was made for. The former one ends when the overlap is over, or earlier by itself.",
    args: { input: t.arg({ type: RotateApiKeyInput, required: true, description: "Which key." }) },
    resolve: (_root, { input }, context) =>
      payload(async () => {
        const { id, overlapSeconds } = input;
        if (overlapSeconds < 0 || overlapSeconds > MAX_OVERLAP_SECONDS) {
          throw new InvalidInputError("input.overlapSeconds", `An overlap is of 0 to ${MAX_OVERLAP_SECONDS} seconds.`);
        }
        return rotateOnce(input, await findApiKey(id, "input.id", context), context);
      }),
  }),
);

/** Rotates once for an idempotency key: the successor, the end of the former and the audit entry together, or nothing. */
async function rotateOnce(
  { idempotencyKey, overlapSeconds }: { readonly idempotencyKey: string; readonly overlapSeconds: number },
  former: ApiKeyRecord,
  context: GraphContext,
): Promise<Rotated> {
  assertName(idempotencyKey, "input.idempotencyKey");
  const { caller, idempotency, store, ownNow: now } = context;
  let secret: Secret | null = null;
  const id = await idempotency.run({
    caller: caller.principalId,
    operation: "rotateApiKey",
    key: idempotencyKey,
    input: { id: former.id, overlapSeconds },
    likeness: former.id,
    makes: "ApiKey",
    perform: async () => {
      const made = generateApiKey();
      const successor = await commitLast(context, async ({ apiKeys, partners }) => {
        // Read again within the transaction: two rotations of one key would leave a key that nobody knows of.
        if (former.partnerId !== null) await partners.locked(former.partnerId);
        const present = (await apiKeys.byId(former.id)) ?? former;
        const created = await apiKeys.create(successorOf(present, context), made.hash, now);
        await apiKeys.replace(former.id, created.id, now + overlapSeconds * 1_000);
        return created;
      });
      secret = made.key;
      return successor.id;
    },
    recover: async () => (await store.apiKeys.byId(former.id))?.replacedById ?? null,
  });
  const [successor, present] = await Promise.all([store.apiKeys.byId(id), store.apiKeys.byId(former.id)]);
  return { former: present ?? former, successor, secret };
}

/** @throws ConflictError for a key that is no longer used; InvalidInputError FORBIDDEN for one that allows more than its maker */
function successorOf(key: ApiKeyRecord, { caller, ownNow: now }: GraphContext): NewApiKey {
  const { name, role, partnerId, scopes, allowedOrigins, allowedNetworks, createdAt, expiresAt, replacedById } = key;
  if (replacedById !== null) {
    const facts = { argument: "input.id", replacedBy: encodeGlobalId("ApiKey", replacedById) };
    throw new ConflictError("The key has a successor already: rotate that one.", facts);
  }
  const state = apiKeyState(key, now);
  if (state !== "ACTIVE") {
    throw new ConflictError(`The key is ${state.toLowerCase()}: make a new one.`, { argument: "input.id" });
  }
  const lacking = scopes.find((scope) => !isScope(scope) || !caller.scopes.has(scope));
  if (lacking !== undefined) {
    throw new InvalidInputError("input.id", `It allows ${lacking}, which you do not hold.`, {}, "FORBIDDEN");
  }
  return {
    name,
    role,
    partnerId,
    scopes,
    allowedOrigins,
    allowedNetworks,
    expiresAt: expiresAt === null ? null : now + (expiresAt - createdAt),
  };
}
