import type { CountryRules, GeoCascade } from "../model/token/token.ts";
import type { components } from "./generated/account.ts";
import { geoCascade } from "./token-wire.ts";
import { object, optionalList, ShapeError, text } from "./transport/decode.ts";
import type { Http } from "./transport/http-types.ts";

/** The account's own facts and defaults. Every method throws UpstreamError when there is no usable answer. */
export interface Account {
  /** Returns the public account id, the first part of every stream id. @see GET /api/v3/account/info */
  id(signal?: AbortSignal): Promise<string>;
  /** Returns the country rules of tokens that set none. @see GET /api/v3/account/security */
  countryRules(signal?: AbortSignal): Promise<CountryRules>;
  /**
   * Replaces the country rules of tokens that set none; an empty list removes them. The platform's schema and its examples spell the
   * lists differently, so a response without the sent rules throws OUTCOME_UNKNOWN.
   *
   * @see PUT /api/v3/account/security
   */
  setCountryRules(rules: CountryRules): Promise<CountryRules>;
  /** Returns the geo-cascade of publish tokens that set none. @see GET /api/v3/account/distribution */
  geoCascade(signal?: AbortSignal): Promise<GeoCascade>;
  /** Replaces the geo-cascade of publish tokens that set none. @see PUT /api/v3/account/distribution */
  setGeoCascade(cascade: GeoCascade): Promise<GeoCascade>;
}

export function createAccount(http: Http): Account {
  return {
    id: (signal) =>
      http.read({
        operation: "Account_GetAccountInfo",
        path: "/api/v3/account/info",
        decode: (data) => text(object<Schemas["AccountInfoResponseModel"]>(data, "data").accountId, "data.accountId"),
        signal,
      }),
    countryRules: (signal) =>
      http.read({
        operation: "Account_GetAccountSecurity",
        path: "/api/v3/account/security",
        decode: countryRules,
        signal,
      }),
    setCountryRules: ({ allowedCountries, deniedCountries }) =>
      http.write({
        operation: "Account_UpdateAccountSecurity",
        method: "PUT",
        path: "/api/v3/account/security",
        body: {
          updateAllowedCountries: [...allowedCountries],
          updateDeniedCountries: [...deniedCountries],
        } satisfies Schemas["UpdateAccountGeoModel"],
        decode: (data) => {
          const rules = countryRules(data);
          assertSameCountries(rules.allowedCountries, allowedCountries, "data.allowedCountries");
          assertSameCountries(rules.deniedCountries, deniedCountries, "data.deniedCountries");
          return rules;
        },
      }),
    geoCascade: (signal) =>
      http.read({
        operation: "Account_GetAccountDistribution",
        path: "/api/v3/account/distribution",
        decode: cascadeOfAccount,
        signal,
      }),
    setGeoCascade: ({ isEnabled, clusters }) =>
      http.write({
        operation: "Account_UpdateAccountDistribution",
        method: "PUT",
        path: "/api/v3/account/distribution",
        body: { geoCascade: { isEnabled, clusters: [...clusters] } } satisfies Schemas["AccountDistributionModel"],
        decode: cascadeOfAccount,
      }),
  };
}

type Schemas = components["schemas"];

function countryRules(data: unknown): CountryRules {
  const wire = object<Schemas["AccountGeoModel"]>(data, "data");
  return {
    allowedCountries: optionalList(wire.allowedCountries, "data.allowedCountries", text),
    deniedCountries: optionalList(wire.deniedCountries, "data.deniedCountries", text),
  };
}

function assertSameCountries(answered: readonly string[], sent: readonly string[], at: string): void {
  const [now, wanted] = [new Set(answered), new Set(sent)];
  if (now.size !== wanted.size || [...wanted].some((country) => !now.has(country))) {
    throw new ShapeError(at, "the list that was sent");
  }
}

function cascadeOfAccount(data: unknown): GeoCascade {
  return geoCascade(object<Schemas["AccountDistributionModel"]>(data, "data").geoCascade, "data.geoCascade");
}
