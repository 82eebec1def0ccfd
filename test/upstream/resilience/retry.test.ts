import { getEventListeners } from "node:events";
import fc from "fast-check";
import type { Dispatcher } from "undici";
import { describe, expect, it } from "vitest";
import { Secret } from "../../../src/model/secret.ts";
import { createCallPolicy } from "../../../src/upstream/resilience/call-policy.ts";
import { createConcurrencyLimit } from "../../../src/upstream/resilience/concurrency-limit.ts";
import { createRetryBudget, MAX_ATTEMPTS, realTiming, withRetries } from "../../../src/upstream/resilience/retry.ts";
import { ShapeError } from "../../../src/upstream/transport/decode.ts";
import { createHttp } from "../../../src/upstream/transport/http-client.ts";
import type { Call, StreamCall } from "../../../src/upstream/transport/http-types.ts";
import { UpstreamError } from "../../../src/upstream/upstream-error.ts";
import {
  API_SECRET,
  createScriptedPlatform,
  createTestTiming,
  type ScriptedAnswer,
  type TestTiming,
  upstreamFailure,
} from "../../support/platform.ts";
import { rejectionOf } from "../../support/refusal.ts";

const call: Call<unknown> = { operation: "Test_Call", path: "/api/test", decode: (data) => data };
const write: Call<unknown> = { ...call, method: "POST", body: {} };
const stream: StreamCall = { ...write, signal: undefined, accept: "application/x-jsonl" };

/** A platform that is told what to answer, behind a guard whose waits take no time. */
function guardedPlatform(chance?: number) {
  const timing = createTestTiming(chance);
  return { timing, platform: createScriptedPlatform({ policy: createCallPolicy(createConcurrencyLimit(), timing) }) };
}

describe("a read that failed", () => {
  it.each<[string, ScriptedAnswer]>([
    ["500", { status: 500 }],
    ["502", { status: 502 }],
    ["503", { status: 503 }],
    ["504", { status: 504 }],
    ["429 with a wait that fits", { status: 429, headers: { "retry-after": "1" } }],
    ["429 that does not say until when", { status: 429 }],
    ["a page of HTML", { headers: { "content-type": "text/html" }, body: "<html>" }],
    ["JSON that is cut off", { body: '{"status":"success","da' }],
    ["an envelope of failure", { body: { status: "fail", data: { message: "no" } } }],
    ["a status that nobody knows", { status: 302, headers: { location: "/login" } }],
  ])("with %s is made again, and what it then gives is the answer", async (_what, answer) => {
    const { platform } = guardedPlatform();
    await using _ = platform;
    platform.answer(answer, answer);
    platform.succeed("fine");
    expect(await platform.http.read(call)).toBe("fine");
    expect(platform.reports).toMatchObject([{ attempts: MAX_ATTEMPTS, failure: null }]);
  });

  it("three times has failed, as the last time did", async () => {
    const { platform } = guardedPlatform();
    await using _ = platform;
    platform.answer({ status: 500 }, { status: 502 }, { status: 503 });
    expect(await upstreamFailure(platform.http.read(call))).toMatchObject({
      code: "UPSTREAM_UNAVAILABLE",
      status: 503,
    });
    expect(platform.reports).toMatchObject([{ attempts: 3, failure: "UPSTREAM_UNAVAILABLE" }]);
  });

  it.each<[string, ScriptedAnswer, string]>([
    ["a refusal", { status: 400, body: { status: "fail", data: { message: "no" } } }, "UPSTREAM_REJECTED"],
    ["a refused secret", { status: 401 }, "UPSTREAM_UNAUTHORIZED"],
    ["an unknown address", { status: 404, body: { status: "fail", data: {} } }, "UPSTREAM_REJECTED"],
    ["429 until too late", { status: 429, headers: { "retry-after": "5" } }, "UPSTREAM_RATE_LIMITED"],
    ["503 until too late", { status: 503, headers: { "retry-after": "60" } }, "UPSTREAM_UNAVAILABLE"],
  ])("by %s is not made again", async (_what, answer, code) => {
    const { platform } = guardedPlatform();
    await using _ = platform;
    platform.answer(answer);
    expect((await upstreamFailure(platform.http.read(call))).code).toBe(code);
    expect(platform.calls).toHaveLength(1);
  });

  it("by an answer of another shape is made again, as it may be one of another server", async () => {
    const { platform } = guardedPlatform();
    await using _ = platform;
    platform.succeed("odd", "fine");
    const decode = (data: unknown) => {
      if (data !== "fine") throw new ShapeError("data", "fine");
      return data;
    };
    expect(await platform.http.read({ ...call, decode })).toBe("fine");
    expect(platform.calls).toHaveLength(2);
  });

  it("by 429 without a time is made again after a longer while", async () => {
    const { platform, timing } = guardedPlatform();
    await using _ = platform;
    platform.answer({ status: 429 }, { status: 429 });
    platform.succeed("fine");
    expect(await platform.http.read(call)).toBe("fine");
    expect(timing.pauses).toEqual([125, 250]);
  });

  it("until too late tells the wait that the platform asks for", async () => {
    const { platform, timing } = guardedPlatform();
    await using _ = platform;
    const headers = { "retry-after": "Wed, 18 Mar 2026 10:21:00 GMT", date: "Wed, 18 Mar 2026 10:20:00 GMT" };
    platform.answer({ status: 429, headers });
    const { facts } = await upstreamFailure(platform.http.read(call));
    expect(facts).toMatchObject({ retryAfterSeconds: 60 });
    expect(timing.pauses).toEqual([]);
  });

  it("is made again after a wait of random length that may double, or after the wait that the platform asks for", async () => {
    for (const [chance, waits] of [
      [0, [0, 3_000]],
      [0.5, [25, 3_050]],
      [0.999, [49.95, 3_099.9]],
    ] as const) {
      const { platform, timing } = guardedPlatform(chance);
      await using _ = platform;
      platform.answer({ status: 500 }, { status: 503, headers: { "retry-after": "3" } });
      platform.succeed("fine");
      await platform.http.read(call);
      expect(timing.pauses).toEqual(waits);
    }
  });

  it("to begin a stream is made again too, and none that has begun", async () => {
    const { platform } = guardedPlatform();
    await using _ = platform;
    platform.answer({ status: 503 }, { headers: { "content-type": "application/x-jsonl" }, body: "{}\n" });
    await platform.http.stream(stream);
    expect(platform.calls).toHaveLength(2);
  });

  it("is not made again for a client that has left", async () => {
    const { platform } = guardedPlatform();
    await using _ = platform;
    const client = new AbortController();
    platform.answerAll(() => {
      client.abort();
      return { status: 503 };
    });
    const failure = await upstreamFailure(platform.http.read({ ...call, signal: client.signal }));
    expect(failure.message).toContain("cancelled");
    expect(platform.calls).toHaveLength(1);
  });
});

describe("a write that failed", () => {
  it.each([500, 502, 503, 504])("with %d may have been done, and is never made again", async (status) => {
    const { platform } = guardedPlatform();
    await using _ = platform;
    platform.answer({ status, headers: { "retry-after": "0" } });
    expect((await upstreamFailure(platform.http.write(write))).code).toBe("OUTCOME_UNKNOWN");
    expect(platform.calls).toHaveLength(1);
  });

  it("with 429 has not been done: it is made again if the platform says when, and else not", async () => {
    const { platform, timing } = guardedPlatform();
    await using _ = platform;
    platform.answer({ status: 429, headers: { "retry-after": "2" } });
    platform.succeed("done");
    expect(await platform.http.write(write)).toBe("done");
    expect(timing.pauses).toEqual([2_025]);
    platform.answer({ status: 429 });
    expect((await upstreamFailure(platform.http.write(write))).code).toBe("UPSTREAM_RATE_LIMITED");
    expect(platform.calls).toHaveLength(3);
  });

  it.each([
    ["ECONNREFUSED", 3],
    ["UND_ERR_CONNECT_TIMEOUT", 3],
    ["ENOTFOUND", 3],
    ["ECONNRESET", 1],
    ["UND_ERR_SOCKET", 1],
    ["UND_ERR_HEADERS_TIMEOUT", 1],
    ["UND_ERR_BODY_TIMEOUT", 1],
    ["UND_ERR_CLOSED", 1],
  ])("by %s is sent %d times: again only while no connection took it", async (code, sent) => {
    const { timing } = guardedPlatform();
    let tries = 0;
    const dispatcher: Pick<Dispatcher, "dispatch"> = {
      dispatch: (_request, handler) => {
        tries += 1;
        handler.onResponseError?.(null as never, Object.assign(new Error("down"), { code }));
        return true;
      },
    };
    const http = createHttp({
      origin: "https://platform.test",
      secret: new Secret(API_SECRET),
      dispatcher: dispatcher as never,
      timeoutMs: 5_000,
      policy: createCallPolicy(createConcurrencyLimit(), timing),
    });
    await upstreamFailure(http.write(write));
    expect(tries).toBe(sent);
  });
});

describe("repetitions", () => {
  const sick = new UpstreamError("UPSTREAM_UNAVAILABLE", "down", { operation: "x", health: "UNHEALTHY" });
  const failing = (timing: TestTiming, error: UpstreamError, budget = createRetryBudget()) => {
    let tries = 0;
    const run = () =>
      withRetries(
        async () => {
          tries += 1;
          throw error;
        },
        timing.now() + 5_000,
        budget,
        timing,
      );
    return { run, tries: () => tries };
  };

  it("do not triple an outage: after the first thirty there are three for ten calls", async () => {
    const { run, tries } = failing(createTestTiming(), sick);
    for (let i = 0; i < 1_000; i += 1) expect(await rejectionOf(run())).toBe(sick);
    expect(tries()).toBeGreaterThan(1_290);
    expect(tries()).toBeLessThanOrEqual(1_000 + 30 + 300);
  });

  it.each(["UPSTREAM_RATE_LIMITED", "UPSTREAM_BAD_RESPONSE"] as const)(
    "after %s, which no breaker counts, are two thirds of that",
    async (code) => {
      const { run, tries } = failing(createTestTiming(), new UpstreamError(code, "odd", { operation: "x" }));
      for (let i = 0; i < 1_000; i += 1) await rejectionOf(run());
      expect(tries()).toBeGreaterThan(1_190);
      expect(tries()).toBeLessThanOrEqual(1_000 + 7 + 200);
    },
  );

  it("are paid for with all that is saved, down to the last of it", () => {
    const budget = createRetryBudget();
    const granted = (isCounted: boolean) => {
      let count = 0;
      while (budget.spend(isCounted)) count += 1;
      return count;
    };
    // Thirty are saved at first. Six at one and a half leave 21, one more than is left for what the breaker counts.
    expect(granted(false)).toBe(6);
    expect(granted(true)).toBe(21);
    expect(granted(true)).toBe(0);
    const other = createRetryBudget();
    for (let spent = 0; spent < 7; spent += 1) expect(other.spend(true)).toBe(true);
    // 23 are left: two at one and a half leave exactly the twenty.
    expect(other.spend(false)).toBe(true);
    expect(other.spend(false)).toBe(true);
    expect(other.spend(false)).toBe(false);
  });

  it("are not saved up in calm hours", async () => {
    const budget = createRetryBudget();
    for (let i = 0; i < 100_000; i += 1) budget.earn();
    const { run, tries } = failing(createTestTiming(), sick, budget);
    for (let i = 0; i < 10; i += 1) await rejectionOf(run());
    expect(tries()).toBeLessThanOrEqual(10 + 20);
  });

  it("and waits all fit into the call's time, whatever the platform asks for", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.option(fc.nat(4)), { minLength: 3, maxLength: 3 }),
        fc.nat(6_000),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        async (waits, timeoutMs, chance) => {
          const timing = createTestTiming(chance);
          let tries = 0;
          const attempt = async () => {
            const retryAfterSeconds = waits[tries] ?? undefined;
            tries += 1;
            timing.advance(100);
            throw new UpstreamError("UPSTREAM_UNAVAILABLE", "down", {
              operation: "x",
              retryAfterSeconds,
              health: "UNHEALTHY",
            });
          };
          const by = timing.now() + timeoutMs;
          await rejectionOf(withRetries(attempt, by, createRetryBudget(), timing));
          expect(tries).toBeLessThanOrEqual(MAX_ATTEMPTS);
          const lastTryBegan = timing.now() - 100;
          expect(lastTryBegan).toBeLessThanOrEqual(Math.max(timeoutMs, 0));
        },
      ),
    );
  });

  it("are waited for in real time, until the client leaves, and leave nothing behind", async () => {
    const client = new AbortController();
    const waiting = realTiming.pause(60_000, client.signal);
    client.abort();
    await waiting;
    const other = new AbortController();
    await realTiming.pause(1, other.signal);
    expect(getEventListeners(other.signal, "abort")).toEqual([]);
  });
});
