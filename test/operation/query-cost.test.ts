import fc from "fast-check";
import { parse } from "graphql";
import { describe, expect, it, vi } from "vitest";
import { requestLimits } from "../../src/model/request-limits.ts";
import { queryCost } from "../../src/operation/query-cost.ts";
import { fieldCosts } from "../../src/schema/costs.ts";
import { createSchema } from "../../src/schema/schema.ts";
import { createTestGateway, graphqlRequest, OPERATOR_KEY, type TestGateway } from "../support/gateway.ts";

const schema = createSchema();
const cost = (text: string, variables: Record<string, unknown> = {}, operation: string | null = null) =>
  queryCost(schema, parse(text), operation, variables);

/** Every request costs so much. */
const REQUEST = 10;
/** Usage by day for a year, of each stream of a page. */
const yearByDay = (first: number) => `{ streams(first: ${first}) { nodes { name
  bandwidth(window: { last: "P365D" }) { total { bytesOut } series(granularity: DAY) { points { start bytesOut } } }
  bandwidthByTrackingId(window: { last: "P365D" }) { trackingId bandwidth { total { bytesOut } series(granularity: DAY) { points { start bytesOut } } } } } } }`;
const CUBE =
  "{ streams(first: 100) { nodes { partners(first: 100) { nodes { streams(first: 100) { nodes { name } } } } } } }";

describe("the cost of a query", () => {
  it.each<[string, string, number]>([
    ["nothing but the request for plain values", "{ __typename }", 0],
    ["a point for each object", "{ me { name role } }", 1],
    ["a point for each object of a page", "{ streams(first: 50) { totalCount nodes { name isLive } } }", 51],
    ["the same from the end", "{ streams(last: 50) { nodes { name } } }", 51],
    ["two points for an edge with its node", "{ streams(first: 50) { edges { cursor node { name } } } }", 101],
    ["20 objects for a page of no told size", "{ streams { nodes { name } } }", 11],
    [
      "ten points for a figure of a name",
      '{ streams(first: 10) { nodes { bandwidth(window: { last: "P1D" }) { total { bytesOut } } } } }',
      121,
    ],
    [
      "two points for each hour that is read and made",
      '{ account { usage(window: { last: "PT24H" }) { series { points { start } } } } }',
      60,
    ],
    [
      "two points for each day",
      '{ account { usage(window: { month: "2026-02" }) { series(granularity: DAY) { points { start } } } } }',
      74,
    ],
    [
      "less for columns than for points",
      '{ account { usage(window: { month: "2026-02" }) { series(granularity: DAY) { columns { start bytesOut } } } } }',
      51,
    ],
    [
      "a calendar of years at most",
      '{ account { usage(window: { last: "P36500D" }) { series(granularity: MONTH) { points { start } } } } }',
      252,
    ],
    [
      "what the dearest type of an interface costs",
      "{ node(id: 1) { ... on Stream { playback { whepUrl } } ... on Partner { streams(first: 30) { nodes { name } } } } }",
      32,
    ],
    ["each entry of a list that is given", '{ nodes(ids: ["a", "b", "c"]) { id } }', 3],
    ["two calls for a change", "mutation { deletePublishToken(input: { token: { tokenId: 1 } }) { deletedId } }", 200],
    [
      "a call for each token that is changed",
      "mutation { disablePublishTokens(input: { tokens: [{ tokenId: 1 }, { tokenId: 2 }] }) { publishTokens { id } } }",
      210,
    ],
    [
      "a tenth of a point for each plain value of an object beyond five, aliases included",
      `{ streams(first: 10) { nodes { ${Array.from({ length: 25 }, (_, index) => `a${index}: name`).join(" ")} } } }`,
      31,
    ],
    [
      "by the plain values of all fragments together",
      "{ streams(first: 10) { nodes { a: name b: name c: name ...f ... on Stream { f: name g: name } } } } fragment f on Stream { d: name e: name }",
      13,
    ],
    [
      "by the plain values of each bucket",
      `{ account { usage(window: { last: "PT24H" }) { series { points { ${Array.from({ length: 95 }, (_, index) => `a${index}: start`).join(" ")} } } } } }`,
      276,
    ],
    [
      "by plain values without a list as well",
      `{ ${"abcdefghijklmno"
        .split("")
        .map((a) => `${a}: __typename`)
        .join(" ")} }`,
      1,
    ],
    [
      "a day for each 24 hours of a range",
      '{ account { usage(window: { range: { from: "2026-03-01T00:00:00Z", to: "2026-03-03T00:00:00Z" } }) { series(granularity: DAY) { points { start } } } } }',
      16,
    ],
    [
      "nothing for the buckets of a range that ends before it begins",
      '{ account { usage(window: { range: { from: "2026-03-03T00:00:00Z", to: "2026-03-01T00:00:00Z" } }) { series(granularity: DAY) { points { start } } } } }',
      12,
    ],
    [
      "the hour that is growing as well, if it is asked for",
      '{ account { usage(window: { last: "PT24H" }, includeCurrent: true) { series { points { start } } } } }',
      62,
    ],
    [
      "25 hours for a day of another zone, which may have them",
      '{ account { usage(window: { named: YESTERDAY }, timeZone: "Europe/Berlin") { series { points { start } } } } }',
      62,
    ],
    [
      "a month for a month by name",
      "{ account { usage(window: { named: LAST_MONTH }) { series(granularity: DAY) { points { start } } } } }",
      74,
    ],
    [
      "each hour that a rounded range touches",
      '{ account { usage(rounding: OUT, window: { range: { from: "2026-03-01T00:30:00Z", to: "2026-03-01T01:30:00Z" } }) { series { points { start } } } } }',
      16,
    ],
    [
      "each day of each country of a series by country",
      '{ account { usage(window: { last: "P2D" }) { seriesByCountry(first: 20) { country points { start } } } } }',
      74,
    ],
    ["a page of no objects as the connection alone", "{ streams(first: 0) { nodes { name } } }", 1],
    ["a page of an impossible size as one of the usual size", "{ streams(first: -1) { nodes { name } } }", 21],
    ["one for each name that is looked up", '{ streamsByName(names: ["a", "b", "c"]) { name } }', 3],
    [
      "one for each id that is looked up",
      '{ partnersByTrackingId(trackingIds: ["a", "b"]) { name } publishTokensById(tokenIds: [1]) { id } subscribeTokensById(tokenIds: [1, 2]) { id } }',
      5,
    ],
    [
      "that of the whole account for a list that is ordered by usage",
      '{ streams(first: 3, orderByUsage: { window: { last: "P1D" } }) { nodes { name } } partners(first: 1, orderByUsage: null) { nodes { name } } }',
      506,
    ],
    ["one entry where a list is given as one value", '{ nodes(ids: "a") { id } }', 1],
    ["a thousand points for the schema of the schema", "{ __schema { types { name fields { name } } } }", 1000],
    [
      "more for each field below an alias in it",
      "{ __schema { types { a: name b: fields { name ...f } } } } fragment f on __Field { description }",
      3000,
    ],
    ["nothing for what is left out", "{ me @skip(if: true) { name } streams @include(if: false) { totalCount } }", 0],
  ])("is %s", (_what, text, points) => {
    expect(cost(text)).toBe(REQUEST + points);
  });

  it("is the same by variables, their defaults, fragments and aliases", () => {
    const direct = cost(
      '{ streams(first: 7) { nodes { bandwidth(window: { last: "P7D" }) { series { points { start } } } } } }',
    );
    const fragments =
      "fragment s on Stream { ...b } fragment b on Stream { x: bandwidth(window: $w) { ...p } } fragment p on Bandwidth { series { points { start } } }";
    const text = `query a ($n: Int = 7, $w: WindowInput = { last: "P7D" }) { streams(first: $n) { ... on StreamConnection { nodes { ...s } } } } ${fragments} query b { __typename }`;
    expect(cost(text, {}, "a")).toBe(direct);
    expect(cost(text, { n: 7, w: { last: "P7D" } }, "a")).toBe(direct);
    expect(cost(text, { n: 14 }, "a")).toBe(2 * (direct - REQUEST - 1) + REQUEST + 1);
    expect(cost(text, {}, "b")).toBe(REQUEST);
  });

  it("goes by a single default of a variable", () => {
    const text = "query ($n: Int = 7) { streams(first: $n) { nodes { name } } }";
    expect(cost(text)).toBe(REQUEST + 8);
  });

  it("of a hundred series whose every bucket has 95 aliases is more than a third of what any query may cost", () => {
    const aliases = Array.from({ length: 95 }, (_, index) => `a${index}: start`).join(" ");
    const ids = JSON.stringify(Array.from({ length: 100 }, (_, index) => String(index)));
    const text = `{ nodes(ids: ${ids}) { ... on Stream { bandwidth(window: { last: "P7D" }) { series(granularity: HOUR) { points { ${aliases} } } } } } }`;
    expect(cost(text)).toBe(REQUEST + 100 * (1 + 1 + 10 + 7 * 25 * 11));
  });

  it.each([null, "x", -1, 0, 1e9, [], {}, { last: 5 }, { range: {} }, { range: { from: "x", to: 1 } }])(
    "is finite and never negative, whatever a variable holds: %j",
    (value) => {
      const text =
        "query ($n: Int, $w: WindowInput!) { streams(first: $n) { nodes { bandwidth(window: $w) { series { points { start } } } } } }";
      expect(cost(text, { n: value, w: value })).toBeLessThan(1_000_000);
      expect(cost(text, { n: value, w: value })).toBeGreaterThanOrEqual(REQUEST);
    },
  );

  it("grows with each fragment by what it holds, and walks no fragment twice", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 100 }), (spreads) => {
        const fragments = spreads.map((count, i) => `fragment f${i} on Query { ${`...f${i + 1} `.repeat(count)} }`);
        const text = `{ ...f0 } ${fragments.join(" ")} fragment f${spreads.length} on Query { me { name } }`;
        const document = parse(text);
        // A cost that walked each spread would walk up to 4^100 of them, and not end.
        const points = queryCost(schema, document, null, {});
        const expected = REQUEST + spreads.reduce((product, count) => product * count, 1);
        expect(points).toBe(Math.min(expected, Number.MAX_SAFE_INTEGER));
      }),
      { numRuns: 100 },
    );
  });

  it("is told by a table whose every line is of a field", () => {
    for (const name of Object.keys(fieldCosts)) {
      const [type = "", field = ""] = name.split(".");
      const found = schema.getType(type);
      expect(found && "getFields" in found && field in found.getFields(), name).toBe(true);
    }
  });
});

describe("a query", () => {
  it("of a year by day, with totals and by tracking id, is answered for 10 streams and affordable for 50", async () => {
    await using gateway = await createTestGateway();
    const { errors, data } = await gateway.ask<{ streams: { nodes: unknown[] } }>(yearByDay(10));
    expect(errors).toEqual([]);
    expect(data.streams.nodes).toHaveLength(10);
    expect(cost(yearByDay(50))).toBeLessThan(requestLimits.maxCost.max / 2);
  });

  it("beyond all reason is refused before it runs, and costs nothing", async () => {
    await using gateway = await createTestGateway();
    const response = await gateway.gateway.fetch(graphqlRequest({ query: CUBE }));
    expect([response.status, await response.json()]).toMatchObject([
      400,
      {
        errors: [{ extensions: { code: "QUERY_TOO_EXPENSIVE", cost: 1_020_211, max: requestLimits.maxCost.max } }],
        extensions: { cost: { requested: 1_020_211, remaining: 10_000_000 } },
      },
    ]);
    expect(gateway.sandbox.calls()).toEqual([]);
  });
});

describe("a budget", () => {
  const budgets = { perMinute: 1_000, partnerPerMinute: 100 };
  const page = (size: number) => ({ query: `{ streams(first: ${size}) { nodes { name } } }` });
  const headersOf = ({ headers }: Response) =>
    Object.fromEntries(["ratelimit-policy", "ratelimit", "retry-after"].map((name) => [name, headers.get(name)]));

  async function withTime(test: (gateway: TestGateway) => Promise<void>) {
    vi.useFakeTimers({ toFake: ["Date"], now: 0 });
    try {
      await using gateway = await createTestGateway({ gateway: { budgets } });
      await test(gateway);
    } finally {
      vi.useRealTimers();
    }
  }

  it("is told by every answer, in its headers and its extensions", () =>
    withTime(async ({ gateway }) => {
      const first = await gateway.fetch(graphqlRequest(page(89)));
      expect(headersOf(first)).toEqual({
        "ratelimit-policy": '"default";q=1000;w=60',
        ratelimit: '"default";r=900;t=60',
        "retry-after": null,
      });
      expect(await first.json()).toMatchObject({
        extensions: { cost: { requested: 100, limit: 1000, remaining: 900, resetAt: "2026-03-18T10:21:00.000Z" } },
      });
      vi.setSystemTime(15_000);
      const second = await gateway.fetch(graphqlRequest(page(89)));
      expect(headersOf(second)).toMatchObject({ ratelimit: '"default";r=800;t=45' });
    }));

  it("that is used up is answered with 429, when to come back, and runs nothing", () =>
    withTime(async ({ gateway, sandbox }) => {
      expect((await gateway.fetch(graphqlRequest(page(100)))).status).toBe(200);
      for (const _ of Array.from({ length: 7 })) await gateway.fetch(graphqlRequest(page(100)));
      sandbox.clearCalls();
      vi.setSystemTime(50_500);
      const refused = await gateway.fetch(
        graphqlRequest({ query: "{ streams(first: 100) { nodes { isLive } } account { accountId } me { name } }" }),
      );
      expect(refused.status).toBe(429);
      expect(headersOf(refused)).toMatchObject({ ratelimit: '"default";r=112;t=10', "retry-after": "10" });
      expect(await refused.json()).toEqual({
        errors: [
          {
            message: "The operation costs 113 points; 112 of 1000 points per minute remain.",
            extensions: { code: "THROTTLED", cost: 113, remaining: 112, retryAfterSeconds: 10 },
          },
        ],
        extensions: { cost: { requested: 113, limit: 1000, remaining: 112, resetAt: expect.any(String) } },
      });
      expect(sandbox.calls()).toEqual([]);
    }));

  it("is not touched by what it refuses, so smaller requests still pass", () =>
    withTime(async ({ ask }) => {
      for (const _ of Array.from({ length: 9 })) await ask(page(98).query);
      for (const _ of Array.from({ length: 5 })) expect((await ask(page(50).query)).status).toBe(429);
      expect((await ask(page(5).query)).status).toBe(200);
    }));

  it("is full again after a minute", () =>
    withTime(async ({ ask }) => {
      for (const _ of Array.from({ length: 9 })) await ask(page(100).query);
      expect((await ask(page(100).query)).status).toBe(429);
      vi.setSystemTime(60_001);
      expect((await ask(page(100).query)).status).toBe(200);
    }));

  it("is not spent by those who hold no key, nor by what is no query", () =>
    withTime(async ({ gateway }) => {
      for (const authorization of ["Bearer x", `Bearer ${OPERATOR_KEY}x`]) {
        const answer = await gateway.fetch(graphqlRequest(page(100), { authorization }));
        expect(headersOf(answer)).toEqual({ "ratelimit-policy": null, ratelimit: null, "retry-after": null });
      }
      await gateway.fetch(graphqlRequest({ query: "{ nonsense }" }));
      const answer = await gateway.fetch(graphqlRequest({ query: "{ __typename }" }));
      expect(headersOf(answer)).toMatchObject({ ratelimit: '"default";r=990;t=60' });
    }));
});
