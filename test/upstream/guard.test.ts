import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createGuard, type GuardedCall, PLACES } from "../../src/upstream/guard.ts";
import { createPace } from "../../src/upstream/pace.ts";
import { type PlatformHealth, UpstreamError, type UpstreamErrorCode } from "../../src/upstream/upstream-error.ts";
import { createTestTiming, upstreamFailure } from "../support/platform.ts";

const call: GuardedCall = { operation: "Test_Call", timeoutMs: 4_000, tryMs: 2_000 };

const failure = (health: PlatformHealth, code: UpstreamErrorCode = "OUTCOME_UNKNOWN", status?: number) =>
  new UpstreamError(code, `it is ${health}`, { operation: "Test_Call", health, status });
/** Failures of writes, so that each call is one try. */
const sick = failure("SICK");
const well = failure("WELL");
const givenUp = failure("NOTHING");

/** A guard, and how often it let a call through. */
function guardOf() {
  const timing = createTestTiming();
  const guard = createGuard(createPace(), timing);
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

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: 1_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

describe("the breaker", () => {
  it("opens when more than half of at least 18 calls in three seconds find the platform sick: then nothing is sent", async () => {
    const { run, runMany, state } = guardOf();
    await runMany(17, sick);
    expect((await upstreamFailure(run(sick))).message).toBe("it is SICK");
    const refused = await upstreamFailure(run());
    expect(refused).toMatchObject({ code: "UPSTREAM_UNAVAILABLE", health: "NOTHING", status: null });
    expect(refused.facts).toEqual({ operation: "Test_Call", retryAfterSeconds: 1 });
    expect(state.sent).toBe(18);
  });

  it("stays closed for failures that come one by one, and while half of the calls go well", async () => {
    const slow = guardOf();
    for (let i = 0; i < 100; i += 1) {
      vi.setSystemTime(Date.now() + 600);
      await slow.runMany(3, sick);
    }
    expect(await slow.run()).toBe("fine");
    const half = guardOf();
    for (let i = 0; i < 100; i += 1) {
      await half.runMany(1);
      await half.runMany(1, sick);
    }
    expect(await half.run()).toBe("fine");
  });

  it("does not count refusals, 429 and clients that leave", async () => {
    const { run, runMany } = guardOf();
    await runMany(50, well);
    await runMany(50, failure("WELL", "UPSTREAM_RATE_LIMITED", 429));
    await runMany(50, givenUp);
    expect(await run()).toBe("fine");
  });

  it("lets one call through after a second: one that goes well closes it, any other keeps it open", async () => {
    for (const [probe, closes] of [
      [undefined, true],
      [well, true],
      [sick, false],
      [givenUp, false],
    ] as const) {
      const { run, runMany, state } = guardOf();
      await runMany(18, sick);
      vi.setSystemTime(Date.now() + 999);
      await runMany(5);
      expect(state.sent).toBe(18);
      vi.setSystemTime(Date.now() + 1);
      await runMany(1, probe);
      expect(state.sent).toBe(19);
      await runMany(5);
      expect(state.sent).toBe(closes ? 24 : 19);
      if (!closes) expect((await upstreamFailure(run())).code).toBe("UPSTREAM_UNAVAILABLE");
    }
  });

  it("lets the calls that come during that one wait for what becomes of it", async () => {
    const { guard, runMany, run, state } = guardOf();
    await runMany(18, sick);
    vi.setSystemTime(Date.now() + 1_000);
    let end: (value: string) => void = () => undefined;
    const answer = new Promise<string>((resolve) => {
      end = resolve;
    });
    const probe = guard.call(call, () => answer);
    const others = [run(), run(), run()];
    await settle();
    expect(state.sent).toBe(18);
    end("fine");
    expect(await Promise.all([probe, ...others])).toEqual(["fine", "fine", "fine", "fine"]);
  });

  it("of one origin is not that of another", async () => {
    const pace = createPace();
    const [one, other] = [createGuard(pace, createTestTiming()), createGuard(pace, createTestTiming())];
    for (let i = 0; i < 18; i += 1) await one.call(call, () => Promise.reject(sick)).catch(() => undefined);
    await upstreamFailure(one.call(call, async () => "fine"));
    expect(await other.call(call, async () => "fine")).toBe("fine");
  });
});

describe("the bulkhead", () => {
  /** As many calls under way as fit in, which end when the test says so. */
  function crowd(guarded: GuardedCall = call) {
    const { guard } = guardOf();
    const ends: (() => void)[] = [];
    const calls = (count: number) =>
      Array.from({ length: count }, () =>
        guard.call(guarded, () => new Promise<string>((resolve) => void ends.push(() => resolve("fine")))),
      );
    return { guard, calls, ends };
  }

  it("lets 256 calls be under way and 512 wait, and refuses more at once", async () => {
    const { calls, ends } = crowd();
    const waiting = calls(PLACES + 512);
    expect(ends).toHaveLength(PLACES);
    const refused = await upstreamFailure(calls(1)[0] as Promise<string>);
    expect(refused).toMatchObject({ code: "OVERLOADED", health: "NOTHING", facts: { retryAfterSeconds: 1 } });
    while (ends.length > 0) {
      for (const end of ends.splice(0)) end();
      await settle();
    }
    expect(new Set(await Promise.all(waiting))).toEqual(new Set(["fine"]));
  });

  it("does not keep a call waiting for longer than it has time, and never sends it then", async () => {
    const { guard, calls, ends } = crowd();
    const waiting = calls(PLACES);
    let sent = 0;
    const late = await upstreamFailure(
      guard.call({ ...call, timeoutMs: 20 }, async () => {
        sent += 1;
      }),
    );
    expect(late).toMatchObject({ code: "UPSTREAM_TIMEOUT", health: "NOTHING" });
    for (const end of ends) end();
    await Promise.all(waiting);
    await settle();
    expect(sent).toBe(0);
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
        throw failure("SICK", "UPSTREAM_TIMEOUT");
      }),
    );
    expect(given).toEqual([2_000, 1_975]);
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
