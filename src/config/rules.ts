import { isIPv6 } from "node:net";
import * as z from "zod";
import { identityAlgorithms } from "../auth/identity-provider.ts";
import { type Network, parseNetwork } from "../model/network.ts";
import { parseAddress } from "../store/database-url.ts";

/** Parses a number in decimal digits; `Number` alone would read a blank as 0. */
export const decimal = (rule: string, min: number, max: number) =>
  z
    .string(rule)
    .regex(/^\d+(\.\d+)?$/, rule)
    .transform(Number)
    .refine((number) => number >= min && number <= max, rule);
const portRule = "a port, 0 to 65535";
export const port = decimal(portRule, 0, 65_535).refine(Number.isInteger, portRule);
export const seconds = (max: number) => decimal(`seconds, from 1 to ${max}`, 1, max);
export const whole = (rule: string, min: number, max: number) => decimal(rule, min, max).refine(Number.isInteger, rule);
export const points = whole("whole points, from 1,000 to 1,000,000,000", 1_000, 1e9);
export const origin = z
  .string()
  .refine(isOrigin, "an origin such as https://api.millicast.com, without a path")
  .transform((text) => new URL(text).origin);
/** Parses the URL of the gateway into its origin and path, without a slash at the end. */
export const publicUrl = z
  .string()
  .refine(isPublicUrl, "a URL such as https://tv.example.com or https://tv.example.com/video, without /graphql")
  .transform((text) => `${new URL(text).origin}${new URL(text).pathname.replace(/\/+$/, "")}`);
/** Parses comma-separated parts, each of which must match a pattern. */
const listOf = (pattern: RegExp, rule: string) =>
  z
    .string()
    .transform((text) => text.split(",").map((part) => part.trim().toLowerCase()))
    .refine((parts) => parts.every((part) => pattern.test(part)), rule);
export const hosts = listOf(
  /^([a-z\d_-]+(\.[a-z\d_-]+)*|\[[\da-f:.]+\])$/,
  "names and addresses without ports, such as graph.example.com,[::1]",
);
export const origins = listOf(
  /^https?:\/\/((\*\.)?[a-z\d-]+(\.[a-z\d-]+)+|localhost|\[[\da-f:.]+\])(:\d{1,5})?$/,
  "origins such as https://app.example.com, or https://*.example.com for all below a domain",
);
export const headerNames = listOf(/^[\w!#$%&'+.^`|~-]+$/, "names of headers such as x-tenant,x-debug");
const networksRule = "addresses and CIDR blocks such as 10.0.0.0/8,2001:db8::/32";
export const networks = z
  .string()
  .transform((text) => text.split(",").map((part) => parseNetwork(part.trim())))
  .refine((blocks): blocks is Network[] => blocks.every((block) => block !== null), networksRule);
/** Parses the address of a proxy, which may lack its scheme. */
export const proxyUrl = z
  .string()
  .transform((text) => (text.includes("://") ? text : `http://${text}`))
  .refine(isProxyUrl, "a URL such as http://proxy.example.com:3128");
/** Parses a list of hosts, with IPv6 addresses in brackets as in URLs. */
export const proxyExceptions = z
  .string()
  .transform((text) => text.split(/[\s,]+/).flatMap((host) => (isIPv6(host) ? `[${host}]` : host || [])));
export const word = z.string().regex(/^[\x21-\x7e]{1,255}$/, "at most 255 ASCII characters without blanks");
/** Parses a value that can follow `Bearer` in a header. */
export const bearer = (minLength: number, rule: string) =>
  z.string().regex(new RegExp(`^[\\x21-\\x7e]{${minLength},}$`), rule);

export const onOrOff = z.enum(["on", "off"], "on or off");

export const hostRule = "a name or address of this machine without port or brackets, such as 127.0.0.1, ::1 or 0.0.0.0";

export function isHost(text: string): boolean {
  return /^[\w.-]{1,255}$/.test(text) || isIPv6(text);
}

export function isPostgres(text: string): boolean {
  return /^postgres(ql)?:\/\/[^\r\n]*$/.test(text) && parseAddress(text) !== null;
}

function isOrigin(text: string): boolean {
  return isWebAddress(text) && new URL(text).pathname === "/";
}

function isPublicUrl(text: string): boolean {
  return isWebAddress(text) && !/\/\/|\/graphql\/*$/.test(new URL(text).pathname);
}

/** Returns whether a text is a URL of http or https that consists of an origin and a path. */
function isWebAddress(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, search, hash, username, password } = new URL(text);
  return (protocol === "https:" || protocol === "http:") && `${search}${hash}${username}${password}` === "";
}

function isProxyUrl(text: string): boolean {
  if (!/^https?:\/\/[^\s]+$/.test(text) || !URL.canParse(text)) return false;
  const { pathname, search, hash } = new URL(text);
  return pathname === "/" && search === "" && hash === "";
}

export function areAlgorithms(names: string[]): names is (typeof identityAlgorithms)[number][] {
  return names.every((name) => identityAlgorithms.some((algorithm) => algorithm === name));
}

/** Returns whether keys may be fetched from this URL: over TLS, since changed keys would authenticate anyone. */
export function isKeysUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password } = new URL(text);
  if (username !== "" || password !== "") return false;
  return (
    protocol === "https:" || (protocol === "http:" && loopbackNames(hostname.replace(/^\[(.*)\]$/, "$1")) !== null)
  );
}

/** Returns the host names of a gateway that only its own machine can reach; null if others can. */
export function loopbackNames(host: string): string[] | null {
  return /^(localhost|127\.\d+\.\d+\.\d+|::1)$/.test(host)
    ? [...new Set(["localhost", "127.0.0.1", "[::1]", host.includes(":") ? `[${host}]` : host])]
    : null;
}
