import { builder } from "../builder.ts";
import { Account } from "./account.ts";

builder.queryFields((t) => ({
  account: t.field({
    type: Account,
    nullable: true,
    authScopes: { staff: "usage:read" },
    description: "The broadcaster's account.",
    resolve: async (_root, _args, { account }) => ({ kind: "Account" as const, accountId: await account.id() }),
  }),
}));
