import type { Socket } from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { createReadBackpressure } from "../../src/http/read-backpressure.ts";
import { createScheduling } from "../../src/scheduling/scheduling.ts";

let now = 0;

/** Connections that record what happens to them, in order. */
function connections() {
  const events: string[] = [];
  const { arrivals } = createScheduling({ maxRequestsInFlight: 1, clock: () => now });
  const pauseReadsIfBusy = createReadBackpressure(arrivals);
  const answered = (name: string, turnMs: number) =>
    pauseReadsIfBusy(
      {
        pause: () => events.push(`${name} is paused`),
        resume: () => events.push(`${name} is resumed`),
      } as unknown as Socket,
      turnMs,
    );
  return { events, answered, noteNewConnection: arrivals.note };
}

describe("read backpressure: a connection that gets a response", () => {
  it("is paused in a long turn of the event loop, and in a short one if others are paused or a new one came recently", async () => {
    const { events, answered, noteNewConnection } = connections();
    now += 2_000;
    answered("in a short one", 10);
    expect(events).toEqual([]);
    noteNewConnection();
    answered("after a new one", 10);
    answered("beside a paused one", 0);
    expect(events).toEqual(["after a new one is paused", "beside a paused one is paused"]);
    await turn();
    await turn();
    now += 2_000;
    answered("later", 10);
    expect(events.slice(2)).toEqual(["after a new one is resumed", "beside a paused one is resumed"]);
  });
});

describe("read backpressure: paused connections", () => {
  it("are resumed in a later turn of the event loop, in order", async () => {
    const { events, answered } = connections();
    answered("first", 60);
    answered("second", 60);
    expect(events).toEqual(["first is paused", "second is paused"]);
    await turn();
    await turn();
    expect(events.slice(2)).toEqual(["first is resumed", "second is resumed"]);
  });

  it("are resumed once no new ones arrive", async () => {
    const { events, answered, noteNewConnection } = connections();
    answered("old", 60);
    await turn();
    for (let arrival = 0; arrival < 5; arrival += 1) {
      noteNewConnection();
      await turn();
      expect(events).toEqual(["old is paused"]);
    }
    await turn();
    expect(events).toEqual(["old is paused", "old is resumed"]);
  });

  it("are resumed after 50 ms even if new ones arrive", async () => {
    const { events, answered, noteNewConnection } = connections();
    answered("old", 60);
    await turn();
    now += 51;
    noteNewConnection();
    await turn();
    expect(events).toEqual(["old is paused", "old is resumed"]);
  });
});
