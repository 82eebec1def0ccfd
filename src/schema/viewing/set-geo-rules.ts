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
    "Geo rules, and whose they are. They replace what was set there: name the allowed countries or the denied ones. An empty list takes the rules away, so that those of the next level decide.",
  fields: (t) => ({
    target: t.field({ type: GeoRulesTarget, required: true, description: "Whose rules." }),
    allowedCountries: t.field({
      type: ["CountryCode"],
      description: "Countries whose viewers may watch, and no others. Excludes `deniedCountries`.",
    }),
    deniedCountries: t.field({
      type: ["CountryCode"],
      description: "Countries whose viewers may not watch, and all others may. Excludes `allowedCountries`.",
    }),
  }),
});

interface Changed {
  readonly account?: AccountRecord;
  readonly token?: PublishTokenRecord | SubscribeTokenRecord;
}

const SetGeoRulesPayload = builder.objectRef<Payload & Changed>("SetGeoRulesPayload").implement({
  description: "Whose geo rules were set, or why they were not.",
  interfaces: [MutationPayload],
  fields: (t) => ({
    account: t.expose("account", { type: Account, nullable: true, description: "The account, if it was meant." }),
    token: t.expose("token", { type: Token, nullable: true, description: "The token as it is now, if one was meant." }),
  }),
});

builder.mutationField("setGeoRules", (t) =>
  t.field({
    type: SetGeoRulesPayload,
    nullable: true,
    authScopes: { scope: "token:write" },
    description:
      "Sets the countries whose viewers may or may not watch, of the account, a publish token or a subscribe token. It holds from the next connection on.",
    args: { input: t.arg({ type: SetGeoRulesInput, required: true, description: "The rules." }) },
    resolve: (_root, { input }, context) =>
      payload(async () => {
        const rules = rulesOf(input);
        return setRules(settingsTarget(input.target, "input.target"), rules, context);
      }),
  }),
);

/** The rules as a whole. @throws InvalidInputError when both lists say something, or none is given */
function rulesOf(input: {
  readonly allowedCountries?: readonly string[] | null | undefined;
  readonly deniedCountries?: readonly string[] | null | undefined;
}): CountryRules {
  if (input.allowedCountries == null && input.deniedCountries == null) {
    const rule = "Name the allowed countries or the denied ones; an empty list takes the rules away.";
    throw new InvalidInputError("input.allowedCountries", rule);
  }
  const rules = {
    allowedCountries: [...new Set(input.allowedCountries)],
    deniedCountries: [...new Set(input.deniedCountries)],
  };
  assertCountries(rules, "input");
  return rules;
}

async function setRules(target: SettingsTarget, rules: CountryRules, context: GraphContext): Promise<Changed> {
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
