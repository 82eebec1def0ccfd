import { connect } from "node:net";
import { describe, expect, it } from "vitest";
import type { GatewayOptions } from "../../src/gateway.ts";
import { listen } from "../../src/http/http-server.ts";
import { createScheduling } from "../../src/scheduling/scheduling.ts";
import { createTestGateway, graphqlRequest, OPERATOR_KEY, type TestGateway } from "../support/gateway.ts";

const query = `query ($window: WindowInput!) {
  stream(by: { name: "derby-final" }) { bandwidth(window: $window) { total { bytesOut } } }
}`;
const day = (number: number) => ({
  range: { from: `2026-03-0${number}T00:00:00Z`, to: `2026-03-0${number + 1}T00:00:00Z` },
});
const request = (number: number) => graphqlRequest({ query, variables: { window: day(number) } });

interface QueuedGateway extends TestGateway {
  /** Puts so much under way that nothing more begins, in an event loop that is never idle; time passes by `wait` alone. */
  crowd(): Promise<{ readonly wait: (ms: number) => void } & Disposable>;
}

/** A gateway whose queue has a time of its own. */
async function createQueuedGateway(options: Partial<GatewayOptions> = {}): Promise<QueuedGateway> {
  let now = 0;
  let isIdle = true;
  const clock = () => {
    if (!isIdle) now += 0.1;
    return now;
  };
  const scheduling = createScheduling({ maxRequestsInFlight: 1_000, clock });
  const gateway = await createTestGateway({ gateway: { scheduling, ...options } });
  return {
    ...gateway,
    crowd: async () => {
      const ends: (() => void)[] = [];
      for (let piece = 0; piece < 40; piece += 1) {
        scheduling.admissionQueue.enqueue((ended) => ends.push(ended), "crowd");
      }
      await expect.poll(() => ends).toHaveLength(40);
      isIdle = false;
      return {
        wait: (ms) => {
          now += ms;
        },
        [Symbol.dispose]: () => {
          isIdle = true;
          for (const end of ends) end();
        },
      };
    },
  };
}

/** A gateway that has answered the question once, and so knows that it has to wait for figures. */
async function experienced(options: Partial<GatewayOptions> = {}): Promise<QueuedGateway> {
  const gateway = await createQueuedGateway(options);
  await gateway.ask("{ subscribeTokens { totalCount } }");
  expect((await gateway.ask(query, { window: day(1) })).errors).toEqual([]);
  gateway.sandbox.clearCalls();
  return gateway;
}

describe("admission of a query that blocks on the platform, under load", () => {
  it("rejects the query after 2 s in the queue, without a call to the platform", async () => {
    await using gateway = await experienced();
    using crowd = await gateway.crowd();
    const answer = gateway.gateway.fetch(request(2));
    expect((await gateway.gateway.fetch(request(1))).status).toBe(200);
    crowd.wait(2_000);
    const { status, headers } = await answer;
    expect([status, headers.get("retry-after")]).toEqual([503, "1"]);
    expect(gateway.sandbox.calls()).toEqual([]);
  });

  it("does not queue a query that was served since the last quarter hour, and queues it after that", async () => {
    await using gateway = await experienced();
    using crowd = await gateway.crowd();
    expect((await gateway.gateway.fetch(request(1))).status).toBe(200);
    gateway.sandbox.clock.set("2026-03-18T10:31:00Z");
    const answer = gateway.gateway.fetch(request(1));
    crowd.wait(2_000);
    expect((await answer).status).toBe(503);
  });

  it("queues a query also after one of the same operation found everything cached", async () => {
    await using gateway = await experienced();
    // The same day in other words, which nobody has used before.
    const { from, to } = day(1).range;
    const said = { range: { from: from.replace("Z", ".000Z"), to: to.replace("Z", ".000Z") } };
    expect((await gateway.ask(query, { window: said })).errors).toEqual([]);
    expect(gateway.sandbox.calls()).toEqual([]);
    using crowd = await gateway.crowd();
    const answer = gateway.gateway.fetch(request(2));
    crowd.wait(2_000);
    expect((await answer).status).toBe(503);
  });
});

describe("admission of a query that was served before, under load", () => {
  it("queues the query if its usage has been evicted", async () => {
    await using gateway = await createQueuedGateway({ usageCacheBytes: 2_500 });
    await gateway.ask("{ subscribeTokens { totalCount } }");
    for (const number of [1, 2, 3, 4, 5]) {
      gateway.sandbox.clock.advance(1);
      await gateway.ask(query, { window: day(number) });
    }
    using crowd = await gateway.crowd();
    expect((await gateway.gateway.fetch(request(5))).status).toBe(200);
    const answer = gateway.gateway.fetch(request(1));
    crowd.wait(2_000);
    expect((await answer).status).toBe(503);
  });
});

describe("admission of a mutation, under load", () => {
  it("does not start the mutation of a client that has disconnected", async () => {
    await using gateway = await createQueuedGateway();
    const create =
      "mutation ($input: CreatePublishTokenInput!) { createPublishToken(input: $input) { userErrors { code } } }";
    const input = (key: string) => ({ idempotencyKey: key, label: key, streams: [{ pattern: key }] });
    expect((await gateway.ask(create, { input: input("first") })).data).toEqual({
      createPublishToken: { userErrors: [] },
    });
    gateway.sandbox.clearCalls();
    const client = new AbortController();
    {
      using crowd = await gateway.crowd();
      const body = { query: create, variables: { input: input("second") } };
      const answer = gateway.gateway.fetch(new Request(graphqlRequest(body), { signal: client.signal }));
      // Its body has been read by the time that another request is answered.
      for (let count = 0; count < 3; count += 1) await gateway.ask("{ __typename }");
      client.abort();
      crowd.wait(2_000);
      await answer;
    }
    expect(gateway.sandbox.calls()).toEqual([]);
    expect(gateway.logged()).toContain('"status":499');
  });
});

/** A page of hourly series, at more than 5,000 points. */
const LONG = `{ streams(first: 50) { nodes { bandwidth(window: { last: "P5D" }) { series { points { start } } } } } }`;

describe("admission of a query with a long response, under load", () => {
  it("queues the query even if all of its data is cached", async () => {
    await using gateway = await experienced();
    expect((await gateway.ask(LONG)).errors).toEqual([]);
    using crowd = await gateway.crowd();
    const answer = gateway.gateway.fetch(graphqlRequest({ query: LONG }));
    await gateway.ask("{ __typename }");
    crowd.wait(2_000);
    expect((await answer).status).toBe(503);
  });
});

describe("admission of a queued query", () => {
  it("rejects the query if its caller has too many unsent bytes by then", async () => {
    const unsent = { maxResponseBytes: 10e6, maxUnsentBytesPerCaller: 1_000, maxUnsentBytes: 64e6 };
    await using gateway = await experienced({ unsent });
    const server = await listen(gateway.gateway.handle, "127.0.0.1", 0);
    let answer: Promise<Response>;
    {
      using _ = await gateway.crowd();
      answer = gateway.gateway.fetch(request(2));
      await gateway.ask("{ __typename }");
      const body = JSON.stringify({
        query: "{ __schema { types { name description fields { name description args { name description } } } } }",
      });
      const socket = connect(Number(new URL(server.url).port), "127.0.0.1").on("error", () => undefined);
      socket.pause();
      socket.write(
        `POST /graphql HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${OPERATOR_KEY}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`.repeat(
          100,
        ),
      );
      const small = async () => (await gateway.gateway.fetch(graphqlRequest({ query: "{ __typename }" }))).status;
      await expect.poll(small).toBe(503);
    }
    expect((await answer).status).toBe(503);
    expect(gateway.sandbox.calls()).toEqual([]);
    await server.drain(0);
  });
});

describe("admission without load", () => {
  it("executes the query", async () => {
    await using gateway = await experienced();
    const { data, errors } = await gateway.ask<{ stream: unknown }>(query, { window: day(2) });
    expect(errors).toEqual([]);
    expect(data.stream).toEqual({ bandwidth: { total: { bytesOut: expect.stringMatching(/^\d+$/) } } });
  });
});
