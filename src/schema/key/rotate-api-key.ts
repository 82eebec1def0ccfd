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

/** The longest time for which both keys are accepted, in seconds. */
const MAX_OVERLAP_SECONDS = 7 * 86_400;

const RotateApiKeyInput = builder.inputType("RotateApiKeyInput", {
  description: "The API key to replace, and how long both keys are accepted.",
  fields: (t) => ({
    idempotencyKey: t.id({
      required: true,
      description:
        "A key that the client chooses, 1 to 128 characters. Repeated within a day, the same key does not rotate again: it returns the successor without its secret, which the gateway does not store.",
    }),
    id: t.id({ required: true, description: "The global id of the API key to replace." }),
    overlapSeconds: t.int({
      required: true,
      defaultValue: 3_600,
      description: `Seconds for which the previous key is still accepted: 0 to ${MAX_OVERLAP_SECONDS}; 3600 by default. Sessions that it issued end with it.`,
    }),
  }),
});

/** A key and its successor; the secret is null when an earlier request with the idempotency key created the successor. */
interface Rotated {
  readonly previous: ApiKeyRecord;
  readonly successor: ApiKeyRecord | null;
  readonly secret: Secret | null;
}

const RotateApiKeyPayload = builder.objectRef<Payload & Partial<Rotated>>("RotateApiKeyPayload").implement({
  description: "The API key and its successor, or why it was not rotated.",
  interfaces: [MutationPayload],
  fields: (t) => ({
    apiKey: t.expose("successor", {
      type: ApiKey,
      nullable: true,
      description: "The new key; null after a failure.",
    }),
    previousKey: t.expose("previous", {
      type: ApiKey,
      nullable: true,
      description: "The key that the new one replaces; null after a failure.",
    }),
    secret: t.string({
      nullable: true,
      description:
        "The secret of the new key, to send after `Bearer`. Shown once; null when an earlier request with the same idempotency key rotated the key.",
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
      "Creates another API key for the same caller, with the same name, role, scopes, restrictions and lifetime. The previous key is rejected when the overlap is over, or at its own expiry if that is earlier.",
    args: { input: t.arg({ type: RotateApiKeyInput, required: true, description: "The API key to replace." }) },
    resolve: (_root, { input }, context) =>
      payload(async () => {
        const { id, overlapSeconds } = input;
        if (overlapSeconds < 0 || overlapSeconds > MAX_OVERLAP_SECONDS) {
          const rule = `\`input.overlapSeconds\` must be 0 to ${MAX_OVERLAP_SECONDS}; got ${overlapSeconds}.`;
          throw new InvalidInputError("input.overlapSeconds", rule);
        }
        return rotateOnce(input, await findApiKey(id, "input.id", context), context);
      }),
  }),
);

/** Rotates once per idempotency key: the successor, the expiry of the previous key and the audit entry, or nothing. */
async function rotateOnce(
  { idempotencyKey, overlapSeconds }: { readonly idempotencyKey: string; readonly overlapSeconds: number },
  previous: ApiKeyRecord,
  context: GraphContext,
): Promise<Rotated> {
  assertName(idempotencyKey, "input.idempotencyKey");
  const { caller, idempotency, store, ownNow: now } = context;
  let secret: Secret | null = null;
  const id = await idempotency.run({
    caller: caller.principalId,
    operation: "rotateApiKey",
    key: idempotencyKey,
    input: { id: previous.id, overlapSeconds },
    fingerprint: previous.id,
    creates: "ApiKey",
    perform: async () => {
      const generated = generateApiKey();
      const successor = await commitLast(context, async ({ apiKeys, partners }) => {
        // Read again within the transaction: otherwise two rotations of one key would leave an orphaned successor.
        if (previous.partnerId !== null) await partners.locked(previous.partnerId);
        const present = (await apiKeys.byId(previous.id)) ?? previous;
        const created = await apiKeys.create(successorOf(present, context), generated.hash, now);
        await apiKeys.replace(previous.id, created.id, now + overlapSeconds * 1_000);
        return created;
      });
      secret = generated.key;
      return successor.id;
    },
    recover: async () => (await store.apiKeys.byId(previous.id))?.replacedById ?? null,
  });
  const [successor, present] = await Promise.all([store.apiKeys.byId(id), store.apiKeys.byId(previous.id)]);
  return { previous: present ?? previous, successor, secret };
}

/** @throws ConflictError for a key that is not active; InvalidInputError FORBIDDEN for a key with scopes the caller lacks */
function successorOf(key: ApiKeyRecord, { caller, ownNow: now }: GraphContext): NewApiKey {
  const { name, role, partnerId, scopes, allowedOrigins, allowedNetworks, createdAt, expiresAt, replacedById } = key;
  if (replacedById !== null) {
    const facts = { argument: "input.id", replacedBy: encodeGlobalId("ApiKey", replacedById) };
    throw new ConflictError("`input.id` must be a key without a successor: rotate the successor.", facts);
  }
  const state = apiKeyState(key, now);
  if (state !== "ACTIVE") {
    const message = `\`input.id\` must be an active key; got one that is ${state.toLowerCase()}. Create a new key.`;
    throw new ConflictError(message, { argument: "input.id" });
  }
  const lacking = scopes.find((scope) => !isScope(scope) || !caller.scopes.has(scope));
  if (lacking !== undefined) {
    const message = `\`input.id\` must allow only scopes that the caller holds; the key allows \`${lacking}\`.`;
    throw new InvalidInputError("input.id", message, {}, "FORBIDDEN");
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
