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

/** The longest lifetime of an API key, in seconds. */
const MAX_EXPIRES_IN_SECONDS = 2_147_483_647;
/** The most origins of one key, and the most networks: each request is compared with all of them. */
const MAX_RESTRICTIONS = 50;

const CreateApiKeyInput = builder.inputType("CreateApiKeyInput", {
  description:
    "The properties of a new API key. They cannot be changed later: create another key and revoke this one instead.",
  fields: (t) => ({
    idempotencyKey: t.id({
      required: true,
      description:
        "A key that the client chooses, 1 to 128 characters. Repeated within a day, the same key creates no second API key: it returns the first one without its secret, which the gateway does not store.",
    }),
    name: t.string({ required: true, description: "Name of the key, such as its user: 1 to 128 characters." }),
    role: t.field({ type: CallerRole, required: true, description: "Role of callers with this key." }),
    partner: t.field({
      type: PartnerRef,
      description:
        "The partner that the key belongs to. Required for the role PARTNER and not allowed for others. Defaults to none.",
    }),
    scopes: t.stringList({
      required: true,
      description: "Scopes of the key: each must be allowed for the role and held by the caller.",
    }),
    allowedOrigins: t.stringList({
      required: true,
      defaultValue: [],
      description:
        "Origins of the web pages that may use the key, such as `https://app.example.com`, at most 50. Empty, the default, allows any caller; otherwise a request without the header `Origin`, such as a backend's, is rejected.",
    }),
    allowedNetworks: t.stringList({
      required: true,
      defaultValue: [],
      description:
        "IPv4 or IPv6 addresses and CIDR blocks that the key may be used from, at most 50; empty, the default, allows any.",
    }),
    expiresInSeconds: t.int({
      description: "Lifetime in seconds from now, at least 1; omit it for a key that never expires.",
    }),
  }),
});

/** A new key; the secret is null when an earlier request with the idempotency key created it. */
interface Created {
  readonly key: ApiKeyRecord;
  readonly secret: Secret | null;
}

const CreateApiKeyPayload = builder.objectRef<Payload & Partial<Created>>("CreateApiKeyPayload").implement({
  description: "The new API key, or why none was created.",
  interfaces: [MutationPayload],
  fields: (t) => ({
    apiKey: t.expose("key", { type: ApiKey, nullable: true, description: "The new API key; null after a failure." }),
    secret: t.string({
      nullable: true,
      description:
        "The secret of the key, to send after `Bearer`. Shown once; null when an earlier request with the same idempotency key created the key.",
      resolve: ({ secret }) => secret?.reveal() ?? null,
    }),
  }),
});

builder.mutationField("createApiKey", (t) =>
  t.field({
    type: CreateApiKeyPayload,
    nullable: true,
    authScopes: { staff: "key:admin" },
    description: "Creates an API key. The key never grants more than its role allows, nor more than the caller holds.",
    args: { input: t.arg({ type: CreateApiKeyInput, required: true, description: "The properties of the new key." }) },
    resolve: (_root, { input: { idempotencyKey, ...request } }, context) =>
      payload(async () => createOnce(idempotencyKey, request, await newKey(request, context), context)),
  }),
);

interface KeyRequest {
  readonly name: string;
  readonly role: ApiKeyRecord["role"];
  readonly partner?: PartnerReference | null | undefined;
  readonly scopes: readonly string[];
  readonly allowedOrigins: readonly string[];
  readonly allowedNetworks: readonly string[];
  readonly expiresInSeconds?: number | null | undefined;
}

/** @throws InvalidInputError, NotFoundError naming the argument; ApplicationError PARTNER_NOT_ACTIVE */
async function newKey(request: KeyRequest, context: GraphContext): Promise<NewApiKey> {
  const { name, role, scopes, allowedOrigins, allowedNetworks, expiresInSeconds } = request;
  assertName(name, "input.name");
  assertOrigins(allowedOrigins, "input.allowedOrigins");
  assertNetworks(allowedNetworks, "input.allowedNetworks");
  if (expiresInSeconds != null && (expiresInSeconds < 1 || expiresInSeconds > MAX_EXPIRES_IN_SECONDS)) {
    const rule = `\`input.expiresInSeconds\` must be 1 to ${MAX_EXPIRES_IN_SECONDS}; got ${expiresInSeconds}.`;
    throw new InvalidInputError("input.expiresInSeconds", rule);
  }
  return {
    name,
    role,
    partnerId: await ownerOf(request, context),
    scopes: grantedScopes(scopes, role, context.caller, "input.scopes"),
    allowedOrigins,
    allowedNetworks,
    expiresAt: expiresInSeconds == null ? null : context.ownNow + expiresInSeconds * 1_000,
  };
}

async function ownerOf({ role, partner: ref }: KeyRequest, context: GraphContext): Promise<string | null> {
  if (role !== "PARTNER") {
    if (!ref) return null;
    throw new InvalidInputError(
      "input.partner",
      `\`input.partner\` must be omitted for the role ${role}; got a partner.`,
    );
  }
  if (!ref) {
    throw new InvalidInputError("input.partner", "`input.partner` must be given for the role PARTNER; got nothing.");
  }
  const partner = await findRegisteredPartner(ref, "input.partner", context);
  assertGetsKeys(partner.status);
  return partner.id;
}

/** @throws ApplicationError PARTNER_NOT_ACTIVE */
function assertGetsKeys(status: RegisteredStatus): void {
  if (status === "ACTIVE") return;
  const message = `\`input.partner\` must be active to get keys; got one that is ${status.toLowerCase()}.`;
  throw new ApplicationError("PARTNER_NOT_ACTIVE", message, { argument: "input.partner" });
}

/** Compares a request with a key, to find the key that an interrupted request created. */
export const keyComparison: Comparison<
  Omit<NewApiKey, "expiresAt"> & { readonly expiresInSeconds: number | undefined },
  ApiKeyRecord
> = {
  name: (requested, { name }) => name === requested,
  role: (requested, { role }) => role === requested,
  partnerId: (requested, { partnerId }) => partnerId === requested,
  scopes: (requested, { scopes }) => sameTexts(requested, scopes),
  allowedOrigins: (requested, { allowedOrigins }) => sameTexts(requested, allowedOrigins),
  allowedNetworks: (requested, { allowedNetworks }) => sameTexts(requested, allowedNetworks),
  expiresInSeconds: (requested, { expiresAt }, span) => expiryMatchesRequest(requested, expiresAt, span),
};

/** Creates the key once per idempotency key, in one transaction with its entry in the audit log. */
async function createOnce(
  idempotencyKey: string,
  request: KeyRequest,
  key: NewApiKey,
  context: GraphContext,
): Promise<Created> {
  assertName(idempotencyKey, "input.idempotencyKey");
  const { caller, idempotency, store, ownNow: now } = context;
  const input = { ...key, expiresInSeconds: request.expiresInSeconds ?? undefined };
  let secret: Secret | null = null;
  const id = await idempotency.run({
    caller: caller.principalId,
    operation: "createApiKey",
    key: idempotencyKey,
    input: request,
    fingerprint: { name: key.name, role: key.role, partnerId: key.partnerId },
    creates: "ApiKey",
    perform: async () => {
      const generated = generateApiKey();
      const record = await commitLast(context, async ({ apiKeys, partners }) => {
        const partner = key.partnerId === null ? null : await partners.locked(key.partnerId);
        if (partner) assertGetsKeys(partner.status);
        // Later than the idempotency key, so that a repeated request recognizes the API key.
        return apiKeys.create(key, generated.hash, context.clock());
      });
      secret = generated.key;
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
    const at = `${argument}.${index}`;
    const rule = "must be an origin as browsers send it, such as https://app.example.com";
    throw new InvalidInputError(at, `\`${at}\` ${rule}; got ${JSON.stringify(origin.slice(0, 40))}.`);
  }
}

function assertNetworks(networks: readonly string[], argument: string): void {
  assertCount(networks, argument);
  for (const [index, network] of networks.entries()) {
    if (parseNetwork(network)) continue;
    const at = `${argument}.${index}`;
    const rule = "must be an address or a CIDR block, such as 192.0.2.1, 192.0.2.0/24 or 2001:db8::/32";
    throw new InvalidInputError(at, `\`${at}\` ${rule}; got ${JSON.stringify(network.slice(0, 40))}.`);
  }
}

function assertCount(entries: readonly string[], argument: string): void {
  if (entries.length <= MAX_RESTRICTIONS) return;
  const rule = `\`${argument}\` must have at most ${MAX_RESTRICTIONS} entries; got ${entries.length}.`;
  throw new InvalidInputError(argument, rule, { max: MAX_RESTRICTIONS });
}

/** Returns whether the text is an origin in the form that browsers send: lower case, no path, no default port. */
function isOrigin(text: string): boolean {
  return text.length <= 255 && /^https?:/.test(text) && URL.canParse(text) && new URL(text).origin === text;
}
