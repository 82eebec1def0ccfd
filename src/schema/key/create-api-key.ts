import { generateApiKey } from "../../auth/api-keys.ts";
import type { GraphContext } from "../../context.ts";
import { ApplicationError, InvalidInputError } from "../../model/errors.ts";
import { parseNetwork } from "../../model/network.ts";
import type { RegisteredStatus } from "../../model/partner/partner.ts";
import type { Secret } from "../../model/secret.ts";
import { assertName } from "../../model/text.ts";
import type { NewApiKey } from "../../store/api-keys.ts";
import type { ApiKeyRecord } from "../../store/records.ts";
import { commitLast } from "../audit/audited.ts";
import { builder } from "../builder.ts";
import { CallerRole } from "../caller/scope-grant.ts";
import { type Comparison, expiryMatchesRequest, matchesRequest, sameTexts } from "../matches-request.ts";
import { PartnerRef, type PartnerReference } from "../partner/find-partner.ts";
import { findRegisteredPartner } from "../partner/find-registered-partner.ts";
import { MutationPayload, type Payload, payload } from "../payload.ts";
import { ApiKey } from "../refs.ts";
import { grantedScopes } from "./granted-scopes.ts";

const MAX_EXPIRES_IN_SECONDS = 2_147_483_647;
/** Origins of one key, or networks: each request is compared with all of them. */
const MAX_RESTRICTIONS = 50;

const CreateApiKeyInput = builder.inputType("CreateApiKeyInput", {
  description: "What a new API key is made of. It can't be changed later: make another one, and revoke this one.",
  fields: (t) => ({
    idempotencyKey: t.id({
      required: true,
      description:
        "Of your choosing: sent again within a day, the same key makes no second API key. It answers with the first one, and not with its secret, of which the gateway keeps nothing.",
    }),
    name: t.string({ required: true, description: "What to call it, such as who uses it: 1 to 128 characters." }),
    role: t.field({ type: CallerRole, required: true, description: "What kind of caller it makes." }),
    partner: t.field({
      type: PartnerRef,
      description: "Whose key it is. Needed for the role PARTNER, and for no other.",
    }),
    scopes: t.stringList({
      required: true,
      description: "What it allows: scopes that its role may hold, and that you hold yourself.",
    }),
    allowedOrigins: t.stringList({
      required: true,
      defaultValue: [],
      description:
        "Web pages that may use it, by their origin: `https://app.example.com`. Empty for any caller; else a request without the header `Origin`, as a backend sends it, is refused.",
    }),
    allowedNetworks: t.stringList({
      required: true,
      defaultValue: [],
      description: "Addresses and CIDR blocks, IPv4 or IPv6, that it may be used from; empty for any.",
    }),
    expiresInSeconds: t.int({ description: "From now, at least 1; left out for a key that never expires." }),
  }),
});

/** A key that was made; its secret is there in the one answer that makes it. */
interface Made {
  readonly key: ApiKeyRecord;
  readonly secret: Secret | null;
}

const CreateApiKeyPayload = builder.objectRef<Payload & Partial<Made>>("CreateApiKeyPayload").implement({
  description: "The new API key, or why there is none.",
  interfaces: [MutationPayload],
  fields: (t) => ({
    apiKey: t.expose("key", { type: ApiKey, nullable: true, description: "The key, as it is listed from now on." }),
    secret: t.string({
      nullable: true,
      description:
        "The key itself, to send behind `Bearer`. It is shown this once; null when the idempotency key had made the API key before.",
      resolve: ({ secret }) => secret?.reveal() ?? null,
    }),
  }),
});

builder.mutationField("createApiKey", (t) =>
  t.field({
    type: CreateApiKeyPayload,
    nullable: true,
    authScopes: { staff: "key:admin" },
    description: "Makes an API key. It never allows more than its role may hold, nor more than you hold.",
    args: { input: t.arg({ type: CreateApiKeyInput, required: true, description: "What it is made of." }) },
    resolve: (_root, { input: { idempotencyKey, ...wish } }, context) =>
      payload(async () => makeOnce(idempotencyKey, wish, await newKey(wish, context), context)),
  }),
);

interface Wish {
  readonly name: string;
  readonly role: ApiKeyRecord["role"];
  readonly partner?: PartnerReference | null | undefined;
  readonly scopes: readonly string[];
  readonly allowedOrigins: readonly string[];
  readonly allowedNetworks: readonly string[];
  readonly expiresInSeconds?: number | null | undefined;
}

/** @throws InvalidInputError, NotFoundError naming the argument; ApplicationError PARTNER_NOT_ACTIVE */
async function newKey(wish: Wish, context: GraphContext): Promise<NewApiKey> {
  const { name, role, scopes, allowedOrigins, allowedNetworks, expiresInSeconds } = wish;
  assertName(name, "input.name");
  assertOrigins(allowedOrigins, "input.allowedOrigins");
  assertNetworks(allowedNetworks, "input.allowedNetworks");
  if (expiresInSeconds != null && (expiresInSeconds < 1 || expiresInSeconds > MAX_EXPIRES_IN_SECONDS)) {
    throw new InvalidInputError("input.expiresInSeconds", `A life is of 1 to ${MAX_EXPIRES_IN_SECONDS} seconds.`);
  }
  return {
    name,
    role,
    partnerId: await ownerOf(wish, context),
    scopes: grantedScopes(scopes, role, context.caller, "input.scopes"),
    allowedOrigins,
    allowedNetworks,
    expiresAt: expiresInSeconds == null ? null : context.ownNow + expiresInSeconds * 1_000,
  };
}

async function ownerOf({ role, partner: ref }: Wish, context: GraphContext): Promise<string | null> {
  if (role !== "PARTNER") {
    if (!ref) return null;
    throw new InvalidInputError("input.partner", "Only a key with the role PARTNER is a partner's.");
  }
  if (!ref) throw new InvalidInputError("input.partner", "A key with the role PARTNER is a partner's: name it.");
  const partner = await findRegisteredPartner(ref, "input.partner", context);
  assertGetsKeys(partner.status);
  return partner.id;
}

/** @throws ApplicationError PARTNER_NOT_ACTIVE */
function assertGetsKeys(status: RegisteredStatus): void {
  if (status === "ACTIVE") return;
  const message = `The partner is ${status.toLowerCase()}, so it gets no new keys.`;
  throw new ApplicationError("PARTNER_NOT_ACTIVE", message, { argument: "input.partner" });
}

/** What a key is recognised by when the gateway ended before it noted that the key was made. */
export const keyComparison: Comparison<
  Omit<NewApiKey, "expiresAt"> & { readonly expiresInSeconds: number | undefined },
  ApiKeyRecord
> = {
  name: (wished, { name }) => name === wished,
  role: (wished, { role }) => role === wished,
  partnerId: (wished, { partnerId }) => partnerId === wished,
  scopes: (wished, { scopes }) => sameTexts(wished, scopes),
  allowedOrigins: (wished, { allowedOrigins }) => sameTexts(wished, allowedOrigins),
  allowedNetworks: (wished, { allowedNetworks }) => sameTexts(wished, allowedNetworks),
  expiresInSeconds: (wished, { expiresAt }, span) => expiryMatchesRequest(wished, expiresAt, span),
};

/** Makes the key once for its idempotency key, in one transaction with its entry in the audit log. */
async function makeOnce(idempotencyKey: string, wish: Wish, key: NewApiKey, context: GraphContext): Promise<Made> {
  assertName(idempotencyKey, "input.idempotencyKey");
  const { caller, idempotency, store, ownNow: now } = context;
  const input = { ...key, expiresInSeconds: wish.expiresInSeconds ?? undefined };
  let secret: Secret | null = null;
  const id = await idempotency.run({
    caller: caller.principalId,
    operation: "createApiKey",
    key: idempotencyKey,
    input: wish,
    likeness: { name: key.name, role: key.role, partnerId: key.partnerId },
    makes: "ApiKey",
    perform: async () => {
      const made = generateApiKey();
      const record = await commitLast(context, async ({ apiKeys, partners }) => {
        const partner = key.partnerId === null ? null : await partners.locked(key.partnerId);
        if (partner) assertGetsKeys(partner.status);
        // Later than the idempotency key: by this a repeated request recognises the API key.
        return apiKeys.create(key, made.hash, context.clock());
      });
      secret = made.key;
      return record.id;
    },
    recover: async ({ begunAt, isTaken }) => {
      for (const candidate of await store.apiKeys.list(key.partnerId === null ? {} : { partnerId: key.partnerId })) {
        const isAlike =
          candidate.createdAt >= begunAt && matchesRequest(keyComparison, input, candidate, { begunAt, now });
        if (isAlike && !(await isTaken(candidate.id))) return candidate.id;
      }
      return null;
    },
  });
  const record = await store.apiKeys.byId(id);
  if (!record) throw new Error("an API key is never deleted");
  return { key: record, secret };
}

function assertOrigins(origins: readonly string[], argument: string): void {
  assertCount(origins, argument);
  for (const [index, origin] of origins.entries()) {
    if (isOrigin(origin)) continue;
    throw new InvalidInputError(
      `${argument}.${index}`,
      "It is an origin, as browsers send it: https://app.example.com.",
    );
  }
}

function assertNetworks(networks: readonly string[], argument: string): void {
  assertCount(networks, argument);
  for (const [index, network] of networks.entries()) {
    if (parseNetwork(network)) continue;
    const rule = "It is an address or a CIDR block: 192.0.2.1, 192.0.2.0/24, 2001:db8::/32.";
    throw new InvalidInputError(`${argument}.${index}`, rule);
  }
}

function assertCount(entries: readonly string[], argument: string): void {
  if (entries.length <= MAX_RESTRICTIONS) return;
  throw new InvalidInputError(argument, `At most ${MAX_RESTRICTIONS} of them.`, { max: MAX_RESTRICTIONS });
}

/** Browsers send an origin in one form: without a path, in small letters, without the port that its scheme implies. */
function isOrigin(text: string): boolean {
  return text.length <= 255 && /^https?:/.test(text) && URL.canParse(text) && new URL(text).origin === text;
}
