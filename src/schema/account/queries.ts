import { builder } from "../builder.ts";
import { Account, accountRecord } from "./account.ts";

builder.queryFields((t) => ({
  account: t.field({
    type: Account,
    nullable: true,
    authScopes: { staff: "usage:read" },
    description: "The broadcaster's account on the platform. Null, with an error, for a partner's caller.",
    resolve: (_root, _args, context) => accountRecord(context),
  }),
}));
