import type { Caller as CallerShape } from "../../auth/caller.ts";
import { allScopes, type Scope, scopes } from "../../auth/scopes.ts";
import { builder } from "../builder.ts";

const CallerRole = builder.enumType("CallerRole", {
  description: "What kind of caller it is.",
  values: {
    OPERATOR: { description: "Runs the account, and sees all of it." },
    ANALYST: { description: "Reads all of the account, but no secrets." },
    PARTNER: { description: "A partner: sees what is its own, and nothing else." },
  },
});

const ScopeGrant = builder.objectRef<Scope>("ScopeGrant").implement({
  description: "Something that a key allows.",
  fields: (t) => ({
    name: t.string({ description: "Its name, such as `usage:read`.", resolve: (scope) => scope }),
    description: t.string({ description: "What it opens.", resolve: (scope) => scopes[scope] }),
  }),
});

const Caller = builder.objectRef<CallerShape>("Caller").implement({
  description: "Who asks.",
  fields: (t) => ({
    name: t.exposeString("name", { description: "What the key is called." }),
    role: t.expose("role", { type: CallerRole, description: "What kind of caller it is." }),
    scopes: t.field({
      type: [ScopeGrant],
      description: "What the key allows.",
      resolve: ({ scopes: held }) => allScopes.filter((scope) => held.has(scope)),
    }),
  }),
});

builder.queryFields((t) => ({
  me: t.field({
    type: Caller,
    description: "The caller, by the key of this request.",
    resolve: (_root, _args, { caller }) => caller,
  }),
}));
