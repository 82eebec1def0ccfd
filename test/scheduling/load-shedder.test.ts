import { describe, expect, it } from "vitest";
import { createScheduling } from "../../src/scheduling/scheduling.ts";
import { createGate } from "../support/gate.ts";
import { createTestGateway, graphqlRequest } from "../support/gateway.ts";

const ask = () => graphqlRequest({ query: "{ account { accountId } }" });

describe("load shedding", () => {
  it("rejects requests beyond the maximum in flight before it authenticates them, and still answers health checks", async () => {
    const gate = createGate();
    await using gateway = await createTestGateway({
      gateway: { maxRequestsInFlight: 3 },
      sandbox: { wait: gate.wait },
    });
    gateway.sandbox.fault({ path: "/api/v3/account/info", latencyMs: 1 });
    const accepted = [ask(), ask(), ask()].map((request) => gateway.gateway.fetch(request));
    for (const request of [ask(), graphqlRequest({ query: "{ me { name } }" }, { authorization: "Bearer wrong" })]) {
      const refused = await gateway.gateway.fetch(request);
      expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "1"]);
      expect(await refused.json()).toMatchObject({ errors: [{ extensions: { code: "OVERLOADED" } }] });
    }
    expect((await gateway.gateway.fetch(new Request("http://gateway.test/health"))).status).toBe(200);
    gate.open();
    for (const answer of accepted) expect((await answer).status).toBe(200);
    expect((await gateway.gateway.fetch(ask())).status).toBe(200);
  });
});

describe("load shedder", () => {
  let now = 0;
  const nextTurn = () => new Promise<void>((resolve) => setImmediate(() => setImmediate(resolve)));
  /** How many of so many requests in one turn, each of which holds the loop for so long, are told that it is too much. */
  const refused = async (requests: number, eachMs: number) => {
    const { loadShedder: load } = createScheduling({ maxRequestsInFlight: 1_000, clock: () => now });
    const isTooMuch = () => {
      const isTaken = load.tryAcquire({});
      if (isTaken) {
        now += eachMs;
        load.release();
      }
      return !isTaken;
    };
    const told = Array.from({ length: requests }, isTooMuch);
    await nextTurn();
    expect(isTooMuch()).toBe(false);
    return told.filter(Boolean).length;
  };

  it("rejects requests that follow a second of work of others in one turn, and accepts them in the next turn", async () => {
    expect(await refused(300, 5)).toBeGreaterThan(50);
  });

  it("accepts all requests if each round of connections takes less than a second", () => {
    const { loadShedder: load } = createScheduling({ maxRequestsInFlight: 1_000, clock: () => now });
    const connections = Array.from({ length: 150 }, () => ({}));
    const taken: boolean[] = [];
    for (let round = 0; round < 4; round += 1) {
      for (const connection of connections) {
        taken.push(load.tryAcquire(connection));
        now += 1.5;
        load.release();
      }
    }
    expect(taken).not.toContain(false);
  });

  it("accepts many small requests, and few large ones", async () => {
    expect(await refused(500, 0.1)).toBe(0);
    expect(await refused(5, 300)).toBe(0);
  });
});
