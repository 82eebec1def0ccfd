import { once } from "node:events";
import { connect } from "node:net";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { getIntrospectionQuery } from "graphql";
import { describe, expect, it } from "vitest";
import { createCompression } from "../../src/http/compression.ts";
import { listen } from "../../src/http/http-server.ts";
import { createUnsentResponses } from "../../src/limits/unsent-responses.ts";
import { createTestGateway, OPERATOR_KEY, type TestGateway } from "../support/gateway.ts";

/** A response as it was sent. */
interface Sent {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
}

/** Sends a request by a port, and returns the bytes of the response: `fetch` would decompress them. */
async function sent({ gateway }: TestGateway, method: string, target: string, accept: string | null, query?: string) {
  const server = await listen(gateway.handle, "127.0.0.1", 0);
  const body = query === undefined ? "" : JSON.stringify({ query });
  const socket = connect(Number(new URL(server.url).port), "127.0.0.1");
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  socket.write(
    `${method} ${target} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${OPERATOR_KEY}\r\ncontent-type: application/json\r\n${accept === null ? "" : `accept-encoding: ${accept}\r\n`}content-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`,
  );
  await once(socket, "close");
  await server.drain(0);
  const all = Buffer.concat(chunks);
  const end = all.indexOf("\r\n\r\n");
  const [first = "", ...lines] = all.subarray(0, end).toString().split("\r\n");
  const headers = new Map(lines.map((line) => line.toLowerCase().split(": ") as [string, string]));
  return { status: Number(first.split(" ")[1]), headers, body: all.subarray(end + 4) } satisfies Sent;
}

const INTROSPECTION = getIntrospectionQuery();
const decoders = { br: brotliDecompressSync, gzip: gunzipSync };

describe("compression: a response", () => {
  it.each([
    ["gzip", "gzip"],
    ["gzip, deflate, br", "br"],
    ["br;q=0.1, gzip;q=0.2", "gzip"],
  ] as const)("of the graph to a client that accepts %s is %s, and shorter", async (accept, encoding) => {
    await using gateway = await createTestGateway();
    const plain = await sent(gateway, "POST", "/graphql", null, INTROSPECTION);
    const paths = [
      await sent(gateway, "POST", "/graphql", accept, INTROSPECTION),
      await sent(gateway, "GET", `/graphql?query=${encodeURIComponent(INTROSPECTION)}`, accept),
    ];
    for (const { status, headers, body } of paths) {
      expect([status, headers.get("content-encoding")]).toEqual([200, encoding]);
      expect(headers.get("content-length")).toBe(String(body.length));
      expect(headers.get("content-type")).toMatch(/^application\/json/);
      expect(headers.get("vary")).toBe("accept-encoding");
      expect(headers.get("x-request-id")).toBeDefined();
      expect(JSON.parse(decoders[encoding](body).toString()).data).toEqual(JSON.parse(plain.body.toString()).data);
      expect(body.length).toBeLessThan(plain.body.length / 4);
    }
    expect(plain.headers.get("content-encoding")).toBeUndefined();
    expect(plain.headers.get("vary")).toBe("accept-encoding");
  });

  it.each([
    ["is short", "gzip, br", "{ __typename }"],
    ["is wanted as it is", "identity", INTROSPECTION],
    ["is not wanted in our encodings", "deflate, zstd", INTROSPECTION],
    ["is wanted in no encoding at all", "gzip;q=0, br;q=0, *;q=0", INTROSPECTION],
  ])("that %s is not compressed", async (_what, accept, query) => {
    await using gateway = await createTestGateway();
    for (const { headers, body } of [
      await sent(gateway, "POST", "/graphql", accept, query),
      await sent(gateway, "GET", `/graphql?query=${encodeURIComponent(query)}`, accept),
    ]) {
      expect(headers.get("content-encoding")).toBeUndefined();
      expect(JSON.parse(body.toString())).toHaveProperty("data");
    }
  });

  it("with errors, or of the metrics, is compressed as well", async () => {
    await using gateway = await createTestGateway();
    const query = `{ ${Array.from({ length: 5 }, (_, index) => `none${"x".repeat(300)}${index}`).join(" ")} }`;
    const failed = await sent(gateway, "POST", "/graphql", "gzip", query);
    expect(failed.headers.get("content-encoding")).toBe("gzip");
    expect(JSON.parse(gunzipSync(failed.body).toString())).toHaveProperty("errors");
    const metrics = await sent(gateway, "GET", "/metrics", "gzip");
    expect(metrics.headers.get("content-encoding")).toBe("gzip");
    expect(gunzipSync(metrics.body).toString()).toContain("syndigraph_");
  });

  it("counts as unsent bytes of its caller until it is compressed", async () => {
    const unsent = createUnsentResponses({
      maxResponseBytes: 1e6,
      maxUnsentBytesPerCaller: 150_000,
      maxUnsentBytes: 1e6,
    });
    const compress = createCompression(unsent);
    const head = { method: "POST", target: "/", hostname: () => "x", header: () => "gzip", peer: undefined };
    const response = { status: 200, headers: {}, body: "x".repeat(200_000) };
    const compressed = new Promise((resolve) => compress(head, response, "key:1", resolve));
    expect([unsent.bytes(), unsent.isFull("key:1"), unsent.isFull("key:2")]).toEqual([200_000, true, false]);
    expect(await compressed).toMatchObject({ status: 200, headers: { "content-encoding": "gzip" } });
    expect(unsent.bytes()).toBe(0);
  });
});
