import { fork } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { describe, expect, it, vi } from "vitest";
import { createSandbox, type SandboxOptions } from "../../src/sandbox/sandbox.ts";
import { createConformantSandbox } from "../support/conformance.ts";
import { admitted, clientOf, publishToken, START, subscribeToken } from "../support/sandbox.ts";

/** How the sandbox is run: its clock, its faults, its log, its own paths and its process. */

const sandboxAtStart = (options: Pick<SandboxOptions, "wait"> = {}) =>
  createConformantSandbox({ startAt: START, frozen: true, ...options });

describe("sandbox clock", () => {
  it("stands still if frozen and runs otherwise, from any start", async () => {
    let elapsedMs = 0;
    vi.spyOn(performance, "now").mockImplementation(() => elapsedMs);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.parse("2026-03-18T10:20:00Z") });
    try {
      await using frozen = await sandboxAtStart();
      await using running = await createSandbox({ startAt: "2025-06-18" });
      await using present = await createSandbox();
      elapsedMs = 1_500;
      expect(frozen.clock.now()).toBe(Date.parse(START));
      expect(running.clock.now()).toBe(Date.parse("2025-06-18T00:00:01.500Z"));
      expect(present.clock.now()).toBe(Date.parse("2026-03-18T10:20:01.500Z"));
    } finally {
      vi.useRealTimers();
      vi.restoreAllMocks();
    }
  });

  it("moves forward and never back", async () => {
    await using sandbox = await sandboxAtStart();
    sandbox.clock.advance(1500);
    sandbox.clock.set("2025-06-18T11:00:00Z");
    sandbox.clock.set(new Date("2025-06-18T12:00:00Z"));
    expect(sandbox.clock.now()).toBe(Date.parse("2025-06-18T12:00:00Z"));
    expect(() => sandbox.clock.set(START)).toThrow(RangeError);
    expect(() => sandbox.clock.advance(-1)).toThrow(RangeError);
    expect(() => sandbox.clock.set("noon")).toThrow(RangeError);
    await expect(createSandbox({ startAt: "soon" })).rejects.toThrow(RangeError);
  });
});

describe("sandbox fault", () => {
  const path = "/api/cluster";

  it("answers with its status, envelope and headers, for the set number of calls", async () => {
    await using sandbox = await sandboxAtStart();
    const client = clientOf(sandbox);
    sandbox.fault({ path: "/api/cl*r", method: "GET", status: 429, headers: { "retry-after": "7" }, times: 2 });
    for (let call = 0; call < 2; call++) {
      const reply = await client.get(path);
      expect(reply).toMatchObject({ status: 429, body: { status: "fail" } });
      expect(reply.headers.get("retry-after")).toBe("7");
    }
    expect((await client.get(path)).status).toBe(200);
    sandbox.fault({ status: 503 });
    expect(await client.get(path)).toMatchObject({ status: 503, body: { status: "error", message: "Injected fault" } });
    sandbox.clearFaults();
    sandbox.fault({ status: 403 });
    expect((await client.get(path)).body).toEqual({ status: "error", message: "Unauthorized" });
    sandbox.clearFaults();
    expect((await client.get(path)).status).toBe(200);
  });

  it.each([
    ["/api/cluster", true],
    ["/api/*", true],
    ["*/cluster", true],
    ["*", true],
    ["/api/c*u*r", true],
    ["/api/clust", false],
    ["/api/cluster/*", false],
    ["/api/*/cluster", false],
  ])("with path %s hits /api/cluster: %s", async (pattern, hits) => {
    await using sandbox = await sandboxAtStart();
    sandbox.fault({ path: pattern, status: 500 });
    expect((await clientOf(sandbox).get(path)).status).toBe(hits ? 500 : 200);
  });

  it("hits no other method, and not the sandbox's own paths", async () => {
    await using sandbox = await sandboxAtStart();
    sandbox.fault({ method: "PUT", status: 500 });
    expect((await clientOf(sandbox).get(path)).status).toBe(200);
    expect((await clientOf(sandbox).put(path, { defaultCluster: "lon-1" })).status).toBe(500);
    expect((await clientOf(sandbox).get(path)).body.data.defaultCluster).toBe("phx-1");
    sandbox.fault({ drop: "before" });
    expect((await clientOf(sandbox).get("/sandbox/clock")).status).toBe(200);
  });

  it("drops the connection before or after acting", async () => {
    await using sandbox = await sandboxAtStart();
    const client = clientOf(sandbox);
    const create = () => client.post("/api/subscribe_token", { label: "lost", streams: [{ streamName: "x" }] });
    const made = () => sandbox.tokens.subscribe().filter(({ label }) => label === "lost").length;
    sandbox.fault({ method: "POST", drop: "before", times: 1 });
    await expect(create()).rejects.toThrow();
    expect(made()).toBe(0);
    sandbox.fault({ method: "POST", drop: "after", times: 1 });
    await expect(create()).rejects.toThrow();
    expect(made()).toBe(1);
    expect(sandbox.calls().map(({ status }) => status)).toEqual([null, null]);
  });

  it("truncates a response, whole or streamed", async () => {
    await using sandbox = await sandboxAtStart();
    sandbox.fault({ truncate: true });
    await expect(clientOf(sandbox).get(path)).rejects.toThrow();
    await expect(clientOf(sandbox).post("/api/v2/records/viewers", { startedAfter: "2025-06-17" })).rejects.toThrow();
  });

  it("sends a response byte by byte, or with blanks behind it", async () => {
    const waits: number[] = [];
    await using sandbox = await sandboxAtStart({ wait: async (ms) => void waits.push(ms) });
    const client = clientOf(sandbox);
    const { body, text } = await client.get(path);
    sandbox.fault({ dripMs: 1, times: 1 });
    expect((await client.get(path)).body).toEqual(body);
    expect(waits).toEqual(Array.from(Buffer.from(text), () => 1));
    sandbox.fault({ padBytes: 100_000 });
    const padded = await client.get(path);
    expect(padded.body).toEqual(body);
    expect(Number(padded.headers.get("content-length"))).toBeGreaterThan(100_000);
  });

  it("replaces the text of a response after acting", async () => {
    await using sandbox = await sandboxAtStart();
    sandbox.fault({ replace: { contentType: "text/html", body: "<html>" } });
    const reply = await fetch(`${sandbox.origin}/api/cluster`, {
      method: "PUT",
      headers: { authorization: `Bearer ${sandbox.secret}`, "content-type": "application/json" },
      body: JSON.stringify({ defaultCluster: "lon-1" }),
    });
    expect([reply.status, reply.headers.get("content-type"), await reply.text()]).toEqual([200, "text/html", "<html>"]);
    sandbox.clearFaults();
    expect((await clientOf(sandbox).get(path)).body.data.defaultCluster).toBe("lon-1");
  });

  it("hits a share of the calls by chance, the same ones in each run", async () => {
    const hits = async () => {
      await using sandbox = await sandboxAtStart();
      sandbox.fault({ chance: 0.2, status: 500 });
      const statuses: number[] = [];
      for (let call = 0; call < 200; call += 1) statuses.push((await clientOf(sandbox).get(path)).status);
      return statuses;
    };
    const first = await hits();
    expect(first.filter((status) => status === 500).length).toBeGreaterThan(20);
    expect(first.filter((status) => status === 500).length).toBeLessThan(60);
    expect(await hits()).toEqual(first);
  });

  it("delays a response", async () => {
    let now = performance.now();
    const clock = vi.spyOn(performance, "now").mockImplementation(() => now);
    try {
      await using sandbox = await sandboxAtStart({
        wait: async (ms) => {
          now += ms;
        },
      });
      sandbox.fault({ latencyMs: 30, times: 1 });
      expect((await clientOf(sandbox).get(path)).status).toBe(200);
      expect((await clientOf(sandbox).get(path)).status).toBe(200);
      expect(sandbox.calls().map(({ durationMs }) => durationMs)).toEqual([30, 0]);
    } finally {
      clock.mockRestore();
    }
  });

  it("is rejected without an effect", async () => {
    await using sandbox = await sandboxAtStart();
    expect(() => sandbox.fault({ path: "/api/*" })).toThrow(/one of latencyMs, status, drop, hang, truncate, dripMs/);
    expect(() => sandbox.fault({ status: 200 })).toThrow(TypeError);
  });
});

describe("sandbox call log", () => {
  it("has the calls and no secret", async () => {
    await using sandbox = await sandboxAtStart();
    const client = clientOf(sandbox);
    await client.get("/api/analytics/streams/total", {
      streamNames: ["derby-final"],
      startDate: "2025-06-01",
      stopDate: "2025-06-02",
    });
    await client.post("/api/subscribe_token", { label: "x", streams: [{ streamName: "x" }] });
    const { token } = publishToken(sandbox, "rehearsal");
    await client.post(`/api/whip/rehearsal?codec=h264&auth=${token}`, "v=0", { "content-type": "application/sdp" });
    await client.get("/sandbox/clock");
    expect(sandbox.calls()).toEqual([
      {
        operationId: "Analytics_StreamsTotal",
        method: "GET",
        path: "/api/analytics/streams/total",
        query: "streamNames=derby-final&startDate=2025-06-01&stopDate=2025-06-02",
        status: 200,
        durationMs: expect.any(Number),
        at: "2025-06-18T10:37:00.000Z",
      },
      expect.objectContaining({ operationId: "SubscribeTokenV1_CreateToken", status: 200, query: "" }),
      expect.objectContaining({ operationId: "Whip_WhipPublish", status: 201, query: "codec=h264&auth=redacted" }),
    ]);
    const text = JSON.stringify(sandbox.calls());
    for (const secret of [sandbox.secret, ...sandbox.tokens.publish().map((one) => one.token)])
      expect(text).not.toContain(secret);
    sandbox.clearCalls();
    expect(sandbox.calls()).toEqual([]);
  });
});

describe("sandbox reset", () => {
  it("returns to the seed on the same port, and clears everything since", async () => {
    await using sandbox = await sandboxAtStart();
    const client = clientOf(sandbox);
    const before = (await client.get("/api/publish_token/list", { page: 1, itemsOnPage: 100 })).text;
    await client.delete("/api/publish_token/1001");
    sandbox.clock.advance(1e9);
    sandbox.fault({ status: 500 });
    sandbox.reset();
    expect((await client.get("/api/publish_token/list", { page: 1, itemsOnPage: 100 })).text).toBe(before);
    expect(sandbox.clock.now()).toBe(Date.parse(START));
    expect(sandbox.calls()).toHaveLength(1);
    expect((await admitted(sandbox.attachViewers({ streamName: "city-council", streamAccountId: "SYN4DX" }))).ok).toBe(
      true,
    );
  });
});

describe("sandbox control paths", () => {
  it("are described by GET /sandbox", async () => {
    await using sandbox = await sandboxAtStart();
    const { data } = (await clientOf(sandbox, null).get("/sandbox")).body;
    expect(data.paths.map(({ method, path }: { method: string; path: string }) => `${method} ${path}`)).toEqual([
      "GET /sandbox/clock",
      "POST /sandbox/clock",
      "GET /sandbox/lag",
      "POST /sandbox/lag",
      "GET /sandbox/feeds",
      "POST /sandbox/feeds",
      "DELETE /sandbox/feeds/{feedId}",
      "GET /sandbox/viewers",
      "POST /sandbox/viewers",
      "DELETE /sandbox/viewers/{clientId}",
      "POST /sandbox/tokens",
      "GET /sandbox/faults",
      "POST /sandbox/faults",
      "DELETE /sandbox/faults",
      "GET /sandbox/calls",
      "DELETE /sandbox/calls",
      "POST /sandbox/reset",
    ]);
  });

  it("offer over HTTP all that the process offers", async () => {
    await using sandbox = await sandboxAtStart();
    const admin = clientOf(sandbox, null);
    expect((await admin.post("/sandbox/clock", { advanceMs: 1000 })).body.data).toEqual({
      now: "2025-06-18T10:37:01.000Z",
      frozen: true,
    });
    expect((await admin.post("/sandbox/clock", { set: "2025-06-18T11:00:00Z" })).status).toBe(200);

    const feed = { token: publishToken(sandbox, "rehearsal").token, streamName: "rehearsal", bitsPerSecond: "8000" };
    const { feedId } = (await admin.post("/sandbox/feeds", feed)).body.data;
    expect((await admin.get("/sandbox/feeds")).body.data.at(-1)).toMatchObject({ feedId, bitsPerSecond: 8000 });
    const viewer = {
      token: subscribeToken(sandbox, "qa-wildcard").token,
      streamName: "rehearsal",
      bitsPerSecond: 8000,
      count: 2,
    };
    const { clientIds } = (await admin.post("/sandbox/viewers", viewer)).body.data;
    expect(
      (await admin.get("/sandbox/viewers")).body.data.map(({ clientId }: { clientId: string }) => clientId),
    ).toEqual(clientIds);
    await admin.post("/sandbox/clock", { advanceMs: 10_000 });
    expect((await admin.delete(`/sandbox/viewers/${clientIds[0]}`)).body.data).toBe(true);
    await admin.post("/sandbox/clock", { advanceMs: 10_000 });
    expect((await admin.delete(`/sandbox/feeds/${feedId}`)).body.data).toBe(true);
    expect(sandbox.truth({ stream: "rehearsal", from: 0, to: sandbox.clock.now() })).toMatchObject({
      bytesIn: 20_000n,
      bytesOut: 30_000n,
    });

    expect((await admin.post("/sandbox/faults", { status: 500, times: 3 })).body.data).toMatchObject([
      { status: 500, remaining: 3 },
    ]);
    expect((await clientOf(sandbox).get("/api/cluster")).status).toBe(500);
    expect((await admin.get("/sandbox/faults")).body.data).toMatchObject([{ remaining: 2 }]);
    await admin.delete("/sandbox/faults");
    expect((await admin.get("/sandbox/calls")).body.data).toHaveLength(1);
    await admin.delete("/sandbox/calls");
    expect(sandbox.calls()).toEqual([]);
    await admin.post("/sandbox/reset", {});
    expect((await admin.get("/sandbox/clock")).body.data.now).toBe("2025-06-18T10:37:00.000Z");
  });

  it.each([
    ["POST", "/sandbox/clock", {}],
    ["POST", "/sandbox/clock", { advanceMs: 1, set: "2025-06-19" }],
    ["POST", "/sandbox/clock", { set: "2020-01-01" }],
    ["POST", "/sandbox/clock", { set: "noon" }],
    ["POST", "/sandbox/feeds", { streamName: "rehearsal" }],
    ["POST", "/sandbox/feeds", { token: "x", streamName: "rehearsal", speed: 1 }],
    ["POST", "/sandbox/viewers", { streamName: "derby-final", bitsPerSecond: "fast" }],
    ["POST", "/sandbox/viewers", { streamName: "derby-final", cluster: "auto" }],
    ["POST", "/sandbox/faults", { times: 1 }],
    ["DELETE", "/sandbox/feeds/none", undefined],
    ["DELETE", "/sandbox/viewers/none", undefined],
  ])("%s %s rejects %j with field errors", async (method, path, body) => {
    await using sandbox = await sandboxAtStart();
    const admin = clientOf(sandbox, null);
    const reply = method === "POST" ? await admin.post(path, body) : await admin.delete(path);
    expect(reply).toMatchObject({ status: 400, body: { status: "fail" } });
  });

  it("pass the Director's refusal on", async () => {
    await using sandbox = await sandboxAtStart();
    const reply = await clientOf(sandbox, null).post("/sandbox/viewers", { streamName: "derby-final", token: "x.y.z" });
    expect(reply).toMatchObject({ status: 401, body: { data: { message: "Unauthorized: Invalid token" } } });
  });
});

describe("sandbox with a client that disconnects", () => {
  it("keeps serving other clients", async () => {
    await using sandbox = await sandboxAtStart();
    const { port } = new URL(sandbox.origin);
    const socket = connect(Number(port), "127.0.0.1");
    await once(socket, "connect");
    socket.write(
      "POST /api/subscribe_token HTTP/1.1\r\nhost: x\r\nauthorization: Bearer sandbox-secret\r\ncontent-length: 99\r\n\r\n{",
    );
    socket.destroy();
    expect((await clientOf(sandbox).get("/api/cluster")).status).toBe(200);
  });
});

describe("sandbox bulk streams", () => {
  it("are added by the thousand", async () => {
    await using sandbox = await createConformantSandbox({ startAt: START, frozen: true, bulk: 5000 });
    expect(subscribeToken(sandbox, "bulk-partner-7-bulk-04807")).toMatchObject({
      trackingId: "bulk-partner-7",
      streams: [{ streamName: "bulk-04807", isRegex: false }],
    });
    const query = { trackingIds: ["bulk-partner-7"], startDate: "2025-06-01", stopDate: "2025-06-15" };
    const { data } = (await clientOf(sandbox).get("/api/analytics/tracking/total", query)).body;
    expect(data["bulk-partner-7"]).toHaveLength(25);
    expect(sandbox.truth({ stream: "derby-final", from: "2025-06-01", to: "2025-06-02" })).toEqual(
      await (async () => {
        await using plain = await sandboxAtStart();
        return plain.truth({ stream: "derby-final", from: "2025-06-01", to: "2025-06-02" });
      })(),
    );
  });
});

describe("sandbox close", () => {
  it("may be called twice", async () => {
    const sandbox = await sandboxAtStart();
    await Promise.all([sandbox.close(), sandbox.close()]);
    await sandbox[Symbol.asyncDispose]();
    await expect(fetch(sandbox.origin)).rejects.toThrow();
  });
});

describe("sandbox process", () => {
  const start = (env: Record<string, string>) =>
    fork(new URL("../../src/sandbox/main.ts", import.meta.url), {
      env: { ...process.env, SANDBOX_PORT: "0", ...env },
      execArgv: ["--import", "tsx"],
      silent: true,
    });

  it("reports its address to its parent, and exits with 0 on SIGTERM", async () => {
    const child = start({ SANDBOX_API_SECRET: "from-outside", SANDBOX_START_AT: START });
    const [message] = (await once(child, "message")) as [{ type: string; origin: string; secret: string }];
    expect(message).toMatchObject({ type: "listening", secret: "from-outside" });
    const reply = await fetch(`${message.origin}/api/v3/account/info`, {
      headers: { authorization: "Bearer from-outside" },
    });
    expect(reply.status).toBe(200);
    child.kill("SIGTERM");
    expect(await once(child, "exit")).toEqual([0, null]);
  });

  it("ends when its parent ends", async () => {
    const child = start({});
    await once(child, "message");
    child.disconnect();
    expect(await once(child, "exit")).toEqual([0, null]);
  });

  it("reports a bad environment variable", async () => {
    const child = start({ SANDBOX_PORT: "many" });
    const [[code]] = await Promise.all([once(child, "exit")]);
    expect(code).toBe(1);
  });
});
