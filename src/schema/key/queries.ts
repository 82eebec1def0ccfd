import { apiKeyState } from "../../auth/api-keys.ts";
import { builder } from "../builder.ts";
import { CallerRole } from "../caller/scope-grant.ts";
import { PartnerRef } from "../partner/find-partner.ts";
import { findRegisteredPartner } from "../partner/find-registered-partner.ts";
import { ApiKey, ApiKeyConnection } from "../refs.ts";
import { ApiKeyState, apiKeyPage } from "./api-key.ts";

const ApiKeyFilter = builder.inputType("ApiKeyFilter", {
  description: "Conditions on API keys; a key must meet all that are set.",
  fields: (t) => ({
    partner: t.field({ type: PartnerRef, description: "Only keys of this partner. Defaults to any owner." }),
    role: t.field({ type: CallerRole, description: "Only keys with this role. Defaults to any role." }),
    state: t.field({ type: ApiKeyState, description: "Only keys currently in this state. Defaults to any state." }),
  }),
});

builder.queryFields((t) => ({
  apiKeys: t.connection(
    {
      type: ApiKey,
      nullable: true,
      authScopes: { staff: "key:admin" },
      description:
        "API keys of the gateway's callers, oldest first. The operator's key from the environment is not listed. Null, with an error, if the caller may not read them.",
      args: { filter: t.arg({ type: ApiKeyFilter, description: "Conditions on the keys; all keys by default." }) },
      resolve: async (_root, { filter, ...page }, context) => {
        const { partner, role, state } = filter ?? {};
        const owner = partner && (await findRegisteredPartner(partner, "filter.partner", context));
        const keys = await context.store.apiKeys.list(owner ? { partnerId: owner.id } : {});
        const chosen = keys.filter(
          (key) => (role == null || key.role === role) && (state == null || apiKeyState(key, context.ownNow) === state),
        );
        return apiKeyPage(chosen, page);
      },
    },
    ApiKeyConnection,
  ),
}));
