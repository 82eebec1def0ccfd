import ipaddr from "ipaddr.js";
import type { CountryRules } from "../tokens/token.ts";

/**
 * Returns whether an origin is allowed.
 *
 * @param allowed - host names; `*.demo.com` stands for every subdomain and not for `demo.com` itself; empty allows all
 * @param origin - the Origin header, such as `https://player.demo.com:8443`; null for none
 */
export function isOriginAllowed(allowed: readonly string[], origin: string | null): boolean {
  if (allowed.length === 0) return true;
  if (origin === null) return false;
  const host = hostOf(origin);
  return allowed.map(hostOf).some((entry) => (entry.startsWith("*.") ? host.endsWith(entry.slice(1)) : host === entry));
}

/** Scheme and port are ignored. */
function hostOf(origin: string): string {
  return origin
    .toLowerCase()
    .replace(/^[a-z][a-z0-9+.-]*:\/\//, "")
    .replace(/[:/].*$/, "");
}

/**
 * Returns whether a text is an IPv4 address or an IPv4 block in CIDR form.
 *
 * Ranges, wildcards, leading zeros and IPv6 are not.
 */
export function isAddressOrBlock(text: string): boolean {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return true;
  return ipaddr.IPv4.isValidCIDRFourPartDecimal(text) && !/\/0\d/.test(text);
}

/**
 * Returns whether an address is allowed.
 *
 * @param allowed - IPv4 addresses and CIDR blocks; empty allows all, otherwise an IPv6 caller never is
 */
export function isAddressAllowed(allowed: readonly string[], ip: string): boolean {
  if (allowed.length === 0) return true;
  if (!ipaddr.IPv4.isValidFourPartDecimal(ip)) return false;
  const address = ipaddr.IPv4.parse(ip);
  return allowed
    .filter(isAddressOrBlock)
    .some((entry) => (entry.includes("/") ? address.match(ipaddr.IPv4.parseCIDR(entry)) : entry === ip));
}

/**
 * Returns whether a country is allowed.
 *
 * The first rules with an entry decide alone: the subscribe token's, the publish token's, the account's. Rules are
 * never merged.
 */
export function isCountryAllowed(rules: readonly CountryRules[], country: string): boolean {
  const decisive = rules.find(
    ({ allowedCountries, deniedCountries }) => allowedCountries.length > 0 || deniedCountries.length > 0,
  );
  if (!decisive) return true;
  return decisive.allowedCountries.length > 0
    ? decisive.allowedCountries.includes(country)
    : !decisive.deniedCountries.includes(country);
}
