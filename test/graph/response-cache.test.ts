import { describe, expect, it } from "vitest";
import { scopesOfRole } from "../../src/auth/scopes.ts";
import { metricsOf } from "../support/exposition.ts";
import { createTestGateway, type TestGateway } from "../support/gateway.ts";
import { onboard } from "../support/partners.ts";

const TOTALS = `{ streams(first: 50) { totalCount nodes { id name bandwidth(window: { last: "P1D" }) { freshUntil total { bytesOut } } } } }`;
const TOKENS = `{ subscribeTokens(first: 50) { nodes { id tokenId label isActive trackingId } } }`;

/** How many answers were given again since the gateway began. */
async function repeated(gateway: TestGateway): Promise<number> {
  return (await metricsOf(gateway)).value("syndigraph_response_cache_hits_total") ?? Number.NaN;
}

/** Asks so often that the answer is kept from then on: the first time, the tokens may not have been known. */
async function askOften({ ask }: Pick<TestGateway, "ask">, query: string): Promise<void> {
  for (let count = 0; count < 4; count += 1) expect((await ask(query)).errors).toEqual([]);
}

/** A subscribe token labelled "as it was", and the stream that it opens. */
interface Ids {
  readonly token: string;
  readonly tokenId: number;
  readonly stream: string;
}

async function createToken(gateway: TestGateway, trackingId: string | null = null): Promise<Ids> {
  const { data } = await gateway.ask<{
    createSubscribeToken: { subscribeToken: { id: string; tokenId: number } };
  }>(
    `mutation ($input: CreateSubscribeTokenInput!) { createSubscribeToken(input: $input) { subscribeToken { id tokenId } } }`,
    {
      input: {
        idempotencyKey: "token",
        label: "as it was",
        streams: [{ pattern: "derby-final" }],
        ...(trackingId !== null && { trackingId }),
      },
    },
  );
  const { id: token, tokenId } = data.createSubscribeToken.subscribeToken;
  await gateway.ask(TOKENS);
  const found = await gateway.ask<{ stream: { id: string } }>(`{ stream(by: { name: "derby-final" }) { id } }`);
  return { token, tokenId, stream: found.data.stream.id };
}

describe("an answer", () => {
  it("is given again from the fourth time on, and charged as before", async () => {
    await using gateway = await createTestGateway();
    await gateway.ask(TOKENS);
    const first = await gateway.ask(TOTALS);
    for (let count = 0; count < 2; count += 1) await gateway.ask(TOTALS);
    expect(await repeated(gateway)).toBe(0);
    const again = await gateway.ask(TOTALS);
    expect(await repeated(gateway)).toBe(1);
    expect(again.data).toEqual(first.data);
    const spent = ({ extensions }: typeof first) => extensions["cost"] as { requested: number; remaining: number };
    expect(spent(again).requested).toBe(spent(first).requested);
    expect(spent(again).remaining).toBe(spent(first).remaining - 3 * spent(first).requested);
  });

  it("is given again with errors that follow from the question alone, which are told alike", async () => {
    await using gateway = await createTestGateway();
    await gateway.ask(TOKENS);
    const wrong = `{ streams(first: 50) { nodes { name bandwidth(window: { range: { from: "2026-03-17T05:17:00Z", to: "2026-03-17T06:17:00Z" } }) { total { bytesOut } } } } }`;
    const first = await gateway.ask(wrong);
    expect(first.errors.length).toBeGreaterThan(10);
    expect(new Set(first.errors.map(({ extensions: { code } }) => code))).toEqual(new Set(["INVALID_WINDOW"]));
    for (let count = 0; count < 2; count += 1) await gateway.ask(wrong);
    expect(await repeated(gateway)).toBe(0);
    const { data, errors } = await gateway.ask(wrong);
    expect(await repeated(gateway)).toBe(1);
    expect({ data, errors }).toEqual({ data: first.data, errors: first.errors });
  });

  it("is made anew while it has an error of another kind", async () => {
    await using gateway = await createTestGateway();
    await gateway.ask(TOKENS);
    gateway.sandbox.fault({ path: "/api/analytics/*", status: 503 });
    for (let count = 0; count < 6; count += 1) expect((await gateway.ask(TOTALS)).errors).not.toEqual([]);
    expect(await repeated(gateway)).toBe(0);
  });

  it("is made anew while it lacks what is not there, which may be there the next time", async () => {
    await using gateway = await createTestGateway();
    await gateway.ask(TOKENS);
    const missing = `{ stream(by: { name: "derby-final" }) { name } other: stream(by: { name: "nobody-knows-it" }) { name } }`;
    for (let count = 0; count < 6; count += 1) {
      expect((await gateway.ask(missing)).errors.map(({ extensions: { code } }) => code)).toEqual(["NOT_FOUND"]);
    }
    expect(await repeated(gateway)).toBe(0);
  });

  it("is another with other variables, or with a variable that is null and not left out", async () => {
    await using gateway = await createTestGateway();
    const query = `query ($first: Int = 1) { subscribeTokens(first: $first) { nodes { tokenId } } }`;
    for (let count = 0; count < 5; count += 1) {
      for (const [variables, length] of [
        [{}, 1],
        [{ first: 2 }, 2],
        [{ first: 3 }, 3],
      ] as const) {
        const { data } = await gateway.ask<{ subscribeTokens: { nodes: unknown[] } }>(query, variables);
        expect(data.subscribeTokens.nodes).toHaveLength(length);
      }
      expect((await gateway.ask<{ subscribeTokens: { nodes: unknown[] } }>(query, { first: null })).data).not.toEqual(
        (await gateway.ask(query)).data,
      );
    }
    expect(await repeated(gateway)).toBeGreaterThan(0);
  });

  it("is the same by GET as by POST", async () => {
    await using gateway = await createTestGateway();
    await askOften(gateway, TOKENS);
    const before = await repeated(gateway);
    const headers = { accept: "application/json", authorization: `Bearer ${gateway.options.operatorKey.reveal()}` };
    const response = await gateway.gateway.fetch(
      new Request(`http://localhost/graphql?query=${encodeURIComponent(TOKENS)}`, { headers }),
    );
    expect(await response.json()).toMatchObject({ data: (await gateway.ask(TOKENS)).data });
    expect(await repeated(gateway)).toBe(before + 2);
  });

  it("is never given to anybody else, not even of the same role", async () => {
    await using gateway = await createTestGateway();
    const partners = [
      await onboard(gateway, "northwind-tv", ["derby-final"]),
      await onboard(gateway, "kestrel-media", ["derby-semi"]),
    ];
    const callers = partners.map(({ key }) => gateway.as(key));
    const ids = partners.map(({ trackingId }) => trackingId);
    for (let count = 0; count < 6; count += 1) {
      for (const [index, { ask }] of callers.entries()) {
        const { data } = await ask<{ subscribeTokens: { nodes: { trackingId: string }[] } }>(TOKENS);
        expect(new Set(data.subscribeTokens.nodes.map(({ trackingId }) => trackingId))).toEqual(new Set([ids[index]]));
        const { data: mine } = await ask(`{ me { name principalId partner { name } } }`);
        expect(mine).toMatchObject({ me: { partner: { name: ids[index] } } });
      }
      await gateway.ask(TOKENS);
    }
    expect(await repeated(gateway)).toBeGreaterThanOrEqual(15);
  });

  it("ends with a write, which is seen at once", async () => {
    await using gateway = await createTestGateway();
    await askOften(gateway, TOKENS);
    const { data } = await gateway.ask<{ subscribeTokens: { nodes: { id: string; isActive: boolean }[] } }>(TOKENS);
    const first = data.subscribeTokens.nodes.find(({ isActive }) => isActive);
    await gateway.ask(
      `mutation ($id: ID!) { disableSubscribeTokens(input: { tokens: [{ id: $id }] }) { userErrors { code } } }`,
      {
        id: first?.id,
      },
    );
    const after = await gateway.ask<typeof data>(TOKENS);
    expect(after.data.subscribeTokens.nodes.find(({ id }) => id === first?.id)?.isActive).toBe(false);
  });

  it("ends for a partner with its rights", async () => {
    await using gateway = await createTestGateway();
    const { key, id } = await onboard(gateway, "northwind-tv", ["derby-final"]);
    const { ask } = gateway.as(key);
    const scopes = `{ me { scopes { name } } }`;
    await askOften({ ask }, scopes);
    expect((await ask(scopes)).data).toMatchObject({
      me: { scopes: expect.arrayContaining([{ name: "token:sign" }]) },
    });
    const { errors } = await gateway.ask(
      `mutation ($id: ID!) { suspendPartner(input: { partner: { id: $id } }) { userErrors { code } } }`,
      { id },
    );
    expect(errors).toEqual([]);
    expect((await ask(scopes)).data).toMatchObject({
      me: { scopes: expect.not.arrayContaining([{ name: "token:sign" }]) },
    });
  });

  it("ends when the figures of the quarter hour are in", async () => {
    await using gateway = await createTestGateway();
    // Of this quarter hour nothing is surely published before.
    gateway.sandbox.clock.set(new Date("2026-03-18T10:34:59.900Z").getTime());
    gateway.sandbox.lag.set(5 * 60_000);
    const first = await gateway.ask(TOTALS);
    await askOften(gateway, TOTALS);
    const before = await repeated(gateway);
    expect(before).toBeGreaterThan(0);
    gateway.sandbox.clock.advance(100);
    const next = await gateway.ask(TOTALS);
    expect(await repeated(gateway)).toBe(before);
    expect(next.data).not.toEqual(first.data);
  });

  it("is made anew after a second, so that an expiry is told no later", async () => {
    await using gateway = await createTestGateway();
    await askOften(gateway, TOKENS);
    gateway.sandbox.clock.advance(999);
    await gateway.ask(TOKENS);
    expect(await repeated(gateway)).toBe(1);
    gateway.sandbox.clock.advance(1);
    await gateway.ask(TOKENS);
    expect(await repeated(gateway)).toBe(1);
    await gateway.ask(TOKENS);
    expect(await repeated(gateway)).toBe(2);
  });

  it("is made each time where something of it is live, is shown to be logged, or is not to be foreseen", async () => {
    await using gateway = await createTestGateway();
    for (const query of [
      `{ streams(first: 1) { nodes { name isLive } } }`,
      `{ streams(first: 1, filter: { isLive: true }) { nodes { name } } }`,
      `{ subscribeTokens(first: 1) { nodes { secret } } }`,
      `{ subscribeTokens(first: 1) { nodes { isExpired } } }`,
      `{ me { budget { remaining } } }`,
      `{ auditLog(first: 1) { nodes { id } } }`,
      `{ account { accountId allowedCountries } }`,
      `{ partners(first: 1) { nodes { name } } }`,
    ]) {
      await askOften(gateway, query);
      await gateway.ask(query);
    }
    expect(await repeated(gateway)).toBe(0);
  });

  describe.each<[string, (ids: Ids) => readonly [query: string, variables?: Readonly<Record<string, unknown>>]]>([
    [
      "a token by `node`",
      ({ token }) => [`query ($id: ID!) { node(id: $id) { id ... on Token { label } } }`, { id: token }],
    ],
    [
      "tokens and streams by `nodes`",
      ({ token, stream }) => [
        `{ nodes(ids: ["${token}", "${stream}"]) { __typename ... on SubscribeToken { label } ... on Stream { name } } }`,
      ],
    ],
    [
      "100 ids in a variable",
      ({ token, stream }) => [
        `query ($ids: [ID!]!) { nodes(ids: $ids) { ... on SubscribeToken { label } ... on Stream { name } } }`,
        { ids: [token, ...Array<string>(99).fill(stream)] },
      ],
    ],
    ["a token by its number", ({ tokenId }) => [`{ a: subscribeToken(by: { tokenId: ${tokenId} }) { label } }`]],
    [
      "aliases through a fragment",
      ({ token, stream }) => [
        `query ($a: ID!, $b: ID!) { ${Array.from({ length: 40 }, (_, place) => `s${place}: stream(by: { id: $b }) { ...Name }`).join(" ")} t: subscribeToken(by: { id: $a }) { label } } fragment Name on Stream { name }`,
        { a: token, b: stream },
      ],
    ],
    [
      "streams that a token opens",
      ({ token }) => [
        `{ node(id: "${token}") { ... on SubscribeToken { label grants { streams { nodes { name } } } } } }`,
      ],
    ],
    [
      "columns of a series, beside a token",
      ({ token, stream }) => [
        `{ nodes(ids: ["${stream}"]) { ... on Stream { bandwidth(window: { last: "P1D" }) { series { columns { start bytesOut } } } } } t: node(id: "${token}") { ... on SubscribeToken { label } } }`,
      ],
    ],
  ])("%s", (_wording, wordingOf) => {
    it("is cached until the token is changed, which is shown at once", async () => {
      await using gateway = await createTestGateway();
      const ids = await createToken(gateway);
      const [query, variables] = wordingOf(ids);
      for (let count = 0; count < 4; count += 1) await gateway.ask(query, variables);
      expect(await repeated(gateway)).toBeGreaterThan(0);
      expect(JSON.stringify((await gateway.ask(query, variables)).data)).toContain("as it was");
      const { errors } = await gateway.ask(
        `mutation ($id: ID!) { updateSubscribeToken(input: { token: { id: $id }, label: "renamed" }) { userErrors { code } } }`,
        { id: ids.token },
      );
      expect(errors).toEqual([]);
      expect(JSON.stringify((await gateway.ask(query, variables)).data)).toContain("renamed");
    });

    it("is cached for less than a second", async () => {
      await using gateway = await createTestGateway();
      const [query, variables] = wordingOf(await createToken(gateway));
      for (let count = 0; count < 4; count += 1) await gateway.ask(query, variables);
      const before = await repeated(gateway);
      gateway.sandbox.clock.advance(999);
      await gateway.ask(query, variables);
      expect(await repeated(gateway)).toBe(before + 1);
      gateway.sandbox.clock.advance(1);
      await gateway.ask(query, variables);
      expect(await repeated(gateway)).toBe(before + 1);
    });

    it("is never given to a partner that may not see it, and ends with a change of the partner", async () => {
      await using gateway = await createTestGateway();
      const [own, other] = [
        await onboard(gateway, "northwind-tv", ["derby-final"]),
        await onboard(gateway, "kestrel-media", ["derby-semi"]),
      ];
      const [query, variables] = wordingOf(await createToken(gateway, "northwind-tv"));
      const [asOwn, asOther] = [gateway.as(own.key), gateway.as(other.key)];
      for (let count = 0; count < 5; count += 1) {
        const { data } = await asOwn.ask(query, variables);
        expect(JSON.stringify(data)).toContain("as it was");
        const { data: foreign, errors } = await asOther.ask(query, variables);
        expect(JSON.stringify(foreign)).not.toContain("as it was");
        expect(errors.map(({ extensions: { code } }) => code)).toContain("NOT_FOUND");
      }
      const before = await repeated(gateway);
      expect(before).toBeGreaterThan(0);
      await gateway.ask(
        `mutation ($id: ID!) { suspendPartner(input: { partner: { id: $id } }) { userErrors { code } } }`,
        { id: own.id },
      );
      await asOwn.ask(query, variables);
      expect(await repeated(gateway)).toBe(before);
    });
  });

  it("is made each time for objects that no cached token or stream name shows", async () => {
    await using gateway = await createTestGateway();
    const { id } = await onboard(gateway, "northwind-tv", ["derby-final"]);
    const { stream } = await createToken(gateway);
    for (const ids of [[id], [stream, id]]) {
      for (let count = 0; count < 5; count += 1) {
        const { errors } = await gateway.ask(`query ($ids: [ID!]!) { nodes(ids: $ids) { id } }`, { ids });
        expect(errors).toEqual([]);
      }
    }
    expect(await repeated(gateway)).toBe(0);
  });

  it("with a part past its freshness is made each time", async () => {
    await using gateway = await createTestGateway();
    await askOften(gateway, TOTALS);
    gateway.sandbox.clock.advance(20 * 60_000);
    gateway.sandbox.fault({ path: "/api/analytics/*", status: 503 });
    const before = await repeated(gateway);
    for (let count = 0; count < 4; count += 1) {
      expect((await gateway.ask(TOTALS)).extensions["stale"]).toMatchObject([{ source: "USAGE" }]);
    }
    expect(await repeated(gateway)).toBe(before);
  });

  it("is not kept where figures are not", async () => {
    await using gateway = await createTestGateway({ gateway: { usageCacheBytes: 0 } });
    await askOften(gateway, TOKENS);
    await gateway.ask(TOKENS);
    expect(await repeated(gateway)).toBe(0);
  });

  it("says the same as one that is made, whoever asks and whatever is written in between", async () => {
    await using gateway = await createTestGateway();
    await using plain = await createTestGateway({
      over: gateway.sandbox,
      gateway: { store: gateway.store, usageCacheBytes: 0 },
    });
    const { key } = await onboard(gateway, "northwind-tv", ["derby-final"]);
    const { data } = await gateway.ask<{ createApiKey: { secret: string } }>(
      `mutation ($scopes: [String!]!) { createApiKey(input: { idempotencyKey: "a", name: "a", role: ANALYST, scopes: $scopes }) { secret } }`,
      { scopes: scopesOfRole.ANALYST },
    );
    const keys = [gateway.options.operatorKey.reveal(), key, data.createApiKey.secret];
    const queries = [
      TOTALS,
      TOKENS,
      `{ stream(by: { name: "derby-final" }) { name bandwidth(window: { last: "P1D" }) { series { points { start bytesOut } } percentile { bitsPerSecond } byCountry { country } } subscribeTokens { nodes { label } } } }`,
      `{ stream(by: { name: "of-nobody" }) { name } }`,
      `{ publishTokens(first: 5, filter: { isActive: true }) { edges { cursor node { label } } pageInfo { hasNextPage } } }`,
      `{ me { role scopes partner { name usage(window: { last: "P7D" }) { total { bytesOut } } } } }`,
    ];
    for (let round = 0; round < 3; round += 1) {
      for (let count = 0; count < 5; count += 1) {
        for (const bearer of keys) {
          for (const query of queries) {
            const [given, made] = await Promise.all([gateway.as(bearer).ask(query), plain.as(bearer).ask(query)]);
            expect([given.data, given.errors]).toEqual([made.data, made.errors]);
          }
        }
      }
      await gateway.ask(
        `mutation ($input: CreateSubscribeTokenInput!) { createSubscribeToken(input: $input) { userErrors { code } } }`,
        {
          input: {
            idempotencyKey: `round-${round}`,
            label: `round ${round}`,
            streams: [{ pattern: "derby-final" }],
            trackingId: "northwind-tv",
          },
        },
      );
      // The other gateway learns of it when it reads the tokens again.
      gateway.sandbox.clock.advance(10 * 60_000);
      await plain.ask(TOKENS);
      await gateway.ask(TOKENS);
    }
    expect(await repeated(gateway)).toBeGreaterThan(40);
  });
});
