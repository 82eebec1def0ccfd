import type { ServerResponse } from "node:http";
import { setImmediate as turn } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { sendSoon } from "../../src/server/outbox.ts";

/** The time, which stands still unless a test moves it. */
let now = 0;
beforeEach(() => {
  vi.spyOn(performance, "now").mockImplementation(() => now);
});
afterEach(() => vi.restoreAllMocks());
const holdLoop = (ms: number) => {
  now += ms;
};

/** Responses that tell what they were sent, in order. */
function outbox() {
  const sent: string[] = [];
  const send = (name: string) => {
    const response = { writeHead: () => response, end: () => sent.push(name) };
    sendSoon(response as unknown as ServerResponse, { status: 200, headers: {}, body: name });
  };
  return { sent, send };
}

describe("answers", () => {
  it("that are ready in one turn of the event loop go out together at its end, in their order", async () => {
    const { sent, send } = outbox();
    send("first");
    send("second");
    expect(sent).toEqual([]);
    await turn();
    expect(sent).toEqual(["first", "second"]);
  });

  it("go out within the turn when they have waited for a millisecond", async () => {
    const { sent, send } = outbox();
    send("first");
    holdLoop(2);
    send("second");
    expect(sent).toEqual(["first", "second"]);
    await turn();
  });

  it("wait for the end of a turn that goes on for long, so that nobody asks again in it", async () => {
    const { sent, send } = outbox();
    send("first");
    holdLoop(60);
    send("second");
    holdLoop(2);
    send("third");
    expect(sent).toEqual([]);
    await turn();
    expect(sent).toEqual(["first", "second", "third"]);
  });
});
