import { describe, expect, it } from "vitest";
import {
  type AdaptiveConcurrencyLimit,
  createConcurrencyLimit,
} from "../../../src/upstream/resilience/concurrency-limit.ts";
import { UpstreamError } from "../../../src/upstream/upstream-error.ts";

const slowDown = new UpstreamError("UPSTREAM_RATE_LIMITED", "slow down", { operation: "x", status: 429 });
const down = new UpstreamError("UPSTREAM_UNAVAILABLE", "down", { operation: "x", status: 503 });

async function during(pace: AdaptiveConcurrencyLimit, call: () => Promise<void>): Promise<void> {
  await pace.enter();
  const began = pace.era();
  await call().then(
    () => pace.leave(began),
    (error: unknown) => {
      pace.leave(began, error);
      throw error;
    },
  );
}

/** Calls that end when the test says so, first come first served. */
function callsThrough(pace: AdaptiveConcurrencyLimit) {
  const underWay: { readonly id: number; readonly end: (error?: Error) => void }[] = [];
  const outcomes: Promise<unknown>[] = [];
  let begun = 0;
  const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
  return {
    begin: async (count: number) => {
      for (let i = 0; i < count; i += 1) {
        const id = begun++;
        const call = () =>
          new Promise<void>((resolve, reject) => {
            underWay.push({ id, end: (error) => (error ? reject(error) : resolve()) });
          });
        outcomes.push(during(pace, call).catch((error: unknown) => error));
      }
      await settle();
    },
    end: async (count: number, error?: Error) => {
      for (const { end } of underWay.splice(0, count)) end(error);
      await settle();
    },
    underWay: () => underWay.map(({ id }) => id),
  };
}

describe("the pace", () => {
  it("is not bounded until the platform asks to slow down", async () => {
    const pace = createConcurrencyLimit();
    const calls = callsThrough(pace);
    await calls.begin(1_000);
    expect(calls.underWay()).toHaveLength(1_000);
    await calls.end(1_000, down);
    expect(pace.limit()).toBe(Number.POSITIVE_INFINITY);
  });

  it("is halved by 429, once for all calls that were under way together", async () => {
    const pace = createConcurrencyLimit();
    const calls = callsThrough(pace);
    await calls.begin(16);
    await calls.end(16, slowDown);
    expect(pace.limit()).toBe(8);
    await calls.begin(16);
    expect(calls.underWay()).toHaveLength(8);
    await calls.end(1, slowDown);
    expect(pace.limit()).toBe(4);
    await calls.end(7, slowDown);
    expect(pace.limit()).toBe(4);
    expect(calls.underWay()).toEqual([24, 25, 26, 27]);
  });

  it("is never below one call at a time", async () => {
    const pace = createConcurrencyLimit();
    const calls = callsThrough(pace);
    for (let i = 0; i < 5; i += 1) {
      await calls.begin(1);
      await calls.end(1, slowDown);
    }
    expect(pace.limit()).toBe(1);
    await calls.begin(2);
    expect(calls.underWay()).toHaveLength(1);
  });

  it("lets wait in order, and grows by a quarter with each round that goes well", async () => {
    const pace = createConcurrencyLimit();
    const calls = callsThrough(pace);
    await calls.begin(8);
    await calls.end(8, slowDown);
    await calls.begin(40);
    expect(calls.underWay()).toEqual([8, 9, 10, 11]);
    await calls.end(3);
    expect(calls.underWay()).toEqual([11, 12, 13, 14]);
    await calls.end(1);
    expect(pace.limit()).toBe(5);
    expect(calls.underWay()).toEqual([12, 13, 14, 15, 16]);
  });

  it("neither grows nor shrinks by failures of other kinds", async () => {
    const pace = createConcurrencyLimit();
    const calls = callsThrough(pace);
    await calls.begin(8);
    await calls.end(8, slowDown);
    await calls.begin(4);
    await calls.end(4, down);
    expect(pace.limit()).toBe(4);
  });

  it("has no bound any more when as many calls as there are connections went well at once", async () => {
    const pace = createConcurrencyLimit();
    const calls = callsThrough(pace);
    await calls.begin(510);
    await calls.end(510, slowDown);
    expect(pace.limit()).toBe(255);
    for (let i = 0; i < 3; i += 1) {
      await calls.begin(255);
      await calls.end(255);
    }
    expect(pace.limit()).toBe(Number.POSITIVE_INFINITY);
  });
});
