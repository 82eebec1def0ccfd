import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { Secret } from "../../src/model/secret.ts";
import { createUpstream } from "../../src/upstream/upstream.ts";
import { upstreamFailure } from "../support/platform.ts";

/** A platform that records the paths of its calls, and answers each call with the account's id or an empty page. */
async function createPlatform() {
  const paths: string[] = [];
  const server = createServer((request, response) => {
    paths.push(`${request.url}`);
    const isRecords = request.url?.startsWith("/api/v2/records");
    response.setHeader("content-type", isRecords ? "application/x-jsonl" : "application/json");
    response.end(isRecords ? "" : JSON.stringify({ status: "success", data: { accountId: "SYN4DX" } }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    paths,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}

describe("createUpstream", () => {
  it("calls two origins: one for the records of viewers, one for all the rest", async () => {
    await using api = await createPlatform();
    await using analytics = await createPlatform();
    const dates: number[] = [];
    const upstream = createUpstream({
      apiUrl: api.origin,
      analyticsUrl: analytics.origin,
      secret: new Secret("secret-of-the-account"),
      timeoutMs: 5_000,
      onDate: (date) => dates.push(date),
    });
    expect(await upstream.account.id()).toBe("SYN4DX");
    const records = upstream.viewerRecords.stream({ window: { from: 0, to: 1 }, by: "STARTED", state: null });
    for await (const record of records) expect(record).toBe("none");
    expect(api.paths).toEqual(["/api/v3/account/info"]);
    expect(analytics.paths).toEqual(["/api/v2/records/viewers"]);
    expect(dates).toHaveLength(2);
    await upstream.close();
  });

  it("waits for calls in flight when it is closed, and rejects later ones", async () => {
    await using api = await createPlatform();
    const upstream = createUpstream({
      apiUrl: api.origin,
      analyticsUrl: api.origin,
      secret: new Secret("secret"),
      timeoutMs: 5_000,
    });
    const inFlight = upstream.account.id();
    await upstream.close();
    expect(await inFlight).toBe("SYN4DX");
    expect((await upstreamFailure(upstream.account.id())).code).toBe("UPSTREAM_UNAVAILABLE");
  });

  it("guards each origin: a call to any of them appears in the state of its circuit breakers", async () => {
    await using api = await createPlatform();
    await using analytics = await createPlatform();
    await using conference = await createPlatform();
    const upstream = createUpstream({
      apiUrl: api.origin,
      analyticsUrl: analytics.origin,
      secret: new Secret("secret"),
      conference: {
        apiUrl: conference.origin,
        authUrl: conference.origin,
        app: { key: "key", secret: new Secret("app-secret") },
      },
      timeoutMs: 5_000,
    });
    const records = upstream.viewerRecords.stream({ window: { from: 0, to: 1 }, by: "STARTED", state: null });
    for await (const record of records) expect(record).toBe("none");
    await upstream.account.id();
    await upstreamFailure(upstream.conference?.stop("7e9c0a52-6a4e-4c8e-9f3f-0a1b2c3d4e5f") ?? Promise.resolve());
    expect([...upstream.health().breakers.keys()].sort()).toEqual(["Account", "Conference", "Records"]);
    await upstream.close();
  });
});
