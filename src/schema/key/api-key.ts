import { apiKeyState } from "../../auth/api-keys.ts";
import { allScopes } from "../../auth/scopes.ts";
import type { GraphContext } from "../../context.ts";
import { NotFoundError } from "../../model/errors.ts";
import type { ApiKeyRecord } from "../../store/records.ts";
import { builder } from "../builder.ts";
import { CallerRole, ScopeGrant } from "../caller/scope-grant.ts";
import { type PageArguments, pageOf, sortableNumber } from "../connection.ts";
import { keyOfId } from "../global-id.ts";
import { ApiKey, Partner } from "../refs.ts";

export const ApiKeyState = builder.enumType("ApiKeyState", {
  description: "Whether an API key opens anything.",
  values: {
    ACTIVE: { description: "It does." },
    EXPIRED: { description: "Its time is over, or that of the overlap after a rotation." },
    REVOKED: { description: "It was revoked." },
  },
});

builder.node(ApiKey, {
  name: "ApiKey",
  description:
    "What a caller proves itself with. The key itself is shown once, when it is made: the gateway keeps nothing but a hash of it.",
  authScopes: ({ partnerId }, { caller }) =>
    caller.partner ? caller.partner.id === partnerId : { staff: "key:admin" },
  id: { resolve: ({ id }) => id },
  fields: (t) => ({
    name: t.exposeString("name", { description: "What it is called." }),
    role: t.expose("role", { type: CallerRole, description: "What kind of caller it makes." }),
    state: t.field({
      type: ApiKeyState,
      description: "Whether it opens anything now.",
      resolve: (key, _args, { ownNow }) => apiKeyState(key, ownNow),
    }),
    partner: t.field({
      type: Partner,
      nullable: true,
      description: "Whose key it is; null unless its role is PARTNER.",
      resolve: ({ partnerId }, _args, { loaders }) => (partnerId === null ? null : loaders.partners.byId(partnerId)),
    }),
    scopes: t.field({
      type: [ScopeGrant],
      description: "What it allows.",
      resolve: ({ scopes }) => allScopes.filter((scope) => scopes.includes(scope)),
    }),
    allowedOrigins: t.field({
      type: ["String"],
      description:
        "Web pages that may use it, by their origin; empty for any caller. A key that has some is for pages alone: a request without the header `Origin` is refused.",
      resolve: ({ allowedOrigins }) => [...allowedOrigins],
    }),
    allowedNetworks: t.field({
      type: ["String"],
      description: "Addresses and CIDR blocks that it may be used from; empty for any.",
      resolve: ({ allowedNetworks }) => [...allowedNetworks],
    }),
    createdAt: t.expose("createdAt", { type: "DateTime", description: "When it was made." }),
    expiresAt: t.expose("expiresAt", {
      type: "DateTime",
      nullable: true,
      description: "When it ends by itself; null for never.",
    }),
    revokedAt: t.expose("revokedAt", {
      type: "DateTime",
      nullable: true,
      description: "When it was revoked; null while it is not.",
    }),
    lastUsedAt: t.expose("lastUsedAt", {
      type: "DateTime",
      nullable: true,
      description: "When it was last used, to the minute; null for never.",
    }),
    replacedBy: t.field({
      type: ApiKey,
      nullable: true,
      description: "The key that a rotation put in its place.",
      resolve: ({ replacedById }, _args, { store }) =>
        replacedById === null ? null : store.apiKeys.byId(replacedById),
    }),
  }),
});

/** The key that is meant. @throws NotFoundError when there is none, or it is another partner's */
export async function findApiKey(id: string, argument: string, { store, caller }: GraphContext): Promise<ApiKeyRecord> {
  const key = await store.apiKeys.byId(keyOfId(id, "ApiKey") ?? "");
  if (!key || (caller.partner && key.partnerId !== caller.partner.id)) throw new NotFoundError(argument);
  return key;
}

/** A page of a partner's keys, oldest first. */
export async function apiKeysOf(partnerId: string, page: PageArguments, { store }: Pick<GraphContext, "store">) {
  return apiKeyPage(await store.apiKeys.list({ partnerId }), page);
}

/** A page of keys that are sorted by age. */
export function apiKeyPage(keys: readonly ApiKeyRecord[], page: PageArguments) {
  return pageOf(keys, ({ createdAt, id }) => `${sortableNumber(createdAt)}${id}`, page);
}
