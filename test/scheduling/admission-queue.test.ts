import { describe, expect, it } from "vitest";
import { createScheduling } from "../../src/scheduling/scheduling.ts";

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Turns in a time that passes by `pass` alone, and work that ends when it is told to. */
function createWork() {
  let now = 0;
  const { admissionQueue } = createScheduling({ maxRequestsInFlight: 1_000, clock: () => now });
  const begun: number[] = [];
  const ends: (() => void)[] = [];
  let pieces = 0;
  return {
    begun,
    /** Lets so many further pieces of work wait for their turn. */
    wait: (count: number, callerId = "caller") => {
      for (let each = 0; each < count; each += 1) {
        const piece = pieces++;
        admissionQueue.enqueue((ended) => {
          begun.push(piece);
          ends.push(ended);
        }, callerId);
      }
    },
    pass: (ms: number) => {
      now += ms;
    },
    /** A turn of the event loop that took so long. */
    turnOf: async (ms: number) => {
      now += ms;
      await turn();
    },
    endOne: () => ends.shift()?.(),
    endAll: () => {
      for (const end of ends.splice(0)) end();
    },
  };
}

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);

describe("admission queue", () => {
  it("starts eight tasks at once and in order while the event loop is busy, and the next when one has ended", async () => {
    const { begun, wait, turnOf, endOne } = createWork();
    wait(10);
    expect(begun).toEqual([]);
    for (let busy = 0; busy < 5; busy += 1) await turnOf(1);
    expect(begun).toEqual(numbers(8));
    endOne();
    for (let busy = 0; busy < 3; busy += 1) await turnOf(1);
    expect(begun).toEqual(numbers(9));
    endOne();
    for (let busy = 0; busy < 3; busy += 1) await turnOf(1);
    expect(begun).toEqual(numbers(10));
  });

  it("starts one more task in each idle turn of the event loop, however many run", async () => {
    const { begun, wait, turnOf } = createWork();
    wait(50);
    for (const count of [9, 10, 11]) {
      await turnOf(0.04);
      expect(begun).toHaveLength(count);
    }
    for (let idle = 0; idle < 39; idle += 1) await turnOf(0.04);
    expect(begun).toEqual(numbers(50));
  });

  it("starts starving tasks within a long turn when another task is enqueued", async () => {
    const { begun, wait, pass, turnOf, endAll } = createWork();
    wait(10);
    pass(200);
    wait(1);
    expect(begun).toEqual(numbers(10));
    endAll();
    await turnOf(1);
    expect(begun).toEqual(numbers(11));
  });

  it("starts up to 40 tasks that have waited for 200 ms, however long turns are", async () => {
    const { begun, wait, turnOf, endAll } = createWork();
    wait(100);
    for (const count of [40, 80, 100]) {
      await turnOf(200);
      expect(begun).toHaveLength(count);
      endAll();
    }
  });

  it("starts a task that has waited for 2 s, however many run", async () => {
    const { begun, wait, turnOf } = createWork();
    wait(100);
    await turnOf(1_999);
    expect(begun).toHaveLength(40);
    await turnOf(1);
    expect(begun).toHaveLength(100);
  });

  it("starts due tasks even if the caller whose turn it is has a newer one only", async () => {
    const { begun, wait, pass, turnOf } = createWork();
    wait(100, "first");
    await turnOf(1);
    pass(1_000);
    wait(1, "second");
    expect(begun).toEqual(numbers(40));
    await turnOf(1_000);
    expect(begun).toEqual(numbers(100));
    await turnOf(1_000);
    expect(begun).toEqual(numbers(101));
  });

  it("does not count tasks of another gateway", async () => {
    const [one, other] = [createWork(), createWork()];
    one.wait(50);
    await one.turnOf(1);
    other.wait(8);
    await other.turnOf(1);
    expect(other.begun).toEqual(numbers(8));
  });
});

describe("admission queue of tasks that end at once", () => {
  /** So many pieces of work of four milliseconds each, by a clock that nothing else moves. */
  function shortWork(pieces: number, now: { at: number }, callers: readonly string[] = ["caller"]) {
    const { admissionQueue, arrivals } = createScheduling({ maxRequestsInFlight: 1_000, clock: () => now.at });
    const begun: string[] = [];
    for (let piece = 0; piece < pieces; piece += 1) {
      for (const caller of callers) {
        admissionQueue.enqueue((ended) => {
          now.at += 4;
          begun.push(`${caller} ${piece}`);
          ended();
        }, caller);
      }
    }
    return { begun, arrivals };
  }

  it("starts tasks for 10 ms of each turn, however long they have waited", async () => {
    const now = { at: 0 };
    const { begun } = shortWork(12, now);
    now.at += 500;
    for (const count of [3, 6, 9, 12]) {
      await turn();
      now.at += 1;
      expect(begun).toHaveLength(count);
    }
  });

  it("serves callers in turn", async () => {
    const now = { at: 0 };
    const { begun } = shortWork(2, now, ["first", "second", "third"]);
    now.at += 1;
    await turn();
    now.at += 1;
    await turn();
    expect(begun).toEqual(["first 0", "second 0", "third 0", "first 1", "second 1", "third 1"]);
  });

  it("starts nothing while new connections arrive, for at most 50 ms", async () => {
    const now = { at: 0 };
    const { begun, arrivals } = shortWork(1, now);
    for (let arrival = 0; arrival < 4; arrival += 1) {
      arrivals.note();
      now.at += 10;
      await turn();
      expect(begun).toEqual([]);
    }
    arrivals.note();
    now.at += 10;
    await turn();
    expect(begun).toHaveLength(1);
  });

  it("starts tasks in the first turn without a new connection", async () => {
    const now = { at: 0 };
    const { begun, arrivals } = shortWork(1, now);
    arrivals.note();
    await turn();
    expect(begun).toEqual([]);
    await turn();
    expect(begun).toHaveLength(1);
  });
});
