import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as delay, setImmediate } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import type { GatewayOptions } from "../../src/gateway.ts";
import { type HttpServer, listen, type ServerTimeouts } from "../../src/http/http-server.ts";
import { requestLimits } from "../../src/model/request-limits.ts";
import { addKey } from "../support/api-keys.ts";
import { metricsOf } from "../support/exposition.ts";
import { createTestGateway, OPERATOR_KEY, type TestGateway } from "../support/gateway.ts";

const authorization = `Bearer ${OPERATOR_KEY}`;
const json = { "content-type": "application/json", authorization };
const MAX_BODY_BYTES = requestLimits.maxBodyBytes.max;
const QUERY = '{"query":"{ __typename }"}';

interface Open extends AsyncDisposable, TestGateway {
  readonly server: HttpServer;
  /** Sends bytes, each piece in a turn of its own, and gives everything that comes back until the gateway closes. */
  raw(...pieces: string[]): Promise<string>;
}

/** A gateway with a port. */
async function open(options: Partial<GatewayOptions> = {}, timeouts?: ServerTimeouts, basePath = ""): Promise<Open> {
  const gateway = await createTestGateway({ gateway: options });
  const server = await listen(gateway.gateway.handle, "127.0.0.1", 0, { basePath, ...(timeouts && { timeouts }) });
  const port = Number(new URL(server.url).port);
  return {
    ...gateway,
    server,
    raw: async (...pieces) => {
      const socket = connect(port, "127.0.0.1");
      let text = "";
      socket.on("data", (chunk: Buffer) => {
        text += chunk.toString("latin1");
      });
      socket.on("error", () => undefined);
      const closed = once(socket, "close");
      for (const piece of pieces) {
        socket.write(piece);
        // The gateway has read it by then.
        for (let turn = 0; turn < 5; turn += 1) await setImmediate();
      }
      await closed;
      return text;
    },
    [Symbol.asyncDispose]: async () => {
      await server.drain(50);
      await gateway[Symbol.asyncDispose]();
    },
  };
}

/** The same request on both ways into the gateway: the fetch API, and a port. */
async function bothWays(
  gateway: Open,
  path: string,
  init: RequestInit = {},
): Promise<{ status: number; text: string; headers: Headers }[]> {
  const answers = [
    await gateway.gateway.fetch(new Request(`http://gateway.test${path}`, init)),
    await fetch(`${gateway.server.url}${path}`, init),
  ];
  return Promise.all(
    answers.map(async (answer) => ({ status: answer.status, text: await answer.text(), headers: answer.headers })),
  );
}

/** Returns the requests in flight, without the one that reads the metrics. */
async function inFlight(gateway: TestGateway): Promise<number> {
  return ((await metricsOf(gateway)).value("syndigraph_requests_in_flight") ?? 0) - 1;
}

const post = (body: BodyInit, headers: Record<string, string> = {}) => ({
  method: "POST",
  headers: { ...json, ...headers },
  body,
});

/** What a client must never read. */
const INTERNALS = /\bat .*\(|node_modules|\.ts:|\.js:|SyntaxError|TypeError|127\.0\.0\.1:\d+/;

describe("request parser: a body", () => {
  it.each<[string, RequestInit, number]>([
    ["of JSON is read", post(QUERY), 200],
    ["of JSON is read, whatever the case of its type", post(QUERY, { "content-type": "Application/JSON" }), 200],
    ["in UTF-8 is read", post(QUERY, { "content-type": "application/json; charset=UTF-8" }), 200],
    ["in another charset is refused", post(QUERY, { "content-type": "application/json; charset=utf-16" }), 415],
    ["of a form is refused", post("query={__typename}", { "content-type": "application/x-www-form-urlencoded" }), 415],
    ["of bare text is refused", post("{ __typename }", { "content-type": "text/plain" }), 415],
    ["of bare GraphQL is refused", post("{ __typename }", { "content-type": "application/graphql" }), 415],
    ["of an upload is refused", post(QUERY, { "content-type": "multipart/form-data; boundary=x" }), 415],
    ["with two types is refused", post(QUERY, { "content-type": "application/json, text/plain" }), 415],
    ["without a type is refused", post(QUERY, { "content-type": "" }), 415],
    ["that is compressed is refused", post(gzipSync(QUERY), { "content-encoding": "gzip" }), 415],
    ["that is no JSON is refused", post('{"query":"{ __typename }'), 400],
    ["that is empty is refused", post(""), 400],
    ["that is no object is refused", post('"{ __typename }"'), 400],
    ["of nothing is refused", post("null"), 400],
    ["that is a batch is refused", post(`[${QUERY},${QUERY}]`), 400],
    ["with an unknown field is refused", post('{"query":"{ __typename }","batch":[]}'), 400],
    ["that is no UTF-8 is refused", post(Buffer.from('{"query":"{ __typename } #\xff"}', "latin1")), 400],
    ["with half a character is refused", post(Buffer.from([...Buffer.from('{"query":"\xe2'), 0x80])), 400],
  ])("%s", async (_what, init, status) => {
    await using gateway = await open();
    for (const answer of await bothWays(gateway, "/graphql", init)) {
      expect(answer.status).toBe(status);
      expect(answer.text).not.toMatch(INTERNALS);
      if (status !== 200) {
        expect(JSON.parse(answer.text)).toMatchObject({ errors: [{ extensions: { code: "BAD_REQUEST" } }] });
      }
    }
  });

  it("has at most 100 KB by its declared length", async () => {
    await using gateway = await open();
    const exactly = QUERY.padEnd(MAX_BODY_BYTES);
    for (const { status } of await bothWays(gateway, "/graphql", post(exactly))) expect(status).toBe(200);
    for (const { status } of await bothWays(gateway, "/graphql", post(`${exactly} `))) expect(status).toBe(413);
  });

  it("has at most 100 KB, even without a declared length", async () => {
    await using gateway = await open();
    const chunks = (bytes: number) =>
      new ReadableStream({
        start(controller) {
          for (let sent = 0; sent < bytes; sent += 1_000) controller.enqueue(Buffer.alloc(1_000, 0x20));
          controller.close();
        },
      });
    for (const way of [gateway.gateway.fetch, fetch]) {
      const ask = async (bytes: number) => {
        const init = { ...post(chunks(bytes)), duplex: "half" } as RequestInit;
        return (await way(new Request(`${gateway.server.url}/graphql`, init))).status;
      };
      expect(await ask(MAX_BODY_BYTES)).toBe(400);
      expect(await ask(MAX_BODY_BYTES + 1_000)).toBe(413);
    }
  });

  it("that is too long does not block its connection", async () => {
    await using gateway = await open();
    const head = (more: string) =>
      `POST /graphql HTTP/1.1\r\nhost: localhost\r\nauthorization: ${authorization}\r\ncontent-type: application/json\r\n${more}\r\n`;
    const long = `${head("transfer-encoding: chunked\r\n")}${`${(60_000).toString(16)}\r\n${" ".repeat(60_000)}\r\n`.repeat(4)}0\r\n\r\n`;
    const next = `${head(`content-length: ${QUERY.length}\r\nconnection: close\r\n`)}${QUERY}`;
    expect((await gateway.raw(long + next)).match(/HTTP\/1.1 \d+/g)).toEqual(["HTTP/1.1 413", "HTTP/1.1 200"]);
  });

  it.each([
    ["the operator's", async () => OPERATOR_KEY],
    ["in the store", async (gateway: Open) => (await addKey(gateway)).key],
  ])("that comes in pieces is read whole, with a key that is %s", async (_where, keyOf) => {
    await using gateway = await open();
    const key = await keyOf(gateway);
    const request = `POST /graphql HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${key}\r\ncontent-type: application/json\r\n`;
    const pieces = [
      `${request}content-length: ${QUERY.length}\r\n\r\n${QUERY.slice(0, 5)}`,
      `${QUERY.slice(5, 9)}`,
      `${QUERY.slice(9)}${request}content-length: ${QUERY.length}\r\nconnection: close\r\n\r\n${QUERY}`,
    ];
    const answer = await gateway.raw(...pieces);
    expect(answer.match(/HTTP\/1.1 \d+|"__typename":"\w+"/g)).toEqual(
      Array.from({ length: 2 }, () => ["HTTP/1.1 200", '"__typename":"Query"']).flat(),
    );
  });

  it("that ends early is no longer waited for", async () => {
    await using gateway = await open();
    const { port } = new URL(gateway.server.url);
    const socket = connect(Number(port), "127.0.0.1");
    socket.write(
      `POST /graphql HTTP/1.1\r\nhost: localhost\r\nauthorization: ${authorization}\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n{`,
    );
    await expect.poll(() => inFlight(gateway)).toBe(1);
    socket.destroy();
    await expect.poll(() => inFlight(gateway)).toBe(0);
    expect(gateway.logged()).toContain('"status":499');
    expect(gateway.complaints()).toBe("");
  });

  it("is not waited for when the key is wrong", async () => {
    await using gateway = await open();
    const answer = await gateway.raw(
      "POST /graphql HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer wrong\r\ncontent-length: 50000\r\nconnection: close\r\n\r\n",
    );
    expect(answer).toMatch(/^HTTP\/1.1 401 /);
  });
});

describe("request parser: a URL", () => {
  const get = (query: string) => `/graphql?query=${query}`;

  it("may contain a query, and no mutation", async () => {
    await using gateway = await open();
    for (const { status } of await bothWays(gateway, get("{__typename}"), { headers: json })) expect(status).toBe(200);
    const mutation = encodeURIComponent(
      'mutation { stopStream(input: { stream: { name: "derby-final" } }) { userErrors { code } } }',
    );
    for (const { status, headers } of await bothWays(gateway, get(mutation), { headers: json })) {
      expect([status, headers.get("allow")]).toEqual([405, "POST"]);
    }
    expect(gateway.sandbox.calls()).toEqual([]);
  });

  it.each([
    ["that is no UTF-8", get("{__typename}%23%ff"), 400],
    ["with a broken escape", get("{__typename}%2"), 400],
    ["with variables that are no JSON", `${get("{__typename}")}&variables={secret-hunter2`, 400],
    ["with variables that are a list", `${get("{__typename}")}&variables=[]`, 400],
    ["without a query", "/graphql", 400],
    ["of something else", "/graphql/", 404],
    ["that only ends like ours", "/x/graphql", 404],
    ["that only ends like ours, in its query", "/x?y=/graphql", 404],
  ])("%s is refused", async (_what, path, status) => {
    await using gateway = await open();
    for (const answer of await bothWays(gateway, path, { headers: json })) {
      expect(answer.status).toBe(status);
      expect(JSON.parse(answer.text)).toMatchObject({ errors: [{ extensions: { code: "BAD_REQUEST" } }] });
      expect(answer.text).not.toContain("hunter2");
    }
    expect(gateway.logged()).not.toContain("hunter2");
  });

  it.each(["PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"])("rejects the method %s", async (method) => {
    await using gateway = await open();
    for (const { status } of await bothWays(gateway, "/graphql", { method, headers: json })) expect(status).toBe(405);
  });

  it.each([
    ["of another protocol", "GET ftp://localhost/graphql HTTP/1.1\r\nhost: localhost\r\n\r\n", 400],
    ["that is a URL with a password", "GET http://a:b@localhost/health HTTP/1.1\r\nhost: localhost\r\n\r\n", 400],
    ["that is a URL without a host", "GET http:///health HTTP/1.1\r\nhost: localhost\r\n\r\n", 400],
    ["without a slash", "OPTIONS * HTTP/1.1\r\nhost: localhost\r\n\r\n", 400],
    ["that the URL parser refuses", "GET //:::99999/ HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n", 401],
  ])("%s is answered without a stack trace", async (_what, bytes, status) => {
    await using gateway = await open();
    const answer = await gateway.raw(bytes);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(answer).not.toMatch(INTERNALS);
  });
});

describe("ingress: a host", () => {
  it("that is not named by the configuration is not served, except to health checks", async () => {
    await using gateway = await open({ allowedHosts: ["graph.example.com", "[::1]"] });
    const ask = (host: string, path = "/graphql?query={__typename}") =>
      gateway.raw(
        `GET ${path} HTTP/1.1\r\nhost: ${host}\r\nauthorization: ${authorization}\r\nconnection: close\r\n\r\n`,
      );
    for (const host of ["graph.example.com", "Graph.Example.COM:443", "graph.example.com.", "[::1]:4000"]) {
      expect(await ask(host)).toMatch(/^HTTP\/1.1 200 /);
    }
    for (const host of ["evil.test", "x.graph.example.com", "graph.example.com.evil.test", "127.0.0.1"]) {
      expect(await ask(host)).toMatch(/^HTTP\/1.1 421 /);
      expect(await ask(host, "/health")).toMatch(/^HTTP\/1.1 200 /);
    }
    const whole = (host: string) => `http://${host}/graphql?query={__typename}`;
    expect(await ask("evil.test", whole("graph.example.com"))).toMatch(/^HTTP\/1.1 200 /);
    expect(await ask("graph.example.com", whole("evil.test"))).toMatch(/^HTTP\/1.1 421 /);
    const answer = await gateway.gateway.fetch(
      new Request("http://evil.test/graphql?query={__typename}", { headers: json }),
    );
    expect([answer.status, await answer.json()]).toMatchObject([
      421,
      { errors: [{ extensions: { code: "BAD_REQUEST" } }] },
    ]);
  });
});

describe("CORS: a page of another origin", () => {
  it("can't make a browser send the key: no cookie, no form and no address opens anything", async () => {
    await using gateway = await open();
    const forged: RequestInit[] = [
      { headers: { cookie: `key=${OPERATOR_KEY}; authorization=${authorization}`, origin: "https://evil.test" } },
      {
        method: "POST",
        headers: { "content-type": "text/plain", origin: "https://evil.test" },
        body: JSON.stringify({ query: "{ __typename }", authorization }),
      },
    ];
    for (const init of forged) {
      const path = `/graphql?query={__typename}&authorization=${encodeURIComponent(authorization)}&key=${OPERATOR_KEY}`;
      for (const { status } of await bothWays(gateway, path, init)) expect(status).toBe(401);
    }
  });

  const allowedOrigins = ["https://app.example.com", "https://*.example.org", "http://localhost:5173"];
  const preflight = (origin: string) => ({
    method: "OPTIONS",
    headers: { origin, "access-control-request-method": "POST", "access-control-request-headers": "authorization" },
  });
  const corsOf = (headers: Headers) => [...headers].filter(([name]) => name.startsWith("access-control-")).sort();

  it("reads nothing unless the configuration lists its origin", async () => {
    await using gateway = await open();
    for (const init of [preflight("https://app.example.com"), post(QUERY, { origin: "https://app.example.com" })]) {
      for (const { headers } of await bothWays(gateway, "/graphql", init)) expect(corsOf(headers)).toEqual([]);
    }
  });

  it.each(["https://app.example.com", "https://a.example.org", "https://a.b.example.org", "http://localhost:5173"])(
    "may send requests and read responses and errors from the listed origin %s, without cookies",
    async (origin) => {
      await using gateway = await open({ allowedOrigins });
      for (const { status, headers } of await bothWays(gateway, "/graphql", preflight(origin))) {
        expect(status).toBe(204);
        expect(corsOf(headers)).toEqual([
          ["access-control-allow-headers", expect.stringMatching(/^authorization, content-type, /)],
          ["access-control-allow-methods", "GET, POST"],
          ["access-control-allow-origin", origin],
          ["access-control-expose-headers", "RateLimit, RateLimit-Policy, Retry-After, WWW-Authenticate, X-Request-Id"],
          ["access-control-max-age", "600"],
        ]);
      }
      for (const init of [
        post(QUERY, { origin }),
        post("{", { origin }),
        post(QUERY, { origin, authorization: "x" }),
      ]) {
        for (const { headers } of await bothWays(gateway, "/graphql", init)) {
          expect(headers.get("access-control-allow-origin")).toBe(origin);
          expect(headers.get("access-control-allow-credentials")).toBeNull();
          expect(headers.get("vary")).toContain("Origin");
        }
      }
    },
  );

  /** Returns the headers that browsers would send, of those that a page wants to. */
  const sendable = (headers: Headers, wanted: readonly string[]) => {
    const allowed = headers.get("access-control-allow-headers")?.split(", ");
    return wanted.filter((name) => allowed?.includes(name));
  };

  it.each([
    ["OpenTelemetry", ["authorization", "baggage", "content-type", "traceparent", "tracestate"]],
    ["Sentry", ["authorization", "baggage", "content-type", "sentry-trace"]],
    ["a request id of its own", ["authorization", "content-type", "x-request-id"]],
    ["Apollo Client", ["apollo-require-preflight", "apollographql-client-name", "apollographql-client-version"]],
    ["Apollo Kotlin", ["x-apollo-operation-id", "x-apollo-operation-name"]],
    ["Hive and Relay", ["graphql-client-name", "graphql-client-version", "x-graphql-client-name"]],
    ["Datadog", ["x-datadog-origin", "x-datadog-parent-id", "x-datadog-sampling-priority", "x-datadog-trace-id"]],
  ])("may send the headers of %s", async (_what, wanted) => {
    await using gateway = await open({ allowedOrigins });
    const { method, headers } = preflight("https://app.example.com");
    const init = { method, headers: { ...headers, "access-control-request-headers": wanted.join(",") } };
    for (const answer of await bothWays(gateway, "/graphql", init)) {
      expect([answer.status, sendable(answer.headers, wanted)]).toEqual([204, wanted]);
    }
  });

  it("may send further headers that the configuration names, and no others", async () => {
    await using gateway = await open({ allowedOrigins, allowedHeaders: ["x-tenant", "traceparent"] });
    for (const { headers } of await bothWays(gateway, "/graphql", preflight("https://app.example.com"))) {
      expect(sendable(headers, ["x-tenant", "x-other", "cookie", "host", "x-forwarded-for"])).toEqual(["x-tenant"]);
      expect(headers.get("access-control-allow-headers")?.match(/traceparent/g)).toHaveLength(1);
    }
  });

  it.each([
    "https://evil.test",
    "null",
    "http://app.example.com",
    "https://app.example.com:8443",
    "https://app.example.com.evil.test",
    "https://example.org",
    "https://evil-example.org",
    "https://evil.test/.example.org",
    "https://evil.test#.example.org",
    "https://a.example.org:8443",
    "http://a.example.org",
    "https://*.example.org",
    "https://.example.org",
  ])("reads nothing from %s, which is not listed", async (origin) => {
    await using gateway = await open({ allowedOrigins });
    for (const { status, headers } of await bothWays(gateway, "/graphql", preflight(origin))) {
      expect([status, corsOf(headers)]).toEqual([401, []]);
    }
    for (const { headers } of await bothWays(gateway, "/graphql", post(QUERY, { origin }))) {
      expect(corsOf(headers)).toEqual([]);
      expect(headers.get("vary")).toContain("Origin");
    }
  });
});

describe("HTTP server: the path of the public URL", () => {
  it.each([
    ["/video/graphql?query={__typename}", 200],
    ["/graphql?query={__typename}", 200],
    ["http://tv.example.com/video/graphql?query={__typename}", 200],
    ["/video/health", 200],
    ["/video/.well-known/jwks.json", 200],
    ["/video/nothing", 404],
    ["/videos/graphql?query={__typename}", 404],
    ["/videographql?query={__typename}", 404],
    ["/video/video/graphql?query={__typename}", 404],
    ["/Video/graphql?query={__typename}", 404],
  ])("is left in the target %s: %s", async (target, status) => {
    await using gateway = await open({}, undefined, "/video");
    const answer = await gateway.raw(
      `GET ${target} HTTP/1.1\r\nhost: x\r\nauthorization: ${authorization}\r\nconnection: close\r\n\r\n`,
    );
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  });

  it.each([
    ["/video", "/video/"],
    ["/video?a=/b", "/video/?a=/b"],
  ])("leads to its folder from %s", async (target, location) => {
    await using gateway = await open({}, undefined, "/video");
    const { status, headers } = await fetch(`${gateway.server.url}${target}`, { redirect: "manual" });
    expect([status, headers.get("location")]).toEqual([308, location]);
  });

  it("takes queries of the fast path", async () => {
    await using gateway = await open({}, undefined, "/video");
    const response = await fetch(`${gateway.server.url}/video/graphql`, post(QUERY));
    expect(await response.json()).toMatchObject({ data: { __typename: "Query" } });
  });
});

describe("HTTP server: malformed HTTP", () => {
  it.each([
    ["a line of nonsense", "nonsense\r\n\r\n", 400],
    [
      "a length and chunks at once",
      `POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
      400,
    ],
    ["two lengths", `POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello`, 400],
    ["no host", "GET /health HTTP/1.1\r\n\r\n", 400],
    ["an empty host by HTTP/1.0", "GET /health HTTP/1.0\r\nhost:\r\n\r\n", 400],
    ["the same host twice", "GET /health HTTP/1.1\r\nhost: x\r\nhost: x\r\n\r\n", 400],
    ["two hosts", "GET /health HTTP/1.1\r\nhost: x\r\naccept: */*\r\nHost: y\r\n\r\n", 400],
    ["two hosts by HTTP/1.0", "GET /health HTTP/1.0\r\nhost: x\r\nhost: y\r\n\r\n", 400],
    ["two hosts and a URL", "GET http://x/health HTTP/1.1\r\nhost: x\r\nhost: y\r\n\r\n", 400],
    ["headers of more than 16 KB", `GET /health HTTP/1.1\r\nhost: x\r\nx: ${"x".repeat(17_000)}\r\n\r\n`, 431],
    ["a web socket", "GET /graphql HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n", 426],
  ])("is answered in a line: %s", async (_what, bytes, status) => {
    await using gateway = await open();
    const answer = await gateway.raw(bytes);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(answer).not.toMatch(INTERNALS);
    expect(gateway.complaints()).toBe("");
  });

  it.each(["/health", "/readiness", "http://x/health", "HTTP://127.0.0.1:4000/health", "https://[::1]/health?x"])(
    "is not %s by HTTP/1.0, without a host or any other header",
    async (target) => {
      await using gateway = await open({ allowedHosts: ["localhost"] });
      expect(await gateway.raw(`GET ${target} HTTP/1.0\r\n\r\n`)).toMatch(/^HTTP\/1.1 200 .*"status":"ok"/s);
      expect(gateway.complaints()).toBe("");
    },
  );

  it.each(["/graphql", "http://x/graphql", "https://y:1/graphql"])(
    "is not a query to %s by HTTP/1.0",
    async (target) => {
      await using gateway = await open();
      const answer = await gateway.raw(
        `POST ${target} HTTP/1.0\r\nauthorization: ${authorization}\r\ncontent-type: application/json\r\ncontent-length: ${QUERY.length}\r\n\r\n${QUERY}`,
      );
      expect(answer).toMatch(/^HTTP\/1.1 200 .*"__typename":"Query"/s);
    },
  );

  it("is not a URL as the target, of a connection that stays open", async () => {
    await using gateway = await open();
    const request = (target: string, more = "") =>
      `GET ${target} HTTP/1.1\r\nhost: x\r\nauthorization: ${authorization}\r\n${more}\r\n`;
    const answer = await gateway.raw(
      request("http://x/graphql?query={__typename}"),
      request("http://x?query={__typename}"),
      request("http://x/health", "connection: close\r\n"),
    );
    expect(answer.match(/HTTP\/1.1 \d+/g)).toEqual(["HTTP/1.1 200", "HTTP/1.1 404", "HTTP/1.1 200"]);
  });

  it("is a key sent twice, which is no key", async () => {
    await using gateway = await open();
    const key = `authorization: ${authorization}\r\n`;
    const answer = await gateway.raw(
      `GET /graphql?query={__typename} HTTP/1.1\r\nhost: x\r\n${key}${key}connection: close\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1.1 401 /);
  });

  it("is an offer of HTTP/2 alone, which is passed over", async () => {
    await using gateway = await open();
    const answer = await gateway.raw(
      `POST /graphql HTTP/1.1\r\nhost: x\r\nauthorization: ${authorization}\r\ncontent-type: application/json\r\ncontent-length: ${QUERY.length}\r\nconnection: upgrade, close\r\nupgrade: h2c\r\n\r\n${QUERY}`,
    );
    expect(answer).toMatch(/^HTTP\/1.1 200 /);
  });
});

describe("HTTP server: a slow client", () => {
  const patience = { headersMs: 60, requestMs: 120, responseMs: 60_000, idleMs: 60, checkIntervalMs: 10 };
  const head = `POST /graphql HTTP/1.1\r\nhost: x\r\nauthorization: ${authorization}\r\ncontent-type: application/json\r\ncontent-length: 500\r\n`;

  it.each([
    ["headers", head],
    ["body", `${head}\r\n{`],
  ])("is cut off before the end of its %s", async (_what, bytes) => {
    await using gateway = await open({}, patience);
    expect(await gateway.raw(bytes)).toMatch(/^HTTP\/1.1 408 /);
    expect(gateway.complaints()).toBe("");
  });

  it("may leave a connection idle for longer than it may take to send headers, and not for longer than that", async () => {
    await using gateway = await open({}, { ...patience, idleMs: 2_000 });
    const { port } = new URL(gateway.server.url);
    const socket = connect(Number(port), "127.0.0.1");
    // Node.js closes a connection a second late.
    for (const pause of [0, 1_500]) {
      await delay(pause);
      socket.write("GET /health HTTP/1.1\r\nhost: x\r\n\r\n");
      expect(String((await once(socket, "data"))[0])).toMatch(/^HTTP\/1.1 200 /);
    }
    await once(socket, "close");
  });

  it("that does not read its response is disconnected", async () => {
    await using gateway = await open({}, { ...patience, responseMs: 40 });
    gateway.sandbox.fault({ path: "/api/v3/account/info", latencyMs: 2_000 });
    const body = '{"query":"{ account { accountId } }"}';
    const answer = await gateway.raw(
      `POST /graphql HTTP/1.1\r\nhost: x\r\nauthorization: ${authorization}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    expect(answer).toBe("");
  });

  it("is answered in the order of its requests when it sends them all at once", async () => {
    await using gateway = await open();
    const request = (path: string, more = "") =>
      `GET ${path} HTTP/1.1\r\nhost: x\r\nauthorization: ${authorization}\r\n${more}\r\n`;
    const answer = await gateway.raw(
      request("/graphql?query={account{accountId}}") +
        request("/nothing") +
        request("/health", "connection: close\r\n"),
    );
    expect(answer.match(/HTTP\/1.1 \d+/g)).toEqual(["HTTP/1.1 200", "HTTP/1.1 404", "HTTP/1.1 200"]);
  });
});
