import { describe, expect, it } from "vitest";
import { nextTurn } from "../../src/server/turns.ts";

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
const holdLoop = (ms: number) => {
  const begin = performance.now();
  while (performance.now() - begin < ms);
};

describe("work that will have to wait", () => {
  it("begins in its order, one piece in each turn of the event loop", async () => {
    const begun: number[] = [];
    for (let piece = 0; piece < 5; piece += 1) nextTurn(() => begun.push(piece));
    expect(begun).toEqual([]);
    const seen: number[] = [];
    while (begun.length < 5) {
      await turn();
      seen.push(begun.length);
    }
    expect(seen.every((count, index) => count - (seen[index - 1] ?? 0) <= 1)).toBe(true);
    expect(begun).toEqual([0, 1, 2, 3, 4]);
  });

  it("begins with the next turn where it has waited long, so that long turns keep nobody waiting", async () => {
    let begun = 0;
    for (let piece = 0; piece < 500; piece += 1) {
      nextTurn(() => {
        begun += 1;
      });
    }
    holdLoop(60);
    await turn();
    await turn();
    expect(begun).toBe(500);
  });
});
