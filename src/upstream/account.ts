import type { CountryRules, GeoCascade } from "../model/token.ts";
import { object, optionalList, text } from "./decode.ts";
import type { components } from "./generated/account.ts";
import type { Http } from "./http.ts";
import { geoCascade } from "./token-wire.ts";

/** The account's own facts and defaults. Every method throws UpstreamError when there is no usable answer. */
export interface Account {
  /** The public account id, first part of every stream id. @see GET /api/v3/account/info */
  id(signal?: AbortSignal): Promise<string>;
  /** Country rules of tokens that set none. @see GET /api/v3/account/security */
  countryRules(signal?: AbortSignal): Promise<CountryRules>;
  /** Geo-cascade of publish tokens that set none. @see GET /api/v3/account/distribution */
  geoCascade(signal?: AbortSignal): Promise<GeoCascade>;
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
        decode: (data) => {
          const wire = object<Schemas["AccountGeoModel"]>(data, "data");
          return {
            allowedCountries: optionalList(wire.allowedCountries, "data.allowedCountries", text),
            deniedCountries: optionalList(wire.deniedCountries, "data.deniedCountries", text),
          };
        },
        signal,
      }),
    geoCascade: (signal) =>
      http.read({
        operation: "Account_GetAccountDistribution",
        path: "/api/v3/account/distribution",
        decode: (data) =>
          geoCascade(object<Schemas["AccountDistributionModel"]>(data, "data").geoCascade, "data.geoCascade"),
        signal,
      }),
  };
}

type Schemas = components["schemas"];
