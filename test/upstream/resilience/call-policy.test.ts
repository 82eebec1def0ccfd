import { describe, expect, it, vi } from "vitest";
import { Deferred } from "../../../src/primitives/deferred.ts";
import {
  createCallPolicy,
  MAX_CONCURRENT_CALLS,
  type PolicyCall,
} from "../../../src/upstream/resilience/call-policy.ts";
import { PROBE_EVERY_MS } from "../../../src/upstream/resilience/circuit-breaker.ts";
import { createConcurrencyLimit } from "../../../src/upstream/resilience/concurrency-limit.ts";
import { type PlatformHealth, UpstreamError, type UpstreamErrorCode } from "../../../src/upstream/upstream-error.ts";
import { createTestTiming, upstreamFailure } from "../../support/platform.ts";

const call: PolicyCall = { operation: "Test_Call", timeoutMs: 4_000, attemptMs: 2_000 };

const failure = (health: PlatformHealth, code: UpstreamErrorCode = "OUTCOME_UNKNOWN", status?: number) =>
  new UpstreamError(code, `it is ${health}`, { operation: "Test_Call", health, status });
/** Failures of writes, so that each call is one try. */
const sick = failure("UNHEALTHY");
const well = failure("HEALTHY");
const givenUp = failure("UNKNOWN");

/** A guard, and how often it let a call through. */
function guardOf() {
  const timing = createTestTiming();
  const guard = createCallPolicy(createConcurrencyLimit(), timing);
  const state = { sent: 0 };
  const run = (error?: Error) =>
    guard.call(call, async () => {
      state.sent += 1;
      if (error) throw error;
      return "fine";
    });
  const runMany = async (count: number, error?: Error) => {
    for (let i = 0; i < count; i += 1) await run(error).catch(() => undefined);
  };
  return { guard, timing, state, run, runMany };
}

const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

describe("the breaker", () => {
  it("opens when eight calls in a row find the platform sick, however slowly they come: then nothing is sent", async () => {
    const { timing, run, runMany, state } = guardOf();
    for (let i = 0; i < 7; i += 1) {
      await runMany(1, sick);
      timing.advance(60_000);
    }
    expect((await upstreamFailure(run(sick))).message).toBe("it is UNHEALTHY");
    const refused = await upstreamFailure(run());
    expect(refused).toMatchObject({ code: "UPSTREAM_UNAVAILABLE", health: "UNKNOWN", status: null });
    expect(refused.facts).toEqual({ operation: "Test_Call", retryAfterSeconds: 1 });
    expect(state.sent).toBe(8);
  });

  it("stays closed for a row of failures behind one that went well", async () => {
    const { timing, run, runMany } = guardOf();
    await runMany(1);
    await runMany(8, sick);
    expect(await run()).toBe("fine");
    timing.advance(3_000);
    await runMany(8, sick);
    await upstreamFailure(run());
  });

  it("opens when more than half of at least 12 calls in three seconds do", async () => {
    const { run, runMany, state } = guardOf();
    await runMany(5);
    await runMany(6, sick);
    expect((await upstreamFailure(run(sick))).message).toBe("it is UNHEALTHY");
    await upstreamFailure(run());
    expect(state.sent).toBe(12);
  });

  it("stays closed while half of the calls go well", async () => {
    const { run, runMany } = guardOf();
    for (let i = 0; i < 100; i += 1) {
      await runMany(1);
      await runMany(1, sick);
    }
    expect(await run()).toBe("fine");
  });

  it("does not count refusals, 429 and clients that leave", async () => {
    const { run, runMany } = guardOf();
    await runMany(50, well);
    await runMany(50, failure("HEALTHY", "UPSTREAM_RATE_LIMITED", 429));
    await runMany(50, givenUp);
    expect(await run()).toBe("fine");
  });

  it("lets one call through each half second: one that goes well closes it, any other keeps it open", async () => {
    for (const [probe, closes] of [
      [undefined, true],
      [well, true],
      [sick, false],
      [givenUp, false],
    ] as const) {
      const { timing, run, runMany, state } = guardOf();
      await runMany(8, sick);
      timing.advance(PROBE_EVERY_MS - 1);
      await runMany(5);
      expect(state.sent).toBe(8);
      timing.advance(1);
      await runMany(1, probe);
      expect(state.sent).toBe(9);
      await runMany(5);
      expect(state.sent).toBe(closes ? 14 : 9);
      if (!closes) expect((await upstreamFailure(run())).code).toBe("UPSTREAM_UNAVAILABLE");
    }
  });

  it("has forgotten what was before when it has closed", async () => {
    const { timing, run, runMany } = guardOf();
    await runMany(8, sick);
    timing.advance(PROBE_EVERY_MS);
    await runMany(1);
    await runMany(7, sick);
    expect(await run()).toBe("fine");
  });

  it("refuses the calls that come while a probe is under way at once, and lets all through when it has gone well", async () => {
    const { timing, guard, runMany, run, state } = guardOf();
    await runMany(8, sick);
    timing.advance(PROBE_EVERY_MS);
    const answer = new Deferred<string>();
    const probe = guard.call(call, () => answer.promise);
    expect(guard.breakers()).toEqual(new Map([["Test", "HALF_OPEN"]]));
    expect((await upstreamFailure(run())).facts).toEqual({ operation: "Test_Call", retryAfterSeconds: 1 });
    expect(state.sent).toBe(8);
    answer.resolve("fine");
    expect(await probe).toBe("fine");
    expect(guard.breakers()).toEqual(new Map([["Test", "CLOSED"]]));
    expect(await run()).toBe("fine");
  });

  it("refuses the caller of a probe of a read as well when half a second has passed, and not before", async () => {
    const { timing, guard, runMany } = guardOf();
    await runMany(8, sick);
    timing.advance(PROBE_EVERY_MS);
    const probe = guard.call({ ...call, isCancellable: true }, () => new Deferred<string>().promise);
    let isOver = false;
    probe
      .catch(() => undefined)
      .finally(() => {
        isOver = true;
      });
    timing.advance(PROBE_EVERY_MS - 1);
    await settle();
    expect(isOver).toBe(false);
    timing.advance(1);
    expect(await upstreamFailure(probe)).toMatchObject({ code: "UPSTREAM_UNAVAILABLE", health: "UNKNOWN" });
  });

  it("closes by a probe that goes well after its caller was refused: so a slow platform is found well", async () => {
    const { timing, guard, runMany, run } = guardOf();
    await runMany(8, sick);
    timing.advance(PROBE_EVERY_MS);
    const answer = new Deferred<string>();
    const probe = guard.call({ ...call, isCancellable: true }, () => answer.promise);
    timing.advance(PROBE_EVERY_MS);
    await upstreamFailure(probe);
    timing.advance(100);
    answer.resolve("late, but fine");
    await settle();
    expect(guard.breakers()).toEqual(new Map([["Test", "CLOSED"]]));
    expect(await run()).toBe("fine");
  });

  it("leaves a probe that changes something all of its time: its caller must learn what became of it", async () => {
    const { timing, guard, runMany } = guardOf();
    await runMany(8, sick);
    timing.advance(PROBE_EVERY_MS);
    const answer = new Deferred<string>();
    const probe = guard.call(call, () => answer.promise);
    timing.advance(10 * PROBE_EVERY_MS);
    answer.resolve("done");
    expect(await probe).toBe("done");
  });

  it("sends the next probe half a second later, however long the one before hangs", async () => {
    const { timing, guard, runMany, run } = guardOf();
    await runMany(8, sick);
    timing.advance(PROBE_EVERY_MS);
    const hang = new Deferred<string>();
    const hanging = guard.call(call, () => hang.promise);
    timing.advance(PROBE_EVERY_MS - 1);
    expect((await upstreamFailure(run())).code).toBe("UPSTREAM_UNAVAILABLE");
    timing.advance(1);
    expect(await run()).toBe("fine");
    hang.reject(sick);
    expect(await upstreamFailure(hanging)).toBe(sick);
    expect(guard.breakers()).toEqual(new Map([["Test", "CLOSED"]]));
  });

  it("is not opened by a call that was sent before it closed", async () => {
    const { timing, guard, runMany, run } = guardOf();
    const before = Array.from({ length: 12 }, () => new Deferred<string>());
    const calls = before.map(({ promise }) => guard.call(call, () => promise).catch(() => undefined));
    await runMany(8, sick);
    timing.advance(PROBE_EVERY_MS);
    await runMany(1);
    for (const each of before) each.reject(sick);
    await Promise.all(calls);
    expect(await run()).toBe("fine");
  });

  it("counts the share of failures over three seconds, and forgets what is older", async () => {
    const { timing, runMany, run } = guardOf();
    await runMany(6, sick);
    await runMany(1);
    timing.advance(3_000);
    await runMany(5, sick);
    expect(await run()).toBe("fine");
  });

  it.each([-3_600_000, 3_600_000])("measures no time by the wall clock, which may be set: by %d ms", async (jump) => {
    vi.useFakeTimers({ toFake: ["Date"] });
    try {
      const { timing, runMany, run, state } = guardOf();
      await runMany(8, sick);
      vi.setSystemTime(Date.now() + jump);
      await upstreamFailure(run());
      expect(state.sent).toBe(8);
      timing.advance(PROBE_EVERY_MS);
      expect(await run()).toBe("fine");
    } finally {
      vi.useRealTimers();
    }
  });

  it("of one service is not that of another", async () => {
    const { guard, runMany, run } = guardOf();
    await runMany(8, sick);
    await upstreamFailure(run());
    const of = (operation: string) => guard.call({ ...call, operation }, async () => "fine");
    expect(await of("Other_Call")).toBe("fine");
    expect((await upstreamFailure(of("TestV2_Other"))).code).toBe("UPSTREAM_UNAVAILABLE");
    expect(guard.breakers()).toEqual(
      new Map([
        ["Test", "OPEN"],
        ["Other", "CLOSED"],
      ]),
    );
  });

  it("of one origin is not that of another", async () => {
    const pace = createConcurrencyLimit();
    const [one, other] = [createCallPolicy(pace, createTestTiming()), createCallPolicy(pace, createTestTiming())];
    for (let i = 0; i < 8; i += 1) await one.call(call, () => Promise.reject(sick)).catch(() => undefined);
    await upstreamFailure(one.call(call, async () => "fine"));
    expect(await other.call(call, async () => "fine")).toBe("fine");
  });
});

describe("the bulkhead", () => {
  /** As many calls under way as fit in, which end when the test says so. */
  function crowd(guarded: PolicyCall = call) {
    const { guard, timing } = guardOf();
    const ends: (() => void)[] = [];
    const calls = (count: number) =>
      Array.from({ length: count }, () =>
        guard.call(guarded, () => new Promise<string>((resolve) => void ends.push(() => resolve("fine")))),
      );
    return { guard, timing, calls, ends };
  }

  it("lets 256 calls be under way and 512 wait, and refuses more at once", async () => {
    const { calls, ends } = crowd();
    const waiting = calls(MAX_CONCURRENT_CALLS + 512);
    expect(ends).toHaveLength(MAX_CONCURRENT_CALLS);
    const refused = await upstreamFailure(calls(1)[0] as Promise<string>);
    expect(refused).toMatchObject({ code: "OVERLOADED", health: "UNKNOWN", facts: { retryAfterSeconds: 1 } });
    while (ends.length > 0) {
      for (const end of ends.splice(0)) end();
      await settle();
    }
    expect(new Set(await Promise.all(waiting))).toEqual(new Set(["fine"]));
  });

  it("of a service that hangs leaves room for the others", async () => {
    const { guard, calls, ends } = crowd();
    const waiting = calls(MAX_CONCURRENT_CALLS + 512);
    expect(await guard.call({ ...call, operation: "Other_Call" }, async () => "fine")).toBe("fine");
    while (ends.length > 0) {
      for (const end of ends.splice(0)) end();
      await settle();
    }
    await Promise.all(waiting);
  });

  it("does not keep a call waiting for longer than it has time, and never sends it then", async () => {
    const { guard, timing, calls, ends } = crowd();
    const waiting = calls(MAX_CONCURRENT_CALLS);
    let sent = 0;
    const late = upstreamFailure(
      guard.call({ ...call, timeoutMs: 20 }, async () => {
        sent += 1;
      }),
    );
    timing.advance(20);
    expect(await late).toMatchObject({ code: "UPSTREAM_TIMEOUT", health: "UNKNOWN" });
    for (const end of ends.splice(0)) end();
    await Promise.all(waiting);
    await settle();
    expect(sent).toBe(0);
    // Its place is free again.
    const further = calls(MAX_CONCURRENT_CALLS);
    expect(ends).toHaveLength(MAX_CONCURRENT_CALLS);
    for (const end of ends) end();
    await Promise.all(further);
  });
});

describe("a call", () => {
  it("has its time for all of its tries, and each try a part of it", async () => {
    const { guard, timing } = guardOf();
    const given: number[] = [];
    await upstreamFailure(
      guard.call(call, async (ms) => {
        given.push(ms);
        timing.advance(ms);
        throw failure("UNHEALTHY", "UPSTREAM_TIMEOUT");
      }),
    );
    expect(given).toEqual([2_000, 987.5, 937.5]);
  });

  it("that may be made only once has all of its time for that", async () => {
    const { guard, timing } = guardOf();
    const given: number[] = [];
    const attempt = async (ms: number) => {
      given.push(ms);
      timing.advance(1_000);
      throw failure("UNHEALTHY", "UPSTREAM_UNAVAILABLE");
    };
    await upstreamFailure(guard.call({ ...call, attemptMs: call.timeoutMs }, attempt));
    expect(given).toEqual([4_000, 2_975, 1_925]);
  });

  it("that fails by a fault of ours fails as it is, and is not made again", async () => {
    const { guard } = guardOf();
    let tries = 0;
    const fault = guard.call(call, async () => {
      tries += 1;
      throw new RangeError("ours");
    });
    await expect(fault).rejects.toThrow(RangeError);
    expect(tries).toBe(1);
  });
});
