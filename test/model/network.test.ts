import { describe, expect, it } from "vitest";
import { isInNetworks, parseAddress, parseNetwork } from "../../src/model/network.ts";

const networks = (...texts: string[]) => texts.map(parseNetwork).filter((network) => network !== null);

describe("a network", () => {
  it.each([
    ["192.0.2.1", "192.0.2.1", true],
    ["192.0.2.1", "192.0.2.2", false],
    ["192.0.2.0/24", "192.0.2.255", true],
    ["192.0.2.0/24", "192.0.3.0", false],
    ["192.0.2.77/24", "192.0.2.1", true],
    ["0.0.0.0/0", "203.0.113.9", true],
    ["0.0.0.0/0", "2001:db8::1", false],
    ["2001:db8::/32", "2001:db8:ffff::1", true],
    ["2001:db8::/32", "2001:db9::1", false],
    ["::/0", "192.0.2.1", false],
    ["192.0.2.0/24", "::ffff:192.0.2.5", true],
    ["::ffff:192.0.2.0/120", "192.0.2.5", true],
    ["::ffff:192.0.2.0/120", "192.0.3.5", false],
  ])("%s holds %s: %s", (network, address, isHeld) => {
    expect(isInNetworks(address, networks(network))).toBe(isHeld);
  });

  it.each([
    "",
    "10",
    "10/8",
    "10.0.0/8",
    "010.0.0.1",
    "0x7f.0.0.1",
    "2130706433",
    "10.0.0.0/33",
    "10.0.0.0/",
    "10.0.0.0/8/8",
    "10.0.0.0/-1",
    "10.0.0.0/8 ",
    "::/129",
    "::ffff:0.0.0.0/95",
    "fe80::1%eth0/64",
    "example.com",
    "192.0.2.0/024",
    "10.0.0.0/08",
    "2001:db8::/032",
  ])("is not %j", (text) => {
    expect(parseNetwork(text)).toBeNull();
  });

  it("holds no address that is not known, and no text that is none", () => {
    for (const address of [null, "", "unknown", "10.1", "192.0.2.1:80"]) {
      expect(isInNetworks(address, networks("0.0.0.0/0", "::/0"))).toBe(false);
    }
  });
});

describe("an address", () => {
  it.each([
    ["192.0.2.1", "192.0.2.1"],
    ["::ffff:192.0.2.1", "192.0.2.1"],
    ["2001:DB8:0::1", "2001:db8::1"],
    ["10.1", null],
    ["192.0.2.1:80", null],
    ["", null],
  ])("%j is read as %j", (text, address) => {
    expect(parseAddress(text)).toBe(address);
  });
});
