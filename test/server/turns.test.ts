import { afterEach, describe, expect, it, vi } from "vitest";
import { cameNew } from "../../src/server/resting.ts";
import { nextTurn } from "../../src/server/turns.ts";

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
const holdLoop = (ms: number) => {
  const begin = performance.now();
  while (performance.now() - begin < ms);
};

/** So many pieces of work, of which each ends when it is told to. */
function waitingWork(pieces: number) {
  const begun: number[] = [];
  const ends: (() => void)[] = [];
  for (let piece = 0; piece < pieces; piece += 1) {
    nextTurn((ended) => {
      begun.push(piece);
      ends.push(ended);
    }, "caller");
  }
  const endAll = () => {
    for (const end of ends.splice(0)) end();
  };
  return { begun, endOne: () => ends.shift()?.(), endAll };
}

describe("work that will have to wait", () => {
  it("begins eight at once and in its order, when what has begun before is over, while there is other work", async () => {
    const { begun, endOne, endAll } = waitingWork(10);
    expect(begun).toEqual([]);
    const busyTurns = async (count: number) => {
      for (let busy = 0; busy < count; busy += 1) {
        await turn();
        holdLoop(1);
      }
    };
    const firstOnes = [0, 1, 2, 3, 4, 5, 6, 7];
    await busyTurns(5);
    expect(begun).toEqual(firstOnes);
    endOne();
    await busyTurns(3);
    expect(begun).toEqual([...firstOnes, 8]);
    endOne();
    await busyTurns(3);
    expect(begun).toEqual([...firstOnes, 8, 9]);
    endAll();
  });

  it("begins while there is nothing else to do, however much is under way", async () => {
    const { begun, endAll } = waitingWork(50);
    await expect.poll(() => begun.length).toBe(50);
    endAll();
  });

  it("begins in a turn that goes on for long, when more comes", async () => {
    const first = waitingWork(10);
    holdLoop(210);
    const second = waitingWork(1);
    expect(first.begun).toHaveLength(10);
    expect(second.begun).toHaveLength(0);
    first.endAll();
    await expect.poll(() => second.begun).toHaveLength(1);
    second.endAll();
  });

  it("begins 40 at a time where it has waited long, however long the turns are", async () => {
    const { begun, endAll } = waitingWork(100);
    holdLoop(210);
    for (const count of [40, 80, 100]) {
      await turn();
      holdLoop(1);
      expect(begun).toHaveLength(count);
      endAll();
    }
  });
});

describe("work that ends at once", () => {
  afterEach(() => vi.restoreAllMocks());

  /** So many pieces of work of four milliseconds each, by a clock that nothing else moves. */
  function shortWork(pieces: number, now: { at: number }, callers: readonly string[] = ["caller"]) {
    vi.spyOn(performance, "now").mockImplementation(() => now.at);
    const begun: string[] = [];
    for (let piece = 0; piece < pieces; piece += 1) {
      for (const caller of callers) {
        nextTurn((ended) => {
          now.at += 4;
          begun.push(`${caller} ${piece}`);
          ended();
        }, caller);
      }
    }
    return begun;
  }

  it("begins for ten milliseconds of each turn of the event loop, however long it has waited", async () => {
    const now = { at: 0 };
    const begun = shortWork(12, now);
    now.at += 500;
    for (const count of [3, 6, 9, 12]) {
      await turn();
      now.at += 1;
      expect(begun).toHaveLength(count);
    }
  });

  it("begins of each caller in its turn", async () => {
    const now = { at: 0 };
    const begun = shortWork(2, now, ["first", "second", "third"]);
    now.at += 1;
    await turn();
    now.at += 1;
    await turn();
    expect(begun).toEqual(["first 0", "second 0", "third 0", "first 1", "second 1", "third 1"]);
  });

  it("does not begin while new connections come, which are taken one a turn, for fifty milliseconds at most", async () => {
    const now = { at: 0 };
    const begun = shortWork(1, now);
    for (let arrival = 0; arrival < 4; arrival += 1) {
      cameNew();
      now.at += 10;
      await turn();
      expect(begun).toEqual([]);
    }
    cameNew();
    now.at += 10;
    await turn();
    expect(begun).toHaveLength(1);
  });

  it("begins in the first turn in which no new connection comes", async () => {
    const now = { at: 0 };
    const begun = shortWork(1, now);
    cameNew();
    await turn();
    expect(begun).toEqual([]);
    await turn();
    expect(begun).toHaveLength(1);
  });
});
