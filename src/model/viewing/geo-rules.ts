import type { CountryRules, PublishTokenRecord, SubscribeTokenRecord } from "../token/token.ts";

/** Who sets the rules that decide where a stream may be watched from, those that go first first. */
export const geoRuleLevels = {
  SUBSCRIBE_TOKEN: "The subscribe token that the viewer shows, or that the viewer's token was signed under.",
  PUBLISH_TOKEN: "The publish token that the stream is broadcast with. Its rules hold for unsecured streams as well.",
  ACCOUNT: "The account: no token sets rules.",
  NONE: "Nobody: the stream may be watched from everywhere.",
} as const;
export type GeoRuleLevel = keyof typeof geoRuleLevels;

/** The rules that decide for a viewer. Levels replace one another, and are never merged. */
export interface EffectiveGeoRules extends CountryRules {
  readonly level: GeoRuleLevel;
  /** The token that sets them; null where none does. */
  readonly token: PublishTokenRecord | SubscribeTokenRecord | null;
}

/** True when at least one country is allowed or denied. */
export function hasRules({ allowedCountries, deniedCountries }: CountryRules): boolean {
  return allowedCountries.length > 0 || deniedCountries.length > 0;
}

/** True when viewers of the country (ISO 3166-1 alpha-2) may watch under these rules. */
export function countryIsAllowed({ allowedCountries, deniedCountries }: CountryRules, country: string): boolean {
  return allowedCountries.length > 0 ? allowedCountries.includes(country) : !deniedCountries.includes(country);
}

/**
 * The rules that decide for a stream that is broadcast with one token and watched with another: the subscribe token's own, or
 * else the publish token's own, or else the account's, which stand in the settings of any token that has none of its own.
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

/** The rules that may decide for a stream, each once: several where the tokens that may broadcast it differ. */
export function geoRulesOfStream(
  publishTokens: readonly PublishTokenRecord[],
  subscribeToken: SubscribeTokenRecord | null,
): readonly EffectiveGeoRules[] {
  const rules = publishTokens.map((publishToken) => geoRulesOf(publishToken, subscribeToken));
  return [...new Map(rules.map((each) => [`${each.level} ${each.token?.id ?? ""}`, each])).values()];
}
