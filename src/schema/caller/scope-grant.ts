import { type Scope, scopes } from "../../auth/scopes.ts";
import { builder } from "../builder.ts";

export const CallerRole = builder.enumType("CallerRole", {
  description: "What kind of caller it is.",
  values: {
    OPERATOR: { description: "Runs the account, and sees all of it." },
    ANALYST: { description: "Reads all of the account, but no secrets." },
    PARTNER: { description: "A partner: sees what is its own, and nothing else." },
  },
});

export const ScopeGrant = builder.objectRef<Scope>("ScopeGrant").implement({
  description: "Something that a key allows.",
  fields: (t) => ({
    name: t.string({ description: "Its name, such as `usage:read`.", resolve: (scope) => scope }),
    description: t.string({ description: "What it opens.", resolve: (scope) => scopes[scope] }),
  }),
});
