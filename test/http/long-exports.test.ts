import { once } from "node:events";
import { connect } from "node:net";
import { describe, expect, it, vi } from "vitest";
import { type HttpServer, listen } from "../../src/http/http-server.ts";
import { HOUR_MS } from "../../src/model/usage/time.ts";
import { openStore } from "../../src/store/open-store.ts";
import type { Store } from "../../src/store/store.ts";
import { StoreError } from "../../src/store/store-error.ts";
import { addKey } from "../support/api-keys.ts";
import { failureOf, READ_AT, request } from "../support/exports.ts";
import { createTestGateway, OPERATOR_KEY } from "../support/gateway.ts";

/** A gateway whose archive has any number of hours, at an open port. `onPage` is called before each page is read. */
async function openEndless(onPage: () => void = () => undefined) {
  const memory = await openStore({ kind: "memory" });
  let pages = 0;
  const store: Store = {
    ...memory,
    usageArchive: {
      ...memory.usageArchive,
      page: async (_series, { from }, after) => {
        onPage();
        pages += 1;
        const begin = after === null ? from : after.bucket + HOUR_MS;
        return Array.from({ length: 500 }, (_, index) => ({
          bucket: begin + index * HOUR_MS,
          part: "",
          counts: ["9007199254740993", ...Array.from({ length: 12 }, () => "")],
          changedAt: READ_AT,
          state: "SETTLED" as const,
          lacksHours: false,
        }));
      },
    },
  };
  const gateway = await createTestGateway({ gateway: { store } });
  const server = await listen(gateway.gateway.handle, "127.0.0.1", 0);
  return {
    gateway,
    server,
    pages: () => pages,
    [Symbol.asyncDispose]: async () => {
      await gateway[Symbol.asyncDispose]();
      await server.drain(0);
      await memory.close();
    },
  };
}

/** Opens a socket that has requested an export, and that reads nothing until it is resumed. */
async function requestBySocket({ url }: HttpServer, path: string, version = "1.1") {
  const { port } = new URL(url);
  const socket = connect(Number(port), "127.0.0.1");
  socket.pause();
  socket.on("error", () => undefined);
  await once(socket, "connect");
  socket.write(
    `GET /exports/${path} HTTP/${version}\r\nHost: gateway.test\r\nAuthorization: Bearer ${OPERATOR_KEY}\r\n\r\n`,
  );
  return socket;
}

const LONG = "usage.jsonl?account&from=2016-04-01&to=2026-03-18";

describe("a long export", () => {
  it("reads no further than its client does, and ends when it disconnects", async () => {
    await using endless = await openEndless();
    const socket = await requestBySocket(endless.server, LONG);
    // The connection is full when two looks at it find the same.
    let seen = -1;
    await vi.waitFor(
      () => {
        const before = seen;
        seen = endless.pages();
        expect(seen > 0 && seen === before).toBe(true);
      },
      { timeout: 60_000, interval: 100 },
    );
    // A page is 250 kB: what waits is in the buffers of the kernel, up to some megabytes.
    expect(seen).toBeLessThan(40);
    socket.destroy();
    await vi.waitFor(() => expect(endless.gateway.logged()).toContain('"kind":"export","status":499'), 60_000);
    const ended = endless.pages();
    expect((await fetch(`${endless.server.url}/health`)).status).toBe(200);
    expect(endless.pages()).toBe(ended);
  });

  it("is not cut off for its length, but when its client receives nothing", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance"] });
    try {
      await using endless = await openEndless();
      const socket = await requestBySocket(endless.server, LONG);
      const chunks = socket.iterator() as AsyncIterator<Buffer, void>;
      let last = "";
      /** Receives so many bytes. Returns whether the connection is still open. */
      const receive = async (bytes: number) => {
        for (let received = 0; received < bytes; ) {
          const { value } = await chunks.next().catch(() => ({ value: undefined }));
          if (!value) return false;
          received += value.length;
          last = value.toString().slice(-20);
        }
        return true;
      };
      for (let round = 0; round < 3; round += 1) {
        expect(await receive(10_000_000)).toBe(true);
        vi.advanceTimersByTime(100_000);
      }
      vi.advanceTimersByTime(130_000);
      expect(await receive(Number.POSITIVE_INFINITY)).toBe(false);
      expect(last).not.toContain("\r\n0\r\n\r\n");
    } finally {
      vi.useRealTimers();
    }
  });

  it("is cut off visibly if it fails after its first rows", async () => {
    let calls = 0;
    const fail = () => {
      calls += 1;
      if (calls % 4 === 0) throw new StoreError("The store is gone.");
    };
    await using endless = await openEndless(fail);
    const headers = { authorization: `Bearer ${OPERATOR_KEY}` };
    for (const encoding of ["identity", "gzip"]) {
      const response = await fetch(`${endless.server.url}/exports/${LONG}`, {
        headers: { ...headers, "accept-encoding": encoding },
      });
      expect(response.status).toBe(200);
      await expect(response.text()).rejects.toThrow();
    }
    const socket = await requestBySocket(endless.server, LONG, "1.0");
    const failed = once(socket, "error");
    const codes: string[] = [];
    socket.on("error", ({ code }: NodeJS.ErrnoException) => codes.push(code ?? ""));
    socket.resume();
    await Promise.race([failed, once(socket, "close")]).catch(() => undefined);
    expect(codes).toEqual(["ECONNRESET"]);
    await vi.waitFor(() =>
      expect(endless.gateway.logged().match(/"status":200,"errors":\["STORE_UNAVAILABLE"\]/g)).toHaveLength(3),
    );
  });

  it("is answered with an error if it fails before", async () => {
    const fail = () => {
      throw new StoreError("The store is gone.");
    };
    await using endless = await openEndless(fail);
    const response = await request(endless.gateway, LONG);
    expect(await failureOf(response)).toMatchObject({ status: 503, code: "STORE_UNAVAILABLE" });
  });

  it("leaves room for others: a caller has two at once", async () => {
    await using endless = await openEndless();
    const running = [await request(endless.gateway, LONG), await request(endless.gateway, LONG)];
    const third = await request(endless.gateway, LONG);
    expect(third.headers.get("retry-after")).toBe("10");
    expect(await failureOf(third)).toMatchObject({ status: 429, code: "LIMIT_EXCEEDED" });
    const { key } = await addKey(endless.gateway);
    running.push(await request(endless.gateway, LONG, key));
    expect(running.map(({ status }) => status)).toEqual([200, 200, 200]);
    for (const response of running) await response.body?.cancel();
    await vi.waitFor(async () => expect((await request(endless.gateway, LONG)).status).toBe(200));
  });

  it("is ended when the gateway closes", async () => {
    const endless = await openEndless();
    const response = await fetch(`${endless.server.url}/exports/${LONG}`, {
      headers: { authorization: `Bearer ${OPERATOR_KEY}` },
    });
    const text = response.text();
    await Promise.all([endless[Symbol.asyncDispose](), expect(text).rejects.toThrow()]);
  });
});
