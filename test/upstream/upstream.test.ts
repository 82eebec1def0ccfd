import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { Secret } from "../../src/model/secret.ts";
import { createUpstream } from "../../src/upstream/upstream.ts";
import { upstreamFailure } from "../support/platform.ts";

/** A platform that keeps what it was asked, and answers each call with the account's id or a page of nothing. */
async function createPlatform() {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.url}`);
    const isRecords = request.url?.startsWith("/api/v2/records");
    response.setHeader("content-type", isRecords ? "application/x-jsonl" : "application/json");
    response.end(isRecords ? "" : JSON.stringify({ status: "success", data: { accountId: "SYN4DX" } }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}

describe("the clients of the platform", () => {
  it("ask two origins: one for the records of viewers, one for all the rest", async () => {
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
    expect(api.asked).toEqual(["/api/v3/account/info"]);
    expect(analytics.asked).toEqual(["/api/v2/records/viewers"]);
    expect(dates).toHaveLength(2);
    await upstream.close();
  });

  it("wait for calls under way when they are closed, and take no more", async () => {
    await using api = await createPlatform();
    const upstream = createUpstream({
      apiUrl: api.origin,
      analyticsUrl: api.origin,
      secret: new Secret("secret"),
      timeoutMs: 5_000,
    });
    const underWay = upstream.account.id();
    await upstream.close();
    expect(await underWay).toBe("SYN4DX");
    expect((await upstreamFailure(upstream.account.id())).code).toBe("UPSTREAM_UNAVAILABLE");
  });
});
