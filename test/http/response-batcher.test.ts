import type { ServerResponse } from "node:http";
import { setImmediate as turn } from "node:timers/promises";
import { Agent } from "undici";
import { describe, expect, it } from "vitest";
import { listen } from "../../src/http/http-server.ts";
import { createReadBackpressure } from "../../src/http/read-backpressure.ts";
import { createResponseBatcher } from "../../src/http/response-batcher.ts";
import { createScheduling } from "../../src/scheduling/scheduling.ts";

/** The time, which stands still unless a test moves it. */
let now = 0;
const clock = () => now;
const holdLoop = (ms: number) => {
  now += ms;
};

/** Responses and connections that record what happens to them, in order. */
function createBatcher() {
  const events: string[] = [];
  const { arrivals } = createScheduling({ maxRequestsInFlight: 1, clock });
  const enqueueResponse = createResponseBatcher(createReadBackpressure(arrivals), clock);
  const send = (name: string) => {
    const socket = { pause: () => events.push(`${name} is paused`), resume: () => events.push(`${name} is resumed`) };
    const response = { socket, writeHead: () => response, end: () => events.push(name) };
    enqueueResponse(response as unknown as ServerResponse, { status: 200, headers: {}, body: name }, () => undefined);
  };
  return { events, send, enqueueResponse };
}

describe("response batcher: responses", () => {
  it("that are ready in one turn of the event loop are sent together at its end, in order", async () => {
    const { events, send } = createBatcher();
    send("first");
    send("second");
    expect(events).toEqual([]);
    await turn();
    expect(events).toEqual(["first", "second"]);
  });

  it("are sent within the turn once they have waited for a millisecond", async () => {
    const { events, send } = createBatcher();
    send("first");
    holdLoop(2);
    send("second");
    expect(events).toEqual(["first", "second"]);
    await turn();
  });

  it("are sent within a long turn as well, and their connections are paused until its end", async () => {
    const { events, send } = createBatcher();
    send("first");
    holdLoop(60);
    send("second");
    expect(events).toEqual(["second is paused", "first", "second"]);
    await turn();
    await turn();
    expect(events.slice(3)).toEqual(["second is resumed"]);
    send("third");
    await turn();
    expect(events.slice(4)).toEqual(["third"]);
  });

  it("are sent one after the other on a connection that is paused each time", async () => {
    const { send, enqueueResponse } = createBatcher();
    const paused: boolean[] = [];
    const server = await listen(
      (request, response) => {
        send("of another client");
        holdLoop(60);
        enqueueResponse(response, { status: 200, headers: {}, body: request.url ?? "" }, () => undefined);
        paused.push(request.socket.isPaused());
      },
      "127.0.0.1",
      0,
    );
    const agent = new Agent({ connections: 1 });
    for (const path of ["/first", "/second", "/third"]) {
      const { body } = await agent.request({ origin: server.url, path, method: "GET" });
      expect(await body.text()).toBe(path);
    }
    expect(paused).toEqual([true, true, true]);
    await agent.close();
    await server.drain(0);
  });
});
