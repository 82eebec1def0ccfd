import type { Socket } from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { createReadBackpressure } from "../../src/http/read-backpressure.ts";
import { createScheduling } from "../../src/scheduling/scheduling.ts";

let now = 0;

/** Connections that tell what became of them, in order. */
function connections() {
  const told: string[] = [];
  const { arrivals } = createScheduling({ maxRequestsInFlight: 1, clock: () => now });
  const pauseReadsIfBusy = createReadBackpressure(arrivals);
  const answered = (name: string, turnMs: number) =>
    pauseReadsIfBusy(
      { pause: () => told.push(`${name} rests`), resume: () => told.push(`${name} is heard`) } as unknown as Socket,
      turnMs,
    );
  return { told, answered, noteNewConnection: arrivals.note };
}

describe("read backpressure: a connection that gets a response", () => {
  it("rests in a long turn of the event loop, and in a short one where others rest or a new one has come lately", async () => {
    const { told, answered, noteNewConnection } = connections();
    now += 2_000;
    answered("in a short one", 10);
    expect(told).toEqual([]);
    noteNewConnection();
    answered("after a new one", 10);
    answered("beside one that rests", 0);
    expect(told).toEqual(["after a new one rests", "beside one that rests rests"]);
    await turn();
    await turn();
    now += 2_000;
    answered("later", 10);
    expect(told.slice(2)).toEqual(["after a new one is heard", "beside one that rests is heard"]);
  });
});

describe("read backpressure: paused connections", () => {
  it("are heard in a turn of the event loop after this one, in their order", async () => {
    const { told, answered } = connections();
    answered("first", 60);
    answered("second", 60);
    expect(told).toEqual(["first rests", "second rests"]);
    await turn();
    await turn();
    expect(told.slice(2)).toEqual(["first is heard", "second is heard"]);
  });

  it("are heard when no new ones come any more", async () => {
    const { told, answered, noteNewConnection } = connections();
    answered("old", 60);
    await turn();
    for (let arrival = 0; arrival < 5; arrival += 1) {
      noteNewConnection();
      await turn();
      expect(told).toEqual(["old rests"]);
    }
    await turn();
    expect(told).toEqual(["old rests", "old is heard"]);
  });

  it("are not kept waiting for long by new ones", async () => {
    const { told, answered, noteNewConnection } = connections();
    answered("old", 60);
    await turn();
    now += 51;
    noteNewConnection();
    await turn();
    expect(told).toEqual(["old rests", "old is heard"]);
  });
});
