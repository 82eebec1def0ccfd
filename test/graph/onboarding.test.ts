import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { StoreError } from "../../src/store/store-error.ts";
import { createTestGateway, type TestGateway } from "../support/gateway.ts";

const onboard = `mutation ($input: OnboardPartnerInput!) { onboardPartner(input: $input) {
  partner { id name status trackingId trackingIds timeZone currency contact notes createdAt }
  subscribeTokens { secret subscribeToken { tokenId trackingId label grants { pattern isRegex } effectiveOriginCluster bindIpsOnUsage } }
  apiKeySecret userErrors { __typename code message path } } }`;

interface Onboarded {
  readonly onboardPartner: {
    readonly partner: { readonly id: string; readonly name: string } | null;
    readonly subscribeTokens: readonly {
      readonly secret: string;
      readonly subscribeToken: { readonly tokenId: number };
    }[];
    readonly apiKeySecret: string | null;
    readonly userErrors: readonly {
      readonly code: string;
      readonly path: readonly string[];
      readonly message: string;
    }[];
  };
}

let gateway: TestGateway;
beforeEach(async () => {
  gateway = await createTestGateway();
});
afterEach(async () => {
  await gateway[Symbol.asyncDispose]();
});

const ask = async (input: object) => {
  const { data, errors } = await gateway.ask<Onboarded>(onboard, { input });
  expect(errors).toEqual([]);
  return data.onboardPartner;
};
const tokensMade = () =>
  gateway.sandbox.calls().filter(({ method, path }) => method === "POST" && path === "/api/subscribe_token").length;

describe("onboarding", () => {
  it("labels tokens with the partner and the pattern, cut to 128 characters", async () => {
    const pattern = "gala-".repeat(25);
    const { subscribeTokens, userErrors } = await ask({
      idempotencyKey: "meadow",
      name: "Meadow TV",
      trackingIds: ["meadow-tv"],
      grants: [{ pattern }],
    });
    expect(userErrors).toEqual([]);
    expect(subscribeTokens.map(({ subscribeToken }) => subscribeToken)).toMatchObject([
      { label: `Meadow TV: ${pattern}`.slice(0, 128) },
    ]);
  });

  it("registers a partner with a token for each grant and a key that is shown once", async () => {
    const input = {
      idempotencyKey: "meadow",
      name: "Meadow TV",
      trackingIds: ["meadow-tv", "meadow-radio"],
      contact: "ops@meadow.example",
      timeZone: "Europe/Berlin",
      currency: "EUR",
      notes: "pays late",
      grants: [{ pattern: "derby-final" }, { pattern: "derby-.*", isRegex: true }],
    };
    const { partner, subscribeTokens, apiKeySecret, userErrors } = await ask(input);
    expect(userErrors).toEqual([]);
    expect(partner).toEqual({
      id: expect.any(String),
      name: "Meadow TV",
      status: "ACTIVE",
      trackingId: "meadow-tv",
      trackingIds: ["meadow-tv", "meadow-radio"],
      timeZone: "Europe/Berlin",
      currency: "EUR",
      contact: "ops@meadow.example",
      notes: "pays late",
      createdAt: "2026-03-18T10:20:00.000Z",
    });
    expect(subscribeTokens.map(({ subscribeToken }) => subscribeToken)).toMatchObject([
      { trackingId: "meadow-tv", grants: [{ pattern: "derby-final", isRegex: false }], bindIpsOnUsage: 0 },
      { trackingId: "meadow-tv", grants: [{ pattern: "derby-.*", isRegex: true }], bindIpsOnUsage: 0 },
    ]);
    expect(apiKeySecret).toMatch(/^sgk_[\w-]{43}$/);

    const again = await ask(input);
    expect(again).toEqual({ partner, subscribeTokens, apiKeySecret: null, userErrors: [] });
    expect(tokensMade()).toBe(2);
  });

  it("gives its tokens the cluster of the streams' publishers", async () => {
    const { data } = await gateway.ask<{
      streams: {
        nodes: { name: string; publishTokens: { nodes: { effectiveOriginCluster: string; isSecured: boolean }[] } }[];
      };
    }>("{ streams(first: 100) { nodes { name publishTokens { nodes { effectiveOriginCluster isSecured } } } } }");
    const elsewhere = data.streams.nodes.find(
      ({ publishTokens: { nodes } }) =>
        nodes.length > 0 && nodes.every((token) => token.isSecured && token.effectiveOriginCluster !== "phx-1"),
    );
    const { subscribeTokens, userErrors } = await ask({
      idempotencyKey: "a",
      name: "A",
      trackingIds: ["a"],
      grants: [{ pattern: elsewhere?.name }],
    });
    expect(userErrors).toEqual([]);
    expect(subscribeTokens[0]?.subscribeToken).toMatchObject({
      effectiveOriginCluster: elsewhere?.publishTokens.nodes[0]?.effectiveOriginCluster,
    });
  });

  it("tells every broken rule at once, each with its own code, and makes nothing", async () => {
    const { data } = await gateway.ask<{ streams: { nodes: { name: string; isSecured: boolean | null }[] } }>(
      "{ streams(first: 100) { nodes { name isSecured } } }",
    );
    const open = data.streams.nodes.find(({ isSecured }) => isSecured === false);
    await ask({ idempotencyKey: "first", name: "First", trackingIds: ["first"] });
    gateway.sandbox.clearCalls();
    const { partner, subscribeTokens, userErrors } = await ask({
      idempotencyKey: "second",
      name: "Second",
      trackingIds: ["second", "first"],
      grants: [{ pattern: open?.name }, { pattern: ".*", isRegex: true }],
      streamNames: ["derby-final"],
      originCluster: "ams-1",
    });
    expect({ partner, subscribeTokens }).toEqual({ partner: null, subscribeTokens: [] });
    const codes = new Set(userErrors.map(({ code }) => code));
    for (const code of ["TRACKING_ID_TAKEN", "STREAM_UNSECURED", "WILDCARD_GRANT", "CLUSTER_UNKNOWN"]) {
      expect(codes).toContain(code);
    }
    expect(userErrors.find(({ code }) => code === "TRACKING_ID_TAKEN")?.path).toEqual(["input", "trackingIds", "1"]);
    expect(tokensMade()).toBe(0);
  });

  it.each(["(.*)", ".{1,128}", "[^/]+", ".*|x", "(?i)[a-z0-9_-]+", "[a-z0-9-]+"])(
    "refuses a grant of everything in the spelling %s, unless that is meant",
    async (pattern) => {
      const input = { idempotencyKey: "a", name: "A", trackingIds: ["a"], grants: [{ pattern, isRegex: true }] };
      const wildcards = ({ userErrors }: Onboarded["onboardPartner"]) =>
        userErrors.filter(({ code }) => code === "WILDCARD_GRANT");
      const [refused] = wildcards(await ask(input));
      expect(refused?.path).toEqual(["input", "grants", "0", "pattern"]);
      expect(refused?.message).toContain(pattern);
      expect(wildcards(await ask({ ...input, allowWildcard: true }))).toEqual([]);
      expect(tokensMade()).toBe(0);
    },
  );

  it("refuses grants that only together open everything", async () => {
    const grants = ["[a-m].*", "[^a-m].*"].map((pattern) => ({ pattern, isRegex: true }));
    const { userErrors } = await ask({ idempotencyKey: "a", name: "A", trackingIds: ["a"], grants });
    const wildcards = userErrors.filter(({ code }) => code === "WILDCARD_GRANT");
    expect(wildcards.map(({ path }) => path)).toEqual([["input", "grants"]]);
  });

  it("warns of a grant that opens more than half of the known streams, with the count", async () => {
    // Of the known streams all but a handful get names of one beginning.
    const streams = Array.from({ length: 40 }, (_, index) => ({ pattern: `league-${index}` }));
    await gateway.ask(
      "mutation ($input: CreatePublishTokenInput!) { createPublishToken(input: $input) { userErrors { code } } }",
      { input: { idempotencyKey: "p", label: "league", isSecured: true, streams } },
    );
    const { data } = await gateway.ask<{ onboardPartner: { warnings: object[]; userErrors: object[] } }>(
      `mutation ($input: OnboardPartnerInput!) { onboardPartner(input: $input) { userErrors { code }
         warnings { pattern openedStreams knownStreams message } } }`,
      {
        input: {
          idempotencyKey: "a",
          name: "A",
          trackingIds: ["a"],
          grants: [
            { pattern: "derby-.*", isRegex: true },
            { pattern: "league-.*", isRegex: true },
          ],
        },
      },
    );
    const { data: all } = await gateway.ask<{ streams: { totalCount: number } }>("{ streams { totalCount } }");
    const { totalCount } = all.streams;
    expect(data.onboardPartner).toEqual({
      userErrors: [],
      warnings: [
        {
          pattern: "league-.*",
          openedStreams: 40,
          knownStreams: totalCount,
          message: `\`input.grants.1.pattern\` opens 40 of the ${totalCount} known streams; got \`league-.*\`.`,
        },
      ],
    });
    const { data: found } = await gateway.ask<{ findings: { nodes: { code: string; summary: string }[] } }>(
      "{ findings(first: 100) { nodes { code summary } } }",
    );
    expect(found.findings.nodes.filter(({ code }) => code === "BROAD_GRANT").map(({ summary }) => summary)).toEqual([
      expect.stringContaining(`opens 40 of the ${totalCount} known streams`),
    ]);
  });

  it("refuses a stream that was asked for and that no grant opens", async () => {
    const { userErrors } = await ask({
      idempotencyKey: "a",
      name: "A",
      trackingIds: ["a"],
      grants: [{ pattern: "derby-final" }],
      streamNames: ["derby-final", "Derby-Final"],
    });
    expect(userErrors).toMatchObject([
      { code: "GRANT_NOT_COVERED", message: expect.stringContaining("`Derby-Final`") },
    ]);
  });

  it("takes its tokens back when the platform fails half way, and the same key can be used again", async () => {
    gateway.sandbox.fault({ path: "/api/subscribe_token", method: "POST", status: 429, skip: 1, times: 1 });
    const input = {
      idempotencyKey: "a",
      name: "A",
      trackingIds: ["a"],
      grants: [{ pattern: "derby-final" }, { pattern: "derby-semi" }],
    };
    const failed = await ask(input);
    expect(failed).toMatchObject({ partner: null, subscribeTokens: [], apiKeySecret: null });
    expect(failed.userErrors).toHaveLength(1);
    const { data } = await gateway.ask(`{ partner(by: { trackingId: "a" }) { name } }`);
    expect(data).toEqual({ partner: null });
    const { partner, subscribeTokens } = await ask(input);
    expect(partner?.name).toBe("A");
    expect(subscribeTokens).toHaveLength(2);
  });

  it("is the same partner for the same key when the gateway ended before it noted what was made", async () => {
    const clock = { advance: () => {} };
    await using ticking = await createTestGateway({ sandbox: { onExchange: () => clock.advance() } });
    // Time passes between the request's start and the write's.
    clock.advance = () => ticking.sandbox.clock.advance(5);
    vi.spyOn(ticking.store.idempotencyKeys, "finish").mockRejectedValueOnce(new StoreError("The process ends here."));
    const input = { idempotencyKey: "a", name: "A", trackingIds: ["a"] };
    const first = await ticking.ask<Onboarded>(onboard, { input });
    expect(first.data.onboardPartner).toMatchObject({ partner: null, userErrors: [{ code: "STORE_UNAVAILABLE" }] });
    const again = await ticking.ask<Onboarded>(onboard, { input });
    expect(again.data.onboardPartner).toMatchObject({ partner: { name: "A", trackingIds: ["a"] }, userErrors: [] });
  });

  it("lets one of two partners that race for a tracking id win, and leaves nothing of the other", async () => {
    const racers = ["One", "Two"].map((name) =>
      ask({ idempotencyKey: name, name, trackingIds: ["contested"], grants: [{ pattern: "derby-final" }] }),
    );
    const outcomes = await Promise.all(racers);
    expect(outcomes.filter(({ partner }) => partner !== null)).toHaveLength(1);
    const [loser] = outcomes.filter(({ partner }) => partner === null);
    expect(loser?.userErrors).toMatchObject([{ code: "TRACKING_ID_TAKEN" }]);
    const { data } = await gateway.ask(
      `{ partners(filter: { status: [ACTIVE] }) { totalCount } partner(by: { trackingId: "contested" }) { subscribeTokens { totalCount } } }`,
    );
    expect(data).toEqual({ partners: { totalCount: 1 }, partner: { subscribeTokens: { totalCount: 1 } } });
  });
});
