import { describe, expect, it } from "vitest";
import { negotiateEncoding } from "../../src/http/content-negotiation.ts";
import { createTestGateway, graphqlRequest, OPERATOR_KEY } from "../support/gateway.ts";

/** The fast path, and that of yoga. */
const paths = ["/graphql", "/graphql?way=yoga"];
const JSON_TYPE = "application/json; charset=utf-8";
const GRAPHQL_TYPE = "application/graphql-response+json; charset=utf-8";

const mutation = `mutation { createSubscribeToken(input: { idempotencyKey: "k", label: "made", streams: [{ pattern: "derby-final" }],
  trackingId: "northwind-tv" }) { subscribeToken { tokenId } userErrors { code } } }`;

function post(path: string, accept: string | null, query: string): Request {
  const { headers, method } = graphqlRequest({ query });
  if (accept !== null) headers.set("accept", accept);
  return new Request(`http://gateway.test${path}`, { method, headers, body: JSON.stringify({ query }) });
}

describe("content negotiation: the header Accept", () => {
  it.each([
    "application/xml",
    "text/html",
    "image/png",
    "application/json; charset=utf-16",
    'application/json;charset="utf-16"',
    "application/json;q=0",
    "application/json;q=0, application/graphql-response+json;q=0.0, text/*",
    "*/*;q=0",
    ";",
  ])("is looked at before anything runs: nothing is done for %s", async (accept) => {
    await using gateway = await createTestGateway();
    const before = gateway.sandbox.tokens.subscribe();
    for (const path of paths) {
      const response = await gateway.gateway.fetch(post(path, accept, mutation));
      expect(response.status).toBe(406);
      expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: "BAD_REQUEST" } }] });
    }
    expect(gateway.sandbox.tokens.subscribe()).toEqual(before);
    const { data } = await gateway.ask<{ auditLog: { nodes: unknown[] } }>(
      "{ auditLog(first: 10) { nodes { operation } } }",
    );
    expect(data.auditLog.nodes).toEqual([]);
  });

  it.each([
    [null, JSON_TYPE],
    ["", JSON_TYPE],
    ["*/*", JSON_TYPE],
    ["application/*", JSON_TYPE],
    ["application/json", JSON_TYPE],
    ['application/json;charset="utf-8"', JSON_TYPE],
    ['application/json; charset="UTF-8"; note="a, b; c"', JSON_TYPE],
    ["application/json; indent=2", JSON_TYPE],
    ["application/graphql-response+json, application/json", GRAPHQL_TYPE],
    ["application/json, application/graphql-response+json", JSON_TYPE],
    ["application/graphql-response+json;q=0.1, application/json;q=0.9", JSON_TYPE],
    ["application/json;q=0.1, application/graphql-response+json", GRAPHQL_TYPE],
    ["application/json;q=0, */*", GRAPHQL_TYPE],
    ["text/html, application/xhtml+xml, */*;q=0.8", JSON_TYPE],
    ["multipart/mixed;deferSpec=20220824, application/graphql-response+json, application/json;q=0.9", GRAPHQL_TYPE],
    ["text/event-stream, application/json;q=0.5", JSON_TYPE],
    ["text/event-stream", "text/event-stream"],
    ["multipart/mixed", 'multipart/mixed; boundary="-"'],
  ])("%s is answered on both paths in %s", async (accept, type) => {
    await using gateway = await createTestGateway();
    for (const path of paths) {
      const response = await gateway.gateway.fetch(post(path, accept, "{ me { name } }"));
      expect([path, response.status, response.headers.get("content-type")]).toEqual([path, 200, type]);
      expect(await response.text()).toContain("operator");
    }
  });

  it("is not reported without a key", async () => {
    await using gateway = await createTestGateway();
    const headers = { accept: "application/xml", authorization: `Bearer ${OPERATOR_KEY}x` };
    const response = await gateway.gateway.fetch(graphqlRequest({ query: "{ me { name } }" }, headers));
    expect(response.status).toBe(401);
  });
});

describe("negotiateEncoding", () => {
  it.each([
    [null, null],
    ["", null],
    ["gzip", "gzip"],
    ["br", "br"],
    ["GZIP, Br", "br"],
    ["gzip, deflate", "gzip"],
    ["gzip, deflate, br, zstd", "br"],
    ["gzip;q=1.0, br;q=0.9", "gzip"],
    ["gzip ; q=0.2 , br ; q=0.3", "br"],
    ["br;q=0, gzip;q=0", null],
    ["br;q=0, *", "gzip"],
    ["*", "br"],
    ["*;q=0", null],
    ["*;q=0, gzip", "gzip"],
    ["identity", null],
    ["identity, gzip;q=0.5", null],
    ["identity;q=0.5, gzip;q=1", "gzip"],
    ["identity;q=0", null],
    ["deflate", null],
    ["gzip;q=2", null],
    ["gzip;q=x, br;q=0.1", "br"],
    [",,;q=1,;", null],
  ])("of %j is %s", (accept, encoding) => {
    expect(negotiateEncoding(accept, ["br", "gzip"])).toBe(encoding);
  });
});
