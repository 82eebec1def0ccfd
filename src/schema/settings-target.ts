import { InvalidInputError } from "../model/errors.ts";
import { builder } from "./builder.ts";
import { PublishTokenRef, SubscribeTokenRef, type TokenReference } from "./token/find-token.ts";

const account = {
  description: "True selects the account, whose setting applies to tokens without one of their own. False is rejected.",
} as const;

export const GeoRulesTarget = builder.inputType("GeoRulesTarget", {
  description: "The account or token to set geo rules for, by exactly one of these fields.",
  isOneOf: true,
  fields: (t) => ({
    account: t.boolean(account),
    publishToken: t.field({
      type: PublishTokenRef,
      description: "A publish token: the rules apply to viewers of its streams, also unsecured ones.",
    }),
    subscribeToken: t.field({
      type: SubscribeTokenRef,
      description: "A subscribe token: the rules apply to viewers with it or with a viewer token signed under it.",
    }),
  }),
});

export const GeoCascadeTarget = builder.inputType("GeoCascadeTarget", {
  description: "The account or publish token to set the geo-cascade for, by exactly one of these fields.",
  isOneOf: true,
  fields: (t) => ({
    account: t.boolean(account),
    publishToken: t.field({
      type: PublishTokenRef,
      description: "A publish token: the geo-cascade applies to its streams.",
    }),
  }),
});

interface Target {
  readonly account?: boolean | null | undefined;
  readonly publishToken?: TokenReference | null | undefined;
  readonly subscribeToken?: TokenReference | null | undefined;
}

/** The account or token that a client selected. */
export type SettingsTarget =
  | { readonly kind: "Account" }
  | { readonly kind: "PublishToken" | "SubscribeToken"; readonly ref: TokenReference; readonly argument: string };

/** Returns the target that the client selected. @throws InvalidInputError for an account that is `false` */
export function settingsTarget({ account, publishToken, subscribeToken }: Target, argument: string): SettingsTarget {
  if (publishToken) return { kind: "PublishToken", ref: publishToken, argument: `${argument}.publishToken` };
  if (subscribeToken) return { kind: "SubscribeToken", ref: subscribeToken, argument: `${argument}.subscribeToken` };
  if (account) return { kind: "Account" };
  throw new InvalidInputError(
    `${argument}.account`,
    `\`${argument}.account\` must be true, or a token must be named instead; got false.`,
  );
}
