import { LRUCache } from "lru-cache";
import { isInNetworks, type Network, parseAddress } from "../model/network.ts";

/**
 * Returns the address that a request comes from. Each proxy appends the address of its client to `X-Forwarded-For`, so the header is
 * read from the right, as long as trusted proxies wrote it: the client itself may have written everything to the left.
 *
 * @param peer address of who opened the connection
 * @returns null if the address is unknown: there is no connection, or a trusted proxy wrote something else than an address
 */
export type ClientAddress = (peer: string | undefined, forwardedFor: string | null) => string | null;

/** Addresses of peers whose parsed form is remembered: clients keep their connections. */
const MAX_PEERS = 1_000;

export function createClientAddress(trustedProxies: readonly Network[]): ClientAddress {
  const peers = new LRUCache<string, { readonly address: string | null }>({ max: MAX_PEERS });
  const peerAddress = (peer: string) => {
    let cached = peers.get(peer);
    if (!cached) {
      cached = { address: parseAddress(peer) };
      peers.set(peer, cached);
    }
    return cached.address;
  };
  return (peer, forwardedFor) => {
    let address = peerAddress(peer ?? "");
    if (forwardedFor === null) return address;
    const hops = forwardedFor.split(",");
    while (hops.length > 0 && isInNetworks(address, trustedProxies)) {
      address = parseAddress(withoutPort(hops.pop() ?? ""));
    }
    return address;
  };
}

/** Removes the port that some proxies append: `192.0.2.1:4711`, `[2001:db8::1]:4711`. */
function withoutPort(hop: string): string {
  const text = hop.trim();
  return /^\[([^\]]+)\](?::\d+)?$/.exec(text)?.[1] ?? /^([\d.]+):\d+$/.exec(text)?.[1] ?? text;
}
