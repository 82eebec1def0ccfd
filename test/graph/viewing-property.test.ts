import fc from "fast-check";
import { expect, it } from "vitest";
import { createTestGateway, type TestGateway } from "../support/gateway.ts";

/** What the Director says where a rule keeps a viewer out. */
const directorSays: Readonly<Record<string, string>> = {
  TOKEN_DISABLED: "Token is not active",
  TOKEN_EXPIRED: "Token expired",
  STREAM_NOT_COVERED: "StreamName is not valid for token",
  ALLOWED_ORIGINS: "Origin not allowed",
  ALLOWED_IP_ADDRESSES: "IP Address not allowed",
  TOKEN_REQUIRED: "Subscribe token required",
  GEO_RULES: "Country not allowed",
  CLUSTER_MISMATCH: "Token is for cluster",
};

type Countries = { allowedCountries?: string[]; deniedCountries?: string[] };

interface Publisher {
  isSecured: boolean;
  originCluster: string;
  priority: number | null;
  countries: Countries;
}
interface Token {
  grant: "name" | "pattern" | "other";
  isActive: boolean;
  isExpired: boolean;
  originCluster: string;
  allowedOrigins: string[];
  allowedIpAddresses: string[];
  bindIpsOnUsage: number;
  countries: Countries;
}
interface Viewer {
  country: string;
  origin: string | null;
  ip: string;
}

/** Mostly the first, so that many viewers are let in, and others meet one rule that they break. */
function mostly<T>(usual: T, ...others: T[]): fc.Arbitrary<T> {
  return fc.oneof(
    { weight: 5, arbitrary: fc.constant(usual) },
    ...others.map((other) => ({ weight: 1, arbitrary: fc.constant(other) })),
  );
}
const usuallyNone = (...lists: string[][]) => mostly<string[]>([], ...lists);

const countries = mostly<Countries>(
  {},
  { allowedCountries: ["GB", "DE"] },
  { allowedCountries: ["US"] },
  { deniedCountries: ["GB"] },
  { deniedCountries: ["US", "FR"] },
);
const publishers: fc.Arbitrary<Publisher[]> = fc.array(
  fc.record({
    isSecured: mostly(true, false),
    originCluster: mostly("phx-1", "fra-1", "auto"),
    priority: fc.constantFrom(null, 1, 2),
    countries,
  }),
  { minLength: 1, maxLength: 2 },
);
const tokens: fc.Arbitrary<Token | null> = fc.option(
  fc.record({
    grant: mostly<Token["grant"]>("name", "pattern", "other"),
    isActive: mostly(true, false),
    isExpired: mostly(false, true),
    originCluster: mostly("phx-1", "fra-1", "auto"),
    allowedOrigins: usuallyNone(["demo.com"], ["*.demo.com", "other.example"]),
    allowedIpAddresses: usuallyNone(["192.0.2.0/24"], ["192.0.2.7", "198.51.100.128/25"]),
    bindIpsOnUsage: fc.constant(0),
    countries,
  }),
  { freq: 8 },
);
const viewers: fc.Arbitrary<Viewer> = fc.record({
  country: fc.constantFrom("GB", "DE", "US", "FR"),
  origin: fc.constantFrom(null, "https://demo.com", "http://live.demo.com:3000", "https://evildemo.com"),
  ip: fc.constantFrom("192.0.2.7", "192.0.2.200", "198.51.100.129", "203.0.113.1", "2001:db8::7"),
});

/** Viewers for each rule of the account; the drill `viewing` runs more. */
const RUNS = Number(process.env["VIEWINGS"] ?? 40);

it("for any tokens, rules and viewers the gateway decides as the Director does, by the same rule", async () => {
  await using gateway = await createTestGateway();
  const met = new Map<string, number>();
  let round = 0;
  for (const ofAccount of [{ allowedCountries: [] }, { deniedCountries: ["DE"] }, { allowedCountries: ["GB", "US"] }]) {
    await mutate(gateway, "setGeoRules", "SetGeoRulesInput", { target: { account: true }, ...ofAccount });
    await fc.assert(
      fc.asyncProperty(publishers, tokens, viewers, async (publishing, token, viewer) => {
        round += 1;
        const streamName = `race-${round}`;
        const feeds = await broadcast(gateway, streamName, publishing);
        const shown = token && (await createToken(gateway, streamName, token));
        // The token's life of a second is over, or it has none.
        gateway.sandbox.clock.advance(2_000);
        const { verdict, decidedBy } = await canView(gateway, streamName, shown?.tokenId ?? null, viewer);
        const { accountId } = gateway.sandbox;
        const director = await gateway.sandbox.attachViewers({
          token: shown?.secret ?? null,
          streamName,
          streamAccountId: accountId,
          ...viewer,
        });
        met.set(decidedBy.rule, (met.get(decidedBy.rule) ?? 0) + 1);
        const said = directorSays[decidedBy.rule];
        expect({ verdict, said: director.ok || director.message }).toEqual(
          said ? { verdict: "REFUSED", said: expect.stringContaining(said) } : { verdict: "ADMITTED", said: true },
        );
        for (const feedId of feeds) gateway.sandbox.stopFeed(feedId);
      }),
      { numRuns: RUNS, ...(process.env["VIEWINGS"] === undefined && { seed: 12 }) },
    );
  }
  // Each rule was met, in both of its outcomes.
  expect([...met.keys()].toSorted()).toEqual([...Object.keys(directorSays), "STREAM_OPEN", "TOKEN_OPENS"].toSorted());
});

it("a token that binds itself to addresses leaves it open: the first viewer gets in, and one of another address does not", async () => {
  await using gateway = await createTestGateway();
  await broadcast(gateway, "kiosk", [{ isSecured: true, originCluster: "phx-1", priority: null, countries: {} }]);
  const kiosk: Token = {
    grant: "name",
    isActive: true,
    isExpired: false,
    originCluster: "phx-1",
    allowedOrigins: [],
    allowedIpAddresses: [],
    bindIpsOnUsage: 1,
    countries: {},
  };
  const { tokenId, secret } = await createToken(gateway, "kiosk", kiosk);
  for (const [ip, ok] of [
    ["192.0.2.7", true],
    ["192.0.2.8", false],
  ] as const) {
    const told = await canView(gateway, "kiosk", tokenId, { country: "GB", origin: null, ip });
    expect(told).toEqual({ verdict: "UNDECIDED", decidedBy: { rule: "ADDRESS_BINDING" } });
    expect((await gateway.sandbox.attachViewers({ token: secret, streamName: "kiosk", ip })).ok).toBe(ok);
  }
});

async function canView(gateway: TestGateway, stream: string, tokenId: number | null, viewer: Viewer) {
  const { data, errors } = await gateway.ask<{ canView: { verdict: string; decidedBy: { rule: string } } }>(
    `query ($stream: String!, $token: SubscribeTokenRef, $country: CountryCode!, $origin: String, $ip: String!) {
       canView(stream: { name: $stream }, token: $token, country: $country, origin: $origin, ip: $ip) {
         verdict decidedBy { rule } } }`,
    { stream, token: tokenId === null ? null : { tokenId }, ...viewer },
  );
  expect(errors).toEqual([]);
  return data.canView;
}

/** Starts a feed with a token of its own for each publisher, a second apart. */
async function broadcast(gateway: TestGateway, streamName: string, publishing: readonly Publisher[]) {
  const feeds: string[] = [];
  for (const [index, { countries: rules, priority, ...settings }] of publishing.entries()) {
    const { secret } = await mutate<{ secret: string }>(gateway, "createPublishToken", "CreatePublishTokenInput", {
      idempotencyKey: `${streamName} ${index}`,
      label: `${streamName} ${index}`,
      streams: [{ pattern: streamName }],
      ...settings,
      ...(priority !== null && { priority }),
      ...rules,
    });
    gateway.sandbox.clock.advance(1_000);
    const feed = gateway.sandbox.startFeed({ token: secret, streamName });
    if (!feed.ok) throw new Error(feed.message);
    feeds.push(feed.feedId);
  }
  return feeds;
}

async function createToken(gateway: TestGateway, streamName: string, token: Token) {
  const { grant, isActive, isExpired, countries: rules, ...settings } = token;
  const pattern = { name: streamName, pattern: "race-[0-9]+", other: `${streamName}-b` }[grant];
  const { secret, subscribeToken } = await mutate<{ secret: string; subscribeToken: { tokenId: number } }>(
    gateway,
    "createSubscribeToken",
    "CreateSubscribeTokenInput",
    {
      idempotencyKey: streamName,
      label: streamName,
      streams: [{ pattern, isRegex: grant === "pattern" }],
      ...settings,
      ...rules,
      ...(isExpired && { expiresInSeconds: 1 }),
    },
    "subscribeToken { tokenId }",
  );
  if (!isActive) {
    await mutate(gateway, "updateSubscribeToken", "UpdateSubscribeTokenInput", {
      token: { tokenId: subscribeToken.tokenId },
      isActive,
    });
  }
  return { tokenId: subscribeToken.tokenId, secret };
}

async function mutate<Payload>(
  gateway: TestGateway,
  name: string,
  type: string,
  input: Readonly<Record<string, unknown>>,
  fields = "",
): Promise<Payload> {
  const secret = name.startsWith("create") ? "secret" : "";
  const { data, errors } = await gateway.ask<Record<string, Payload & { userErrors: unknown[] }>>(
    `mutation ($input: ${type}!) { ${name}(input: $input) { ${secret} ${fields} userErrors { code message } } }`,
    { input },
  );
  expect(errors).toEqual([]);
  const payload = data[name];
  if (!payload) throw new Error(`${name} answered nothing`);
  expect(payload.userErrors).toEqual([]);
  return payload;
}
