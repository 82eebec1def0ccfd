import { request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import { describe, expect, it } from "vitest";
import { type HttpServer, listen } from "../../src/http/http-server.ts";
import { createTestGateway, graphqlRequest, OPERATOR_KEY, type TestGateway } from "../support/gateway.ts";

const bearer = { authorization: `Bearer ${OPERATOR_KEY}` };
const get = (path: string, headers: Record<string, string> = {}) =>
  new Request(`http://gateway.test${path}`, { headers });

describe("HTTP server: callers", () => {
  it.each([
    ["no key", {}],
    ["another key", { authorization: "Bearer operator-key-of-the-testz" }],
    ["a part of the key", { authorization: `Bearer ${OPERATOR_KEY.slice(0, -1)}` }],
    ["a longer key", { authorization: `Bearer ${OPERATOR_KEY}x` }],
    ["another scheme", { authorization: `Basic ${OPERATOR_KEY}` }],
    ["the key without a scheme", { authorization: OPERATOR_KEY }],
    ["a gigantic key", { authorization: `Bearer ${"x".repeat(12_000)}` }],
  ] as [string, Record<string, string>][])("with %s learn nothing, whatever they ask", async (_what, headers) => {
    await using gateway = await createTestGateway();
    const bodies = [
      '{"query":"{ __schema { types { name } } }"}',
      '{"query":"{ nonsense }"}',
      "no JSON",
      "x".repeat(200_000),
    ];
    for (const body of bodies) {
      const response = await gateway.gateway.fetch(
        new Request("http://gateway.test/graphql", {
          method: "POST",
          headers: { "content-type": "application/json", ...headers },
          body,
        }),
      );
      expect(response.status).toBe(401);
      expect(response.headers.get("www-authenticate")).toBe('Bearer realm="syndigraph"');
      expect(await response.text()).toBe(
        '{"errors":[{"message":"A valid bearer key is needed.","extensions":{"code":"UNAUTHENTICATED"}}]}',
      );
    }
    for (const path of ["/graphql?query={__typename}", "/", "/metrics", "/graphql/"]) {
      expect((await gateway.gateway.fetch(get(path, headers))).status).toBe(401);
    }
    expect(gateway.sandbox.calls()).toEqual([]);
  });

  it("with the key are served, whatever the case of the scheme", async () => {
    await using gateway = await createTestGateway();
    for (const scheme of ["Bearer", "bearer", "BEARER"]) {
      const response = await gateway.gateway.fetch(
        graphqlRequest({ query: "{ __typename }" }, { authorization: `${scheme} ${OPERATOR_KEY}` }),
      );
      expect(await response.json()).toMatchObject({ data: { __typename: "Query" } });
    }
  });

  it("forbids caches to store its response", async () => {
    await using gateway = await createTestGateway();
    for (const request of [graphqlRequest({ query: "{ __typename }" }), get("/health"), get("/graphql")]) {
      const { headers } = await gateway.gateway.fetch(request);
      expect(headers.get("cache-control")).toBe("no-store");
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("access-control-allow-origin")).toBeNull();
    }
  });
});

describe("GET /health and /readiness", () => {
  it("is good as long as the process is alive", async () => {
    await using gateway = await createTestGateway();
    gateway.sandbox.fault({ path: "*", status: 503 });
    const response = await gateway.gateway.fetch(get("/health"));
    expect([response.status, await response.json()]).toEqual([200, { status: "ok" }]);
  });

  it("of readiness requires the platform to accept the API secret, and caches that it did", async () => {
    await using gateway = await createTestGateway();
    gateway.sandbox.fault({ path: "/api/v3/account/info", status: 401 });
    const before = await gateway.gateway.fetch(get("/readiness"));
    expect([before.status, await before.json()]).toEqual([
      503,
      { status: "unavailable", reason: "UPSTREAM_UNAUTHORIZED", platform: "DOWN", store: "UP" },
    ]);
    gateway.sandbox.clearFaults();
    expect((await gateway.gateway.fetch(get("/readiness"))).status).toBe(200);
    gateway.sandbox.clearCalls();
    expect((await gateway.gateway.fetch(get("/readiness"))).status).toBe(200);
    expect(gateway.sandbox.calls()).toEqual([]);
  });

  it("is read by GET and HEAD alone", async () => {
    await using gateway = await createTestGateway();
    const response = await gateway.gateway.fetch(new Request("http://gateway.test/health", { method: "POST" }));
    expect([response.status, response.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
  });
});

describe("HTTP server: secrets", () => {
  it("appear only in responses that request them, in no error and in no log line", async () => {
    await using gateway = await createTestGateway();
    const { publish, subscribe } = gateway.sandbox.tokens;
    const secrets = [gateway.sandbox.secret, OPERATOR_KEY, ...[...publish(), ...subscribe()].map(({ token }) => token)];
    const restreamKeys = publish().flatMap(({ restream }) => restream.map(({ key }) => key));
    const texts: string[] = [];
    const ask = async (document: string) => {
      texts.push(await (await gateway.gateway.fetch(graphqlRequest({ query: document }))).text());
    };
    const everything = `{
      publishTokens(first: 100) { nodes { id label grants { pattern } restreams { label url } streamPlaces: grants { streams(first: 3) { nodes { name playback { hostedPlayerUrl embedHtml whepUrl } } } } } }
      subscribeTokens(first: 100) { nodes { id label trackingId partner { name } } }
      streams(first: 100) { nodes { name feeds { feedId publishToken { label } } } }
      account { accountId usage(window: { last: "P1D" }) { total { bytesOut } } } }`;
    await ask(everything);
    for (const status of [400, 401, 429, 500]) {
      gateway.sandbox.fault({ path: "/api/*", status, times: 8 });
      await ask(everything);
      await ask("mutation { disablePublishTokens(input: { tokens: [{ tokenId: 1001 }] }) { userErrors { message } } }");
      gateway.sandbox.clearFaults();
    }
    gateway.sandbox.fault({ path: "/api/*", drop: "before", times: 8 });
    await ask(everything);
    const all = `${texts.join("\n")}\n${gateway.logged()}`;
    for (const secret of [...secrets, ...restreamKeys]) expect(all).not.toContain(secret);
  });
});

describe("HTTP server: the port", () => {
  const open = async (gateway: TestGateway): Promise<HttpServer> => listen(gateway.gateway.handle, "127.0.0.1", 0);
  const raw = (url: string, host: string) =>
    new Promise<{ status: number; body: string }>((resolve, reject) => {
      const request = httpRequest(`${url}/health`, { setHost: false, headers: { host } }, (response) => {
        let body = "";
        response.on("data", (chunk: Buffer) => {
          body += chunk.toString();
        });
        response.on("end", () => resolve({ status: response.statusCode ?? 0, body }));
      });
      request.on("error", reject);
      request.end();
    });

  it("serves the graph over real HTTP", async () => {
    await using gateway = await createTestGateway();
    const server = await open(gateway);
    const response = await fetch(`${server.url}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json", ...bearer },
      body: JSON.stringify({ query: "{ me { name } }" }),
    });
    expect(await response.json()).toMatchObject({ data: { me: { name: "operator" } } });
    await server.drain(1_000);
  });

  it.each(["a b", "x:99999", "%00", "x/y", "[::1", "a".repeat(300)])(
    "refuses the malformed host %j without a stack trace",
    async (host) => {
      await using gateway = await createTestGateway();
      const server = await open(gateway);
      expect(await raw(server.url, host)).toEqual({
        status: 400,
        body: "The header Host must be one host name or address, with an optional port.\n",
      });
      expect((await raw(server.url, "[::1]:4000")).status).toBe(200);
      await server.drain(1_000);
    },
  );

  it("says that it is about to end, and still serves while others take over", async () => {
    await using gateway = await createTestGateway();
    const server = await open(gateway);
    expect((await fetch(`${server.url}/readiness`)).status).toBe(200);
    gateway.gateway.advertiseShutdown();
    server.advertiseShutdown();
    const readiness = await fetch(`${server.url}/readiness`);
    expect(readiness.status).toBe(503);
    expect(await readiness.json()).toEqual({ status: "unavailable", reason: "SHUTTING_DOWN" });
    const answer = await fetch(`${server.url}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json", ...bearer },
      body: JSON.stringify({ query: "{ __typename }" }),
    });
    expect(answer.headers.get("connection")).toBe("close");
    expect(await answer.json()).toMatchObject({ data: { __typename: "Query" } });
    expect((await fetch(`${server.url}/health`)).status).toBe(200);
    await server.drain(1_000);
  });

  it("responds to accepted requests before it closes", async () => {
    await using gateway = await createTestGateway();
    const server = await open(gateway);
    gateway.sandbox.fault({ path: "/api/v3/account/info", latencyMs: 150, times: 1 });
    const answer = fetch(`${server.url}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json", ...bearer },
      body: JSON.stringify({ query: "{ account { accountId } }" }),
    });
    // A later request that is answered proves that the first has reached the server.
    expect((await fetch(`${server.url}/health`)).status).toBe(200);
    const drained = server.drain(100_000);
    expect(await (await answer).json()).toMatchObject({ data: { account: { accountId: "SYN4DX" } } });
    await drained;
    await expect(fetch(`${server.url}/health`)).rejects.toThrow();
  });

  it("closes when the responses that had begun have ended, although their clients keep the connections open", async () => {
    const timeouts = { headersMs: 1e8, requestMs: 1e8, responseMs: 1e8, idleMs: 1e8 };
    let end = () => undefined as unknown;
    const handle = (_request: IncomingMessage, response: ServerResponse) => {
      response.write("begun, ");
      end = () => response.end("ended");
    };
    const server = await listen(handle, "127.0.0.1", 0, { timeouts });
    const answer = await fetch(server.url);
    const drained = server.drain(1e8);
    end();
    expect(await answer.text()).toBe("begun, ended");
    await drained;
  });
});
