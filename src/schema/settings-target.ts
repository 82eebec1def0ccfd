import { InvalidInputError } from "../model/errors.ts";
import { builder } from "./builder.ts";
import { PublishTokenRef, SubscribeTokenRef, type TokenReference } from "./token/find-token.ts";

const account = {
  description: "True for the account: it holds for tokens that set nothing of their own. False is refused.",
} as const;

export const GeoRulesTarget = builder.inputType("GeoRulesTarget", {
  description: "Whose geo rules, by exactly one of its fields.",
  isOneOf: true,
  fields: (t) => ({
    account: t.boolean(account),
    publishToken: t.field({
      type: PublishTokenRef,
      description: "A publish token: for viewers of its streams, unsecured ones as well.",
    }),
    subscribeToken: t.field({
      type: SubscribeTokenRef,
      description: "A subscribe token: for viewers who show it, or what was signed under it.",
    }),
  }),
});

export const GeoCascadeTarget = builder.inputType("GeoCascadeTarget", {
  description: "Whose geo-cascade, by exactly one of its fields.",
  isOneOf: true,
  fields: (t) => ({
    account: t.boolean(account),
    publishToken: t.field({ type: PublishTokenRef, description: "A publish token: for its streams." }),
  }),
});

interface Target {
  readonly account?: boolean | null | undefined;
  readonly publishToken?: TokenReference | null | undefined;
  readonly subscribeToken?: TokenReference | null | undefined;
}

/** Which of the targets is meant. */
export type SettingsTarget =
  | { readonly kind: "Account" }
  | { readonly kind: "PublishToken" | "SubscribeToken"; readonly ref: TokenReference; readonly argument: string };

/** The target that the client names. @throws InvalidInputError for an account that is `false` */
export function settingsTarget({ account, publishToken, subscribeToken }: Target, argument: string): SettingsTarget {
  if (publishToken) return { kind: "PublishToken", ref: publishToken, argument: `${argument}.publishToken` };
  if (subscribeToken) return { kind: "SubscribeToken", ref: subscribeToken, argument: `${argument}.subscribeToken` };
  if (account) return { kind: "Account" };
  throw new InvalidInputError(`${argument}.account`, "Name the account by `true`, or a token.");
}
