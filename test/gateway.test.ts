import { describe, expect, it } from "vitest";
import { createScheduling } from "../src/scheduling/scheduling.ts";
import { createGate } from "./support/gate.ts";
import { createTestGateway, graphqlRequest, range } from "./support/gateway.ts";

const usage = `{ stream(by: { name: "derby-final" }) {
  bandwidth(window: ${range("2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z")}) { total { bytesOut } }
} }`;

describe("two gateways of one process", () => {
  it("do not wait for each other's queue", async () => {
    const scheduling = createScheduling({ maxRequestsInFlight: 1_000, clock: () => 0 });
    await using busy = await createTestGateway({ gateway: { scheduling } });
    await using other = await createTestGateway();
    for (const gateway of [busy, other]) await gateway.ask(usage);
    const running: (() => void)[] = [];
    for (let task = 0; task < 40; task += 1) scheduling.admissionQueue.enqueue((ended) => running.push(ended), "crowd");
    await expect.poll(() => running.length).toBe(40);
    // The queue of the one is full, so that a task enqueued now has to wait; the other's starts at once.
    let isStarted = false;
    scheduling.admissionQueue.enqueue(() => {
      isStarted = true;
    }, "caller");
    expect(isStarted).toBe(false);
    expect((await other.ask(usage.replace("2026-03-02", "2026-03-03"))).errors).toEqual([]);
    for (const end of running) end();
    await expect.poll(() => isStarted).toBe(true);
  });

  it("count their own requests in flight", async () => {
    const gate = createGate();
    await using full = await createTestGateway({ gateway: { maxRequestsInFlight: 1 }, sandbox: { wait: gate.wait } });
    await using other = await createTestGateway({ gateway: { maxRequestsInFlight: 1 } });
    full.sandbox.fault({ path: "/api/v3/account/info", latencyMs: 1 });
    const accepted = full.gateway.fetch(graphqlRequest({ query: "{ account { accountId } }" }));
    expect((await full.gateway.fetch(graphqlRequest({ query: "{ __typename }" }))).status).toBe(503);
    expect((await other.gateway.fetch(graphqlRequest({ query: "{ __typename }" }))).status).toBe(200);
    gate.open();
    expect((await accepted).status).toBe(200);
  });

  it("cache what they have read themselves, and charge their own budgets", async () => {
    await using one = await createTestGateway();
    await using other = await createTestGateway();
    const remaining = async (gateway: typeof one) =>
      ((await gateway.ask("{ __typename }")).extensions["cost"] as { remaining: number }).remaining;
    const before = await remaining(other);
    for (let time = 0; time < 4; time += 1) await one.ask(usage);
    expect(one.analyticsCalls().length).toBeGreaterThan(0);
    expect(await remaining(other)).toBe(before - 10);
    await other.ask(usage);
    expect(other.analyticsCalls().length).toBeGreaterThan(0);
  });
});
