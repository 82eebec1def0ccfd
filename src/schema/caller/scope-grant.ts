import { type Scope, scopes } from "../../auth/scopes.ts";
import { builder } from "../builder.ts";

export const CallerRole = builder.enumType("CallerRole", {
  description: "Role of a caller, which limits the scopes that its key may have.",
  values: {
    OPERATOR: { description: "The caller runs the account and sees all of it, with every scope." },
    ANALYST: { description: "The caller reads the whole account except secrets, and changes nothing." },
    PARTNER: { description: "The caller acts for one partner, and sees only what belongs to that partner." },
  },
});

export const ScopeGrant = builder.objectRef<Scope>("ScopeGrant").implement({
  description: "A scope that a caller holds.",
  fields: (t) => ({
    name: t.string({ description: "Name of the scope, such as `usage:read`.", resolve: (scope) => scope }),
    description: t.string({
      description: "Fields and mutations that the scope opens, in one sentence.",
      resolve: (scope) => scopes[scope],
    }),
  }),
});
