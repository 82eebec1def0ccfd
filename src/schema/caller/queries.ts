import type { Caller as CallerShape } from "../../auth/caller.ts";
import { allScopes } from "../../auth/scopes.ts";
import { cacheable } from "../../engine/cacheability.ts";
import { toPartnerRecord } from "../../loaders/partners.ts";
import { builder } from "../builder.ts";
import { CostStatus } from "../limits/queries.ts";
import { Partner } from "../refs.ts";
import { CallerRole, ScopeGrant } from "./scope-grant.ts";

const Caller = builder.objectRef<CallerShape>("Caller").implement({
  description: "Who asks.",
  fields: (t) => ({
    principalId: t.exposeString("principalId", {
      description:
        "Under which the audit log and the budget know it: `operator`, `key:`, `session:` or `idp:` and what tells it from others.",
    }),
    name: t.exposeString("name", { description: "What the key is called." }),
    role: t.expose("role", { type: CallerRole, description: "What kind of caller it is." }),
    scopes: t.field({
      type: [ScopeGrant],
      description: "What the key allows now. Of a suspended partner's, what signs is left out.",
      resolve: ({ scopes: held }) => allScopes.filter((scope) => held.has(scope)),
    }),
    partner: t.field({
      type: Partner,
      nullable: true,
      description: "The partner whose caller it is; null for the broadcaster's own people.",
      resolve: ({ partner }) => partner && toPartnerRecord(partner),
    }),
    expiresAt: t.expose("expiresAt", {
      type: "DateTime",
      nullable: true,
      description: "When the key, the session or the token ends by itself; null for one that does not.",
    }),
    budget: t.field({
      type: CostStatus,
      nullable: true,
      description: "What it may still spend, this request taken off.",
      resolve: (_caller, _args, { cost }) => cost,
    }),
  }),
});

builder.queryFields((t) => ({
  me: t.field({
    type: Caller,
    extensions: cacheable(),
    description: "The caller, by the key of this request.",
    resolve: (_root, _args, { caller }) => caller,
  }),
}));
