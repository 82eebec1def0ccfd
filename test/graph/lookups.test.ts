import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createTestGateway, range, type TestGateway } from "../support/gateway.ts";
import { onboard, type TestPartner } from "../support/partners.ts";

const YESTERDAY = range("2026-03-17T00:00:00Z", "2026-03-18T00:00:00Z");

let gateway: TestGateway;
let northwind: TestPartner;
let kestrel: TestPartner;

beforeAll(async () => {
  gateway = await createTestGateway({ sandbox: { bulk: 40 } });
  northwind = await onboard(gateway, "northwind-tv", ["derby-final"]);
  kestrel = await onboard(gateway, "kestrel-media", ["derby-semi"]);
});
afterAll(() => gateway[Symbol.asyncDispose]());

const asNorthwind = <Data>(query: string) => gateway.as(northwind.key).ask<Data>(query);

describe("several objects are looked up", () => {
  it("by name, in the order asked, null for what is not there and twice for what is named twice", async () => {
    const { data, errors } = await gateway.ask(`{
      streamsByName(names: ["world-feed", "no-such-stream", "derby-final", "", "world-feed"]) { name }
      partnersByTrackingId(trackingIds: ["northwind-tv", "nobody", "kestrel-media", ""]) { trackingId }
      subscribeTokensById(tokenIds: [5002, 999999, 5001, 0, -1, 9007199254740991]) { tokenId }
      publishTokensById(tokenIds: [1002, 5001, 1001]) { tokenId }
    }`);
    expect(errors).toEqual([]);
    expect(data).toEqual({
      streamsByName: [{ name: "world-feed" }, null, { name: "derby-final" }, null, { name: "world-feed" }],
      partnersByTrackingId: [{ trackingId: "northwind-tv" }, null, { trackingId: "kestrel-media" }, null],
      subscribeTokensById: [{ tokenId: 5002 }, null, { tokenId: 5001 }, null, null, null],
      publishTokensById: [{ tokenId: 1002 }, null, { tokenId: 1001 }],
    });
  });

  it("by no name, which finds none, and by 101, which is refused with the limit", async () => {
    const none = await gateway.ask(
      "{ streamsByName(names: []) { name } partnersByTrackingId(trackingIds: []) { name } subscribeTokensById(tokenIds: []) { id } publishTokensById(tokenIds: []) { id } }",
    );
    expect(none).toMatchObject({
      errors: [],
      data: { streamsByName: [], partnersByTrackingId: [], subscribeTokensById: [], publishTokensById: [] },
    });
    const many = Array.from({ length: 101 }, (_, index) => index + 1);
    const { data, errors } = await gateway.ask(
      "query ($names: [String!]!, $ids: [SafeInt!]!) { me { name } streamsByName(names: $names) { name } partnersByTrackingId(trackingIds: $names) { name } subscribeTokensById(tokenIds: $ids) { id } publishTokensById(tokenIds: $ids) { id } }",
      { names: many.map(String), ids: many },
    );
    expect(data).toMatchObject({ me: { name: "operator" }, streamsByName: null, subscribeTokensById: null });
    expect(errors.map(({ extensions }) => [extensions.code, extensions["argument"], extensions["max"]])).toEqual([
      ["LIMIT_EXCEEDED", "names", 100],
      ["LIMIT_EXCEEDED", "trackingIds", 100],
      ["LIMIT_EXCEEDED", "tokenIds", 100],
      ["LIMIT_EXCEEDED", "tokenIds", 100],
    ]);
  });

  it("with each one's total, which costs one call for ten names", async () => {
    const { data: listed } = await gateway.ask<{ streams: { nodes: { name: string }[] } }>(
      "{ streams(first: 50) { nodes { name } } }",
    );
    const names = listed.streams.nodes.map(({ name }) => name).reverse();
    expect(names).toHaveLength(50);
    gateway.analyticsCalls();
    const { data, errors } = await gateway.ask<{ streamsByName: { name: string }[] }>(
      `query ($names: [String!]!) { streamsByName(names: $names) { name bandwidth(window: ${YESTERDAY}) { total { bytesOut } } } }`,
      { names },
    );
    expect(errors).toEqual([]);
    expect(data.streamsByName.map(({ name }) => name)).toEqual(names);
    expect(gateway.analyticsCalls().map(({ path }) => path)).toEqual(Array(5).fill("/api/analytics/streams/total"));
  });

  it("each alone: one that cannot be read is null with an error, and the others are there", async () => {
    await using broken = await createTestGateway();
    await broken.ask("{ subscribeTokens { totalCount } }");
    broken.sandbox.fault({ path: "/api/subscribe_token/999999", status: 400 });
    const { data, errors } = await broken.ask("{ subscribeTokensById(tokenIds: [5001, 999999, 5002]) { tokenId } }");
    expect(data).toEqual({ subscribeTokensById: [{ tokenId: 5001 }, null, { tokenId: 5002 }] });
    expect(errors).toMatchObject([{ path: ["subscribeTokensById", 1], extensions: { code: "UPSTREAM_REJECTED" } }]);
  });

  it("by a partner, to which another's answer like those that do not exist, without a call", async () => {
    const [foreignToken = 0] = kestrel.tokenIds;
    const query = (stream: string, trackingId: string, tokenId: number) => `{
      streamsByName(names: ["derby-final", "${stream}"]) { name }
      partnersByTrackingId(trackingIds: ["${trackingId}", "northwind-tv"]) { trackingId }
      subscribeTokensById(tokenIds: [${northwind.tokenIds[0]}, ${tokenId}]) { tokenId label }
    }`;
    const calls = gateway.sandbox.calls().length;
    const missing = await asNorthwind(query("no-such-stream", "nobody", 999_999));
    const foreign = await asNorthwind(query("derby-semi", "kestrel-media", foreignToken));
    expect(gateway.sandbox.calls()).toHaveLength(calls);
    expect(foreign.data).toEqual(missing.data);
    expect([foreign.errors, missing.errors]).toEqual([[], []]);
    expect(foreign.data).toMatchObject({
      streamsByName: [{ name: "derby-final" }, null],
      partnersByTrackingId: [null, { trackingId: "northwind-tv" }],
      subscribeTokensById: [{ tokenId: northwind.tokenIds[0] }, null],
    });
    const staffOnly = await asNorthwind("{ publishTokensById(tokenIds: [1001]) { tokenId } }");
    expect(staffOnly).toMatchObject({
      data: { publishTokensById: null },
      errors: [{ extensions: { code: "FORBIDDEN" } }],
    });
  });
});

describe("partners are searched by name", () => {
  it("whatever the case, together with the status", async () => {
    const list = (filter: string) =>
      gateway.ask<{ partners: { nodes: { name: string }[] } }>(
        `{ partners(filter: { ${filter} }, first: 100) { nodes { name } } }`,
      );
    expect((await list('nameContains: "WIND"')).data.partners.nodes).toEqual([{ name: "northwind-tv" }]);
    expect((await list('nameContains: "wind", status: [UNCLAIMED]')).data.partners.nodes).toEqual([]);
    expect((await list('nameContains: "no such name"')).data.partners.nodes).toEqual([]);
    const all = await list("nameContains: null");
    expect((await list('nameContains: ""')).data).toEqual(all.data);
    expect(all.data.partners.nodes.length).toBeGreaterThan(2);
  });

  it("by a partner, which finds itself alone", async () => {
    const { data } = await asNorthwind('{ partners(filter: { nameContains: "e" }) { nodes { name } } }');
    expect(data).toEqual({ partners: { nodes: [] } });
    const own = await asNorthwind('{ partners(filter: { nameContains: "TV" }) { nodes { name } } }');
    expect(own.data).toEqual({ partners: { nodes: [{ name: "northwind-tv" }] } });
  });
});

interface Ordered {
  readonly list: {
    readonly totalCount: number;
    readonly nodes: readonly {
      readonly name: string;
      readonly usage: { readonly total: { readonly bytesOut: string } };
    }[];
    readonly pageInfo: { readonly endCursor: string; readonly hasNextPage: boolean };
  };
}

describe.each([
  ["streams", "bandwidth"],
  ["partners", "usage"],
])("%s are ordered by usage", (list, usage) => {
  const fields = `totalCount nodes { name usage: ${usage}(window: ${YESTERDAY}) { total { bytesOut } } } pageInfo { endCursor hasNextPage }`;
  const page = (args: string, ask = gateway.ask) =>
    ask<Ordered>(`{ list: ${list}(orderByUsage: { window: ${YESTERDAY} }, ${args}) { ${fields} } }`);

  it("most bytes first and by name among equals, each once over all pages", async () => {
    const nodes: Ordered["list"]["nodes"][number][] = [];
    let after = "";
    for (let more = true; more; ) {
      const { data, errors } = await page(`first: 7, after: "${after}"`);
      expect(errors).toEqual([]);
      nodes.push(...data.list.nodes);
      after = data.list.pageInfo.endCursor;
      more = data.list.pageInfo.hasNextPage;
    }
    const { data: byName } = await gateway.ask<Ordered>(`{ list: ${list}(first: 100) { ${fields} } }`);
    expect(nodes).toHaveLength(byName.list.totalCount);
    const sorted = byName.list.nodes.toSorted(
      (a, b) => Number(BigInt(b.usage.total.bytesOut) - BigInt(a.usage.total.bytesOut)) || (a.name < b.name ? -1 : 1),
    );
    expect(nodes).toEqual(sorted);
    expect(new Set(nodes.map(({ usage: { total } }) => total.bytesOut)).size).toBeGreaterThan(5);
  });

  it("together with a filter", async () => {
    const { data, errors } = await page('filter: { nameContains: "derby" }, first: 100');
    expect(errors).toEqual([]);
    expect(data.list.nodes.every(({ name }) => name.includes("derby"))).toBe(true);
  });

  it("for a partner by its own share, of what it sees alone", async () => {
    const { data, errors } = await page("first: 100", gateway.as(northwind.key).ask);
    expect(errors).toEqual([]);
    const { data: byName } = await asNorthwind<Ordered>(`{ list: ${list}(first: 100) { ${fields} } }`);
    expect(data.list.totalCount).toBe(byName.list.totalCount);
    const shares = data.list.nodes.map(({ usage: { total } }) => BigInt(total.bytesOut));
    expect(shares).toEqual(shares.toSorted((a, b) => (a === b ? 0 : a > b ? -1 : 1)));
  });

  it("is null with a code where usage cannot be read, or the window is none", async () => {
    await using broken = await createTestGateway();
    await broken.ask("{ streams { totalCount } }");
    broken.sandbox.fault({ path: "/api/analytics/*", status: 503 });
    expect(await page("first: 1", broken.ask)).toMatchObject({
      data: { list: null },
      errors: [{ path: ["list"], extensions: { code: "UPSTREAM_UNAVAILABLE" } }],
    });
    const window = range("2026-03-18T00:00:00Z", "2026-03-17T00:00:00Z");
    const { data, errors } = await gateway.ask(`{ list: ${list}(orderByUsage: { window: ${window} }) { totalCount } }`);
    expect(data).toEqual({ list: null });
    expect(errors).toMatchObject([{ extensions: { code: "INVALID_WINDOW" } }]);
  });
});
