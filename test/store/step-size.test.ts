import { afterEach, describe, expect, it, vi } from "vitest";
import { createStepSize } from "../../src/store/archive/step-size.ts";

const LIMITS = { first: 100, fewest: 25, most: 200, longestMs: 8 };

/** Returns the rows of the steps that follow steps of the given CPU times. */
async function sizesAfter(cpuTimesMs: readonly number[], limits = LIMITS): Promise<number[]> {
  let now = 0;
  const size = createStepSize(limits, () => now);
  const sizes: number[] = [];
  for (const tookMs of cpuTimesMs) {
    await size.measure(async () => {
      now += tookMs;
    });
    sizes.push(size.rows());
  }
  return sizes;
}

afterEach(() => void vi.restoreAllMocks());

describe("the size of steps", () => {
  it("grows by a few rows after a short step, up to the most", async () => {
    expect(await sizesAfter([3, 3, 3, 3, 3])).toEqual([125, 150, 175, 200, 200]);
  });

  it("is halved after a step that was too long, down to the fewest", async () => {
    expect(await sizesAfter([9, 9, 9])).toEqual([50, 25, 25]);
  });

  it("stays as it is after any other step", async () => {
    expect(await sizesAfter([4, 8, 6])).toEqual([100, 100, 100]);
  });

  it("is constant if the limits are equal, as on PostgreSQL", async () => {
    expect(await sizesAfter([1, 100], { first: 1_000, fewest: 1_000, most: 1_000, longestMs: 8 })).toEqual([
      1_000, 1_000,
    ]);
  });

  it("does not follow from the time that other processes take", async () => {
    let nowMs = 0;
    vi.spyOn(performance, "now").mockImplementation(() => {
      nowMs += 50;
      return nowMs;
    });
    vi.spyOn(process, "cpuUsage").mockReturnValue({ user: 7, system: 3 });
    const size = createStepSize(LIMITS);
    await size.measure(async () => undefined);
    expect(size.rows()).toBe(125);
  });
});
