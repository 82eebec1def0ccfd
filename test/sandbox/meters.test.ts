import { describe, expect, it } from "vitest";
import { createConformantSandbox } from "../support/conformance.ts";
import { admitted, clientOf, publishToken, START } from "../support/sandbox.ts";

const HOUR = 3_600_000;
const sandboxAtStart = () => createConformantSandbox({ startAt: START, frozen: true, lagMs: 0 });
const week = { startDate: "2025-06-12", stopDate: "2025-06-20" };

async function clippedHour(sandbox: Awaited<ReturnType<typeof sandboxAtStart>>) {
  const client = clientOf(sandbox);
  const { id, token } = publishToken(sandbox, "rehearsal");
  await client.put(`/api/v2/publish_token/${id}`, { clip: true });
  await admitted(sandbox.startFeed({ token, streamName: "rehearsal", bitsPerSecond: 8_000_000, seconds: 3600 }));
  sandbox.clock.set("2025-06-18T12:00:00Z");
  const span = { startTime: "2025-06-18T10:40:00Z", stopTime: "2025-06-18T10:50:30Z" };
  await client.post("/api/v3/media/assets", { streamName: "rehearsal", ...span });
}

describe("sandbox transcoder minutes", () => {
  it("count active time by day, without today", async () => {
    await using sandbox = await sandboxAtStart();
    const client = clientOf(sandbox);
    const { data } = (await client.get("/api/analytics/transcoder/series", week)).body;
    expect(data.streamAccountId).toBe("SYN4DX");
    expect(Object.keys(data.transcoder)).toEqual([12, 13, 14, 15, 16, 17].map((day) => `2025-06-${day}T00:00:00Z`));
    const [arena, marathon] = data.transcoder["2025-06-15T00:00:00Z"];
    // Shut down at 10:37 after eight hours, of which 65 seconds went by before it was active.
    expect([arena.minutesUsed, marathon.minutesUsed]).toEqual([1440, 479]);
    const total = await client.get("/api/analytics/transcoder/total", week);
    expect(total.body.data).toMatchObject({ transcoderMinutesUsed: 6 * 1440 + 479, endDate: "2025-06-20T00:00:00Z" });
    await client.delete(`/api/transcoders/${arena.transcoderId}`);
    sandbox.clock.set("2025-06-19T00:00:00Z");
    const later = (await client.get("/api/analytics/transcoder/series", week)).body.data;
    expect(later.transcoder["2025-06-18T00:00:00Z"]).toEqual([
      { transcoderId: arena.transcoderId, minutesUsed: 10 * 60 + 37 },
    ]);
  });
});

describe("sandbox clip minutes", () => {
  it("count each clip's minutes, rounded up, on the day of its order, from the next quarter hour on", async () => {
    await using sandbox = await sandboxAtStart();
    await clippedHour(sandbox);
    const series = async () => (await clientOf(sandbox).get("/api/analytics/clip/series", week)).body.data.series;
    expect(await series()).toEqual({});
    sandbox.clock.set("2025-06-18T12:15:00Z");
    expect(await series()).toEqual({ "2025-06-18": 11 });
  });
});

describe("sandbox storage meter", () => {
  it("counts what is stored now, by kind, including the growing timeline", async () => {
    await using sandbox = await sandboxAtStart();
    const usage = async () => (await clientOf(sandbox).get("/api/analytics/media/storage/usage")).body.data;
    const before = await usage();
    expect(before.recordings).toBeGreaterThan(0);
    await clippedHour(sandbox);
    const after = await usage();
    expect(after.clips).toBe(630_000_000);
    expect(after.vod).toBe(0);
    expect(after.totalBytes).toBe(after.recordings + after.clips + after.timelines);
    const { token } = publishToken(sandbox, "rehearsal");
    sandbox.startFeed({ token, streamName: "rehearsal", bitsPerSecond: 8_000_000, seconds: 1 });
    sandbox.clock.advance(1000);
    expect((await usage()).timelines - after.timelines).toBeGreaterThanOrEqual(1_000_000);
  });

  it("bills bytes and hours, in decimal gigabytes by day and in binary ones over a range", async () => {
    await using sandbox = await sandboxAtStart();
    const client = clientOf(sandbox);
    await clippedHour(sandbox);
    const billed = async () => (await client.get("/api/analytics/media/storage/usage/billing", week)).body.data;
    const before = await billed();
    sandbox.clock.advance(100 * HOUR);
    const after = await billed();
    // 0.63 GB from 12:00 on the 18th to the end of the range on the 20th: 36 hours.
    expect(before.clips).toBe(0);
    expect(after.clips).toBe(Math.floor((630_000_000 * 36) / 1024 ** 3));
    expect(after.gigabyteHours).toBe(after.recordings + after.clips + after.timelines + after.vod);
    const { series } = (await client.get("/api/analytics/storage/series", week)).body.data;
    expect(Object.keys(series)).toHaveLength(8);
    const binaryHours = Object.values<number>(series).reduce((sum, hours) => sum + hours, 0) * (1e9 / 1024 ** 3);
    expect(binaryHours - after.gigabyteHours).toBeGreaterThanOrEqual(0);
    expect(binaryHours - after.gigabyteHours).toBeLessThan(3);
  });

  it("counts half of its final size for a broadcast that grows", async () => {
    await using sandbox = await createConformantSandbox({ startAt: "2025-06-18T10:00:00Z", frozen: true, lagMs: 0 });
    const client = clientOf(sandbox);
    const { id, token } = publishToken(sandbox, "rehearsal");
    await client.put(`/api/v2/publish_token/${id}`, { record: true });
    const range = { startDate: "2025-06-18T10:00:00Z", stopDate: "2025-06-18T14:00:00Z" };
    const recordings = async () =>
      (await client.get("/api/analytics/media/storage/usage/billing", range)).body.data.recordings;
    await using still = await createConformantSandbox({ startAt: "2025-06-18T10:00:00Z", frozen: true, lagMs: 0 });
    still.clock.advance(4 * HOUR);
    const others = (await clientOf(still).get("/api/analytics/media/storage/usage/billing", range)).body.data
      .recordings;
    // 8 Mbit/s for 2 hours are 7.2 GB: growing they count 7.2, then whole for 2 hours 14.4.
    sandbox.startFeed({ token, streamName: "rehearsal", bitsPerSecond: 8_000_000, seconds: 7200 });
    sandbox.clock.advance(4 * HOUR);
    expect(Math.abs((await recordings()) - others - 21.6e9 / 1024 ** 3)).toBeLessThan(1);
  });
});

describe("sandbox DRM licences", () => {
  it("are one for each viewer of a stream with DRM, without an envelope as in the schema", async () => {
    await using sandbox = await sandboxAtStart();
    const client = clientOf(sandbox);
    const month = { startDate: "2025-04-01", stopDate: "2025-06-18" };
    const total = (await client.get("/api/analytics/drm/total", month)).body;
    const series = (await client.get("/api/analytics/drm/series", month)).body;
    expect(Object.keys(total)).toEqual(["license"]);
    const { totals, details } = total.license;
    expect(totals.ok).toBeGreaterThan(0);
    expect(details.widevine.ok + details.fairPlay.ok + details.playReady.ok).toBe(totals.ok);
    expect(series.license.totals).toEqual(totals);
    const geo = (await client.get("/api/analytics/streams/geo", { ...month, streamNames: ["vista-concert"] })).body
      .data["vista-concert"].geo;
    const views = Object.values<{ views: number }>(geo).reduce((sum, country) => sum + country.views, 0);
    expect(totals.ok).toBe(views);
  });
});
