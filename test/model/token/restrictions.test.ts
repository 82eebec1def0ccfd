import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  assertRestrictions,
  ipIsWithin,
  isIpv4OrCidr,
  isOrigin,
  isOriginOfPage,
  originIsAllowed,
  originIsWithin,
  type RestrictionsInput,
  withTokenRestrictions,
} from "../../../src/model/token/restrictions.ts";
import { isAddressAllowed, isAddressOrBlock } from "../../../src/sandbox/director/restrictions.ts";
import { refusalOf } from "../../support/refusal.ts";

describe("isOrigin and originIsWithin", () => {
  it.each([
    "demo.com",
    "*.demo.com",
    "*.com",
    "localhost",
    "localhost:3000",
    "DEMO.com",
    "xn--mnchen-3ya.de",
    `${"x".repeat(63)}.com`,
  ])("accept a domain, with subdomains or a port: %s", (text) => expect(isOrigin(text)).toBe(true));

  it.each([
    "",
    "*",
    "*.",
    "https://demo.com",
    "demo.com/path",
    "demo.com.",
    "a..b",
    "a.*.com",
    "*.*.com",
    "-a.com",
    "a-.com",
    "a_b.com",
    "münchen.de",
    " demo.com",
    "demo.com\n",
    "demo.com:",
    `${"x".repeat(64)}.com`,
    `${"x.".repeat(127)}com`,
  ])("refuse %j as an origin", (text) => expect(isOrigin(text)).toBe(false));

  it("decide at once for an origin that is made to be slow", () => {
    expect(isOrigin(`${"a-".repeat(120)}!`)).toBe(false);
    expect(isOrigin(`${"a".repeat(62)}.`.repeat(4))).toBe(false);
  });

  it("accept an entry of the list and a subdomain of a wildcard, ignoring case", () => {
    expect(originIsWithin("Demo.com", ["demo.COM"])).toBe(true);
    expect(originIsWithin("live.demo.com", ["*.demo.com"])).toBe(true);
    expect(originIsWithin("*.live.demo.com", ["*.demo.com"])).toBe(true);
    expect(originIsWithin("*.demo.com", ["other.org", "*.demo.com"])).toBe(true);
  });

  it("refuse an origin that a list does not admit as a whole", () => {
    expect(originIsWithin("demo.com", ["*.demo.com"])).toBe(false);
    expect(originIsWithin("*.demo.com", ["live.demo.com"])).toBe(false);
    expect(originIsWithin("evildemo.com", ["*.demo.com"])).toBe(false);
    expect(originIsWithin("live.demo.com", ["demo.com"])).toBe(false);
    expect(originIsWithin("demo.com:8080", ["demo.com"])).toBe(false);
  });

  it("accept every origin for an empty list", () => {
    expect(originIsWithin("demo.com", [])).toBe(true);
  });
});

/** An IPv4 address of a number. */
const dotted = (address: number) => [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join(".");
const addresses = fc.integer({ min: 0, max: 0xffffffff });

describe("isIpv4OrCidr and ipIsWithin", () => {
  it.each(["0.0.0.0", "255.255.255.255", "192.0.2.7", "192.0.2.0/24", "192.0.2.7/24", "0.0.0.0/0", "10.0.0.1/32"])(
    "accept IPv4 in four decimal parts, or a block of them: %s",
    (text) => expect(isIpv4OrCidr(text)).toBe(true),
  );

  it.each([
    "",
    "::1",
    "::ffff:192.0.2.7",
    "2001:db8::/32",
    "192.0.2.1-192.0.2.9",
    "192.0.2.*",
    "192.0.2",
    "256.0.0.1",
    "010.0.0.1",
    "192.0.2.00",
    "192.0.2.10/08",
    "192.0.2.10/008",
    "0.0.0.0/00",
    "0x7f.0.0.1",
    "2130706433",
    "192.0.2.0/33",
    "192.0.2.0/-1",
    "192.0.2.0/",
    "192.0.2.0/24/8",
    "/24",
    " 192.0.2.1",
    "192.0.2.1\n",
    "192.0.2.1/ 8",
    "１９２.0.2.1",
  ])("refuse %j as an address", (text) => expect(isIpv4OrCidr(text)).toBe(false));

  it("read addresses of any form as the sandbox's Director does", () => {
    const odd = fc.constantFrom(
      "0",
      "00",
      "8",
      "08",
      "008",
      "24",
      "32",
      "33",
      "032",
      "255",
      "256",
      "-1",
      "+8",
      " 8",
      "0x8",
      "８",
      "",
    );
    const text = fc
      .tuple(fc.array(odd, { minLength: 3, maxLength: 5 }), fc.option(odd), fc.constantFrom("", " ", "/", "\n"))
      .map(([parts, prefix, end]) => `${parts.join(".")}${prefix === null ? "" : `/${prefix}`}${end}`);
    fc.assert(
      fc.property(text, addresses.map(dotted), (entry, ip) => {
        expect(isAddressOrBlock(entry)).toBe(isIpv4OrCidr(entry));
        expect(isAddressAllowed([entry], ip)).toBe(ipIsWithin(ip, [entry]));
      }),
      {
        numRuns: 2_000,
        examples: [
          ["0.0.0.0/00", "192.0.2.7"],
          ["192.0.2.10/008", "192.0.2.7"],
          ["1.2.3.4/", "1.2.3.4"],
        ],
      },
    );
  });

  it("accept every address in its plain form", () => {
    fc.assert(
      fc.property(addresses, fc.integer({ min: 0, max: 32 }), (address, prefix) => {
        expect(isIpv4OrCidr(dotted(address))).toBe(true);
        expect(isIpv4OrCidr(`${dotted(address)}/${prefix}`)).toBe(true);
      }),
    );
  });

  it("accept a block exactly if one entry contains all of it", () => {
    const near = fc
      .tuple(
        addresses,
        fc.integer({ min: 0, max: 8 }),
        fc.integer({ min: 20, max: 32 }),
        fc.integer({ min: 20, max: 32 }),
      )
      .map(([outer, bit, outerPrefix, innerPrefix]) => ({
        outer,
        inner: outer ^ (1 << (bit + 4)),
        outerPrefix,
        innerPrefix,
      }));
    /** The first address of a block and how many it has. */
    const block = (address: number, prefix: number) => {
      const size = 2 ** (32 - prefix);
      return { first: Math.floor((address >>> 0) / size) * size, size };
    };
    const outcomes = new Set<boolean>();
    fc.assert(
      fc.property(near, ({ outer, inner, outerPrefix, innerPrefix }) => {
        const [within, around] = [block(inner, innerPrefix), block(outer, outerPrefix)];
        const holds = within.first >= around.first && within.first + within.size <= around.first + around.size;
        outcomes.add(holds);
        const entry = `${dotted(outer)}/${outerPrefix}`;
        expect(ipIsWithin(`${dotted(inner)}/${innerPrefix}`, ["203.0.113.9", entry])).toBe(holds);
      }),
    );
    expect(outcomes.size).toBe(2);
  });

  it("read an address without a prefix as a block of one", () => {
    expect(ipIsWithin("192.0.2.7", ["192.0.2.7/32"])).toBe(true);
    expect(ipIsWithin("192.0.2.0/31", ["192.0.2.0"])).toBe(false);
    expect(ipIsWithin("192.0.2.0/0", ["192.0.2.0/24"])).toBe(false);
  });

  it("accept every address for an empty list", () => {
    expect(ipIsWithin("192.0.2.7", [])).toBe(true);
  });

  it("ignore entries in an undocumented form", () => {
    expect(ipIsWithin("192.0.2.7", ["::1", "192.0.2.*", ""])).toBe(false);
    expect(ipIsWithin("192.0.2.7", ["::1", "192.0.2.0/24"])).toBe(true);
  });
});

describe("originIsAllowed and isOriginOfPage", () => {
  it.each([
    ["a host of the list", "https://demo.com", ["demo.com"], true],
    ["whatever its scheme, port and case", "http://Demo.COM:8080", ["demo.com:9090"], true],
    ["a subdomain of a wildcard", "https://live.demo.com", ["other.com", "*.demo.com"], true],
    ["any page, where there is no list", "https://evil.example", [], true],
    ["a viewer without an origin, where there is no list", null, [], true],
  ] as const)("is let in: %s", (_what, origin, allowed, isAllowed) => {
    expect(originIsAllowed(origin, allowed)).toBe(isAllowed);
  });

  it.each([
    ["another host", "https://demo.org", ["demo.com"]],
    ["the domain of a wildcard itself", "https://demo.com", ["*.demo.com"]],
    ["a host that ends alike", "https://evildemo.com", ["*.demo.com", "demo.com"]],
    ["a viewer without an origin", null, ["demo.com"]],
  ] as const)("is kept out: %s", (_what, origin, allowed) => {
    expect(originIsAllowed(origin, allowed)).toBe(false);
  });

  it("accept an origin or a host name, and nothing else", () => {
    for (const text of ["https://demo.com", "http://localhost:3000", "demo.com"])
      expect(isOriginOfPage(text)).toBe(true);
    for (const text of ["https://demo.com/live", "*.demo.com", "", "https://", "ftp://demo.com", "demo.com?x"]) {
      expect([text, isOriginOfPage(text)]).toEqual([text, false]);
    }
  });
});

describe("withTokenRestrictions", () => {
  const token = {
    allowedIpAddresses: ["192.0.2.7"],
    bindIpsOnUsage: 0,
    countries: { allowedCountries: ["GB"], deniedCountries: [] },
  };

  it("adds the token's present restrictions that exclude the changes", () => {
    const check = (changes: RestrictionsInput) => () =>
      assertRestrictions(withTokenRestrictions(changes, token), "input");
    expect(refusalOf(check({ bindIpsOnUsage: 2 }))).toMatchObject({ facts: { argument: "input.bindIpsOnUsage" } });
    expect(refusalOf(check({ deniedCountries: ["US"] }))).toMatchObject({
      facts: { argument: "input.deniedCountries" },
    });
    expect(check({ bindIpsOnUsage: 2, allowedIpAddresses: [] })).not.toThrow();
    expect(check({ deniedCountries: ["US"], allowedCountries: [] })).not.toThrow();
    expect(check({ allowedOrigins: ["demo.com"] })).not.toThrow();
  });
});

describe("assertRestrictions", () => {
  it("accepts restrictions that follow the rules, and none at all", () => {
    const all: RestrictionsInput[] = [
      {},
      { allowedOrigins: [], allowedIpAddresses: [], bindIpsOnUsage: 0, allowedCountries: [], deniedCountries: [] },
      {
        allowedOrigins: ["demo.com"],
        allowedIpAddresses: ["192.0.2.0/24"],
        bindIpsOnUsage: 0,
        allowedCountries: ["GB", "DE"],
      },
      { bindIpsOnUsage: 0x7fffffff, deniedCountries: ["US"], allowedIpAddresses: [], allowedCountries: [] },
    ];
    for (const restrictions of all) expect(() => assertRestrictions(restrictions, "input")).not.toThrow();
  });

  it.each<[string, RestrictionsInput, string]>([
    ["the first entry that is wrong", { allowedOrigins: ["a.com", "https://b.com"] }, "input.allowedOrigins.1"],
    ["an address of an unsupported form", { allowedIpAddresses: ["::1"] }, "input.allowedIpAddresses.0"],
    ["both lists of countries", { allowedCountries: ["GB"], deniedCountries: ["US"] }, "input.deniedCountries"],
    [
      "binding beside a list of addresses",
      { allowedIpAddresses: ["192.0.2.1"], bindIpsOnUsage: 1 },
      "input.bindIpsOnUsage",
    ],
    ["a negative binding", { bindIpsOnUsage: -1 }, "input.bindIpsOnUsage"],
    ["a binding beyond 32 bits", { bindIpsOnUsage: 0x80000000 }, "input.bindIpsOnUsage"],
  ])("refuses restrictions by %s", (_what, restrictions, argument) => {
    expect(refusalOf(() => assertRestrictions(restrictions, "input"))).toMatchObject({
      code: "INVALID_INPUT",
      facts: { argument },
    });
  });
});
