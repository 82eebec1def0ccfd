import type { Caller as CallerShape } from "../../auth/caller.ts";
import { allScopes } from "../../auth/scopes.ts";
import { cacheable } from "../../engine/cacheability.ts";
import { toPartnerRecord } from "../../loaders/partners.ts";
import { builder } from "../builder.ts";
import { CostStatus } from "../limits/queries.ts";
import { Partner } from "../refs.ts";
import { CallerRole, ScopeGrant } from "./scope-grant.ts";

const Caller = builder.objectRef<CallerShape>("Caller").implement({
  description: "The caller that this request is authenticated as.",
  fields: (t) => ({
    principalId: t.exposeString("principalId", {
      description:
        "Id of the caller in the audit log and the budget: `operator`, or `key:`, `session:` or `idp:` followed by an id.",
    }),
    name: t.exposeString("name", { description: "Name of the caller's key." }),
    role: t.expose("role", { type: CallerRole, description: "Role of the caller, which limits its scopes." }),
    scopes: t.field({
      type: [ScopeGrant],
      description:
        "Scopes that the caller may use now; empty for none. While its partner is suspended, scopes that sign are left out.",
      resolve: ({ scopes: held }) => allScopes.filter((scope) => held.has(scope)),
    }),
    partner: t.field({
      type: Partner,
      nullable: true,
      description: "The caller's partner; null for the broadcaster's own callers.",
      resolve: ({ partner }) => partner && toPartnerRecord(partner),
    }),
    expiresAt: t.expose("expiresAt", {
      type: "DateTime",
      nullable: true,
      description: "Expiry of the key, session or token; null if it does not expire.",
    }),
    budget: t.field({
      type: CostStatus,
      nullable: true,
      description:
        "Budget of the caller after this request, in points. Null, with an error, if it cannot be determined.",
      resolve: (_caller, _args, { cost }) => cost,
    }),
  }),
});

builder.queryFields((t) => ({
  me: t.field({
    type: Caller,
    extensions: cacheable(),
    description: "The caller, identified by the credentials of this request.",
    resolve: (_root, _args, { caller }) => caller,
  }),
}));
