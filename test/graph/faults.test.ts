import { describe, expect, it } from "vitest";
import type { FaultInput } from "../../src/sandbox/sandbox.ts";
import { PROBE_EVERY_MS } from "../../src/upstream/resilience/circuit-breaker.ts";
import { createTestGateway, OPERATOR_KEY, range, type TestGateway } from "../support/gateway.ts";

/** Everything that may be wrong with an answer of the platform, and the code that a field then has. */
const faults: readonly (readonly [what: string, Omit<FaultInput, "path">, code: string])[] = [
  ["takes ten minutes", { latencyMs: 600_000 }, "UPSTREAM_TIMEOUT"],
  ["never answers", { hang: "before" }, "UPSTREAM_TIMEOUT"],
  ["drips", { dripMs: 60_000 }, "UPSTREAM_TIMEOUT"],
  ["says 429", { status: 429 }, "UPSTREAM_RATE_LIMITED"],
  ["says 429 for a minute", { status: 429, headers: { "retry-after": "60" } }, "UPSTREAM_RATE_LIMITED"],
  [
    "says 429 until 2040",
    { status: 429, headers: { "retry-after": "Wed, 18 Jan 2040 10:20:00 GMT" } },
    "UPSTREAM_RATE_LIMITED",
  ],
  ["says 500", { status: 500 }, "UPSTREAM_UNAVAILABLE"],
  ["says 503 for a minute", { status: 503, headers: { "retry-after": "60" } }, "UPSTREAM_UNAVAILABLE"],
  ["resets connections", { drop: "before" }, "UPSTREAM_UNAVAILABLE"],
  ["loses its answers", { drop: "after" }, "UPSTREAM_UNAVAILABLE"],
  ["breaks off", { truncate: true }, "UPSTREAM_UNAVAILABLE"],
  ["sends a page of HTML", { replace: { contentType: "text/html", body: "<html>" } }, "UPSTREAM_BAD_RESPONSE"],
  ["sends half of its JSON", { replace: { body: '{"status":"success","data":[{' } }, "UPSTREAM_BAD_RESPONSE"],
  ["sends nothing", { replace: { body: "" } }, "UPSTREAM_BAD_RESPONSE"],
  ["sends an error as success", { replace: { body: '{"status":"error","message":"no"}' } }, "UPSTREAM_BAD_RESPONSE"],
  ["sends another type", { replace: { body: '{"status":"success","data":"none"}' } }, "UPSTREAM_BAD_RESPONSE"],
  ["sends a list for an object", { replace: { body: '{"status":"success","data":[[]]}' } }, "UPSTREAM_BAD_RESPONSE"],
  ["sends a deep nest", { replace: { body: "[".repeat(200_000) } }, "UPSTREAM_BAD_RESPONSE"],
  ["sends far too much", { padBytes: 6_000_000 }, "UPSTREAM_BAD_RESPONSE"],
];

/** Asks four services of the platform, and the gateway itself. */
const MIX = `{
  me { name }
  subscribeTokens { totalCount }
  stream(by: { name: "derby-final" }) { name isLive bandwidth(window: { last: "P1D" }) { total { bytesOut } } }
  account { allowedCountries }
}`;

interface Mix {
  readonly me: unknown;
  readonly subscribeTokens: unknown;
  readonly stream: { readonly isLive: boolean | null; readonly bandwidth: { readonly total: unknown } };
  readonly account: { readonly allowedCountries: unknown } | null;
}

/** The tokens are known; nothing else is kept from one query to the next. */
async function warmGateway(): Promise<TestGateway> {
  const gateway = await createTestGateway({ isTimingSet: true, gateway: { usageCacheBytes: 0 } });
  await gateway.ask("{ subscribeTokens { totalCount } }");
  gateway.sandbox.clearCalls();
  return gateway;
}

describe.each(faults)("a platform that %s all the time", (_what, fault, code) => {
  it("costs the fields that need it, with a code, and no other field", async () => {
    await using gateway = await warmGateway();
    gateway.sandbox.fault({ path: "*", ...fault });
    const { data, errors } = await gateway.ask<Mix>(MIX);
    expect(data).toMatchObject({
      me: { name: "operator" },
      subscribeTokens: { totalCount: 32 },
      stream: { name: "derby-final", isLive: null, bandwidth: { total: null } },
    });
    expect(errors.map(({ path }) => path?.join("."))).toEqual(
      expect.arrayContaining(["stream.isLive", "stream.bandwidth.total"]),
    );
    expect(new Set(errors.map(({ extensions }) => extensions.code))).toEqual(new Set([code]));
    expect(gateway.complaints()).not.toContain("unhandled error");
  });

  it.each(["monitoring", "analytics"])(
    "in %s alone costs its own fields, however often it is asked",
    async (service) => {
      await using gateway = await warmGateway();
      gateway.sandbox.fault({ path: `/api/${service}/*`, ...fault });
      const ask = async () => {
        const { data, errors } = await gateway.ask<Mix>(MIX);
        expect(data).toMatchObject({ me: { name: "operator" }, subscribeTokens: { totalCount: 32 } });
        expect(data.account?.allowedCountries).toEqual(expect.anything());
        if (service === "monitoring") expect(data.stream.bandwidth.total).not.toBeNull();
        else expect(data.stream.isLive).toBe(true);
        expect(errors).toHaveLength(1);
        expect([code, "UPSTREAM_UNAVAILABLE", "UPSTREAM_TIMEOUT"]).toContain(errors[0]?.extensions.code);
      };
      for (let round = 0; round < 2; round += 1) await Promise.all(Array.from({ length: 5 }, ask));
    },
  );
});

const STREAMS = ["derby-final", "derby-semi", "arena-cam1", "arena-cam2", "arena-cam3", "arena-cam4", "world-feed"];
/** Windows of each stream: 36 starts by 40 ends. */
const WINDOWS = 36 * 40;

/** Returns a query that costs one call of analytics, with another stream or window for each index. */
function question(index: number): string {
  const name = STREAMS[Math.floor(index / WINDOWS) % STREAMS.length];
  const from = new Date(Date.UTC(2026, 0, 1 + (index % 36))).toISOString();
  const to = new Date(Date.UTC(2026, 2, 17 - (Math.floor(index / 36) % 40))).toISOString();
  return `{ stream(by: { name: "${name}" }) { bandwidth(window: ${range(from, to)}) { total { bytesOut } } } }`;
}

/** How many calls the gateway has sent so far, each try counted. */
async function callsSent({ gateway }: TestGateway): Promise<number> {
  const headers = { authorization: `Bearer ${OPERATOR_KEY}` };
  const response = await gateway.fetch(new Request("http://gateway.test/metrics", { headers }));
  const counts = (await response.text()).matchAll(/^syndigraph_upstream_calls_total\{.*\} (\d+)$/gm);
  return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
}

/** Asks so many questions, some at once, and tells how many had their data, and how many calls each took. */
async function ask(tested: TestGateway, count: number, atOnce: number) {
  const before = await callsSent(tested);
  let asked = 0;
  let served = 0;
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      while (asked < count) {
        asked += 1;
        const { data } = await tested.ask<{ stream: Mix["stream"] }>(question(asked));
        if (data.stream?.bandwidth.total) served += 1;
      }
    }),
  );
  return { served: served / count, callsEach: ((await callsSent(tested)) - before) / count };
}

/** Queries at once over a failing platform; the drill `faults` runs more. */
const FAULTY_QUERIES = Number(process.env["FAULTY_QUERIES"] ?? 1_000);

/** A tenth of the faults each. */
function faultOneCallIn7({ sandbox }: TestGateway): void {
  const kinds: readonly Omit<FaultInput, "path">[] = [
    { latencyMs: 600_000 },
    { status: 429 },
    { status: 500 },
    { drop: "before" },
    { drop: "after" },
    { dripMs: 60_000 },
    { truncate: true },
    { replace: { contentType: "text/html", body: "<html>" } },
    { replace: { body: '{"status":"success","data":"none"}' } },
    { padBytes: 6_000_000 },
  ];
  // Each is drawn from what those before it have left.
  kinds.forEach(
    (kind, before) => void sandbox.fault({ path: "/api/*", chance: 0.015 / (1 - 0.015 * before), ...kind }),
  );
}

describe("a platform that fails 15 of 100 calls by chance", () => {
  it.each([
    // One after the other the same calls fail in each run. At once they are those of other queries: 3 or 4 of 1,000 fail, of 15.
    [250, 1, 0.99],
    [FAULTY_QUERIES, 50, 0.985],
  ])(
    "costs hardly any query, and 1.25 calls each: of %d queries, %d at once, a share of %d is served",
    async (count, atOnce, share) => {
      await using gateway = await createTestGateway({
        isTimingSet: true,
        gateway: { usageCacheBytes: 0 },
      });
      await gateway.ask("{ subscribeTokens { totalCount } }");
      faultOneCallIn7(gateway);
      const { served, callsEach } = await ask(gateway, count, atOnce);
      expect(served).toBeGreaterThanOrEqual(share);
      expect(callsEach).toBeLessThanOrEqual(1.25);
      expect(callsEach).toBeGreaterThan(1.1);
    },
  );
});

describe("an outage", () => {
  it.each<[string, Omit<FaultInput, "path">]>([
    ["503", { status: 503 }],
    ["resets", { drop: "before" }],
    ["silence", { hang: "before" }],
    ["429", { status: 429 }],
    ["HTML", { replace: { contentType: "text/html", body: "<html>" } }],
    ["another type", { replace: { body: '{"status":"success","data":"none"}' } }],
  ])(
    "of %s is not made worse: at most 1.3 calls a query; and two seconds of the breaker later all is well",
    async (_how, fault) => {
      await using gateway = await warmGateway();
      gateway.sandbox.fault({ path: "*", ...fault });
      const { served, callsEach } = await ask(gateway, 100, 5);
      expect(served).toBe(0);
      expect(callsEach).toBeLessThanOrEqual(1.3);
      // A call of the outage is under way while it ends: a probe, where the breaker is open.
      gateway.sandbox.clock.advance(PROBE_EVERY_MS);
      const received = gateway.sandbox.calls().length;
      const last = gateway.ask(question(1_000));
      await expect.poll(() => gateway.sandbox.calls().length).toBeGreaterThan(received);
      gateway.sandbox.clearFaults();
      gateway.sandbox.clock.advance(2_000);
      await gateway.ask(question(1_001));
      await last;
      expect(await ask(gateway, 50, 5)).toEqual({ served: 1, callsEach: 1 });
    },
  );
});
