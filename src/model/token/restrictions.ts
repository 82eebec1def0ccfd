import ipaddr from "ipaddr.js";
import { InvalidInputError } from "../errors.ts";
import type { TokenRecord } from "./token.ts";

/**
 * Restrictions on who may use a token: by the origin of the page, the IP address and the country. The platform accepts
 * domains with an optional leading `*.`, IPv4 addresses and CIDR blocks, and ISO 3166-1 alpha-2 codes.
 */

const domain = /^(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(:\d{1,5})?$/i;

/** Returns whether the text is a domain such as `demo.com` or `*.demo.com`, without scheme and path. */
export function isOrigin(text: string): boolean {
  return text.length <= 255 && domain.test(text);
}

/**
 * Returns whether a page of this origin may use a token that is restricted to `allowed`. An empty list allows every page.
 *
 * Scheme and port are ignored; `*.demo.com` matches every subdomain of `demo.com` but not `demo.com` itself.
 *
 * @param origin as browsers send it, `https://player.demo.com`, or a host name; null for a viewer who sends none
 */
export function originIsAllowed(origin: string | null, allowed: readonly string[]): boolean {
  if (allowed.length === 0) return true;
  if (origin === null) return false;
  const host = hostOf(origin);
  return originIsWithin(host, allowed.map(hostOf));
}

/** Returns whether the text is an origin as browsers send it, `https://player.demo.com:8443`, or a host name alone. */
export function isOriginOfPage(text: string): boolean {
  const name = text.replace(/^https?:\/\//i, "");
  return !name.startsWith("*") && isOrigin(name);
}

function hostOf(origin: string): string {
  const [host = ""] = origin.replace(/^[a-z][a-z0-9+.-]*:\/\//i, "").split(/[:/]/, 1);
  return host;
}

/** Returns whether one entry of `allowed` admits every page that `narrow` admits. An empty list admits everything. */
export function originIsWithin(narrow: string, allowed: readonly string[]): boolean {
  if (allowed.length === 0) return true;
  const name = narrow.toLowerCase();
  return allowed.some((entry) => {
    const outer = entry.toLowerCase();
    return outer === name || (outer.startsWith("*.") && name.endsWith(outer.slice(1)));
  });
}

/**
 * Returns whether the text is an IPv4 address in four decimal parts, or a block of them with a prefix length.
 *
 * Leading zeros are refused: some programs read them as octal, so `010.0.0.1` is ambiguous.
 */
export function isIpv4OrCidr(text: string): boolean {
  const [address = "", prefix, ...rest] = text.split("/");
  if (rest.length > 0 || !ipaddr.IPv4.isValidFourPartDecimal(address)) return false;
  return prefix === undefined || (/^(0|[1-9]\d?)$/.test(prefix) && Number(prefix) <= 32);
}

/** Returns whether one entry of `allowed` contains every address of `narrow`. An empty list contains everything. */
export function ipIsWithin(narrow: string, allowed: readonly string[]): boolean {
  if (allowed.length === 0) return true;
  const inner = block(narrow);
  // An entry in an undocumented form contains no address.
  return allowed.filter(isIpv4OrCidr).some((entry) => {
    const outer = block(entry);
    return outer.prefix <= inner.prefix && inner.address.match(outer.address, outer.prefix);
  });
}

function block(text: string) {
  const [address = "", prefix = "32"] = text.split("/");
  return { address: ipaddr.IPv4.parse(address), prefix: Number(prefix) };
}

/** Restrictions that a client sets when it creates or changes a token; undefined for no change. */
export interface RestrictionsInput {
  readonly allowedOrigins?: readonly string[] | undefined;
  readonly allowedIpAddresses?: readonly string[] | undefined;
  readonly bindIpsOnUsage?: number | undefined;
  readonly allowedCountries?: readonly string[] | undefined;
  readonly deniedCountries?: readonly string[] | undefined;
}

/** Most addresses that a token may bind itself to: when it is created, and when it is updated. */
export const MAX_BOUND_ADDRESSES = { create: 2 ** 31 - 1, update: 2 ** 32 - 1 };

/**
 * Checks restrictions before they are sent: the platform silently accepts some of these mistakes.
 *
 * @param path path of the object that holds them, such as `input`
 * @throws InvalidInputError naming the argument and the documented rule
 */
export function assertRestrictions(
  input: RestrictionsInput,
  path: string,
  maxBoundAddresses = MAX_BOUND_ADDRESSES.create,
): void {
  assertEach(input.allowedOrigins, `${path}.allowedOrigins`, isOrigin, "a domain such as `demo.com` or `*.demo.com`");
  assertEach(
    input.allowedIpAddresses,
    `${path}.allowedIpAddresses`,
    isIpv4OrCidr,
    "an IPv4 address or CIDR block, without ranges, wildcards and leading zeros",
  );
  assertCountries(input, path);
  if (notEmpty(input.allowedIpAddresses) && (input.bindIpsOnUsage ?? 0) > 0) {
    throw new InvalidInputError(
      `${path}.bindIpsOnUsage`,
      `\`${path}.bindIpsOnUsage\` must be 0 while \`allowedIpAddresses\` is not empty; got ${input.bindIpsOnUsage}.`,
    );
  }
  if (input.bindIpsOnUsage !== undefined && (input.bindIpsOnUsage < 0 || input.bindIpsOnUsage > maxBoundAddresses)) {
    throw new InvalidInputError(
      `${path}.bindIpsOnUsage`,
      `\`${path}.bindIpsOnUsage\` must be between 0 and ${maxBoundAddresses}; got ${input.bindIpsOnUsage}.`,
    );
  }
}

/**
 * Returns the changes together with the token's present restrictions that exclude them.
 *
 * Checking the result refuses a contradiction before the platform does.
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

/** Checks that at least one of the lists is empty. @throws InvalidInputError naming the argument */
export function assertCountries(
  { allowedCountries, deniedCountries }: Pick<RestrictionsInput, "allowedCountries" | "deniedCountries">,
  path: string,
): void {
  if (notEmpty(allowedCountries) && notEmpty(deniedCountries)) {
    throw new InvalidInputError(
      `${path}.deniedCountries`,
      `\`${path}.deniedCountries\` must be empty while \`allowedCountries\` is not; got both.`,
    );
  }
}

function notEmpty(list: readonly unknown[] | undefined): boolean {
  return (list?.length ?? 0) > 0;
}

function assertEach(
  list: readonly string[] | undefined,
  argument: string,
  isValid: (text: string) => boolean,
  rule: string,
) {
  for (const [index, entry] of (list ?? []).entries()) {
    if (!isValid(entry))
      throw new InvalidInputError(
        `${argument}.${index}`,
        `\`${argument}.${index}\` must be ${rule}; got \`${entry}\`.`,
      );
  }
}
