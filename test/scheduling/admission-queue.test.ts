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
    wait: (count: number) => {
      for (let each = 0; each < count; each += 1) {
        const piece = pieces++;
        admissionQueue.enqueue((ended) => {
          begun.push(piece);
          ends.push(ended);
        }, "caller");
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

describe("work that will have to wait", () => {
  it("begins eight at once and in its order, when what has begun before is over, while there is other work", async () => {
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

  it("begins one more in each turn with nothing else to do, however much is under way", async () => {
    const { begun, wait, turnOf } = createWork();
    wait(50);
    for (const count of [9, 10, 11]) {
      await turnOf(0.04);
      expect(begun).toHaveLength(count);
    }
    for (let idle = 0; idle < 39; idle += 1) await turnOf(0.04);
    expect(begun).toEqual(numbers(50));
  });

  it("begins in a turn that goes on for long, when more comes", async () => {
    const { begun, wait, pass, turnOf, endAll } = createWork();
    wait(10);
    pass(200);
    wait(1);
    expect(begun).toEqual(numbers(10));
    endAll();
    await turnOf(1);
    expect(begun).toEqual(numbers(11));
  });

  it("begins 40 at a time where it has waited long, however long the turns are", async () => {
    const { begun, wait, turnOf, endAll } = createWork();
    wait(100);
    for (const count of [40, 80, 100]) {
      await turnOf(200);
      expect(begun).toHaveLength(count);
      endAll();
    }
  });

  it("begins whatever is under way when it has waited for as long as anybody waits", async () => {
    const { begun, wait, turnOf } = createWork();
    wait(100);
    await turnOf(1_999);
    expect(begun).toHaveLength(40);
    await turnOf(1);
    expect(begun).toHaveLength(100);
  });

  it("waits for none that began in another gateway", async () => {
    const [one, other] = [createWork(), createWork()];
    one.wait(50);
    await one.turnOf(1);
    other.wait(8);
    await other.turnOf(1);
    expect(other.begun).toEqual(numbers(8));
  });
});

describe("work that ends at once", () => {
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

  it("begins for ten milliseconds of each turn of the event loop, however long it has waited", async () => {
    const now = { at: 0 };
    const { begun } = shortWork(12, now);
    now.at += 500;
    for (const count of [3, 6, 9, 12]) {
      await turn();
      now.at += 1;
      expect(begun).toHaveLength(count);
    }
  });

  it("begins of each caller in its turn", async () => {
    const now = { at: 0 };
    const { begun } = shortWork(2, now, ["first", "second", "third"]);
    now.at += 1;
    await turn();
    now.at += 1;
    await turn();
    expect(begun).toEqual(["first 0", "second 0", "third 0", "first 1", "second 1", "third 1"]);
  });

  it("does not begin while new connections come, which are taken one a turn, for fifty milliseconds at most", async () => {
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

  it("begins in the first turn in which no new connection comes", async () => {
    const now = { at: 0 };
    const { begun, arrivals } = shortWork(1, now);
    arrivals.note();
    await turn();
    expect(begun).toEqual([]);
    await turn();
    expect(begun).toHaveLength(1);
  });
});
