import { describe, expect, it } from "vitest";
import { createClientAddress } from "../../src/http/client-address.ts";
import { parseNetwork } from "../../src/model/network.ts";

const clientAddress = createClientAddress(
  ["10.0.0.0/8", "2001:db8::/32"].map(parseNetwork).filter((network) => network !== null),
);

describe("client address", () => {
  it.each([
    ["is the peer's, where there is no proxy", "192.0.2.1", null, "192.0.2.1"],
    ["is the peer's, whatever a foreign peer writes", "192.0.2.1", "203.0.113.9", "192.0.2.1"],
    ["is IPv4 also on a socket of both families", "::ffff:192.0.2.1", null, "192.0.2.1"],
    ["is what our proxy wrote", "10.0.0.1", "203.0.113.9", "203.0.113.9"],
    ["is what the outermost of our proxies wrote", "10.0.0.1", "203.0.113.9, 10.0.0.2,10.0.0.3", "203.0.113.9"],
    ["is not what the client wrote to the left of it", "10.0.0.1", "127.0.0.1, 203.0.113.9", "203.0.113.9"],
    ["is the outermost proxy's, where a proxy itself asks", "10.0.0.1", "10.0.0.2", "10.0.0.2"],
    ["is the proxy's, where it forwarded for nobody", "10.0.0.1", null, "10.0.0.1"],
    ["is read behind proxies of IPv6", "2001:db8::1", "2001:db9::7", "2001:db9::7"],
    ["is read without its port", "10.0.0.1", "203.0.113.9:4711", "203.0.113.9"],
    ["is read without its port and brackets", "10.0.0.1", "[2001:db9::7]:4711", "2001:db9::7"],
    ["is not known when our proxy wrote none", "10.0.0.1", "203.0.113.9, unknown", null],
    ["is not known without a connection", undefined, "203.0.113.9", null],
  ])("%s", (_rule, peer, forwardedFor, address) => {
    expect(clientAddress(peer, forwardedFor)).toBe(address);
  });
});
