import type { GraphContext } from "../../context.ts";
import { InvalidInputError } from "../../model/errors.ts";
import { assertCountries } from "../../model/token/restrictions.ts";
import type { CountryRules, PublishTokenRecord, SubscribeTokenRecord } from "../../model/token/token.ts";
import { Account, type AccountRecord, accountRecord } from "../account/account.ts";
import { builder } from "../builder.ts";
import { MutationPayload, type Payload, payload } from "../payload.ts";
import { Token } from "../refs.ts";
import { GeoRulesTarget, type SettingsTarget, settingsTarget } from "../settings-target.ts";
import { findPublishToken, findSubscribeToken } from "../token/find-token.ts";

const SetGeoRulesInput = builder.inputType("SetGeoRulesInput", {
  description:
    "Geo rules to set in place of the present ones: either allowed or denied countries. An empty list removes the rules, so that those of the next level apply.",
  fields: (t) => ({
    target: t.field({
      type: GeoRulesTarget,
      required: true,
      description: "The account or the token to set the rules of.",
    }),
    allowedCountries: t.field({
      type: ["CountryCode"],
      description:
        "The only countries whose viewers may watch. Excludes `deniedCountries`; one of the two is required. Left out if `deniedCountries` is given.",
    }),
    deniedCountries: t.field({
      type: ["CountryCode"],
      description:
        "Countries whose viewers may not watch. Excludes `allowedCountries`; one of the two is required. Left out if `allowedCountries` is given.",
    }),
  }),
});

interface ChangedTarget {
  readonly account?: AccountRecord;
  readonly token?: PublishTokenRecord | SubscribeTokenRecord;
}

const SetGeoRulesPayload = builder.objectRef<Payload & ChangedTarget>("SetGeoRulesPayload").implement({
  description: "The account or token with its new geo rules, or the reasons why they were not set.",
  interfaces: [MutationPayload],
  fields: (t) => ({
    account: t.expose("account", {
      type: Account,
      nullable: true,
      description: "The account, if its rules were set; otherwise null.",
    }),
    token: t.expose("token", {
      type: Token,
      nullable: true,
      description: "The token in its new state, if its rules were set; otherwise null.",
    }),
  }),
});

builder.mutationField("setGeoRules", (t) =>
  t.field({
    type: SetGeoRulesPayload,
    nullable: true,
    authScopes: { scope: "token:write" },
    description:
      "Sets the countries whose viewers may or may not watch, for the account, a publish token or a subscribe token. Applies from the next connection on.",
    args: { input: t.arg({ type: SetGeoRulesInput, required: true, description: "The geo rules and their target." }) },
    resolve: (_root, { input }, context) =>
      payload(async () => {
        const rules = rulesOf(input);
        return setRules(settingsTarget(input.target, "input.target"), rules, context);
      }),
  }),
);

/** Returns both lists of countries. @throws InvalidInputError when both name countries, or neither is given */
function rulesOf(input: {
  readonly allowedCountries?: readonly string[] | null | undefined;
  readonly deniedCountries?: readonly string[] | null | undefined;
}): CountryRules {
  if (input.allowedCountries == null && input.deniedCountries == null) {
    const rule =
      "`input.allowedCountries` or `input.deniedCountries` must be set, to an empty list to remove the rules; got neither.";
    throw new InvalidInputError("input.allowedCountries", rule);
  }
  const rules = {
    allowedCountries: [...new Set(input.allowedCountries)],
    deniedCountries: [...new Set(input.deniedCountries)],
  };
  assertCountries(rules, "input");
  return rules;
}

async function setRules(target: SettingsTarget, rules: CountryRules, context: GraphContext): Promise<ChangedTarget> {
  const { upstream, tokenCache } = context;
  if (target.kind === "Account") {
    const countryRules = await upstream.account.setCountryRules(rules);
    await tokenCache.accountChanged();
    return { account: await accountRecord(context, { countryRules }) };
  }
  const { kind, ref, argument } = target;
  const token =
    kind === "PublishToken"
      ? await upstream.publishTokens.update((await findPublishToken(ref, argument, context)).id, rules)
      : await upstream.subscribeTokens.update((await findSubscribeToken(ref, argument, context)).id, rules);
  tokenCache.put(token);
  return { token };
}
