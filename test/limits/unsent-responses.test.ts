import { EventEmitter } from "node:events";
import type { ServerResponse } from "node:http";
import { connect, type Socket } from "node:net";
import { describe, expect, it } from "vitest";
import type { GatewayOptions } from "../../src/gateway.ts";
import { listen } from "../../src/http/http-server.ts";
import { whenReceived } from "../../src/http/node-http.ts";
import { ANONYMOUS, createUnsentResponses } from "../../src/limits/unsent-responses.ts";
import { createTestGateway, OPERATOR_KEY } from "../support/gateway.ts";
import { onboard } from "../support/partners.ts";

const LIMITS = { maxResponseBytes: 1_000_000, maxUnsentBytesPerCaller: 2_000_000, maxUnsentBytes: 3_000_000 };

describe("unsent responses", () => {
  it("fills a caller beyond its bound, and nobody else", () => {
    const unsent = createUnsentResponses(LIMITS);
    const [one, other] = [unsent.track("a"), unsent.track("a")];
    one.waiting(1_000_000);
    other.waiting(1_000_000);
    expect(unsent.isFull("a")).toBe(false);
    other.waiting(1_000_001);
    expect([unsent.isFull("a"), unsent.isFull("b"), unsent.isFull(ANONYMOUS)]).toEqual([true, false, false]);
    one.end();
    expect([unsent.isFull("a"), unsent.bytes()]).toEqual([false, 1_000_001]);
    other.end();
    expect(unsent.bytes()).toBe(0);
  });

  it("fills everybody beyond the bound of all", () => {
    const unsent = createUnsentResponses(LIMITS);
    for (const caller of ["a", "b"]) unsent.track(caller).waiting(1_500_000);
    expect(unsent.isFull("c")).toBe(false);
    unsent.track("c").waiting(1);
    expect(unsent.isFull("d")).toBe(true);
  });

  it("counts an answer that waits as 64 KB at least: many small ones take memory as well", () => {
    const unsent = createUnsentResponses(LIMITS);
    for (let count = 0; count < 31; count += 1) unsent.track("a").waiting(1);
    expect([unsent.bytes(), unsent.isFull("a")]).toEqual([31 * 65_536, true]);
  });

  it("ends an answer that is being written when it is too long, or when more than one answer beyond the bound is unsent", () => {
    const unsent = createUnsentResponses(LIMITS);
    const answers = Array.from({ length: 5 }, () => unsent.track("a"));
    expect(() => answers[0]?.writing(1_000_001)).toThrow(
      expect.objectContaining({ code: "RESPONSE_TOO_LARGE", facts: { max: 1_000_000 } }),
    );
    for (const answer of answers.slice(0, 3)) answer.writing(1_000_000);
    expect(() => answers[4]?.writing(1)).toThrow(expect.objectContaining({ code: "OVERLOADED" }));
    answers[0]?.end();
    expect(() => answers[4]?.writing(1)).not.toThrow();
  });
});

describe("whenReceived: a sent response", () => {
  /** A response with so many bytes that wait, on a connection. */
  function sent(writableLength: number, socket = new EventEmitter()) {
    const told: (string | number)[] = [];
    const connection = Object.assign(socket, { setTimeout: (ms: number) => told.push(`${ms} ms`), destroyed: false });
    const response = Object.assign(new EventEmitter(), { writableLength, destroyed: false });
    whenReceived(
      connection as unknown as Socket,
      response as unknown as ServerResponse,
      30_000,
      (bytes) => told.push(bytes),
      () => told.push("over"),
    );
    return { told, response, connection };
  }

  it("is over at once where nothing of it waits", () => {
    expect(sent(0).told).toEqual(["over"]);
  });

  it("is over once, when its client has taken it, and is cut off when nothing is taken for long", () => {
    const { told, response, connection } = sent(5);
    expect(told).toEqual([5, "30000 ms"]);
    response.emit("close");
    connection.emit("close");
    expect(told).toEqual([5, "30000 ms", "over"]);
  });

  it("is over when its connection ends, also behind others on it, which Node.js does not tell", () => {
    const socket = new EventEmitter();
    const all = Array.from({ length: 20 }, () => sent(5, socket));
    socket.emit("close");
    for (const { told } of all) expect(told).toEqual([5, "30000 ms", "over"]);
    expect(socket.listenerCount("close")).toBe(0);
  });
});

/** Series whose answer is some 7 MB. */
const HUGE = `{ streams(first: 30) { nodes { ...h } } }
  fragment h on Stream { bandwidth(window: { last: "PT168H" }) { series { points { ${Array.from({ length: 40 }, (_, index) => `a${index}: start`).join(" ")} } } } }`;
const MORE_THAN_BUFFERS = {
  unsent: { maxResponseBytes: 100e6, maxUnsentBytesPerCaller: 1e6, maxUnsentBytes: 64e6 },
} satisfies Partial<GatewayOptions>;

async function open(options: Partial<GatewayOptions> = {}) {
  const gateway = await createTestGateway({ gateway: { ...MORE_THAN_BUFFERS, ...options } });
  /** Connections of {@link stall}, as the gateway sees them. */
  const stalled: Socket[] = [];
  const handle: typeof gateway.gateway.handle = (request, response) => {
    if (request.headers.host === "x") stalled.push(request.socket);
    return gateway.gateway.handle(request, response);
  };
  const server = await listen(handle, "127.0.0.1", 0);
  const ask = async (query: string, key = OPERATOR_KEY) => {
    const headers = { authorization: `Bearer ${key}`, "content-type": "application/json", connection: "close" };
    const response = await fetch(`${server.url}/graphql`, { method: "POST", headers, body: JSON.stringify({ query }) });
    const { errors = [] } = (await response.json()) as { readonly errors?: { extensions: { code: string } }[] };
    return [response.status, errors[0]?.extensions.code ?? "ok", response.headers.get("retry-after")] as const;
  };
  /** Asks for what is huge, and reads nothing of it. */
  const stall = () => {
    const body = JSON.stringify({ query: HUGE });
    const socket = connect(Number(new URL(server.url).port), "127.0.0.1").on("error", () => undefined);
    socket.pause();
    socket.write(
      `POST /graphql HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${OPERATOR_KEY}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    return socket;
  };
  const until = async (status: number) => {
    for (;;) {
      const answer = await ask("{ me { name } }");
      if (answer[0] === status) return answer;
    }
  };
  return {
    gateway,
    ask,
    stall,
    stalled,
    until,
    [Symbol.asyncDispose]: async () => {
      await server.drain(0);
      await gateway[Symbol.asyncDispose]();
    },
  };
}

describe("unsent responses: a caller that does not read", () => {
  it("is turned away until it has, while others are answered", async () => {
    await using opened = await open();
    const partner = await onboard(opened.gateway, "northwind-tv", ["derby-final"]);
    const stalled = opened.stall();
    expect(await opened.until(503)).toEqual([503, "OVERLOADED", "1"]);
    expect(await opened.ask("{ me { name } }", partner.key)).toEqual([200, "ok", null]);
    stalled.destroy();
    expect(await opened.until(200)).toEqual([200, "ok", null]);
  });

  it("is cut off when it takes nothing for long", async () => {
    await using opened = await open({ stalledMs: 100 });
    opened.stall();
    // Its connection is closed by the gateway: the client neither reads nor closes it.
    await expect.poll(() => opened.stalled[0]?.destroyed).toBe(true);
    expect(await opened.until(200)).toEqual([200, "ok", null]);
  });
});

describe("response limit: a response that is too long", () => {
  const limits = { unsent: { maxResponseBytes: 200_000, maxUnsentBytesPerCaller: 1e6, maxUnsentBytes: 64e6 } };

  it("is refused as a whole, with its code and the limit, and its field's null hides nothing", async () => {
    await using opened = await open(limits);
    expect(await opened.ask(HUGE)).toEqual([400, "RESPONSE_TOO_LARGE", null]);
    const { data, errors } = await opened.gateway.ask(HUGE);
    expect(data).toBeUndefined();
    expect(errors).toEqual([
      {
        message: "The response must be at most 200000 bytes long: request fewer objects, fields or buckets.",
        extensions: { code: "RESPONSE_TOO_LARGE", max: 200_000 },
      },
    ]);
    expect(await opened.ask("{ me { name } }")).toEqual([200, "ok", null]);
  });

  it("is refused behind a change as well, which has been made then", async () => {
    await using gateway = await createTestGateway({ gateway: limits });
    const series = HUGE.slice(HUGE.indexOf("fragment"));
    const all = Array.from({ length: 2 }, (_, index) => `s${index}: stream { ...h }`).join(" ");
    const { data, errors } = await gateway.ask(
      `mutation { stopStream(input: { stream: { name: "derby-final" } }) { ${all} } } ${series}`,
    );
    expect(data).toBeUndefined();
    expect(errors.map(({ extensions }) => extensions.code)).toEqual(["RESPONSE_TOO_LARGE"]);
    const stopped = await gateway.ask<{ stream: { isLive: boolean } }>(
      '{ stream(by: { name: "derby-final" }) { isLive } }',
    );
    expect(stopped.data.stream.isLive).toBe(false);
  });

  it("is refused for conditions of which no plan is kept as well", async () => {
    await using gateway = await createTestGateway({ gateway: limits });
    const conditional = `query (${["a", "b", "c"].map((name) => `$${name}: Boolean!`).join(", ")}) { a: __typename @skip(if: $a) b: __typename @skip(if: $b) c: __typename @skip(if: $c) ${HUGE.slice(1)}`;
    for (let count = 0; count < 8; count += 1) {
      const variables = { a: (count & 1) > 0, b: (count & 2) > 0, c: (count & 4) > 0 };
      const { errors } = await gateway.ask(conditional, variables);
      expect(errors.map(({ extensions }) => extensions.code)).toEqual(["RESPONSE_TOO_LARGE"]);
    }
  });
});
