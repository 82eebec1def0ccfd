import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Sandbox } from "../../src/sandbox/sandbox.ts";
import { type ConformantSandbox, createConformantSandbox } from "../support/conformance.ts";
import { admitted, clientOf, publishToken, START, subscribeToken, viewerJwt, type Wire } from "../support/sandbox.ts";

/** Without a lag, so that what happens shows on the quarter hour. */
const sandboxAt = (startAt: string) => createConformantSandbox({ startAt, frozen: true, lagMs: 0 });

/** A stream without a past, put on air. */
async function onAir(
  sandbox: Sandbox,
  input: { bitsPerSecond?: number | bigint; seconds?: number; priority?: number } = {},
) {
  const { token } = publishToken(sandbox, "rehearsal");
  return admitted(sandbox.startFeed({ token, streamName: "rehearsal", ...input }));
}

/** A partner's token for it. */
async function partnerToken(sandbox: Sandbox, trackingId = "acme"): Promise<string> {
  const body = { label: trackingId, streams: [{ streamName: "rehearsal" }], tracking: { trackingId } };
  return (await clientOf(sandbox).post("/api/subscribe_token", body)).body.data.token;
}

async function hourly(sandbox: Sandbox): Promise<Record<string, Wire[]>> {
  const query = { streamNames: ["rehearsal"], resolution: "Hour", startDate: "2025-06-18", stopDate: "2025-06-20" };
  const { data } = (await clientOf(sandbox).get("/api/analytics/tracking/streams/series", query)).body;
  return Object.fromEntries(Object.entries<Wire[]>(data.rehearsal).filter(([, rows]) => rows.length > 0));
}

describe("sandbox usage of live viewers", () => {
  it("appears under their tracking id at the next quarter hour, split over the hours by the millisecond", async () => {
    await using sandbox = await sandboxAt("2025-06-18T10:52:30.500Z");
    await onAir(sandbox, { bitsPerSecond: 8_000_000 });
    const token = await partnerToken(sandbox);
    // Not a whole number of bytes in any second, and half an hour long.
    await admitted(sandbox.attachViewers({ token, streamName: "rehearsal", bitsPerSecond: 1_000_003, seconds: 1800 }));
    expect(await hourly(sandbox)).toEqual({});

    sandbox.clock.set("2025-06-18T11:00:00Z");
    const beforeEleven = Math.floor((1_000_003 * 449_500) / 8000);
    expect((await hourly(sandbox))["2025-06-18T10:00:00Z"]).toEqual([
      { trackingId: "", bytesIn: 449_500_000, bytesOut: 0 },
      { trackingId: "acme", bytesIn: 0, bytesOut: beforeEleven },
    ]);

    sandbox.clock.set("2025-06-18T11:20:00Z");
    const byQuarterPast = Math.floor((1_000_003 * 1_349_500) / 8000);
    expect((await hourly(sandbox))["2025-06-18T11:00:00Z"]?.[1].bytesOut).toBe(byQuarterPast - beforeEleven);

    sandbox.clock.set("2025-06-18T13:00:00Z");
    const all = Math.floor((1_000_003 * 1_800_000) / 8000);
    const series = await hourly(sandbox);
    expect(series["2025-06-18T11:00:00Z"]?.[1].bytesOut).toBe(all - beforeEleven);
    expect(series["2025-06-18T12:00:00Z"]).toEqual([{ trackingId: "", bytesIn: 3_600_000_000, bytesOut: 0 }]);
    expect(sandbox.truth({ trackingId: "acme", from: START, to: "2025-06-19" }).bytesOut).toBe(BigInt(all));
  });

  it("is exact at rates past 2^53", async () => {
    await using sandbox = await sandboxAt("2025-06-18T10:00:00Z");
    await onAir(sandbox);
    const token = await partnerToken(sandbox);
    const bitsPerSecond = 12_345_678_901_234_567n;
    await admitted(sandbox.attachViewers({ token, streamName: "rehearsal", bitsPerSecond, seconds: 900 }));
    sandbox.clock.advance(3_600_000);
    const expected = (bitsPerSecond * 900_000n) / 8000n;
    expect((await hourly(sandbox))["2025-06-18T10:00:00Z"]?.[1].bytesOut).toBe(expected);
  });

  it("sums to the same total however it is cut", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.bigInt({ min: 1n, max: 10n ** 13n }),
        fc.integer({ min: 1, max: 7_200_000 }),
        fc.array(fc.integer({ min: 0, max: 10_800_000 }), { maxLength: 8 }),
        async (bitsPerSecond, ms, cuts) => {
          await using sandbox = await sandboxAt("2025-06-18T10:07:00Z");
          await onAir(sandbox, { bitsPerSecond: 0n });
          const { token } = subscribeToken(sandbox, "qa-wildcard");
          await admitted(sandbox.attachViewers({ token, streamName: "rehearsal", bitsPerSecond, seconds: ms / 1000 }));
          sandbox.clock.advance(10_800_000);
          const start = Date.parse("2025-06-18T10:07:00Z");
          const edges = [0, ...cuts.toSorted((a, b) => a - b), 10_800_000].map((cut) => start + cut);
          const pieces = edges
            .slice(1)
            .map((to, index) => sandbox.truth({ stream: "rehearsal", from: edges[index] ?? 0, to }).bytesOut);
          expect(pieces.reduce((sum, piece) => sum + piece, 0n)).toBe((bitsPerSecond * BigInt(ms)) / 8000n);
        },
      ),
      { numRuns: 25, seed: 1 },
    );
  });

  it("of a self-signed token counts under the tracking id of the token", async () => {
    await using sandbox = await sandboxAt(START);
    const parent = subscribeToken(sandbox, "open-parent");
    const jwt = await viewerJwt(sandbox, parent, "derby-final", {
      streaming: { tracking: { trackingId: "somebody-new" } },
    });
    await admitted(
      sandbox.attachViewers({ token: jwt, streamName: "derby-final", bitsPerSecond: 8000, seconds: 60, count: 5 }),
    );
    sandbox.clock.advance(3_600_000);
    const query = { trackingIds: ["somebody-new"], startDate: "2025-06-18", stopDate: "2025-06-19" };
    const { data } = (await clientOf(sandbox).get("/api/analytics/tracking/total", query)).body;
    expect(data).toEqual({ "somebody-new": [{ streamName: "derby-final", bytesIn: 0, bytesOut: 5 * 60_000 }] });
  });

  it("appears in the country of the viewer, with a view and its seconds", async () => {
    await using sandbox = await sandboxAt("2025-06-18T10:00:00Z");
    await onAir(sandbox, { bitsPerSecond: 8000 });
    const token = await partnerToken(sandbox);
    await admitted(
      sandbox.attachViewers({ token, streamName: "rehearsal", bitsPerSecond: 8000, seconds: 90, country: "JP" }),
    );
    sandbox.clock.advance(900_000);
    const query = { streamNames: ["rehearsal"], resolution: "Day", startDate: "2025-06-18", stopDate: "2025-06-19" };
    const { data } = (await clientOf(sandbox).get("/api/analytics/streams/geo_series", query)).body;
    expect(data.geo.rehearsal["2025-06-18T00:00:00Z"]).toEqual({
      JP: { bytesIn: 0, bytesOut: 90_000, publishDuration: 0, viewDuration: 90, publishes: 0, views: 1 },
      US: { bytesIn: 900_000, bytesOut: 0, publishDuration: 900, viewDuration: 0, publishes: 1, views: 0 },
    });
  });
});

describe("sandbox viewer", () => {
  it("leaves when planned, when it is detached, or when its stream ends", async () => {
    await using sandbox = await sandboxAt("2025-06-18T10:00:00Z");
    const feed = await onAir(sandbox, { seconds: 300 });
    const token = await partnerToken(sandbox);
    const attach = (seconds?: number) =>
      admitted(
        sandbox.attachViewers({ token, streamName: "rehearsal", bitsPerSecond: 8000, ...(seconds ? { seconds } : {}) }),
      );
    await attach(30);
    const { clientIds } = await attach(1000);
    await attach(1000);
    sandbox.clock.advance(100_000);
    expect(sandbox.detachViewer(clientIds[0] ?? "")).toBe(true);
    expect(sandbox.detachViewer(clientIds[0] ?? "")).toBe(false);
    sandbox.clock.advance(500_000);
    expect(sandbox.truth({ trackingId: "acme", from: 0, to: sandbox.clock.now() }).bytesOut).toBe(430_000n);
    expect(sandbox.stopFeed(feed.feedId)).toBe(false);
  });

  it("stays when its token expires, but cannot reconnect with it", async () => {
    await using sandbox = await sandboxAt("2025-06-18T10:00:00Z");
    await onAir(sandbox);
    const token = await partnerToken(sandbox);
    const { id } = subscribeToken(sandbox, "acme");
    const { clientIds } = await admitted(
      sandbox.attachViewers({ token, streamName: "rehearsal", bitsPerSecond: 8000 }),
    );
    sandbox.clock.advance(10_000);
    await clientOf(sandbox).delete(`/api/subscribe_token/${id}`);
    sandbox.clock.advance(10_000);
    expect(sandbox.truth({ trackingId: "acme", from: 0, to: sandbox.clock.now() }).bytesOut).toBe(20_000n);
    sandbox.detachViewer(clientIds[0] ?? "");
    expect(await sandbox.attachViewers({ token, streamName: "rehearsal" })).toEqual({
      ok: false,
      status: 401,
      message: "Unauthorized: Invalid token",
    });
  });

  it("that connects again ends its first connection", async () => {
    await using sandbox = await sandboxAt("2025-06-18T10:00:00Z");
    await onAir(sandbox);
    const viewer = { token: await partnerToken(sandbox), streamName: "rehearsal", bitsPerSecond: 8000 };
    const { clientIds } = await admitted(sandbox.attachViewers(viewer));
    sandbox.clock.advance(10_000);
    await admitted(sandbox.attachViewers({ ...viewer, clientId: clientIds[0] ?? null }));
    sandbox.clock.advance(10_000);
    expect(sandbox.truth({ trackingId: "acme", from: 0, to: sandbox.clock.now() }).bytesOut).toBe(20_000n);
  });

  it("with malformed input is rejected before any check", async () => {
    await using sandbox = await sandboxAt(START);
    await expect(sandbox.attachViewers({ streamName: "" })).rejects.toThrow(/streamName/);
    await expect(sandbox.attachViewers({ streamName: "x", count: 0 })).rejects.toThrow(TypeError);
    expect(() => sandbox.startFeed({ token: "x", streamName: "x", bitsPerSecond: -1 })).toThrow(/bitsPerSecond/);
  });
});

describe("sandbox stream stop", () => {
  const stop = (sandbox: Sandbox, streamName: string) =>
    clientOf(sandbox).post("/api/stream/stop", { streamId: `SYN4DX/${streamName}` });
  const feedsOf = async (sandbox: ConformantSandbox, streamName: string) => {
    const { body } = await clientOf(sandbox).get(`/api/monitoring/streams/${streamName}`);
    return body.data.feeds.filter(({ active }: Wire) => active).map(({ feedId }: Wire) => feedId) as string[];
  };

  it("ends feeds and viewers, and the encoder reconnects five seconds later as another feed", async () => {
    await using sandbox = await sandboxAt("2025-06-18T10:00:00Z");
    const { feedId } = await onAir(sandbox, { bitsPerSecond: 8000 });
    const token = await partnerToken(sandbox);
    await admitted(sandbox.attachViewers({ token, streamName: "rehearsal", bitsPerSecond: 8000 }));
    sandbox.clock.advance(60_000);
    expect((await stop(sandbox, "rehearsal")).body.data).toEqual({ stoppingLevel: "Stream" });
    expect(await feedsOf(sandbox, "rehearsal")).toEqual([]);
    expect(await sandbox.attachViewers({ token, streamName: "rehearsal" })).toMatchObject({
      ok: false,
      message: "stream not being published",
    });
    sandbox.clock.advance(4_999);
    expect(await feedsOf(sandbox, "rehearsal")).toEqual([]);
    sandbox.clock.advance(1);
    const [back] = await feedsOf(sandbox, "rehearsal");
    expect(back).toEqual(expect.any(String));
    expect(back).not.toBe(feedId);
    sandbox.clock.advance(5_000);
    const { bytesIn, bytesOut } = sandbox.truth({ stream: "rehearsal", from: 0, to: sandbox.clock.now() });
    expect({ bytesIn, bytesOut }).toEqual({ bytesIn: 65_000n, bytesOut: 60_000n });
  });

  it("is permanent if the token was disabled first", async () => {
    await using sandbox = await sandboxAt(START);
    await onAir(sandbox);
    await clientOf(sandbox).patch("/api/publish_token/disable", { tokenIds: [publishToken(sandbox, "rehearsal").id] });
    expect(await feedsOf(sandbox, "rehearsal")).toHaveLength(1);
    await stop(sandbox, "rehearsal");
    sandbox.clock.advance(60_000);
    expect(await feedsOf(sandbox, "rehearsal")).toEqual([]);
  });

  it("is permanent if the encoder's secret is no longer the token's", async () => {
    await using sandbox = await sandboxAt(START);
    await onAir(sandbox);
    await stop(sandbox, "rehearsal");
    await clientOf(sandbox).put(`/api/v2/publish_token/${publishToken(sandbox, "rehearsal").id}`, {
      refreshToken: true,
    });
    sandbox.clock.advance(60_000);
    expect(await feedsOf(sandbox, "rehearsal")).toEqual([]);
  });

  it("answers NONE without a live feed, and rejects other accounts' streams", async () => {
    await using sandbox = await sandboxAt(START);
    expect((await stop(sandbox, "rehearsal")).body.data).toEqual({ stoppingLevel: "None" });
    expect((await clientOf(sandbox).post("/api/stream/stop", { streamId: "OTHER1/rehearsal" })).status).toBe(400);
    expect((await clientOf(sandbox).post("/api/stream/stop", {})).status).toBe(400);
  });

  it("can stop all streams at once", async () => {
    await using sandbox = await sandboxAt(START);
    const client = clientOf(sandbox);
    const active = async () => (await client.get("/api/publish_token/active/all")).body.data.tokenIds.length;
    expect((await client.post("/api/stream/stop/all")).body.data).toEqual({ stoppingLevel: "Account" });
    expect(await active()).toBe(0);
    expect((await client.post("/api/stream/stop/all")).body.data).toEqual({ stoppingLevel: "None" });
    sandbox.clock.advance(5_000);
    expect(await active()).toBe(6);
  });

  it("of a seeded stream ends its past traffic too", async () => {
    await using sandbox = await sandboxAt("2025-06-18T10:00:00Z");
    sandbox.clock.advance(600_000);
    await clientOf(sandbox).patch("/api/publish_token/disable", { tokenIds: [1001] });
    await stop(sandbox, "derby-final");
    const upToNow = { stream: "derby-final", from: "2025-06-18T10:00:00Z", to: "2025-06-19" };
    const carried = sandbox.truth(upToNow);
    expect(carried.bytesOut).toBeGreaterThan(0n);
    sandbox.clock.advance(86_400_000 / 2);
    expect(sandbox.truth(upToNow)).toEqual(carried);
    const query = { streamNames: ["derby-final"], startDate: "2025-06-18T10:00:00Z", stopDate: "2025-06-18T20:00:00Z" };
    const { data } = (await clientOf(sandbox).get("/api/analytics/streams/total", query)).body;
    expect(BigInt(data["derby-final"].bytesOut)).toBe(carried.bytesOut);
  });
});

describe("sandbox publish token of a live stream", () => {
  it("ends its streams for good when it is deleted", async () => {
    await using sandbox = await sandboxAt(START);
    await onAir(sandbox);
    const client = clientOf(sandbox);
    await client.delete(`/api/publish_token/${publishToken(sandbox, "rehearsal").id}`);
    sandbox.clock.advance(60_000);
    const { data } = (await client.get("/api/monitoring/summary/rehearsal")).body;
    expect(data).toMatchObject({ live: false, endTime: "2025-06-18T10:37:00.000Z" });
  });

  it("lets its streams run when it expires or is disabled", async () => {
    await using sandbox = await sandboxAt(START);
    const client = clientOf(sandbox);
    const { data } = (
      await client.post("/api/publish_token", { label: "brief", streams: [{ streamName: "brief" }], expires: 10 })
    ).body;
    await admitted(sandbox.startFeed({ token: data.token, streamName: "brief" }));
    sandbox.clock.advance(20_000);
    expect((await client.get("/api/monitoring/summary/brief")).body.data.live).toBe(true);
    expect(sandbox.startFeed({ token: data.token, streamName: "brief" })).toMatchObject({
      message: "Unauthorized: Token expired",
    });
  });

  it("brings its feeds back with a new priority, except those that set their own", async () => {
    await using sandbox = await sandboxAt(START);
    await onAir(sandbox);
    const own = await onAir(sandbox, { priority: 7 });
    const client = clientOf(sandbox);
    const { id } = publishToken(sandbox, "rehearsal");
    const reprioritize = (body: unknown) => client.post("/api/stream/reprioritize", body);
    expect((await reprioritize({ tokenId: id, updatePriority: 3 })).body.data).toEqual({ stoppingLevel: "Token" });
    const feeds = async () =>
      (await client.get("/api/monitoring/streams/rehearsal")).body.data.feeds.filter(({ active }: Wire) => active);
    expect(await feeds()).toMatchObject([{ feedId: own.feedId, priority: 7 }]);
    sandbox.clock.advance(5_000);
    expect((await feeds()).map(({ priority }: Wire) => priority)).toEqual([7, 3]);
    expect(publishToken(sandbox, "rehearsal").priority).toBe(3);
    expect((await reprioritize({ tokenId: 99, updatePriority: 3 })).status).toBe(400);
    expect((await reprioritize({ tokenId: id })).status).toBe(400);
  });

  it("cannot change priority if each of its feeds set its own, and then nothing changes", async () => {
    await using sandbox = await sandboxAt(START);
    const own = await onAir(sandbox, { priority: 7 });
    const { id } = publishToken(sandbox, "rehearsal");
    const reply = await clientOf(sandbox).post("/api/stream/reprioritize", { tokenId: id, updatePriority: 3 });
    expect(reply).toMatchObject({ status: 400, body: { status: "fail" } });
    expect(publishToken(sandbox, "rehearsal").priority).toBeNull();
    const { feeds } = (await clientOf(sandbox).get("/api/monitoring/streams/rehearsal")).body.data;
    expect(feeds).toMatchObject([{ feedId: own.feedId, active: true }]);
  });

  it("pushes the stream to its targets, as changed by a sync", async () => {
    await using sandbox = await sandboxAt("2025-06-18T10:00:00Z");
    await onAir(sandbox, { bitsPerSecond: 8000 });
    const client = clientOf(sandbox);
    const { id } = publishToken(sandbox, "rehearsal");
    const target = { url: "rtmp://ingest.example/app", key: "stream-key" };
    await client.put(`/api/v2/publish_token/${id}`, { restream: [target] });
    sandbox.clock.advance(100_000);
    expect((await client.post(`/api/publish_token/${id}/restream/sync`)).body.data).toBe(true);
    sandbox.clock.advance(100_000);
    await client.put(`/api/v2/publish_token/${id}`, { restream: [{ ...target, enabled: false }] });
    await client.post(`/api/publish_token/${id}/restream/sync`);
    sandbox.clock.advance(700_000);
    const { restream } = sandbox.truth({ stream: "rehearsal", from: 0, to: sandbox.clock.now() });
    expect(restream).toEqual({ bytesIn: 0n, bytesOut: 100_000n, secondsUsed: 100 });
    expect((await client.post("/api/publish_token/99/restream/sync")).status).toBe(400);
  });
});

describe("sandbox stream with several feeds", () => {
  it("ends with the last of its feeds", async () => {
    await using sandbox = await sandboxAt("2025-06-18T10:00:00Z");
    const main = await onAir(sandbox);
    const backup = await onAir(sandbox);
    const token = await partnerToken(sandbox);
    await admitted(sandbox.attachViewers({ token, streamName: "rehearsal", bitsPerSecond: 8000 }));
    sandbox.clock.advance(10_000);
    sandbox.stopFeed(main.feedId);
    sandbox.clock.advance(10_000);
    sandbox.stopFeed(backup.feedId);
    sandbox.clock.advance(10_000);
    expect(sandbox.truth({ trackingId: "acme", from: 0, to: sandbox.clock.now() }).bytesOut).toBe(20_000n);
  });
});
