import { describe, expect, it } from "vitest";
import { inTurn } from "../../src/server/turns.ts";

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
const holdLoop = (ms: number) => {
  const begin = performance.now();
  while (performance.now() - begin < ms);
};

/** Work that always waits, and has waited before, with how often it has begun since. */
async function waitingWork() {
  let begun = -1;
  const work = inTurn(async () => {
    begun += 1;
    await turn();
  });
  await work();
  return { work, begun: () => begun };
}

describe("work that has to wait", () => {
  it("begins one piece in each turn of the event loop", async () => {
    const { work, begun } = await waitingWork();
    const all = Array.from({ length: 5 }, () => work());
    expect(begun()).toBe(0);
    const seen: number[] = [];
    while (begun() < 5) {
      await turn();
      seen.push(begun());
    }
    expect(seen.every((count, index) => count - (seen[index - 1] ?? 0) <= 1)).toBe(true);
    await Promise.all(all);
  });

  it("begins with the next turn where it has waited long, so that long turns keep nobody waiting", async () => {
    const { work, begun } = await waitingWork();
    const all = Array.from({ length: 500 }, () => work());
    holdLoop(60);
    await turn();
    await turn();
    expect(begun()).toBe(500);
    await Promise.all(all);
  });

  it("that has not waited the last time begins at once", () => {
    let begun = 0;
    const work = inTurn(() => {
      begun += 1;
    });
    work();
    work();
    expect(begun).toBe(2);
  });
});
