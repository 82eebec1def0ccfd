import { describe, expect, it } from "vitest";
import { SortedNumbers } from "../../../src/model/viewing/sorted-numbers.ts";

describe("sorted numbers", () => {
  it.each([0, 1, 4_095, 4_096, 4_097, 50_000])(
    "are %i in ascending order, equal and infinite ones too",
    async (count) => {
      const numbers = new SortedNumbers();
      const values = Array.from({ length: count }, (_, index) =>
        index % 1_000 === 7 ? Number.POSITIVE_INFINITY : (index * 7_919) % 10_007,
      );
      for (const value of values) numbers.add(value);
      const expected = [...new Float64Array(values).sort()];
      expect([...(await numbers.all())]).toEqual(expected);
      // Reading changes nothing.
      numbers.add(-1);
      expect([...(await numbers.all())]).toEqual([-1, ...expected]);
    },
  );

  it("let the event loop run while many of them are merged", async () => {
    const numbers = new SortedNumbers();
    for (let value = 50_000; value > 0; value -= 1) numbers.add(value);
    let turns = 0;
    let isOver = false;
    const count = () => {
      turns += 1;
      if (!isOver) setImmediate(count);
    };
    setImmediate(count);
    await numbers.all();
    isOver = true;
    expect(turns).toBeGreaterThan(10);
  });
});
