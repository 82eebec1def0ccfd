import * as z from "zod";
import { type DefaultCluster, isCluster } from "./cluster.ts";
import { validated } from "./http/body.ts";
import { fail, success } from "./http/response.ts";
import type { Call, Route } from "./http/route.ts";
import type { CountryRules, GeoCascade } from "./tokens/token.ts";

/** Account-wide settings, which are the defaults of every token. */
export interface Account extends DefaultCluster {
  /** Public id, the first part of every stream id. */
  readonly accountId: string;
  /** Rules for viewers whose token sets no countries. */
  countries: CountryRules;
  /** Cascade of publish tokens that set none. */
  geoCascade: GeoCascade;
  /** Cluster of publish tokens that set none. */
  readonly enableUTCInsertion: boolean;
}

const ALL_CLUSTERS = ["all"];

/** A cascade setting as a client sends it, for the account or for a token. */
export const geoCascadeInput = z
  .object({ isEnabled: z.boolean(), clusters: z.array(z.string()).nullish() })
  .transform(({ isEnabled, clusters }): GeoCascade => ({ isEnabled, clusters: clusters ?? ALL_CLUSTERS }));

/** Returns what is wrong with a cascade setting, or undefined; a disabled one is not checked. */
export function geoCascadeProblem({ isEnabled, clusters }: GeoCascade): string | undefined {
  if (!isEnabled) return undefined;
  if (clusters.length === 0) return "Geo cascade Clusters list cannot be empty";
  const unknown = clusters.find((cluster) => cluster !== "all" && !isCluster(cluster));
  return unknown === undefined ? undefined : `Unknown cluster: ${unknown}`;
}

/** ISO 3166-1 alpha-2, upper case. */
export const countryCode = z
  .string()
  .regex(/^[A-Z]{2}$/, { error: "A country is two upper-case letters (ISO 3166-1)." });

/** @see /api/v3/account/* and the deprecated /api/geo/account and /api/account/geo_cascade */
export function accountRoutes(account: Account): Route[] {
  const get = (path: string, operationId: string, data: () => unknown): Route => ({
    method: "GET",
    path,
    operationId,
    access: "api secret",
    handle: () => success(data()),
  });
  const put = (path: string, operationId: string, update: (call: Call) => unknown): Route => ({
    method: "PUT",
    path,
    operationId,
    access: "api secret",
    body: "json",
    handle: (call) => success(update(call)),
  });

  function setGeoCascade(geoCascade: GeoCascade): void {
    const problem = geoCascadeProblem(geoCascade);
    if (problem) throw fail({ message: problem });
    account.geoCascade = geoCascade;
  }

  function updateCountries({ body }: Call): CountryRules {
    const input = validated(countriesInput, body);
    const countries = {
      allowedCountries: input.updateAllowedCountries ?? input.allowedCountries ?? account.countries.allowedCountries,
      deniedCountries: input.updateDeniedCountries ?? input.deniedCountries ?? account.countries.deniedCountries,
    };
    if (countries.allowedCountries.length > 0 && countries.deniedCountries.length > 0) {
      throw fail({ message: "Set only one of allowed and denied countries." });
    }
    account.countries = countries;
    return countries;
  }

  return [
    get("/api/v3/account/info", "Account_GetAccountInfo", () => ({ accountId: account.accountId })),
    get("/api/v3/account/security", "Account_GetAccountSecurity", () => account.countries),
    put("/api/v3/account/security", "Account_UpdateAccountSecurity", updateCountries),
    get("/api/v3/account/distribution", "Account_GetAccountDistribution", () => ({ geoCascade: account.geoCascade })),
    put("/api/v3/account/distribution", "Account_UpdateAccountDistribution", ({ body }) => {
      setGeoCascade(validated(z.object({ geoCascade: geoCascadeInput }), body).geoCascade);
      return { geoCascade: account.geoCascade };
    }),
    get("/api/account/geo_cascade", "Account_GetGeoCascade", () => account.geoCascade),
    put("/api/account/geo_cascade", "Account_UpdateGeoCascade", ({ body }) => {
      setGeoCascade(validated(geoCascadeInput, body));
      return account.geoCascade;
    }),
    get("/api/geo/account", "Geo_Geo", () => account.countries),
    { ...put("/api/geo/account", "Geo_UpdateGeo", updateCountries), method: "POST" },
  ];
}

const MAX_COUNTRIES_CHARACTERS = 767;

const countryList = z
  .array(countryCode)
  .refine((codes) => codes.join(",").length <= MAX_COUNTRIES_CHARACTERS, { error: "The list is too long." })
  .nullish();

/** The schema says `updateAllowedCountries`, its examples `allowedCountries`; both are accepted. */
const countriesInput = z.object({
  updateAllowedCountries: countryList,
  updateDeniedCountries: countryList,
  allowedCountries: countryList,
  deniedCountries: countryList,
});
