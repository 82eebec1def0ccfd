import ipaddr from "ipaddr.js";
import { InvalidInputError } from "../errors.ts";
import type { TokenRecord } from "./token.ts";

/**
 * Who may use a token, by where the request comes from: the origin of the page, the address, the country. What the
 * platform takes: domains with an optional `*.` in front, IPv4 addresses and CIDR blocks, ISO 3166-1 alpha-2 codes.
 */

const domain = /^(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(:\d{1,5})?$/i;

/** True for a domain such as `demo.com` or `*.demo.com`; a scheme or a path does not belong to it. */
export function isOrigin(text: string): boolean {
  return text.length <= 255 && domain.test(text);
}

/**
 * True when a page of this origin may use what is limited to `allowed`; no list at all lets every page. Neither scheme nor
 * port counts, and `*.demo.com` stands for every subdomain of `demo.com` but not for itself.
 *
 * @param origin as browsers send it, `https://player.demo.com`, or a host name; null for a viewer who sends none
 */
export function originIsAllowed(origin: string | null, allowed: readonly string[]): boolean {
  if (allowed.length === 0) return true;
  if (origin === null) return false;
  const host = hostOf(origin);
  return originIsWithin(host, allowed.map(hostOf));
}

/** True for what a browser sends as its origin, `https://player.demo.com:8443`, and for a host name alone. */
export function isOriginOfPage(text: string): boolean {
  const name = text.replace(/^https?:\/\//i, "");
  return !name.startsWith("*") && isOrigin(name);
}

function hostOf(origin: string): string {
  const [host = ""] = origin.replace(/^[a-z][a-z0-9+.-]*:\/\//i, "").split(/[:/]/, 1);
  return host;
}

/** True when every page that `narrow` admits is admitted by one of `allowed`; no list at all admits everything. */
export function originIsWithin(narrow: string, allowed: readonly string[]): boolean {
  if (allowed.length === 0) return true;
  const name = narrow.toLowerCase();
  return allowed.some((entry) => {
    const outer = entry.toLowerCase();
    return outer === name || (outer.startsWith("*.") && name.endsWith(outer.slice(1)));
  });
}

/**
 * True for an IPv4 address in four decimal parts, or a block of them with a prefix length. No number has leading zeros: some
 * programs read them as octal, so `010.0.0.1` and `10.0.0.0/08` mean different addresses to different readers.
 */
export function isIpv4OrCidr(text: string): boolean {
  const [address = "", prefix, ...rest] = text.split("/");
  if (rest.length > 0 || !ipaddr.IPv4.isValidFourPartDecimal(address)) return false;
  return prefix === undefined || (/^(0|[1-9]\d?)$/.test(prefix) && Number(prefix) <= 32);
}

/** True when every address that `narrow` holds is held by one of `allowed`; no list at all holds everything. */
export function ipIsWithin(narrow: string, allowed: readonly string[]): boolean {
  if (allowed.length === 0) return true;
  const inner = block(narrow);
  // An entry of a form that the platform does not document holds no address.
  return allowed.filter(isIpv4OrCidr).some((entry) => {
    const outer = block(entry);
    return outer.prefix <= inner.prefix && inner.address.match(outer.address, outer.prefix);
  });
}

function block(text: string) {
  const [address = "", prefix = "32"] = text.split("/");
  return { address: ipaddr.IPv4.parse(address), prefix: Number(prefix) };
}

/** What a client may set of these when it makes or changes a token; what is undefined stays as it is. */
export interface RestrictionsInput {
  readonly allowedOrigins?: readonly string[] | undefined;
  readonly allowedIpAddresses?: readonly string[] | undefined;
  readonly bindIpsOnUsage?: number | undefined;
  readonly allowedCountries?: readonly string[] | undefined;
  readonly deniedCountries?: readonly string[] | undefined;
}

/**
 * Checks restrictions before they are sent: the platform would take some of these mistakes in silence.
 *
 * @param path where the client wrote them, such as `input`
 * @throws InvalidInputError naming the argument and the documented rule
 */
export function assertRestrictions(input: RestrictionsInput, path: string): void {
  each(
    input.allowedOrigins,
    `${path}.allowedOrigins`,
    isOrigin,
    "An origin is a domain such as `demo.com` or `*.demo.com`.",
  );
  each(
    input.allowedIpAddresses,
    `${path}.allowedIpAddresses`,
    isIpv4OrCidr,
    "The platform takes IPv4 addresses and CIDR blocks; no IPv6, no ranges, no wildcards and no leading zeros.",
  );
  assertCountries(input, path);
  if (notEmpty(input.allowedIpAddresses) && (input.bindIpsOnUsage ?? 0) > 0) {
    throw new InvalidInputError(
      `${path}.bindIpsOnUsage`,
      "Binding to first addresses excludes a list of allowed ones: set it to 0, or empty the list.",
    );
  }
  if (input.bindIpsOnUsage !== undefined && (input.bindIpsOnUsage < 0 || input.bindIpsOnUsage > 0x7fffffff)) {
    throw new InvalidInputError(`${path}.bindIpsOnUsage`, "It is a count of addresses from 0 (off) to 2147483647.");
  }
}

/**
 * Changes of restrictions together with what a token has that they exclude or are excluded by: what is checked so is
 * refused before the platform would refuse it.
 */
export function withTokenRestrictions(
  changes: RestrictionsInput,
  token: Pick<TokenRecord, "allowedIpAddresses" | "bindIpsOnUsage" | "countries">,
): RestrictionsInput {
  const { allowedIpAddresses, bindIpsOnUsage, allowedCountries, deniedCountries } = changes;
  return {
    ...changes,
    ...(bindIpsOnUsage !== undefined && { allowedIpAddresses: allowedIpAddresses ?? token.allowedIpAddresses }),
    ...(allowedIpAddresses !== undefined && { bindIpsOnUsage: bindIpsOnUsage ?? token.bindIpsOnUsage }),
    ...(deniedCountries !== undefined && {
      allowedCountries: allowedCountries ?? token.countries.allowedCountries,
    }),
    ...(allowedCountries !== undefined && { deniedCountries: deniedCountries ?? token.countries.deniedCountries }),
  };
}

/** Checks that at most one of the lists says something. @throws InvalidInputError naming the argument and the documented rule */
export function assertCountries(
  { allowedCountries, deniedCountries }: Pick<RestrictionsInput, "allowedCountries" | "deniedCountries">,
  path: string,
): void {
  if (notEmpty(allowedCountries) && notEmpty(deniedCountries)) {
    throw new InvalidInputError(
      `${path}.deniedCountries`,
      "Set the allowed countries or the denied ones, not both: empty one list to set the other.",
    );
  }
}

function notEmpty(list: readonly unknown[] | undefined): boolean {
  return (list?.length ?? 0) > 0;
}

function each(list: readonly string[] | undefined, argument: string, accepts: (text: string) => boolean, rule: string) {
  for (const [index, entry] of (list ?? []).entries()) {
    if (!accepts(entry)) throw new InvalidInputError(`${argument}.${index}`, rule);
  }
}
