import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Secret } from "../../src/model/secret.ts";
import type { FaultInput, Sandbox } from "../../src/sandbox/sandbox.ts";
import { createUpstream, type Upstream } from "../../src/upstream/upstream.ts";
import { UpstreamError } from "../../src/upstream/upstream-error.ts";
import { createConformantSandbox } from "../support/conformance.ts";
import { createHeldTime } from "../support/held-time.ts";
import { createRawPlatform, createTestTiming, upstreamFailure } from "../support/platform.ts";

const { timing, wait } = createHeldTime();
let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await createConformantSandbox({ startAt: "2026-03-18T10:20:00Z", frozen: true, wait });
});
afterAll(() => sandbox.close());

/** Every client of the platform over the sandbox, which is as it was planted. */
function overSandbox(timeoutMs = TIMEOUT_MS): Upstream & AsyncDisposable {
  sandbox.reset();
  const upstream = createUpstream({
    apiUrl: sandbox.origin,
    analyticsUrl: sandbox.origin,
    secret: new Secret(sandbox.secret),
    timeoutMs,
    timing,
  });
  return { ...upstream, [Symbol.asyncDispose]: () => upstream.close() };
}

const INFO = "/api/v3/account/info";
const TIMEOUT_MS = 5_000;

describe("a read of a platform that has a bad moment", () => {
  it.each<[string, Omit<FaultInput, "path">, number]>([
    ["fails twice", { status: 500, times: 2 }, 3],
    ["is behind a proxy that fails", { status: 502, times: 1 }, 2],
    ["drops the connection before it reads", { drop: "before", times: 2 }, 3],
    ["drops the connection in place of an answer", { drop: "after", times: 2 }, 3],
    ["breaks its answer off", { truncate: true, times: 2 }, 3],
    ["asks to come back in a second", { status: 429, headers: { "retry-after": "1" }, times: 2 }, 3],
  ])("that %s gets its answer", async (_what, fault, calls) => {
    await using upstream = overSandbox();
    sandbox.fault({ path: INFO, ...fault });
    expect(await upstream.account.id()).toBe("SYN4DX");
    expect(sandbox.calls()).toHaveLength(calls);
  });

  it("that hangs once gets its answer within its time", async () => {
    await using upstream = overSandbox();
    sandbox.fault({ path: INFO, hang: "before", times: 1 });
    expect(await upstream.account.id()).toBe("SYN4DX");
  });

  it.each<[string, Omit<FaultInput, "path">, string, number]>([
    ["fails", { status: 500 }, "UPSTREAM_UNAVAILABLE", 3],
    ["drops every connection", { drop: "before" }, "UPSTREAM_UNAVAILABLE", 3],
    ["breaks every answer off", { truncate: true }, "UPSTREAM_UNAVAILABLE", 3],
    ["is slow", { latencyMs: 60_000 }, "UPSTREAM_TIMEOUT", 3],
    ["asks to slow down", { status: 429 }, "UPSTREAM_RATE_LIMITED", 3],
    ["asks to come back too late", { status: 429, headers: { "retry-after": "9" } }, "UPSTREAM_RATE_LIMITED", 1],
    ["refuses the secret", { status: 401 }, "UPSTREAM_UNAUTHORIZED", 1],
  ])(
    "that %s all the time fails with its code, after a few calls and in its time",
    async (_what, fault, code, calls) => {
      await using upstream = overSandbox(TIMEOUT_MS);
      sandbox.fault({ path: INFO, ...fault });
      const begin = timing.now();
      expect((await upstreamFailure(upstream.account.id())).code).toBe(code);
      expect(timing.now() - begin).toBeLessThanOrEqual(TIMEOUT_MS);
      sandbox.clearFaults();
      expect(sandbox.calls().length).toBeLessThanOrEqual(calls);
    },
  );

  it("that drips its answers, byte by byte, fails in its time", async () => {
    const byByte = createTestTiming();
    await using platform = await createRawPlatform((socket) => {
      socket.write("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 9999\r\n\r\n");
      const drip = setInterval(() => {
        socket.write(" ");
        byByte.advance(100);
      }, 1);
      socket.on("close", () => clearInterval(drip));
    });
    const { origin } = platform;
    const upstream = createUpstream({
      apiUrl: origin,
      analyticsUrl: origin,
      secret: new Secret("secret-of-the-test"),
      timeoutMs: TIMEOUT_MS,
      timing: byByte,
    });
    expect((await upstreamFailure(upstream.account.id())).code).toBe("UPSTREAM_TIMEOUT");
    await platform.hungUp;
    await upstream.close();
  });
});

describe("an outage", () => {
  it("is not tripled: of 300 reads, three at a time, few more than one in ten are repeated, and soon nothing is sent", async () => {
    await using upstream = overSandbox();
    sandbox.fault({ path: "*", status: 503 });
    const codes = new Set<string>();
    for (let i = 0; i < 100; i += 1) {
      const reads = [0, 1, 2].map(() => upstream.account.id().catch((error: UpstreamError) => codes.add(error.code)));
      await Promise.all(reads);
    }
    expect(codes).toEqual(new Set(["UPSTREAM_UNAVAILABLE"]));
    expect(sandbox.calls().length).toBeLessThan(60);
  });

  it("sends no write while the breaker is open, and so leaves none in doubt", async () => {
    await using upstream = overSandbox();
    sandbox.fault({ path: "*", status: 503 });
    const wanted = { label: "x", streams: [{ pattern: "x", isRegex: false }], trackingId: null };
    const codes: string[] = [];
    for (let i = 0; i < 30; i += 1) {
      const failure = await upstreamFailure(upstream.subscribeTokens.create(wanted as never));
      codes.push(failure.code);
    }
    const inDoubt = codes.filter((code) => code === "OUTCOME_UNKNOWN").length;
    expect(inDoubt).toBe(sandbox.calls().length);
    expect(inDoubt).toBe(8);
    expect(codes.slice(8)).toEqual(Array(22).fill("UPSTREAM_UNAVAILABLE"));
  });
});

/** What may go wrong with one call; nothing, as often as not. */
const faults: fc.Arbitrary<Omit<FaultInput, "path"> | null> = fc.oneof(
  { weight: 6, arbitrary: fc.constant(null) },
  fc.constantFrom<Omit<FaultInput, "path">>(
    { status: 500 },
    { status: 503, headers: { "retry-after": "0" } },
    { status: 429 },
    { status: 429, headers: { "retry-after": "0" } },
    { status: 400 },
    { drop: "before" },
    { drop: "after" },
    { truncate: true },
    { hang: "before" },
    { hang: "after" },
  ),
);

/** Random sequences of writes; the drill `writes` runs more. */
const SEQUENCES = Number(process.env["WRITE_SEQUENCES"] ?? 60);

/** Creates three of five times, else changes or deletes one of the first tokens that there are. */
const operations = fc.array(
  fc.record({
    kind: fc.constantFrom("CREATE", "CREATE", "CREATE", "RENAME", "DELETE"),
    of: fc.nat(5),
    fault: faults,
    times: fc.integer({ min: 1, max: 3 }),
  }),
  { minLength: 1, maxLength: 12 },
);

describe("a write", () => {
  it("happens once if it was acknowledged, never if it was refused, and at most once if its outcome is unknown", async () => {
    await fc.assert(
      fc.asyncProperty(operations, async (writes) => {
        await using upstream = overSandbox();
        const first = sandbox.tokens.subscribe().map(({ id }) => id);
        const labels = () => sandbox.tokens.subscribe().map(({ label }) => label);
        for (const [index, { kind, of, fault, times }] of writes.entries()) {
          const id = first[of] ?? 0;
          const label = `write ${index}`;
          const before = { labels: labels().length, has: sandbox.tokens.subscribe().some((token) => token.id === id) };
          if (fault) sandbox.fault({ path: "/api/*", ...fault, times });
          const outcome = await (kind === "CREATE"
            ? upstream.subscribeTokens.create({ label, streams: [{ pattern: "x", isRegex: false }] })
            : kind === "RENAME"
              ? upstream.subscribeTokens.update(id, { label })
              : upstream.subscribeTokens.delete(id)
          ).then(
            () => "DONE",
            (error: unknown) => (error instanceof UpstreamError ? error.code : "FAULT"),
          );
          sandbox.clearFaults();
          // What was given up may still be on its way.
          for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
          expect(outcome).not.toBe("FAULT");
          const done =
            kind === "DELETE" ? before.labels - labels().length : labels().filter((one) => one === label).length;
          if (outcome === "DONE") expect(done).toBe(1);
          else if (outcome === "OUTCOME_UNKNOWN") expect([0, 1]).toContain(done);
          else expect(done).toBe(0);
          if (kind === "CREATE") expect(labels().length - before.labels).toBe(done);
        }
      }),
      { numRuns: SEQUENCES },
    );
  });
});
