import type { CountryRules, PublishTokenRecord, SubscribeTokenRecord } from "../token/token.ts";

/** Levels at which the rules on where a stream may be watched from can be set, highest precedence first. */
export const geoRuleLevels = {
  SUBSCRIBE_TOKEN: "The viewer's subscribe token, or the parent of its viewer token, sets the rules.",
  PUBLISH_TOKEN: "The publish token of the stream sets the rules, which apply to unsecured streams as well.",
  ACCOUNT: "The account sets the rules, because no token does.",
  NONE: "No rules are set: the stream may be watched from everywhere.",
} as const;
export type GeoRuleLevel = keyof typeof geoRuleLevels;

/** Rules that decide for a viewer, all from one level: levels are never merged. */
export interface EffectiveGeoRules extends CountryRules {
  readonly level: GeoRuleLevel;
  /** Token that sets the rules; null if none does. */
  readonly token: PublishTokenRecord | SubscribeTokenRecord | null;
}

/** Returns whether at least one country is allowed or denied. */
export function hasRules({ allowedCountries, deniedCountries }: CountryRules): boolean {
  return allowedCountries.length > 0 || deniedCountries.length > 0;
}

/** Returns whether viewers in the country (ISO 3166-1 alpha-2) may watch under the rules. */
export function countryIsAllowed({ allowedCountries, deniedCountries }: CountryRules, country: string): boolean {
  return allowedCountries.length > 0 ? allowedCountries.includes(country) : !deniedCountries.includes(country);
}

/**
 * Returns the rules that decide for a stream that is broadcast with one token and watched with another.
 *
 * These are the subscribe token's own rules, otherwise the publish token's own, otherwise the account's, which the platform
 * gives as the effective rules of a token that has none of its own.
 *
 * @param subscribeToken null for a viewer without a token
 * @see schema/upstream: precedence of country rules in publish-tokens.yaml and account.yaml
 */
export function geoRulesOf(
  publishToken: PublishTokenRecord,
  subscribeToken: SubscribeTokenRecord | null,
): EffectiveGeoRules {
  if (subscribeToken && hasRules(subscribeToken.countries)) {
    return { level: "SUBSCRIBE_TOKEN", token: subscribeToken, ...subscribeToken.countries };
  }
  if (hasRules(publishToken.countries)) {
    return { level: "PUBLISH_TOKEN", token: publishToken, ...publishToken.countries };
  }
  const { allowedCountries, deniedCountries } = publishToken.effective;
  const level = hasRules(publishToken.effective) ? "ACCOUNT" : "NONE";
  return { level, token: null, allowedCountries, deniedCountries };
}

/** Returns the distinct rules that may decide for a stream: several if the tokens that may broadcast it differ. */
export function geoRulesOfStream(
  publishTokens: readonly PublishTokenRecord[],
  subscribeToken: SubscribeTokenRecord | null,
): readonly EffectiveGeoRules[] {
  const rules = publishTokens.map((publishToken) => geoRulesOf(publishToken, subscribeToken));
  return [...new Map(rules.map((each) => [`${each.level} ${each.token?.id ?? ""}`, each])).values()];
}
