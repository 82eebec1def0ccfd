import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { groupCalls, lowerBound } from "../support/calls.ts";
import { createTestGateway, range, type TestGateway } from "../support/gateway.ts";

const YESTERDAY = range("2026-03-17T00:00:00Z", "2026-03-18T00:00:00Z");
const TODAY = `{ last: "PT10H" }`;

/** Calls of analytics by the last part of their path, after a query over a directory that is read already. */
async function callsOf(gateway: TestGateway, document: string): Promise<Record<string, number>> {
  await gateway.ask("{ publishTokens { totalCount } }");
  gateway.analyticsCalls();
  const { errors } = await gateway.ask(document);
  expect(errors).toEqual([]);
  const counts: Record<string, number> = {};
  for (const { path } of gateway.analyticsCalls()) {
    const operation = path.replace("/api/analytics/", "");
    counts[operation] = (counts[operation] ?? 0) + 1;
  }
  return counts;
}

describe("a list of 50 streams", () => {
  const bulk = { sandbox: { bulk: 40 } };

  it("with each one's total costs 5 calls", async () => {
    await using gateway = await createTestGateway(bulk);
    const calls = await callsOf(
      gateway,
      `{ streams(first: 50) { nodes { name bandwidth(window: ${YESTERDAY}) { total { bytesOut } } } } }`,
    );
    expect(calls).toEqual({ "streams/total": 5 });
  });

  it("costs no more with three aliases of the same window", async () => {
    await using gateway = await createTestGateway(bulk);
    const total = `bandwidth(window: ${YESTERDAY}) { total { bytesOut } }`;
    const calls = await callsOf(gateway, `{ streams(first: 50) { nodes { a: ${total} b: ${total} c: ${total} } } }`);
    expect(calls).toEqual({ "streams/total": 5 });
  });

  it("with totals that can't be read costs 5 calls as well, and each total is null with its error", async () => {
    await using gateway = await createTestGateway(bulk);
    await gateway.ask("{ publishTokens { totalCount } }");
    gateway.sandbox.fault({ path: "/api/analytics/streams/total", status: 400 });
    gateway.analyticsCalls();
    const { data, errors } = await gateway.ask<{ streams: { nodes: { bandwidth: unknown }[] } }>(
      `{ streams(first: 50) { edges { cursor } nodes { ...Total } } }
       fragment Total on Stream { bandwidth(window: ${YESTERDAY}) { total { bytesOut } } }`,
    );
    expect(gateway.analyticsCalls()).toHaveLength(5);
    expect(data.streams.nodes.map(({ bandwidth }) => bandwidth)).toEqual(
      Array.from({ length: 50 }, () => ({ total: null })),
    );
    expect(errors).toHaveLength(50);
  });

  it("costs no call where the caller may not read usage, and none for a window that is none", async () => {
    const list = (window: string) =>
      `{ streams(first: 50) { nodes { name bandwidth(window: ${window}) { total { bytesOut } } } } }`;
    await using blind = await createTestGateway({ ...bulk, scopes: ["stream:read", "token:read"] });
    expect((await blind.ask(list(YESTERDAY))).errors[0]?.extensions.code).toBe("FORBIDDEN");
    expect(blind.analyticsCalls()).toEqual([]);
    await using gateway = await createTestGateway(bulk);
    const backwards = list(range("2026-03-18T00:00:00Z", "2026-03-17T00:00:00Z"));
    expect((await gateway.ask(backwards)).errors[0]?.extensions.code).toBe("INVALID_WINDOW");
    expect(gateway.analyticsCalls()).toEqual([]);
  });

  it("costs no call of analytics when only names are asked for", async () => {
    await using gateway = await createTestGateway(bulk);
    expect(await callsOf(gateway, `{ streams(first: 50) { totalCount nodes { name isLive } } }`)).toEqual({});
  });

  it("reads the token pages and the monitoring page once, beside the totals", async () => {
    await using gateway = await createTestGateway(bulk);
    await gateway.ask(
      `{ streams(first: 50) { nodes { name bandwidth(window: ${YESTERDAY}) { total { bytesOut } } } } }`,
    );
    const others = gateway.sandbox.calls().filter(({ path }) => !path.startsWith("/api/analytics/"));
    expect(
      others.map(({ path, query }) => `${path}?${query}`.replace(/&.*page=/i, " page ").slice(0, 60)).sort(),
    ).toHaveLength(5);
    expect(new Set(others.map(({ operationId }) => operationId))).toEqual(
      new Set(["PublishTokenV1_ListTokens", "SubscribeTokenV1_ListTokens", "Monitoring_ListStreamSummary"]),
    );
  });
});

describe("one query", () => {
  it("asks for a total and a series of the same window with one call each", async () => {
    await using gateway = await createTestGateway();
    const calls = await callsOf(
      gateway,
      `{ stream(by: { name: "derby-final" }) { bandwidth(window: ${YESTERDAY}) {
           total { bytesOut } series { points { bytesOut } } percentile { samples } } } }`,
    );
    expect(calls).toEqual({ "streams/total": 1, "streams/series": 1 });
  });

  it("asks for windows that mean the same with one call", async () => {
    await using gateway = await createTestGateway();
    const now = range("2026-03-18T00:00:00Z", "2026-03-18T11:00:00Z");
    const later = range("2026-03-18T00:00:00Z", "2026-03-19T00:00:00Z");
    const calls = await callsOf(
      gateway,
      `{ account { a: usage(window: ${now}) { total { bytesOut } } b: usage(window: ${later}) { total { bytesOut } }
         c: usage(window: { named: TODAY }) { total { bytesOut } } } }`,
    );
    expect(calls).toEqual({ "account/total": 1 });
  });

  it("batches names that are known at once with names that a list is still to tell", async () => {
    await using gateway = await createTestGateway();
    const total = `bandwidth(window: ${YESTERDAY}) { total { bytesOut } }`;
    const calls = await callsOf(
      gateway,
      `{ stream(by: { name: "derby-final" }) { ${total} }
         streams(filter: { nameContains: "arena" }) { nodes { ${total} } }
         publishTokens(first: 3) { nodes { grants { streams { nodes { ${total} } } } } } }`,
    );
    expect(calls).toEqual({ "streams/total": 1 });
  });

  it("batches streams that a partner's usage names with streams that are named beside it", async () => {
    await using gateway = await createTestGateway();
    const total = `bandwidth(window: ${YESTERDAY}) { total { bytesOut } }`;
    const calls = await callsOf(
      gateway,
      `{ stream(by: { name: "rehearsal" }) { ${total} }
         partner(by: { trackingId: "polar-sports" }) { usageByStream(window: ${YESTERDAY}) { nodes { stream { ${total} } } } } }`,
    );
    expect(calls).toEqual({ "tracking/total": 1, "streams/total": 1 });
  });

  it("of a partner's usage in all and by stream costs one call", async () => {
    await using gateway = await createTestGateway();
    const calls = await callsOf(
      gateway,
      `{ partner(by: { trackingId: "northwind-tv" }) { usage(window: ${YESTERDAY}) { total { bytesOut } }
           usageByStream(window: ${YESTERDAY}) { nodes { stream { name } usage { total { bytesOut } } } } } }`,
    );
    expect(calls).toEqual({ "tracking/total": 1 });
  });

  it("of a stream's usage by tracking id costs one call, and its series one more", async () => {
    await using gateway = await createTestGateway();
    const calls = await callsOf(
      gateway,
      `{ stream(by: { name: "derby-final" }) { bandwidthByTrackingId(window: ${YESTERDAY}) { trackingId
           bandwidth { total { bytesOut } series { points { bytesOut } } } } } }`,
    );
    expect(calls).toEqual({ "tracking/streams/total": 1, "tracking/streams/series": 1 });
  });

  it("of the whole account's reconciliation costs a call for the account, and one for ten streams", async () => {
    await using gateway = await createTestGateway();
    await gateway.gateway.start();
    const calls = await callsOf(
      gateway,
      `{ account { reconciliation(window: ${YESTERDAY}) { residualBytesOut } untrackedUsage(window: ${YESTERDAY}) { total { bytesOut } } } }`,
    );
    expect(calls).toEqual({ "account/total": 1, "tracking/streams/total": 3 });
  });

  it("costs the fewest possible calls however it nests, aliases and repeats its fields", async () => {
    await using gateway = await createTestGateway({
      gateway: { budgets: { perMinute: Number.MAX_SAFE_INTEGER, partnerPerMinute: 1 } },
    });
    await gateway.ask("{ publishTokens { totalCount } }");
    await fc.assert(
      fc.asyncProperty(selections(), async (document) => {
        gateway.analyticsCalls();
        const { errors } = await gateway.ask(document);
        fc.pre(!errors[0]?.extensions.code.startsWith("QUERY_TOO_"));
        // Larger ones than a client may ask are refused before any call.
        fc.pre(!errors.some(({ extensions }) => extensions.code.startsWith("QUERY_TOO_")));
        expect(errors).toEqual([]);
        for (const [call, group] of groupCalls(gateway.analyticsCalls())) {
          expect(`${call}: ${group.calls}`).toBe(`${call}: ${lowerBound(group)}`);
          expect(group.names).toHaveLength(new Set(group.names).size);
        }
      }),
      { numRuns: 50 },
    );
  });
});

/** Random queries that reach figures by many ways. */
function selections(): fc.Arbitrary<string> {
  const window = fc.constantFrom(YESTERDAY, TODAY);
  const figure = fc.constantFrom(
    "total { bytesOut }",
    "series { points { bytesOut } }",
    "total { bytesIn } series(granularity: HOUR) { points { state } }",
  );
  const { query } = fc.letrec<{ query: string; stream: string; partner: string; token: string; depth: string }>(
    (tie) => {
      const alias = fc.integer({ min: 0, max: 10_000 }).map((n) => `a${n}`);
      const list = (item: fc.Arbitrary<string>) =>
        fc
          .array(fc.tuple(alias, item), { minLength: 1, maxLength: 2 })
          .map((fields) => fields.map(([name, field], index) => `${name}_${index}: ${field}`).join(" "));
      const bandwidth = fc.tuple(window, figure).map(([w, f]) => `bandwidth(window: ${w}) { ${f} }`);
      const usage = fc.tuple(window, figure).map(([w, f]) => `usage(window: ${w}) { ${f} }`);
      return {
        depth: fc.constant(""),
        stream: list(
          fc.oneof(
            { maxDepth: 2, withCrossShrink: true },
            bandwidth,
            tie("partner").map((p) => `partners(first: 3) { nodes { ${p} } }`),
            tie("token").map((t) => `subscribeTokens(first: 2) { nodes { ${t} } }`),
          ),
        ),
        partner: list(
          fc.oneof(
            { maxDepth: 2, withCrossShrink: true },
            usage,
            tie("stream").map((s) => `streams(first: 4) { nodes { ${s} } }`),
            tie("token").map((t) => `subscribeTokens(first: 2) { nodes { ${t} } }`),
          ),
        ),
        token: list(
          fc.oneof(
            { maxDepth: 2, withCrossShrink: true },
            tie("partner").map((p) => `partner { ${p} }`),
            tie("stream").map((s) => `grants { streams(first: 3) { nodes { ${s} } } }`),
            fc.constant("label"),
          ),
        ),
        query: list(
          fc.oneof(
            tie("stream").map((s) => `streams(first: 12) { nodes { ${s} } }`),
            tie("stream").map((s) => `stream(by: { name: "derby-final" }) { ${s} }`),
            tie("partner").map((p) => `partners(first: 11) { nodes { ${p} } }`),
            tie("token").map((t) => `subscribeTokens(first: 5) { nodes { ${t} } }`),
            // Figures of partners below this list would be named by the answer of the very call that they need.
            fc
              .tuple(window, list(bandwidth))
              .map(
                ([w, s]) =>
                  `partner(by: { trackingId: "northwind-tv" }) { usageByStream(window: ${w}) { nodes { stream { ${s} } } } }`,
              ),
          ),
        ).map((fields) => `{ ${fields} }`),
      };
    },
  );
  return query as fc.Arbitrary<string>;
}
