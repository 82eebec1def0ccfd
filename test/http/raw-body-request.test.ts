import { Agent, request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import { describe, expect, it } from "vitest";
import { type HttpServer, listen } from "../../src/http/http-server.ts";
import type { RawBodyRequest } from "../../src/http/raw-body-request.ts";
import { collectGarbage } from "../support/memory.ts";

/** What is behind the handler; the request is told of as node:http leaves it. */
type Handle = (request: RawBodyRequest, response: ServerResponse) => void;

async function withServer(handle: Handle, use: (ask: (body: string) => Promise<string>) => Promise<void>) {
  const server: HttpServer = await listen(
    (request, response) => handle(request as RawBodyRequest, response),
    "127.0.0.1",
    0,
  );
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  try {
    await use((body) => ask(server.url, agent, body));
  } finally {
    agent.destroy();
    await server.drain(0);
  }
}

function ask(url: string, agent: Agent, body: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest(url, { method: "POST", agent }, async (response: IncomingMessage) => {
      let text = "";
      for await (const chunk of response) text += chunk;
      resolve(text);
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

/** Takes the whole body, and answers with it. */
function echo(request: RawBodyRequest, response: ServerResponse): void {
  const chunks: Uint8Array[] = [];
  const isTaken = request.captureBody({
    chunk: (chunk) => chunks.push(chunk),
    end: () => response.end(Buffer.concat(chunks)),
  });
  if (!isTaken) response.end("too late");
}

describe("RawBodyRequest: a captured body", () => {
  it("comes whole and in order, of one request after the other on a connection", async () => {
    await withServer(echo, async (send) => {
      const long = "0123456789".repeat(30_000);
      for (const body of ["a", "", long, "b"]) expect(await send(body)).toBe(body);
    });
  });

  it("leaves nothing of its request behind once that is answered, while the connection waits for the next", async () => {
    const requests: WeakRef<RawBodyRequest>[] = [];
    await withServer(
      (request, response) => {
        requests.push(new WeakRef(request));
        echo(request, response);
      },
      async (send) => {
        await send("a");
        // What a turn of the event loop has looked at through a WeakRef lives to its end.
        for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
        collectGarbage();
        expect(requests.map((request) => request.deref())).toEqual([undefined]);
      },
    );
  });

  it("is a stream unless it is captured", async () => {
    await withServer(
      async (request, response) => {
        let text = "";
        for await (const chunk of request) text += chunk;
        response.end(`${text} ${request.readableEnded}`);
      },
      async (send) => expect(await send("a")).toBe("a true"),
    );
  });
});
