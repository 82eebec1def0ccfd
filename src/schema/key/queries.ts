import { apiKeyState } from "../../auth/api-keys.ts";
import { builder } from "../builder.ts";
import { CallerRole } from "../caller/scope-grant.ts";
import { PartnerRef } from "../partner/find-partner.ts";
import { findRegisteredPartner } from "../partner/find-registered-partner.ts";
import { ApiKey, ApiKeyConnection } from "../refs.ts";
import { ApiKeyState, apiKeyPage } from "./api-key.ts";

const ApiKeyFilter = builder.inputType("ApiKeyFilter", {
  description: "Which keys: those that satisfy every field that is set.",
  fields: (t) => ({
    partner: t.field({ type: PartnerRef, description: "Those of one partner." }),
    role: t.field({ type: CallerRole, description: "Those that make callers of this kind." }),
    state: t.field({ type: ApiKeyState, description: "Those that are so now." }),
  }),
});

builder.queryFields((t) => ({
  apiKeys: t.connection(
    {
      type: ApiKey,
      nullable: true,
      authScopes: { staff: "key:admin" },
      description:
        "The keys of the gateway's callers, oldest first. The operator's key of the environment is none of them.",
      args: { filter: t.arg({ type: ApiKeyFilter, description: "Which keys; all when it is left out." }) },
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
