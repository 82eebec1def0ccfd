import { isIP } from "node:net";
import ipaddr from "ipaddr.js";

/** A block of addresses: its first one, and how many leading bits all of them share. */
export type Network = readonly [address: ipaddr.IPv4 | ipaddr.IPv6, prefixLength: number];

/** How many bits an IPv6 address has in front of the IPv4 address that is mapped into it. */
const MAPPED_BITS = 96;

/** The address in its usual form, an IPv4 address that came as IPv6 (`::ffff:192.0.2.1`) as IPv4; null for any other text. */
export function parseAddress(text: string): string | null {
  return isIP(text) === 0 ? null : ipaddr.process(text).toString();
}

/** An address or a CIDR block of either family; null for a text that is neither. Loose forms (`10/8`, `010.0.0.1`, `10.0.0.0/08`) are neither. */
export function parseNetwork(text: string): Network | null {
  const [address = "", prefix, ...rest] = text.split("/");
  if (rest.length > 0 || isIP(address) === 0 || address.includes("%")) return null;
  if (prefix !== undefined && !/^(0|[1-9]\d{0,2})$/.test(prefix)) return null;
  const parsed = ipaddr.parse(address);
  const bits = parsed.kind() === "ipv4" ? 32 : 128;
  const length = prefix === undefined ? bits : Number(prefix);
  if (length > bits) return null;
  const unmapped = ipaddr.process(address);
  if (unmapped.kind() === parsed.kind()) return [parsed, length];
  // A block that reaches beyond the mapped addresses is no block of IPv4.
  return length >= MAPPED_BITS ? [unmapped, length - MAPPED_BITS] : null;
}

/** True when one of the networks holds the address. An address that is not known, or a text that is none, is in no network. */
export function isInNetworks(address: string | null, networks: readonly Network[]): boolean {
  if (address === null || isIP(address) === 0) return false;
  const parsed = ipaddr.process(address);
  return networks.some(([first, length]) => first.kind() === parsed.kind() && parsed.match(first, length));
}
