import type { ServerResponse } from "node:http";
import { setImmediate as turn } from "node:timers/promises";
import { Agent } from "undici";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { listen } from "../../src/http/http-server.ts";
import { createReadBackpressure } from "../../src/http/read-backpressure.ts";
import { createResponseBatcher } from "../../src/http/response-batcher.ts";
import { createScheduling } from "../../src/scheduling/scheduling.ts";

/** The time, which stands still unless a test moves it. */
let now = 0;
beforeEach(() => {
  vi.spyOn(performance, "now").mockImplementation(() => now);
});
afterEach(() => vi.restoreAllMocks());
const holdLoop = (ms: number) => {
  now += ms;
};

/** Responses that tell what they were sent, and connections that tell what became of them, in order. */
function createBatcher() {
  const told: string[] = [];
  const { arrivals } = createScheduling({ maxRequestsInFlight: 1 });
  const enqueueResponse = createResponseBatcher(createReadBackpressure(arrivals));
  const send = (name: string) => {
    const socket = { pause: () => told.push(`${name} rests`), resume: () => told.push(`${name} is heard`) };
    const response = { socket, writeHead: () => response, end: () => told.push(name) };
    enqueueResponse(response as unknown as ServerResponse, { status: 200, headers: {}, body: name }, () => undefined);
  };
  return { told, send, enqueueResponse };
}

describe("response batcher: responses", () => {
  it("that are ready in one turn of the event loop go out together at its end, in their order", async () => {
    const { told, send } = createBatcher();
    send("first");
    send("second");
    expect(told).toEqual([]);
    await turn();
    expect(told).toEqual(["first", "second"]);
  });

  it("go out within the turn when they have waited for a millisecond", async () => {
    const { told, send } = createBatcher();
    send("first");
    holdLoop(2);
    send("second");
    expect(told).toEqual(["first", "second"]);
    await turn();
  });

  it("go out in a turn that goes on for long as well, but whoever has one is not heard before its end", async () => {
    const { told, send } = createBatcher();
    send("first");
    holdLoop(60);
    send("second");
    expect(told).toEqual(["second rests", "first", "second"]);
    await turn();
    await turn();
    expect(told.slice(3)).toEqual(["second is heard"]);
    send("third");
    await turn();
    expect(told.slice(4)).toEqual(["third"]);
  });

  it("are given one after the other on a connection that rests each time", async () => {
    const { send, enqueueResponse } = createBatcher();
    const rested: boolean[] = [];
    const server = await listen(
      (request, response) => {
        send("somebody else's");
        holdLoop(60);
        enqueueResponse(response, { status: 200, headers: {}, body: request.url ?? "" }, () => undefined);
        rested.push(request.socket.isPaused());
      },
      "127.0.0.1",
      0,
    );
    const agent = new Agent({ connections: 1 });
    for (const path of ["/first", "/second", "/third"]) {
      const { body } = await agent.request({ origin: server.url, path, method: "GET" });
      expect(await body.text()).toBe(path);
    }
    expect(rested).toEqual([true, true, true]);
    await agent.close();
    await server.drain(0);
  });
});
