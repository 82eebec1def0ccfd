import { afterEach, describe, expect, it, vi } from "vitest";
import { type ConformantSandbox, createConformantSandbox } from "../support/conformance.ts";
import { createTestGateway, START } from "../support/gateway.ts";
import { restClientOf } from "../support/rest-client.ts";

/** What is done by the platform's own REST client for Node, and by the graph: the platform must end up the same. */
interface SameDone {
  readonly what: string;
  readonly byClient: (client: ReturnType<typeof restClientOf>, secret: string) => Promise<unknown>;
  /** A mutation. */
  readonly byGraph: string;
}

/** Of the seed: the publish token of `derby-final`, and northwind's subscribe token for it. */
const [DERBY, NORTHWIND] = [1001, 5001];
const publishToken = `token: { tokenId: ${DERBY} }`;
const subscribeToken = `token: { tokenId: ${NORTHWIND} }`;

const done: readonly SameDone[] = [
  {
    what: "a publish token with all that restricts its viewers",
    byClient: ({ publishToken }, secret) =>
      publishToken.create(secret, {
        label: "studio",
        streams: [{ streamName: "studio" }, { streamName: "studio-[a-z]+", isRegex: true }],
        expires: 86_400,
        subscribeRequiresAuth: true,
        allowedOrigins: ["*.demo.com"],
        allowedIpAddresses: ["192.0.2.0/24", "198.51.100.7"],
        deniedCountries: ["KP"],
        originCluster: "fra-1",
        multisource: false,
        geoCascade: { isEnabled: true, clusters: ["lon-1", "syd-1"] },
      }),
    byGraph: `createPublishToken(input: { idempotencyKey: "k", label: "studio", expiresInSeconds: 86400, isSecured: true,
      streams: [{ pattern: "studio" }, { pattern: "studio-[a-z]+", isRegex: true }], allowedOrigins: ["*.demo.com"],
      allowedIpAddresses: ["192.0.2.0/24", "198.51.100.7"], deniedCountries: ["KP"], originCluster: "fra-1",
      isMultisource: false, geoCascade: { isEnabled: true, clusters: ["lon-1", "syd-1"] } })`,
  },
  {
    what: "a subscribe token of a tracking id that binds to addresses",
    byClient: ({ subscribeToken }, secret) =>
      subscribeToken.create(secret, {
        label: "kiosk",
        streams: [{ streamName: "derby-final" }],
        tracking: { trackingId: "acme" },
        bindIpsOnUsage: 3,
        allowedCountries: ["GB"],
      }),
    byGraph: `createSubscribeToken(input: { idempotencyKey: "k", label: "kiosk", streams: [{ pattern: "derby-final" }],
      trackingId: "acme", bindIpsOnUsage: 3, allowedCountries: ["GB"] })`,
  },
  {
    what: "allowed origins and addresses of a subscribe token",
    byClient: ({ subscribeToken }, secret) =>
      subscribeToken.update(secret, NORTHWIND, {
        updateAllowedOrigins: ["demo.com", "*.demo.com"],
        updateAllowedIpAddresses: ["192.0.2.0/24"],
      }),
    byGraph: `updateSubscribeToken(input: { ${subscribeToken}, allowedOrigins: ["demo.com", "*.demo.com"],
      allowedIpAddresses: ["192.0.2.0/24"] })`,
  },
  {
    what: "geo rules of the account",
    byClient: ({ account }, secret) => account.updateGeoRestrictions(secret, null, ["KP", "IR"]),
    byGraph: `setGeoRules(input: { target: { account: true }, deniedCountries: ["KP", "IR"] })`,
  },
  {
    what: "geo rules of a publish token",
    byClient: ({ publishToken }, secret) =>
      publishToken.update(secret, DERBY, { updateAllowedCountries: ["GB", "IE"], updateDeniedCountries: [] }),
    byGraph: `setGeoRules(input: { target: { publishToken: { tokenId: ${DERBY} } }, allowedCountries: ["GB", "IE"] })`,
  },
  {
    what: "geo rules of a subscribe token",
    byClient: ({ subscribeToken }, secret) =>
      subscribeToken.update(secret, NORTHWIND, { updateDeniedCountries: ["US"], updateAllowedCountries: [] }),
    byGraph: `setGeoRules(input: { target: { subscribeToken: { tokenId: ${NORTHWIND} } }, deniedCountries: ["US"] })`,
  },
  {
    what: "the geo-cascade of a publish token",
    byClient: ({ publishToken }, secret) =>
      publishToken.update(secret, DERBY, { updateGeoCascade: { isEnabled: true, clusters: ["fra-1", "lon-1"] } }),
    byGraph: `setGeoCascade(input: { target: { publishToken: { tokenId: ${DERBY} } },
      geoCascade: { isEnabled: true, clusters: ["fra-1", "lon-1"] } })`,
  },
  {
    what: "another cluster, label and list of streams",
    byClient: ({ publishToken }, secret) =>
      publishToken.update(secret, DERBY, {
        label: "derby",
        updateOriginCluster: "lon-1",
        addTokenStreams: [{ streamName: "derby-replay" }],
      }),
    byGraph: `updatePublishToken(input: { ${publishToken}, label: "derby", originCluster: "lon-1", addStreams: [{ pattern: "derby-replay" }] })`,
  },
  {
    what: "a disabled publish token",
    byClient: ({ publishToken }, secret) => publishToken.disable(secret, [DERBY]),
    byGraph: `disablePublishTokens(tokens: [{ tokenId: ${DERBY} }])`,
  },
];

afterEach(() => vi.restoreAllMocks());

describe("the platform ends up the same by its own client and by the graph", () => {
  it.each(done)("for $what", async ({ byClient, byGraph }) => {
    await using plain = await createConformantSandbox({ startAt: START, frozen: true });
    await using gateway = await createTestGateway();
    const before = await stateOf(plain);
    await byClient(restClientOf(plain), plain.secret);
    const { data, errors } = await gateway.ask<Record<string, { userErrors: unknown[] }>>(
      `mutation { done: ${byGraph} { userErrors { code message } } }`,
    );
    expect(errors).toEqual([]);
    expect(data["done"]).toEqual({ userErrors: [] });
    const after = await stateOf(plain);
    expect(after).not.toEqual(before);
    expect(await stateOf(gateway.sandbox)).toEqual(after);
  });
});

/** All that can be changed of an account, as the platform tells it, secrets included. */
async function stateOf(sandbox: ConformantSandbox) {
  const read = async (path: string) => {
    const answer = await fetch(sandbox.origin + path, { headers: { authorization: `Bearer ${sandbox.secret}` } });
    return ((await answer.json()) as { data: unknown }).data;
  };
  return {
    publishTokens: sandbox.tokens.publish(),
    subscribeTokens: sandbox.tokens.subscribe(),
    security: await read("/api/v3/account/security"),
    distribution: await read("/api/v3/account/distribution"),
    cluster: await read("/api/cluster"),
    live: await read("/api/publish_token/active/all"),
  };
}
