import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { createMetrics } from "../../src/telemetry/metrics.ts";
import { createRequestRecord } from "../../src/telemetry/request-record.ts";
import { type Exposition, metricsOf, parseExposition } from "../support/exposition.ts";
import { createTestGateway, OPERATOR_KEY, range, type TestGateway } from "../support/gateway.ts";
import { onboard } from "../support/partners.ts";

const WINDOW = range("2026-03-17T00:00:00Z", "2026-03-18T00:00:00Z");
const PAGE = `query Page { streams(first: 25) { nodes { name isLive bandwidth(window: ${WINDOW}) { total { bytesOut } } } } }`;

function scrape({ gateway }: TestGateway, key: string | null = OPERATOR_KEY, method = "GET"): Promise<Response> {
  const headers = key === null ? {} : { authorization: `Bearer ${key}` };
  return gateway.fetch(new Request("http://gateway.test/metrics", { method, headers }));
}

describe("metrics", () => {
  it("are for the broadcaster's own people: an analyst reads them, a partner does not, nor anybody without a key", async () => {
    await using gateway = await createTestGateway();
    const made = await gateway.ask<{ createApiKey: { secret: string } }>(
      `mutation { createApiKey(input: { idempotencyKey: "a", name: "prometheus", role: ANALYST, scopes: ["usage:read"] }) { secret } }`,
    );
    const partner = await onboard(gateway, "meadow-tv");
    const answers = await Promise.all(
      [OPERATOR_KEY, made.data.createApiKey.secret, partner.key, null, "sgk_of-nobody"].map((key) =>
        scrape(gateway, key),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 403, 401, 401]);
    for (const refused of answers.slice(2)) expect(await refused.text()).not.toContain("syndigraph_");
    expect(answers[0]?.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
    expect(answers[0]?.headers.get("cache-control")).toBe("no-store");
    expect((await scrape(gateway, OPERATOR_KEY, "POST")).status).toBe(405);
  });

  it("count the calls that the platform received, and the names in them", async () => {
    await using gateway = await createTestGateway();
    await gateway.ask(PAGE);
    const calls = gateway.sandbox.calls();
    const metrics = await metricsOf(gateway);
    const counted = new Map<string, number>();
    for (const { operationId } of calls) counted.set(`${operationId}`, (counted.get(`${operationId}`) ?? 0) + 1);
    for (const [operation, count] of counted) {
      const labels = `operation="${operation}"`;
      expect(metrics.value(`syndigraph_upstream_calls_total{${labels},outcome="ok"}`)).toBe(count);
      expect(metrics.value(`syndigraph_upstream_call_duration_seconds_count{${labels}}`)).toBe(count);
    }
    expect(metrics.sum("syndigraph_upstream_calls_total")).toBe(calls.length);
    const names = new Set(calls.flatMap(({ query }) => new URLSearchParams(query).getAll("streamNames")));
    const total = '{operation="Analytics_StreamsTotal"}';
    expect(names.size).toBeGreaterThan(10);
    expect(metrics.value(`syndigraph_upstream_names_per_call_sum${total}`)).toBe(names.size);
    expect(metrics.value("syndigraph_upstream_retries_total")).toBeUndefined();
  });

  it("count requests by operation and outcome, their errors and their points", async () => {
    await using gateway = await createTestGateway();
    const { ask } = gateway;
    const { extensions } = await ask("query Me { me { name } }");
    await ask("query Me { me { name } }");
    await ask("{ me { name } }");
    await ask(
      'mutation Stop { stopStream(input: { stream: { name: "nothing-of-the-kind" } }) { userErrors { code } } }',
    );
    await ask("query Wrong { nothing }");
    await ask("{");
    await gateway.as("sgk_of-nobody").ask("query Me { me { name } }");
    await gateway.gateway.fetch(new Request("http://gateway.test/health"));
    const metrics = await metricsOf(gateway);
    const count = (operation: string, kind: string, outcome: string) =>
      metrics.value(`syndigraph_requests_total{operation="${operation}",kind="${kind}",outcome="${outcome}"}`);
    expect(count("Me", "query", "ok")).toBe(2);
    expect(count("anonymous", "query", "ok")).toBe(1);
    expect(metrics.sum('syndigraph_requests_total{operation="none"')).toBeGreaterThanOrEqual(3);
    expect(metrics.sum("syndigraph_requests_total")).toBe(7);
    expect(metrics.sum("syndigraph_request_duration_seconds_count")).toBe(7);
    expect(metrics.value('syndigraph_errors_total{code="UNAUTHENTICATED"}')).toBe(1);
    expect(metrics.value('syndigraph_errors_total{code="GRAPHQL_PARSE_FAILED"}')).toBe(1);
    expect(metrics.sum('syndigraph_errors_total{code="GRAPHQL_VALIDATION_FAILED"}')).toBeGreaterThanOrEqual(1);
    const { requested } = extensions["cost"] as { requested: number };
    expect(metrics.value('syndigraph_cost_points_total{role="OPERATOR"}')).toBeGreaterThanOrEqual(3 * requested);
  });

  it("count each error of a response by its code, in any order", () => {
    const metrics = createMetrics();
    const errors = ["INVALID_INPUT", "INVALID_INPUT", "NOT_FOUND", "INVALID_INPUT"];
    metrics.recordRequest(Object.assign(createRequestRecord(null), { errors }), 200, 1);
    const told = parseExposition(metrics.text());
    metrics.close();
    expect(told.value('syndigraph_errors_total{code="INVALID_INPUT"}')).toBe(3);
    expect(told.value('syndigraph_errors_total{code="NOT_FOUND"}')).toBe(1);
  });

  it("say whether this gateway collects usage, if it may", async () => {
    await using other = await createTestGateway();
    expect((await metricsOf(other)).value("syndigraph_usage_collector_active")).toBeUndefined();
    await using gateway = await createTestGateway({ gateway: { collectUsage: true } });
    expect((await metricsOf(gateway)).value("syndigraph_usage_collector_active")).toBe(0);
    await gateway.gateway.start();
    expect((await metricsOf(gateway)).value("syndigraph_usage_collector_active")).toBe(1);
  });

  it("report lookups of the usage cache, and stale responses", async () => {
    await using gateway = await createTestGateway();
    const named = `query Total { stream(by: { name: "derby-final" }) { bandwidth(window: ${WINDOW}) { total { bytesOut } } } }`;
    await gateway.ask(named);
    await gateway.ask(named);
    const fresh = await metricsOf(gateway);
    const lookups = (metrics: Exposition, result: string) =>
      metrics.value(`syndigraph_usage_cache_lookups_total{result="${result}"}`);
    expect([lookups(fresh, "miss"), lookups(fresh, "hit")]).toEqual([1, 1]);
    expect(fresh.value("syndigraph_usage_cache_bytes")).toBeGreaterThan(0);
    expect(fresh.value("syndigraph_stale_responses_total")).toBeUndefined();

    gateway.sandbox.clock.advance(16 * 60_000);
    gateway.sandbox.fault({ path: "/api/analytics/*", status: 503 });
    await gateway.ask(named);
    const stale = await metricsOf(gateway);
    expect(stale.value("syndigraph_usage_cache_stale_total")).toBe(1);
    expect(stale.value('syndigraph_stale_responses_total{source="USAGE"}')).toBe(1);
    expect(stale.sum('syndigraph_upstream_retries_total{operation="Analytics_StreamsTotal"}')).toBe(2);
  });

  it("report when a circuit breaker is open", async () => {
    await using gateway = await createTestGateway({ isTimingSet: true });
    const breaker = async () => (await metricsOf(gateway)).value('syndigraph_upstream_breaker_state{api="Account"}');
    await gateway.ask("{ account { accountId } }");
    expect(await breaker()).toBe(0);
    gateway.sandbox.fault({ path: "/api/*", status: 503 });
    await Promise.all(Array.from({ length: 30 }, () => gateway.ask("{ account { allowedCountries } }")));
    expect(await breaker()).toBe(2);
  });

  it("count what was sent, and apart from it what the breaker refused", async () => {
    await using gateway = await createTestGateway({ isTimingSet: true });
    await gateway.ask("{ account { accountId } }");
    gateway.sandbox.fault({ path: "/api/*", status: 503 });
    gateway.sandbox.clearCalls();
    const before = await metricsOf(gateway);
    const ask = () => gateway.ask("{ account { allowedCountries } }");
    for (let time = 0; time < 60; time += 1) await ask();
    const sent = gateway.sandbox.calls();
    expect(sent.length).toBeLessThan(60);
    const metrics = await metricsOf(gateway);
    expect(metrics.sum("syndigraph_upstream_calls_total") - before.sum("syndigraph_upstream_calls_total")).toBe(
      sent.length,
    );
    const operation = `${sent[0]?.operationId}`;
    const ofFailures = `{operation="${operation}",outcome="UPSTREAM_UNAVAILABLE"}`;
    expect(metrics.value(`syndigraph_upstream_calls_total${ofFailures}`)).toBe(sent.length);
    const timed = metrics.value(`syndigraph_upstream_call_duration_seconds_count{operation="${operation}"}`) ?? 0;
    const retried = metrics.value(`syndigraph_upstream_retries_total{operation="${operation}"}`) ?? 0;
    expect(timed + retried).toBe(sent.length);
    const unsent = metrics.value(
      `syndigraph_upstream_unsent_total{operation="${operation}",reason="UPSTREAM_UNAVAILABLE"}`,
    );
    // Of 60 calls, those that never left and those whose next try was refused.
    expect(unsent).toBeGreaterThanOrEqual(60 - timed);
  });

  it("report the number of cached tokens, and the age of the cache", async () => {
    await using gateway = await createTestGateway();
    expect((await metricsOf(gateway)).value("syndigraph_token_cache_age_seconds")).toBeUndefined();
    const { data } = await gateway.ask<{ subscribeTokens: { totalCount: number } }>(
      "{ subscribeTokens { totalCount } }",
    );
    gateway.sandbox.clock.advance(7_000);
    const metrics = await metricsOf(gateway);
    expect(metrics.value('syndigraph_tokens{kind="subscribe"}')).toBe(data.subscribeTokens.totalCount);
    expect(metrics.value("syndigraph_token_cache_age_seconds")).toBe(7);
  });

  it("stay bounded, whatever names clients invent, and no client's names displace another's", async () => {
    await using gateway = await createTestGateway();
    const partner = await onboard(gateway, "meadow-tv");
    for (let n = 0; n < 150; n += 1) await gateway.as(partner.key).ask(`query Flood${n} { me { role } }`);
    await gateway.ask("query Mine { me { role } }");
    const { series } = await metricsOf(gateway);
    const floods = [...series].filter(([name]) => /_requests_total\{operation="Flood/.test(name));
    expect(floods).toHaveLength(100);
    expect(series.get('syndigraph_requests_total{operation="other",kind="query",outcome="ok"}')).toBe(50);
    expect(series.get('syndigraph_requests_total{operation="Mine",kind="query",outcome="ok"}')).toBe(1);
  });

  it("contain no partner's name, secret or address after a whole story", async () => {
    await using gateway = await createTestGateway();
    const partner = await onboard(gateway, "canary-partner", ["canary-stream"]);
    const asPartner = gateway.as(partner.key).ask;
    const everything = `{ streams { nodes { name usage: bandwidth(window: ${WINDOW}) { total { bytesOut } } } } subscribeTokens { nodes { label tokenId } } }`;
    await asPartner(everything);
    await gateway.ask(PAGE);
    await gateway.ask(`mutation { syndicateStream(input: { idempotencyKey: "canary-key", stream: { name: "canary-stream" }
      partners: [{ trackingId: "canary-partner" }] }) { publishToken { secret } userErrors { code } } }`);
    gateway.sandbox.fault({ path: "/api/analytics/*", status: 503 });
    await asPartner(everything);
    const text = await (await scrape(gateway)).text();
    for (const hidden of ["canary", "derby", "northwind", "http", OPERATOR_KEY, partner.key, ...partner.secrets]) {
      expect(text).not.toContain(hidden);
    }
    expect(text).not.toMatch(/[0-9a-f]{32}|eyJ|127\.0\.0\.1/);
    const lines = gateway.logged();
    for (const hidden of ["canary", "derby", "northwind", OPERATOR_KEY, partner.key, ...partner.secrets]) {
      expect(lines).not.toContain(hidden);
    }
  });
});

describe("Grafana dashboard", () => {
  it("shows every metric, and none that does not exist", async () => {
    await using gateway = await createTestGateway({ gateway: { collectUsage: true } });
    // Everything that is counted happens once.
    await gateway.ask("{");
    await gateway.ask(PAGE);
    gateway.sandbox.clock.advance(16 * 60_000);
    gateway.sandbox.fault({ path: "/api/analytics/*", status: 503 });
    await gateway.ask(PAGE);
    gateway.sandbox.fault({ path: "/api/v3/account/*", status: 503 });
    for (let time = 0; time < 30; time += 1) await gateway.ask("{ account { allowedCountries } }");
    await gateway.gateway.start();
    const failures = async () => (await metricsOf(gateway)).sum("syndigraph_usage_collector_failures_total");
    await expect.poll(failures).toBeGreaterThan(0);
    const { types } = await metricsOf(gateway);
    const dashboard = await readFile("deploy/grafana-dashboard.json", "utf8");
    const expressions = [...dashboard.matchAll(/"(?:expr|query)": "((?:[^"\\]|\\.)*)"/g)].map(([, text = ""]) => text);
    const shown = expressions.flatMap((text) => text.match(/\b(?:syndigraph|process|nodejs)_\w+/g) ?? []);
    const families = shown.map((name) => (types.has(name) ? name : name.replace(/_(bucket|sum|count)$/, "")));
    expect([...new Set(families)].sort()).toEqual([...types.keys()].sort());
    expect(() => JSON.parse(dashboard)).not.toThrow();
  });
});
