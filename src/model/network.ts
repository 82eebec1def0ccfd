import { isIP } from "node:net";
import ipaddr from "ipaddr.js";

/** A block of addresses: its first address, and the number of leading bits that all share. */
export type Network = readonly [address: ipaddr.IPv4 | ipaddr.IPv6, prefixLength: number];

/** Number of bits before the IPv4 address that is mapped into an IPv6 address. */
const MAPPED_BITS = 96;

/** Returns the address in canonical form, mapped IPv4 (`::ffff:192.0.2.1`) as IPv4; null for any other text. */
export function parseAddress(text: string): string | null {
  return isIP(text) === 0 ? null : ipaddr.process(text).toString();
}

/** Returns an address or CIDR block of either family; null for other texts, including `10/8`, `010.0.0.1` and `10.0.0.0/08`. */
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
  // A block beyond the mapped addresses is not an IPv4 block.
  return length >= MAPPED_BITS ? [unmapped, length - MAPPED_BITS] : null;
}

/** Returns whether one of the networks contains the address; false for null and for texts that are no address. */
export function isInNetworks(address: string | null, networks: readonly Network[]): boolean {
  if (address === null || isIP(address) === 0) return false;
  const parsed = ipaddr.process(address);
  return networks.some(([first, length]) => first.kind() === parsed.kind() && parsed.match(first, length));
}
