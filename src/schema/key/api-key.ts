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
  description: "State of an API key.",
  values: {
    ACTIVE: { description: "The key authenticates requests." },
    EXPIRED: { description: "The key's expiry has passed, or the overlap after a rotation is over." },
    REVOKED: { description: "The key was revoked and is rejected permanently." },
  },
});

builder.node(ApiKey, {
  name: "ApiKey",
  description: "A credential of a caller. Its secret is shown once, on creation: the gateway stores only a hash.",
  authScopes: ({ partnerId }, { caller }) =>
    caller.partner ? caller.partner.id === partnerId : { staff: "key:admin" },
  id: { resolve: ({ id }) => id },
  fields: (t) => ({
    name: t.exposeString("name", { description: "Name of the key, given on creation." }),
    role: t.expose("role", { type: CallerRole, description: "Role of callers with this key." }),
    state: t.field({
      type: ApiKeyState,
      description: "Whether the key is accepted now.",
      resolve: (key, _args, { ownNow }) => apiKeyState(key, ownNow),
    }),
    partner: t.field({
      type: Partner,
      nullable: true,
      description: "The partner that the key belongs to; null unless the role is PARTNER.",
      resolve: ({ partnerId }, _args, { loaders }) => (partnerId === null ? null : loaders.partners.byId(partnerId)),
    }),
    scopes: t.field({
      type: [ScopeGrant],
      description: "Scopes that the key grants. Empty for none.",
      resolve: ({ scopes }) => allScopes.filter((scope) => scopes.includes(scope)),
    }),
    allowedOrigins: t.field({
      type: ["String"],
      description:
        "Origins of the web pages that may use the key; empty allows any caller. If there are any, a request without the header `Origin` is rejected.",
      resolve: ({ allowedOrigins }) => [...allowedOrigins],
    }),
    allowedNetworks: t.field({
      type: ["String"],
      description: "IP addresses and CIDR blocks that the key may be used from; empty allows any.",
      resolve: ({ allowedNetworks }) => [...allowedNetworks],
    }),
    createdAt: t.expose("createdAt", { type: "DateTime", description: "Time at which the key was created." }),
    expiresAt: t.expose("expiresAt", {
      type: "DateTime",
      nullable: true,
      description: "Time at which the key expires; null if it never does.",
    }),
    revokedAt: t.expose("revokedAt", {
      type: "DateTime",
      nullable: true,
      description: "Time at which the key was revoked; null if it was not.",
    }),
    lastUsedAt: t.expose("lastUsedAt", {
      type: "DateTime",
      nullable: true,
      description: "Time of the latest use, to the minute; null if the key was never used.",
    }),
    replacedBy: t.field({
      type: ApiKey,
      nullable: true,
      description: "The successor that a rotation created; null if the key was not rotated.",
      resolve: ({ replacedById }, _args, { store }) =>
        replacedById === null ? null : store.apiKeys.byId(replacedById),
    }),
  }),
});

/** Returns the API key with the global id. @throws NotFoundError for an unknown key and for another partner's */
export async function findApiKey(id: string, argument: string, { store, caller }: GraphContext): Promise<ApiKeyRecord> {
  const key = await store.apiKeys.byId(keyOfId(id, "ApiKey") ?? "");
  if (!key || (caller.partner && key.partnerId !== caller.partner.id)) throw new NotFoundError(argument);
  return key;
}

/** Returns a page of a partner's keys, oldest first. */
export async function apiKeysOf(partnerId: string, page: PageArguments, { store }: Pick<GraphContext, "store">) {
  return apiKeyPage(await store.apiKeys.list({ partnerId }), page);
}

/** Returns a page of keys that are sorted by age. */
export function apiKeyPage(keys: readonly ApiKeyRecord[], page: PageArguments) {
  return pageOf(keys, ({ createdAt, id }) => `${sortableNumber(createdAt)}${id}`, page);
}
