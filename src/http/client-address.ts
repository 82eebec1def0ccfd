import { LRUCache } from "lru-cache";
import { isInNetworks, type Network, parseAddress } from "../model/network.ts";

/**
 * The address that a request comes from. Each proxy appends to `X-Forwarded-For` the address that called it, so the header
 * is read from the right and believed only as far as proxies of ours wrote it: what stands to the left of the first foreign
 * address was written by the client.
 *
 * @param peer who opened the connection
 * @returns null when it is not known: there is no connection, or a proxy of ours wrote what is no address
 */
export function clientAddress(
  peer: string | undefined,
  forwardedFor: string | null,
  trustedProxies: readonly Network[],
): string | null {
  let address = peerAddress(peer ?? "");
  if (forwardedFor === null) return address;
  const hops = forwardedFor.split(",");
  while (hops.length > 0 && isInNetworks(address, trustedProxies))
    address = parseAddress(withoutPort(hops.pop() ?? ""));
  return address;
}

/** Clients keep their connections, and the same few ask again and again. */
const parsedAddresses = new LRUCache<string, { readonly address: string | null }>({ max: 1_000 });

function peerAddress(peer: string): string | null {
  let found = parsedAddresses.get(peer);
  if (!found) {
    found = { address: parseAddress(peer) };
    parsedAddresses.set(peer, found);
  }
  return found.address;
}

/** Some proxies write the port as well: `192.0.2.1:4711`, `[2001:db8::1]:4711`. */
function withoutPort(hop: string): string {
  const text = hop.trim();
  return /^\[([^\]]+)\](?::\d+)?$/.exec(text)?.[1] ?? /^([\d.]+):\d+$/.exec(text)?.[1] ?? text;
}
