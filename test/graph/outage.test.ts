import { afterEach, describe, expect, it, vi } from "vitest";
import { createTestGateway, graphqlRequest, OPERATOR_KEY, range, type TestGateway } from "../support/gateway.ts";

const MINUTE_MS = 60_000;

const MASTER = 'token: { tokenId: 5001 }, streamName: "derby-final", trackingId: "northwind-tv", expiresInSeconds: 300';
const SIGN = `mutation { signViewerToken(input: { ${MASTER} }) { viewerToken { jwt playerUrl } userErrors { code message } } }`;
const TOKENS = "{ subscribeTokens { totalCount } }";

afterEach(() => {
  vi.useRealTimers();
});

/** Lets time pass, for the platform and for the gateway with its breakers. */
function pass({ sandbox }: TestGateway, ms: number): void {
  sandbox.clock.advance(ms);
}

/** A gateway that has read what it needs, and whose platform then is gone for good, for so long already. */
async function duringOutage(minutes: number, how: "DOWN" | "HANGING" = "DOWN"): Promise<TestGateway> {
  const gateway = await createTestGateway({ isTimingSet: true });
  await gateway.gateway.start();
  gateway.sandbox.fault(how === "DOWN" ? { path: "*", drop: "before" } : { path: "*", hang: "before" });
  // Somebody asks all the while, as clients do.
  for (let minute = 0; minute < minutes; minute += 1) {
    pass(gateway, MINUTE_MS);
    await gateway.ask(TOKENS);
    if (how === "DOWN") await gateway.ask('{ stream(by: { name: "derby-final" }) { ingest { whipUrl } } }');
  }
  return gateway;
}

describe("while the platform is down", () => {
  it("tokens are served as they were, and the answer says from when they are once they are past their freshness", async () => {
    await using gateway = await duringOutage(20);
    const young = await duringOutage(2);
    expect(await young.ask(TOKENS)).toMatchObject({ data: { subscribeTokens: { totalCount: 32 } }, errors: [] });
    expect((await young.ask(TOKENS)).extensions).not.toHaveProperty("stale");
    await young[Symbol.asyncDispose]();
    pass(gateway, MINUTE_MS);
    const { data, errors, extensions } = await gateway.ask(TOKENS);
    expect({ data, errors }).toEqual({ data: { subscribeTokens: { totalCount: 32 } }, errors: [] });
    expect(extensions["stale"]).toEqual([{ source: "TOKENS", asOf: "2026-03-18T10:20:00.000Z" }]);
  });

  it.each(["DOWN", "HANGING"] as const)(
    "and %s, viewer tokens are signed, days later too, and wait for no call of the platform",
    async (how) => {
      await using gateway = await duringOutage(1, how);
      pass(gateway, 3 * 24 * 60 * MINUTE_MS);
      await gateway.ask(SIGN);
      pass(gateway, MINUTE_MS);
      // From now on no call ends: what waited for one would wait for good.
      gateway.sandbox.clearFaults();
      gateway.sandbox.fault({ path: "*", hang: "before" });
      const release = gateway.holdForGood();
      const { data, extensions } = await gateway.ask<{
        signViewerToken: { viewerToken: { jwt: string; playerUrl: string } | null; userErrors: unknown[] };
      }>(SIGN);
      release();
      expect(data.signViewerToken.userErrors).toEqual([]);
      expect(data.signViewerToken.viewerToken?.jwt).toMatch(/^eyJ/);
      expect(data.signViewerToken.viewerToken?.playerUrl).toContain("SYN4DX");
      expect(extensions["stale"]).toMatchObject([{ source: "CLUSTERS" }, { source: "TOKENS" }]);
    },
  );

  it("figures are served past their quarter hour, marked so, and those that were never read are null", async () => {
    await using gateway = await createTestGateway();
    const usage = (from: string) =>
      `{ account { usage(window: ${range(from, "2026-03-18T00:00:00Z")}) { total { bytesOut } } } }`;
    const known = usage("2026-03-17T00:00:00Z");
    const before = await gateway.ask(known);
    expect(before.extensions).not.toHaveProperty("stale");
    gateway.sandbox.fault({ path: "*", drop: "before" });
    pass(gateway, 30 * MINUTE_MS);
    const { data, errors, extensions } = await gateway.ask(known);
    expect({ data, errors }).toEqual({ data: before.data, errors: [] });
    expect(extensions["stale"]).toEqual([{ source: "USAGE", asOf: "2026-03-18T10:20:00.000Z" }]);
    const unknown = await gateway.ask(usage("2026-03-16T00:00:00Z"));
    expect(unknown.data).toEqual({ account: { usage: { total: null } } });
    expect(unknown.errors).toMatchObject([{ extensions: { code: "UPSTREAM_UNAVAILABLE" } }]);
    expect(unknown.extensions).not.toHaveProperty("stale");
  });

  it("what needs it is null with a code, and the rest of the answer is served", async () => {
    await using gateway = await duringOutage(1);
    const { data, errors } = await gateway.ask(
      `{ me { name } stream(by: { name: "derby-final" }) { name isLive bandwidth(window: { last: "P1D" }) { total { bytesOut } } }
         subscribeToken(by: { tokenId: 5001 }) { tokenId } limits { cost { limit } } }`,
    );
    expect(data).toMatchObject({
      me: { name: "operator" },
      stream: { name: "derby-final", isLive: null, bandwidth: { total: null } },
      subscribeToken: { tokenId: 5001 },
    });
    const codes = new Set(errors.map(({ extensions: { code } }) => code));
    expect(codes).toEqual(new Set(["UPSTREAM_UNAVAILABLE"]));
  });

  it("a change fails, and is in doubt only if it was sent", async () => {
    await using gateway = await duringOutage(1);
    gateway.sandbox.clearCalls();
    const codes: (string | undefined)[] = [];
    for (let i = 0; i < 30; i += 1) {
      const { data } = await gateway.ask<{ createSubscribeToken: { userErrors: { code: string }[] } }>(
        `mutation { createSubscribeToken(input: { idempotencyKey: "k${i}", label: "x", streams: [{ pattern: "x" }] }) { userErrors { code } } }`,
      );
      codes.push(data.createSubscribeToken.userErrors[0]?.code);
    }
    const sent = gateway.sandbox.calls().filter(({ method }) => method === "POST");
    expect(codes.filter((code) => code === "OUTCOME_UNKNOWN")).toHaveLength(sent.length);
    expect(new Set(codes)).toEqual(new Set(["OUTCOME_UNKNOWN", "UPSTREAM_UNAVAILABLE"]));
  });

  it("the process is healthy, not ready, and says why; and is ready again with the platform", async () => {
    await using gateway = await duringOutage(1);
    const state = async (path: string) => {
      const response = await gateway.gateway.fetch(new Request(`http://gateway.test${path}`));
      return [response.status, await response.json()];
    };
    expect(await state("/health")).toEqual([200, { status: "ok" }]);
    expect(await state("/readiness")).toEqual([
      503,
      { status: "unavailable", reason: "UPSTREAM_UNAVAILABLE", platform: "DOWN", store: "UP" },
    ]);
    gateway.sandbox.clearFaults();
    pass(gateway, 1_000);
    expect(await state("/readiness")).toEqual([200, { status: "ok", platform: "UP", store: "UP" }]);
  });
});

describe("a query", () => {
  it("has a time for all of its reads together: what would be read later is null, and not read", async () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    const monitored = { advanceMs: 0 };
    await using gateway = await createTestGateway({
      timeoutMs: 4_000,
      sandbox: {
        onExchange: ({ request: { path } }) => {
          if (path.startsWith("/api/monitoring/")) vi.advanceTimersByTime(monitored.advanceMs);
        },
      },
    });
    await gateway.ask(TOKENS);
    for (const [name, advanceMs, isRead] of [
      ["nobody-knows-it", 4_999, true],
      ["nobody-knows-this", 5_000, false],
    ] as const) {
      gateway.sandbox.clearCalls();
      monitored.advanceMs = advanceMs;
      // Whether there is such a stream is asked of monitoring, and then of analytics.
      const { errors } = await gateway.ask(`{ stream(by: { name: "${name}" }) { name } }`);
      expect(errors.map(({ extensions: { code } }) => code)).toEqual([isRead ? "NOT_FOUND" : "UPSTREAM_TIMEOUT"]);
      expect(gateway.analyticsCalls()).toHaveLength(isRead ? 1 : 0);
    }
  });
});

describe("a client that leaves", () => {
  it("takes its reads with it: nothing is repeated, and nothing waited for any more", async () => {
    const gateway = await createTestGateway();
    await gateway.ask(TOKENS);
    gateway.sandbox.clearCalls();
    gateway.sandbox.fault({ path: "/api/monitoring/*", hang: "before" });
    const client = new AbortController();
    const request = graphqlRequest({ query: '{ stream(by: { name: "derby-final" }) { isLive } }' });
    const answer = gateway.gateway.fetch(new Request(request, { signal: client.signal }));
    await expect.poll(() => gateway.sandbox.calls()).toHaveLength(1);
    client.abort();
    await answer.catch(() => undefined);
    // Closing waits for calls that are under way, and this one would never end.
    await gateway[Symbol.asyncDispose]();
    expect(gateway.sandbox.calls()).toHaveLength(1);
  });
});

describe("after an outage", () => {
  it("tokens are fresh within two seconds, and nothing is said of them any more", async () => {
    await using gateway = await duringOutage(30);
    // Waits for the read of the tokens that is under way, so that none of the outage fails after its end.
    await gateway.ask(
      'mutation { onboardPartner(input: { idempotencyKey: "k", name: "x", trackingIds: ["x"] }) { userErrors { code } } }',
    );
    gateway.sandbox.clearFaults();
    const failures = () => gateway.logged().split("the token list could not be refreshed").length;
    const isStale = async () => "stale" in (await gateway.ask(TOKENS)).extensions;
    const before = failures();
    pass(gateway, 1_000);
    // Each breaker lets one call through as a probe, which closes it, and refuses the next page.
    await expect.poll(async () => !(await isStale()) || failures() > before).toBe(true);
    const openBreakers = async () => {
      const headers = { authorization: `Bearer ${OPERATOR_KEY}` };
      const metrics = await gateway.gateway.fetch(new Request("http://gateway.test/metrics", { headers }));
      expect(metrics.status).toBe(200);
      return (await metrics.text()).match(
        /^syndigraph_upstream_breaker_state\{api="(Publish|Subscribe)Token"\} [12]$/gm,
      );
    };
    await expect.poll(openBreakers).toBeNull();
    pass(gateway, 1_000);
    await expect.poll(isStale).toBe(false);
  });
});

describe("a start while the platform is down", () => {
  it.each([{ status: 503 }, { drop: "before" }, { status: 429 }] as const)(
    "by %j ends well: the process lives, is not ready, and answers null with a code, until the platform is back",
    async (fault) => {
      await using gateway = await createTestGateway({ isTimingSet: true });
      gateway.sandbox.fault({ path: "*", ...fault });
      await gateway.gateway.start();
      const status = async (path: string) =>
        (await gateway.gateway.fetch(new Request(`http://gateway.test${path}`))).status;
      expect([await status("/health"), await status("/readiness")]).toEqual([200, 503]);
      const { data, errors } = await gateway.ask("{ me { name } subscribeTokens { totalCount } }");
      expect(data).toEqual({ me: { name: "operator" }, subscribeTokens: null });
      expect(errors).toMatchObject([
        { path: ["subscribeTokens"], extensions: { code: expect.stringMatching(/^UPSTREAM_/) } },
      ]);
      gateway.sandbox.clearFaults();
      await expect
        .poll(() => {
          pass(gateway, 1_000);
          return status("/readiness");
        })
        .toBe(200);
      expect((await gateway.ask(TOKENS)).data).toEqual({ subscribeTokens: { totalCount: 32 } });
    },
  );
});
