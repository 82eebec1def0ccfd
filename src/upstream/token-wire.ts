import { Secret } from "../model/secret.ts";
import type { CountryRules, GeoCascade, StreamGrant, TokenRecord } from "../model/token/token.ts";
import type { components } from "./generated/subscribe-tokens.ts";
import { boolean, instant, integer, list, object, optional, optionalList, text } from "./transport/decode.ts";

/** Fields that both kinds of token share in the REST API. v1 and v2 responses differ only in which may be null. */
type Wire = components["schemas"]["SubscribeTokenResponseV1"];

/** Decodes the fields that both kinds of token share. */
export function tokenFields(value: unknown, at: string): TokenRecord {
  const wire = object<Wire>(value, at);
  const effective = object<components["schemas"]["TokenEffectiveSettings"]>(
    wire.effectiveSettings ?? {},
    `${at}.effectiveSettings`,
  );
  const originCluster = optional(wire.originCluster, `${at}.originCluster`, text) || null;
  return {
    id: integer(wire.id, `${at}.id`),
    label: optional(wire.label, `${at}.label`, text) ?? optional(wire.name, `${at}.name`, text) ?? "",
    secret: new Secret(text(wire.token, `${at}.token`)),
    isActive: boolean(wire.isActive, `${at}.isActive`),
    addedAt: instant(wire.addedOn, `${at}.addedOn`),
    expiresAt: optional(wire.expiresOn, `${at}.expiresOn`, instant),
    streams: list(wire.streams ?? [], `${at}.streams`, grant),
    allowedOrigins: optionalList(wire.allowedOrigins, `${at}.allowedOrigins`, text),
    allowedIpAddresses: optionalList(wire.allowedIpAddresses, `${at}.allowedIpAddresses`, text),
    bindIpsOnUsage: optional(wire.bindIpsOnUsage, `${at}.bindIpsOnUsage`, integer) ?? 0,
    countries: countryRules(wire, at),
    originCluster,
    effective: {
      originCluster:
        optional(effective.originCluster, `${at}.effectiveSettings.originCluster`, text) || originCluster || "auto",
      ...countryRules(effective, `${at}.effectiveSettings`),
      geoCascade: optional(effective.geoCascade, `${at}.effectiveSettings.geoCascade`, geoCascade),
    },
  };
}

export function geoCascade(value: unknown, at: string): GeoCascade {
  const wire = object<components["schemas"]["GeoCascadeModel2"]>(value, at);
  return {
    isEnabled: optional(wire.isEnabled, `${at}.isEnabled`, boolean) ?? false,
    clusters: optionalList(wire.clusters, `${at}.clusters`, text),
  };
}

function grant(value: unknown, at: string): StreamGrant {
  const wire = object<components["schemas"]["TokenStreamNameModel"]>(value, at);
  return {
    pattern: text(wire.streamName, `${at}.streamName`),
    isRegex: optional(wire.isRegex, `${at}.isRegex`, boolean) ?? false,
  };
}

function countryRules(wire: { readonly [Rule in keyof CountryRules]?: unknown }, at: string): CountryRules {
  return {
    allowedCountries: optionalList(wire.allowedCountries, `${at}.allowedCountries`, text),
    deniedCountries: optionalList(wire.deniedCountries, `${at}.deniedCountries`, text),
  };
}
