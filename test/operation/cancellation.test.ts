import { request } from "node:http";
import { describe, expect, it } from "vitest";
import { listen } from "../../src/http/http-server.ts";
import { parseExposition } from "../support/exposition.ts";
import { createGate } from "../support/gate.ts";
import { createTestGateway, OPERATOR_KEY, range, type TestGateway } from "../support/gateway.ts";

const WINDOW = range("2026-03-16T00:00:00Z", "2026-03-18T00:00:00Z");
const TOTAL = `{ stream(by: { name: "derby-final" }) { bandwidth(window: ${WINDOW}) { total { bytesOut } } } }`;
const LIVE = '{ stream(by: { name: "derby-final" }) { isLive } }';

/** A gateway on a port, whose platform answers with latency when the gate is opened. */
async function onPort() {
  const gate = createGate();
  const gateway = await createTestGateway({ sandbox: { wait: gate.wait } });
  await gateway.ask("{ subscribeTokens { totalCount } }");
  gateway.sandbox.clearCalls();
  let left = 0;
  const handle: typeof gateway.gateway.handle = (request, response) => {
    response.once("close", () => {
      if (!response.writableEnded) left += 1;
    });
    return gateway.gateway.handle(request, response);
  };
  const server = await listen(handle, "127.0.0.1", 0);
  return {
    ...gateway,
    gate,
    /** How many clients have hung up, as the gateway saw it. */
    left: () => left,
    url: server.url,
    [Symbol.asyncDispose]: async () => {
      await server.drain(0);
      await gateway[Symbol.asyncDispose]();
    },
  };
}

/** Asks over a connection of its own, which `leave` ends. */
function askOver(url: string, query: string) {
  const client = request(`${url}/graphql`, {
    method: "POST",
    agent: false,
    headers: { "content-type": "application/json", authorization: `Bearer ${OPERATOR_KEY}` },
  });
  const answer = new Promise<unknown>((resolve, reject) => {
    client.on("error", reject).on("response", async (response) => {
      let text = "";
      for await (const chunk of response) text += String(chunk);
      resolve(JSON.parse(text));
    });
  });
  client.end(JSON.stringify({ query }));
  return {
    answer,
    leave: async () => {
      client.destroy();
      await expect(answer).rejects.toThrow();
    },
  };
}

async function metricsOf({ gateway }: Pick<TestGateway, "gateway">) {
  const headers = { authorization: `Bearer ${OPERATOR_KEY}` };
  const response = await gateway.fetch(new Request("http://gateway.test/metrics", { headers }));
  return parseExposition(await response.text());
}

const underWay = async (gateway: Pick<TestGateway, "gateway">) =>
  (await metricsOf(gateway)).value("syndigraph_requests_in_flight");

async function callsEnded(gateway: Pick<TestGateway, "gateway">, outcome: string): Promise<number> {
  const metrics = await metricsOf(gateway);
  return ["Analytics_StreamsTotal", "Monitoring_GetStreamSummary"].reduce(
    (sum, operation) =>
      sum + (metrics.value(`syndigraph_upstream_calls_total{operation="${operation}",outcome="${outcome}"}`) ?? 0),
    0,
  );
}

const statuses = ({ logged }: Pick<TestGateway, "logged">) =>
  [...logged().matchAll(/"status":(\d+).*"msg":"request"/g)].slice(1).map(([, status]) => Number(status));

describe("cancellation by a client that disconnects", () => {
  it.each([
    ["figures", TOTAL],
    ["a live stream", LIVE],
  ])("ends the call for %s, as nobody waits for it any more", async (_what, query) => {
    await using gateway = await onPort();
    gateway.sandbox.fault({ path: "/api/*", hang: "before" });
    const client = askOver(gateway.url, query);
    await expect.poll(() => gateway.sandbox.calls()).toHaveLength(1);
    await client.leave();
    await expect.poll(() => callsEnded(gateway, "UPSTREAM_UNAVAILABLE")).toBe(1);
    await expect.poll(() => statuses(gateway)).toEqual([499]);
    expect(gateway.sandbox.calls()).toHaveLength(1);
    expect(gateway.complaints()).toBe("");
  });

  it("does not cancel a call that others wait for", async () => {
    await using gateway = await onPort();
    gateway.sandbox.fault({ path: "/api/analytics/*", latencyMs: 1 });
    const [first, second, third] = [1, 2, 3].map(() => askOver(gateway.url, TOTAL));
    // The one that asks how many there are is one of them.
    await expect.poll(() => underWay(gateway)).toBe(4);
    await expect.poll(gateway.gate.arrivals).toBe(1);
    await first?.leave();
    await third?.leave();
    await expect.poll(gateway.left).toBe(2);
    gateway.gate.open();
    expect(await second?.answer).toMatchObject({
      data: { stream: { bandwidth: { total: { bytesOut: expect.stringMatching(/^\d+$/) } } } },
    });
    expect(gateway.sandbox.calls()).toHaveLength(1);
    expect(await callsEnded(gateway, "ok")).toBe(1);
    await expect.poll(() => statuses(gateway).sort()).toEqual([200, 499, 499]);
  });

  it("does not undo a mutation", async () => {
    await using gateway = await onPort();
    gateway.sandbox.fault({ method: "POST", path: "/api/subscribe_token", latencyMs: 1 });
    const client = askOver(
      gateway.url,
      'mutation { createSubscribeToken(input: { idempotencyKey: "a", label: "left", streams: [{ pattern: "x" }] }) { userErrors { code } } }',
    );
    await expect.poll(gateway.gate.arrivals).toBe(1);
    await client.leave();
    await expect.poll(gateway.left).toBe(1);
    gateway.gate.open();
    const made = () => gateway.sandbox.tokens.subscribe().filter(({ label }) => label === "left").length;
    await expect.poll(made).toBe(1);
    const again = askOver(
      gateway.url,
      'mutation { createSubscribeToken(input: { idempotencyKey: "a", label: "left", streams: [{ pattern: "x" }] }) { subscribeToken { label } userErrors { code } } }',
    );
    expect(await again.answer).toMatchObject({
      data: { createSubscribeToken: { subscribeToken: { label: "left" }, userErrors: [] } },
    });
    expect(made()).toBe(1);
  });
});
