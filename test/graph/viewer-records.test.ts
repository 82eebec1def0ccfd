import { describe, expect, it } from "vitest";
import { allScopes } from "../../src/auth/scopes.ts";
import { createTestGateway, range, type TestGateway } from "../support/gateway.ts";
import { usedMemory } from "../support/memory.ts";

interface Row {
  id: string;
  recordId: string;
  previousRecordId: string | null;
  clientId: string;
  startedAt: string;
  endedAt: string | null;
  trackingId: string | null;
  bytes: string;
  ipAddress: string | null;
  userAgent: string | null;
  customViewerData: string | null;
  stream: { name: string };
}
interface Page {
  nodes: Row[];
  pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; endCursor: string | null };
}

const HOUR = range("2026-03-18T08:00:00Z", "2026-03-18T09:00:00Z");

async function records(gateway: TestGateway, args: string): Promise<Page> {
  const { data, errors } = await gateway.ask<{ viewerRecords: Page }>(
    `{ viewerRecords(${args}) { nodes { id recordId previousRecordId clientId startedAt endedAt trackingId bytes ipAddress userAgent
         customViewerData stream { name } } pageInfo { hasNextPage hasPreviousPage endCursor } } }`,
  );
  expect(errors).toEqual([]);
  return data.viewerRecords;
}

describe("Query.viewerRecords", () => {
  it("lists records oldest first, in pages that neither skip nor repeat one", async () => {
    await using gateway = await createTestGateway();
    const { nodes: all } = await records(
      gateway,
      `window: ${HOUR}, first: 1000, filter: { streams: [{ name: "derby-final" }] }`,
    );
    const paged: Row[] = [];
    for (let after = "", hasNext = true; hasNext; ) {
      const page = await records(
        gateway,
        `window: ${HOUR}, first: 9, filter: { streams: [{ name: "derby-final" }] } ${after}`,
      );
      paged.push(...page.nodes);
      expect(page.pageInfo.hasPreviousPage).toBe(after !== "");
      hasNext = page.pageInfo.hasNextPage;
      after = `after: "${page.pageInfo.endCursor}"`;
    }
    expect(all.length).toBeGreaterThan(20);
    expect(paged).toEqual(all);
    expect(all.map(({ startedAt }) => startedAt)).toEqual(all.map(({ startedAt }) => startedAt).toSorted());
  });

  it("filters by stream, partner and tracking, and by any of these together", async () => {
    await using gateway = await createTestGateway();
    const of = async (filter: string) =>
      (await records(gateway, `window: ${HOUR}, first: 1000, filter: ${filter}`)).nodes;
    const northwind = await of('{ partners: [{ trackingId: "northwind-tv" }] }');
    expect(new Set(northwind.map(({ trackingId }) => trackingId))).toEqual(new Set(["northwind-tv"]));
    expect(new Set(northwind.map(({ stream }) => stream.name)).size).toBeGreaterThan(1);
    const both = await of('{ partners: [{ trackingId: "northwind-tv" }], streams: [{ name: "derby-final" }] }');
    expect(both).toEqual(northwind.filter(({ stream }) => stream.name === "derby-final"));
    const untracked = await of("{ isTracked: false }");
    expect(untracked.length).toBeGreaterThan(0);
    expect(untracked.every(({ trackingId }) => trackingId === null)).toBe(true);
    expect(await of('{ isTracked: true, streams: [{ name: "city-council" }] }')).toEqual([]);
  });

  it("puts a record into exactly one of adjacent windows by its end", async () => {
    await using gateway = await createTestGateway();
    const ended = async (from: string, to: string) => {
      const page = await records(
        gateway,
        `window: ${range(from, to)}, by: COMPLETED, state: COMPLETED, first: 1000, filter: { streams: [{ name: "arena-main" }] }`,
      );
      return page.nodes.map(({ id }) => id);
    };
    const halves = [
      ...(await ended("2026-03-18T08:00:00Z", "2026-03-18T08:30:00Z")),
      ...(await ended("2026-03-18T08:30:00Z", "2026-03-18T09:00:00Z")),
    ];
    expect(halves.toSorted()).toEqual((await ended("2026-03-18T08:00:00Z", "2026-03-18T09:00:00Z")).toSorted());
    expect(new Set(halves).size).toBe(halves.length);
  });

  it("shows which viewers are still watching", async () => {
    await using gateway = await createTestGateway();
    const ongoing = await records(gateway, 'window: { last: "PT1H" }, state: ONGOING, first: 1000');
    expect(ongoing.nodes.length).toBeGreaterThan(0);
    expect(ongoing.nodes.every(({ endedAt }) => endedAt === null)).toBe(true);
    const gone = await records(gateway, 'window: { last: "PT1H" }, state: COMPLETED, first: 1000');
    expect(gone.nodes.every(({ endedAt }) => endedAt !== null)).toBe(true);
  });

  it("names the record that a reconnect continues", async () => {
    await using gateway = await createTestGateway();
    const { nodes } = await records(gateway, `window: ${HOUR}, first: 1000`);
    const again = nodes.find(({ previousRecordId }) => previousRecordId !== null);
    const before = nodes.find(({ recordId }) => recordId === again?.previousRecordId);
    expect(again?.clientId).toBe(before?.clientId);
  });

  it("returns records that `node` reads again by their id", async () => {
    await using gateway = await createTestGateway();
    const { nodes } = await records(gateway, `window: ${HOUR}, first: 3`);
    const { data } = await gateway.ask(
      `query ($ids: [ID!]!) { nodes(ids: $ids) { ... on ViewerRecord { id recordId } } }`,
      {
        ids: nodes.map(({ id }) => id),
      },
    );
    expect(data).toEqual({ nodes: nodes.map(({ id, recordId }) => ({ id, recordId })) });
  });

  it("finds a viewer by its own mark, with the sum of all its connections, in one query", async () => {
    await using gateway = await createTestGateway();
    const tokenId = gateway.sandbox.tokens.subscribe().find(({ label }) => label === "northwind-tv-derby-final")?.id;
    const attach = async (mark: string, seconds: number) => {
      const { data, errors } = await gateway.ask<{ signViewerToken: { viewerToken: { jwt: string } } }>(
        `mutation { signViewerToken(input: { token: { tokenId: ${tokenId} }, streamName: "derby-final", trackingId: "northwind-tv",
           expiresInSeconds: 300, customViewerData: "${mark}" }) { viewerToken { jwt } userErrors { message } } }`,
      );
      expect(errors).toEqual([]);
      const token = data.signViewerToken.viewerToken.jwt;
      const viewer = { token, streamName: "derby-final", country: "GB", bitsPerSecond: 8_000_000, seconds };
      expect(await gateway.sandbox.attachViewers(viewer)).toMatchObject({ ok: true });
    };
    await attach("seat=12", 60);
    await attach("seat=13", 600);
    gateway.sandbox.clock.advance(120_000);
    await attach("seat=12", 30);
    gateway.sandbox.clock.advance(120_000);
    const usage = (marks: string, more = "") =>
      `viewerRecords(window: { last: "PT1H" }, customViewerData: ${marks} ${more}) { total { records bytes durationSeconds }
         nodes { bytes customViewerData } pageInfo { endCursor } }`;
    interface Found {
      total: { records: number; bytes: string; durationSeconds: number } | null;
      nodes: { bytes: string; customViewerData: string }[];
      pageInfo: { endCursor: string };
    }
    const { data, errors } = await gateway.ask<{
      one: Found;
      first: Found;
      stream: { both: Found };
      partner: { none: Found };
    }>(
      `{ one: ${usage('["seat=12"]')} first: ${usage('["seat=12"]', ", first: 1")}
         stream(by: { name: "derby-final" }) { both: ${usage('["seat=12", "seat=13"]')} }
         partner(by: { trackingId: "kestrel-media" }) { none: ${usage('["seat=12"]')} } }`,
    );
    expect(errors).toEqual([]);
    const total = { records: 2, bytes: `${90 * 1_000_000}`, durationSeconds: 90 };
    expect(data.one.total).toEqual(total);
    expect(data.one.nodes.map(({ bytes }) => bytes)).toEqual(["60000000", "30000000"]);
    // The sum is that of all pages.
    expect([data.first.nodes.length, data.first.total]).toEqual([1, total]);
    expect(new Set(data.stream.both.nodes.map(({ customViewerData }) => customViewerData))).toEqual(
      new Set(["seat=12", "seat=13"]),
    );
    expect(data.partner.none).toMatchObject({ total: { records: 0, bytes: "0" }, nodes: [] });
    const next = await gateway.ask<{ viewerRecords: Found }>(
      `{ ${usage('["seat=12"]', `, after: "${data.first.pageInfo.endCursor}"`)} }`,
    );
    expect(next.data.viewerRecords).toMatchObject({ total: null, nodes: [{ bytes: "30000000" }] });
  });

  it("are searched by marks with the scope viewer:pii only", async () => {
    await using gateway = await createTestGateway({ scopes: allScopes.filter((scope) => scope !== "viewer:pii") });
    const { data, errors } = await gateway.ask(
      `{ viewerRecords(window: ${HOUR}, customViewerData: ["seat=12"]) { total { records } } }`,
    );
    expect({ data, errors }).toMatchObject({
      data: { viewerRecords: null },
      errors: [{ extensions: { code: "FORBIDDEN", scope: "viewer:pii" } }],
    });
  });

  it("hides personal data without the scope viewer:pii", async () => {
    const without = { scopes: allScopes.filter((scope) => scope !== "viewer:pii") };
    await using gateway = await createTestGateway(without);
    const { nodes } = await records(gateway, `window: ${HOUR}, first: 1000`);
    expect(nodes.length).toBeGreaterThan(0);
    for (const { ipAddress, userAgent, customViewerData } of nodes) {
      expect({ ipAddress, userAgent, customViewerData }).toEqual({
        ipAddress: null,
        userAgent: null,
        customViewerData: null,
      });
    }
    await using trusted = await createTestGateway();
    expect((await records(trusted, `window: ${HOUR}, first: 1`)).nodes[0]?.ipAddress).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
  });

  it("reads responses of any length in constant memory", async () => {
    await using gateway = await createTestGateway();
    const before = usedMemory();
    const month = range("2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z");
    const { nodes } = await records(
      gateway,
      `window: ${month}, first: 1000, filter: { streams: [{ name: "world-feed" }] }`,
    );
    expect(nodes).toHaveLength(1000);
    // The response is some 25 MB of text, of which one page is left.
    expect(usedMemory() - before).toBeLessThan(60_000_000);
  });

  it.each([
    ["first: -1", "INVALID_INPUT", "first"],
    ["first: 1001", "INVALID_INPUT", "first"],
    ['after: "rubbish"', "INVALID_INPUT", "after"],
    ['filter: { partners: [{ trackingId: "nobody-knows" }] }', "NOT_FOUND", "filter.partners.0"],
    ['filter: { partners: [{ trackingId: "northwind-tv" }], isTracked: false }', "INVALID_INPUT", "filter.isTracked"],
  ])("refuses %s, and loses nothing else on the page", async (args, code, argument) => {
    await using gateway = await createTestGateway();
    const { data, errors } = await gateway.ask(
      `{ me { name } viewerRecords(window: ${HOUR}, ${args}) { nodes { id } } }`,
    );
    expect(data).toEqual({ me: { name: "operator" }, viewerRecords: null });
    expect(errors).toMatchObject([{ path: ["viewerRecords"], extensions: { code, argument } }]);
  });

  it("is null with a code when the response breaks off", async () => {
    await using gateway = await createTestGateway();
    gateway.sandbox.fault({ path: "/api/v2/records/viewers", truncate: true });
    const { data, errors } = await gateway.ask(`{ me { name } viewerRecords(window: ${HOUR}) { nodes { id } } }`);
    expect(data).toEqual({ me: { name: "operator" }, viewerRecords: null });
    expect(errors[0]?.extensions.code).toMatch(/^UPSTREAM_(UNAVAILABLE|BAD_RESPONSE)$/);
  });
});
