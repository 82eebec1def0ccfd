import { parse as parseCsv } from "csv-parse/sync";
import fc from "fast-check";
import { parse } from "lossless-json";
import { describe, expect, it } from "vitest";
import type { Sandbox } from "../../src/sandbox/sandbox.ts";
import { createConformantSandbox } from "../support/conformance.ts";
import { usedMemory } from "../support/memory.ts";
import { admitted, clientOf, publishToken, START, subscribeToken, viewerJwt, type Wire } from "../support/sandbox.ts";

const sandboxAtStart = () => createConformantSandbox({ startAt: START, frozen: true });

interface Row {
  readonly startTime: string;
  readonly endTime: string | null;
  readonly clientId: string;
  readonly duration: number;
  readonly bytes: number | bigint;
  readonly streamName: string;
  readonly trackingId: string | null;
  readonly customViewerData: string | null;
  readonly recordId: number;
  readonly previousRecordId: number | null;
  readonly [field: string]: unknown;
}

async function records(sandbox: Sandbox, filter: Record<string, unknown>, version: 1 | 2 = 2): Promise<Row[]> {
  const path = version === 1 ? "/api/records/viewers" : "/api/v2/records/viewers";
  const { status, text } = await clientOf(sandbox).post(path, filter);
  expect(status).toBe(200);
  const exact = (digits: string) => (Number.isSafeInteger(Number(digits)) ? Number(digits) : BigInt(digits));
  return text
    .split("\n")
    .filter(Boolean)
    .map((line) => parse(line, null, exact) as Row);
}

const HOUR = { startedAfter: "2025-06-16T18:00:00Z", startedBefore: "2025-06-16T19:00:00Z" };

describe("sandbox viewer record of the past", () => {
  it("has the metered bytes, hour by hour and partner by partner", async () => {
    await using sandbox = await sandboxAtStart();
    const rows = await records(sandbox, HOUR);
    expect(rows.length).toBeGreaterThan(50);
    const [from, to] = [HOUR.startedAfter, HOUR.startedBefore];
    for (const [stream, trackingId] of [
      ["derby-final", "northwind-tv"],
      ["arena-main", "polar-sports"],
      ["city-council", null],
    ] as const) {
      const own = rows.filter((row) => row.streamName === stream && row.trackingId === trackingId);
      const bytes = own.reduce((sum, row) => sum + BigInt(row.bytes), 0n);
      expect(bytes).toBe(sandbox.truth({ stream, trackingId, from, to }).bytesOut);
    }
  });

  it("has no more than the platform's cap of 12 Mbit/s, on any stream", async () => {
    await using sandbox = await sandboxAtStart();
    const rows = await records(sandbox, {
      startedAfter: "2025-06-14",
      startedBefore: "2025-06-16",
      search: "Completed",
    });
    expect(new Set(rows.map(({ streamName }) => streamName)).size).toBeGreaterThan(12);
    for (const { streamName, startTime, endTime, bytes } of rows) {
      const seconds = (Date.parse(endTime ?? "") - Date.parse(startTime)) / 1000;
      expect((Number(bytes) * 8) / seconds, `${streamName} at ${startTime}`).toBeLessThan(12e6);
    }
  });

  it("is as many as analytics count, with as many seconds", async () => {
    await using sandbox = await sandboxAtStart();
    const rows = await records(sandbox, { ...HOUR, streamNames: ["derby-final"] });
    const { body } = await clientOf(sandbox).get("/api/analytics/streams/geo_series", {
      streamNames: ["derby-final"],
      startDate: HOUR.startedAfter,
      stopDate: HOUR.startedBefore,
      resolution: "Hour",
    });
    const countries = Object.values<Wire>(body.data.geo["derby-final"][HOUR.startedAfter]);
    const sum = (field: string) => countries.reduce((total, country) => total + country[field], 0);
    expect([rows.length, rows.reduce((total, { duration }) => total + duration, 0)]).toEqual([
      sum("views"),
      sum("viewDuration"),
    ]);
  });

  it("is the same whenever and however it is read", async () => {
    await using sandbox = await sandboxAtStart();
    const whole = await records(sandbox, HOUR);
    const stream = await records(sandbox, { ...HOUR, streamNames: ["derby-final"] });
    expect(stream).toEqual(whole.filter(({ streamName }) => streamName === "derby-final"));
    sandbox.clock.advance(40 * 86_400_000);
    expect(await records(sandbox, HOUR)).toEqual(whole);
    await using later = await createConformantSandbox({ startAt: "2025-07-20", frozen: true });
    expect(await records(later, HOUR)).toEqual(whole);
  });

  it("is ordered by its start, then by its id", async () => {
    await using sandbox = await sandboxAtStart();
    const rows = await records(sandbox, { ...HOUR, startedBefore: "2025-06-17" });
    const sorted = rows.toSorted((a, b) => a.startTime.localeCompare(b.startTime) || a.recordId - b.recordId);
    expect(rows).toEqual(sorted);
    expect(new Set(rows.map(({ recordId }) => recordId)).size).toBe(rows.length);
  });

  it("carries viewer data only if the partner signs its own tokens", async () => {
    await using sandbox = await sandboxAtStart();
    const rows = await records(sandbox, HOUR);
    const signing = new Set(["lumen-play", "freelance-desk", "polar-sports", "zephyr-fan"]);
    for (const { customViewerData, trackingId, streamName } of rows) {
      const signs = signing.has(trackingId ?? "") && /derby|arena-main|fan-zone/.test(streamName);
      expect(customViewerData !== null).toBe(signs);
    }
    expect(rows.some(({ customViewerData }) => customViewerData !== null)).toBe(true);
  });

  it("is retained for a year", async () => {
    await using sandbox = await sandboxAtStart();
    const day = { startedBefore: "2024-06-19", streamNames: ["harbor-news-24"] };
    const [first] = await records(sandbox, day);
    expect(first?.startTime).toMatch(/^2024-06-18T00/);
    sandbox.clock.set("2025-06-19T00:00:00Z");
    expect(await records(sandbox, day)).toEqual([]);
  });
});

describe("sandbox viewer record of a reconnect", () => {
  const DAY = { streamNames: ["derby-final"], startedAfter: "2025-06-16", startedBefore: "2025-06-17" };

  it("is a row of its own in v2, linked to the one before", async () => {
    await using sandbox = await sandboxAtStart();
    const rows = await records(sandbox, DAY);
    const byId = new Map(rows.map((row) => [row.recordId, row]));
    const returns = rows.filter(({ previousRecordId }) => previousRecordId !== null);
    expect(returns.length).toBeGreaterThan(5);
    for (const row of returns) {
      const before = byId.get(row.previousRecordId ?? 0);
      expect(before).toMatchObject({ clientId: row.clientId, ipAddress: row["ipAddress"], trackingId: row.trackingId });
      expect((before?.endTime ?? "") < row.startTime).toBe(true);
    }
  });

  it("is merged into one row in v1, with all bytes and seconds from the first start on", async () => {
    await using sandbox = await sandboxAtStart();
    const rows = await records(sandbox, DAY);
    const merged = await records(
      sandbox,
      { streamNames: DAY.streamNames, startTime: DAY.startedAfter, endTime: "2025-06-16T23:00:00Z" },
      1,
    );
    expect(new Set(merged.map(({ clientId }) => clientId)).size).toBe(merged.length);
    const longest = merged.find(({ clientId }) => rows.filter((row) => row.clientId === clientId).length > 1);
    const parts = rows.filter(({ clientId }) => clientId === longest?.clientId);
    expect(longest).toMatchObject({
      startTime: parts[0]?.startTime,
      endTime: parts[1]?.endTime,
      duration: parts.reduce((sum, { duration }) => sum + duration, 0),
      bytes: parts.reduce((sum, { bytes }) => sum + Number(bytes), 0),
    });
    expect(longest).not.toHaveProperty("recordId");
  });

  it("of a live viewer links to the connection that it continues", async () => {
    await using sandbox = await sandboxAtStart();
    await admitted(sandbox.startFeed({ token: publishToken(sandbox, "rehearsal").token, streamName: "rehearsal" }));
    const viewer = {
      token: subscribeToken(sandbox, "qa-wildcard").token,
      streamName: "rehearsal",
      bitsPerSecond: 8000,
    };
    const { clientIds } = await admitted(sandbox.attachViewers({ ...viewer, seconds: 10 }));
    const clientId = clientIds[0] ?? "";
    sandbox.clock.advance(15_000);
    await admitted(sandbox.attachViewers({ ...viewer, seconds: 20, clientId }));
    sandbox.clock.advance(60_000);
    const [first, second] = await records(sandbox, { streamNames: ["rehearsal"] });
    expect(first).toMatchObject({ clientId, duration: 10, bytes: 10_000, previousRecordId: null });
    expect(second).toMatchObject({ clientId, duration: 20, bytes: 20_000, previousRecordId: first?.recordId });
    const [merged, ...others] = await records(sandbox, { streamNames: ["rehearsal"] }, 1);
    expect(merged).toMatchObject({ clientId, duration: 30, bytes: 30_000 });
    expect(others).toEqual([]);
  });
});

describe("sandbox viewer record of a live viewer", () => {
  it("is ongoing at once, grows, and is complete when the viewer leaves", async () => {
    await using sandbox = await sandboxAtStart();
    const jwt = await viewerJwt(sandbox, subscribeToken(sandbox, "open-parent"), "derby-final", {
      streaming: { tracking: { trackingId: "freelance-desk" }, customViewerData: 'seat "A", row 7' },
    });
    await admitted(
      sandbox.attachViewers({
        token: jwt,
        streamName: "derby-final",
        bitsPerSecond: 8000,
        seconds: 120,
        country: "JP",
        ip: "192.0.2.7",
        userAgent: "Test/1.0",
      }),
    );
    const own = async (search?: string) => {
      const rows = await records(sandbox, {
        trackingIds: ["freelance-desk"],
        startedAfter: START,
        ...(search ? { search } : {}),
      });
      return rows.filter(({ userAgent }) => userAgent === "Test/1.0");
    };
    expect(await own()).toMatchObject([
      { startTime: "2025-06-18T10:37:00.000Z", endTime: null, duration: 0, bytes: 0 },
    ]);
    sandbox.clock.advance(60_000);
    expect(await own("Completed")).toEqual([]);
    expect(await own("Ongoing")).toMatchObject([{ endTime: null, duration: 60, bytes: 60_000 }]);
    sandbox.clock.advance(60_000);
    expect(await own("Ongoing")).toEqual([]);
    expect(await own("Completed")).toEqual([
      {
        startTime: "2025-06-18T10:37:00.000Z",
        endTime: "2025-06-18T10:39:00.000Z",
        clientId: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
        clusterId: "sgp-1",
        country: "JP",
        duration: 120,
        bytes: 120_000,
        ipAddress: "192.0.2.7",
        streamName: "derby-final",
        trackingId: "freelance-desk",
        userAgent: "Test/1.0",
        customViewerData: 'seat "A", row 7',
        recordId: expect.any(Number),
        previousRecordId: null,
      },
    ]);
  });

  it("of the seed's live streams ends with its stream", async () => {
    await using sandbox = await sandboxAtStart();
    const ongoing = () => records(sandbox, { search: "Ongoing", streamNames: ["derby-final"] });
    expect((await ongoing()).length).toBeGreaterThan(0);
    await clientOf(sandbox).delete("/api/publish_token/1001");
    expect(await ongoing()).toEqual([]);
    const ended = await records(sandbox, { completedAfter: START, streamNames: ["derby-final"] });
    expect(new Set(ended.map(({ endTime }) => endTime))).toEqual(new Set(["2025-06-18T10:37:00.000Z"]));
    sandbox.clock.advance(3_600_000);
    expect(await records(sandbox, { startedAfter: START, streamNames: ["derby-final"] })).toEqual([]);
  });

  it("has every digit of its bytes", async () => {
    await using sandbox = await sandboxAtStart();
    const { token } = subscribeToken(sandbox, "open-parent");
    const bitsPerSecond = 8n * 9_007_199_254_740_993n;
    await admitted(sandbox.attachViewers({ token, streamName: "derby-final", bitsPerSecond, seconds: 1 }));
    sandbox.clock.advance(1000);
    const rows = await records(sandbox, {
      streamNames: ["derby-final"],
      completedAfter: "2025-06-18T10:37:01Z",
      search: "Completed",
    });
    expect(rows.map(({ bytes }) => bytes)).toContain(9_007_199_254_740_993n);
  });
});

describe("sandbox viewer record filter", () => {
  const one = { streamNames: ["polar-cup"], startedAfter: "2025-06-14", startedBefore: "2025-06-16" };

  it.each([
    ["both streams and tracking ids", { streamNames: ["a"], trackingIds: ["b"] }, "trackingIds"],
    ["a bound that is no date", { startedAfter: "yesterday" }, "startedAfter"],
    ["an unknown operator", { startedAfterOperator: "Equals" }, "startedAfterOperator"],
    ["an unknown search", { search: "All" }, "search"],
  ])("with %s is rejected", async (_, filter, field) => {
    await using sandbox = await sandboxAtStart();
    const { status, body } = await clientOf(sandbox).post("/api/v2/records/viewers", filter);
    expect(status).toBe(400);
    expect(Object.keys(body.data.errors)).toEqual([field]);
  });

  it("by tracking ids finds each, and with null those without", async () => {
    await using sandbox = await sandboxAtStart();
    const ids = async (trackingIds: (string | null)[]) =>
      new Set((await records(sandbox, { ...HOUR, trackingIds })).map(({ trackingId }) => trackingId));
    expect(await ids(["polar-sports", "tundra-tv"])).toEqual(new Set(["polar-sports", "tundra-tv"]));
    expect(await ids([null])).toEqual(new Set([null]));
    expect(await ids(["northwind-tv", null])).toEqual(new Set(["northwind-tv", null]));
    expect(await ids(["nobody"])).toEqual(new Set());
  });

  it("compares as its operators say", async () => {
    await using sandbox = await sandboxAtStart();
    const all = await records(sandbox, one);
    const middle = all[Math.floor(all.length / 2)]?.startTime ?? "";
    const count = async (startedAfterOperator: string) =>
      (await records(sandbox, { ...one, startedAfter: middle, startedAfterOperator })).length;
    const same = all.filter(({ startTime }) => startTime === middle).length;
    const before = all.filter(({ startTime }) => startTime < middle).length;
    expect(await count("GreaterThanOrEqualTo")).toBe(all.length - before);
    expect(await count("GreaterThan")).toBe(all.length - before - same);
  });

  it("by completion puts each record into exactly one of adjacent windows", async () => {
    await using sandbox = await sandboxAtStart();
    const [from, to] = [Date.parse("2025-06-16T10:00:00Z"), Date.parse("2025-06-16T16:00:00Z")];
    const completed = (after: number, before: number) =>
      records(sandbox, {
        search: "Completed",
        completedAfter: new Date(after).toISOString(),
        completedBefore: new Date(before).toISOString(),
        trackingIds: ["northwind-tv", null],
      });
    const whole = (await completed(from, to)).map(({ recordId }) => recordId).sort();
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: from, max: to }), { maxLength: 5 }), async (cuts) => {
        const edges = [from, ...cuts.toSorted((a, b) => a - b), to];
        const windows = await Promise.all(edges.slice(1).map((edge, index) => completed(edges[index] ?? 0, edge)));
        expect(
          windows
            .flat()
            .map(({ recordId }) => recordId)
            .sort(),
        ).toEqual(whole);
      }),
      { numRuns: 15, seed: 3 },
    );
  });

  it("by completion leaves ongoing records out", async () => {
    await using sandbox = await sandboxAtStart();
    const rows = await records(sandbox, { completedBefore: "2030-01-01", startedAfter: "2025-06-18T10:00:00Z" });
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.every(({ endTime }) => endTime !== null)).toBe(true);
  });

  it("of v1 has no upper bound: every call repeats what completed before", async () => {
    await using sandbox = await sandboxAtStart();
    const until = (endTime: string) =>
      records(sandbox, { streamNames: ["polar-cup"], search: "Completed", endTime }, 1);
    const [first, second] = [await until("2025-06-15"), await until("2025-06-16")];
    const clients = new Set(second.map(({ clientId }) => clientId));
    expect(first).not.toEqual([]);
    expect(first.filter(({ clientId }) => !clients.has(clientId))).toEqual([]);
  });
});

describe("sandbox viewer records as CSV", () => {
  it("have the same rows under a PascalCase header, quoted where needed", async () => {
    await using sandbox = await sandboxAtStart();
    const filter = { ...HOUR, streamNames: ["derby-final"] };
    const { text, headers } = await clientOf(sandbox).post("/api/v2/records/viewers", filter, { accept: "text/csv" });
    expect(headers.get("content-type")).toMatch(/^text\/csv/);
    expect(text.split("\n")[0]).toBe(
      "StartTime,EndTime,ClientId,ClusterId,Country,Duration,Bytes,IpAddress,StreamName,TrackingId,UserAgent,CustomViewerData,RecordId,PreviousRecordId",
    );
    const rows = parseCsv(text, { columns: true }) as Record<string, string>[];
    const expected = await records(sandbox, filter);
    expect(rows).toHaveLength(expected.length);
    expect(rows.map(({ UserAgent }) => UserAgent)).toEqual(expected.map(({ userAgent }) => userAgent));
    expect(rows.map(({ Bytes }) => Bytes)).toEqual(expected.map(({ bytes }) => String(bytes)));
    expect(text).toContain('"SmartTV/4.1 (model ""Vista 55""; build 7)"');
  });

  it("of v1 have neither record ids nor previous ones", async () => {
    await using sandbox = await sandboxAtStart();
    const { text } = await clientOf(sandbox).post("/api/records/viewers", { startTime: START }, { accept: "text/csv" });
    expect(text.split("\n")[0]).toMatch(/UserAgent,CustomViewerData$/);
  });

  it("without rows are the header alone", async () => {
    await using sandbox = await sandboxAtStart();
    const { text } = await clientOf(sandbox).post(
      "/api/v2/records/viewers",
      { streamNames: ["rehearsal"] },
      { accept: "text/csv" },
    );
    expect(text.trim().split("\n")).toHaveLength(1);
  });
});

describe("sandbox viewer records of a year", () => {
  it("are sent while they are generated: at the reader's pace, without blocking other calls", async () => {
    await using sandbox = await sandboxAtStart();
    const response = await fetch(`${sandbox.origin}/api/v2/records/viewers`, {
      method: "POST",
      headers: { authorization: `Bearer ${sandbox.secret}`, "content-type": "application/json" },
      body: JSON.stringify({ streamNames: ["derby-final", "world-feed", "arena-main", "harbor-news-24"] }),
    });
    const reader = response.body?.getReader();
    if (!reader) throw new Error("no body");
    await reader.read();
    const before = usedMemory();
    // Half a million rows wait for this reader, who pauses; a sandbox that ran ahead would hold them in memory.
    for (let call = 0; call < 20; call++)
      expect((await clientOf(sandbox).get("/api/v3/account/info")).status).toBe(200);
    let bytes = 0;
    for (let chunk = await reader.read(); !chunk.done && bytes < 40_000_000; chunk = await reader.read())
      bytes += chunk.value.length;
    const after = usedMemory();
    expect(bytes).toBeGreaterThan(40_000_000);
    expect(after - before).toBeLessThan(60_000_000);
    await reader.cancel();
    expect((await clientOf(sandbox).get("/api/v3/account/info")).status).toBe(200);
  });
});

describe("sandbox monitoring viewer count", () => {
  it("is enough for the traffic at the platform's cap of 12 Mbit/s", async () => {
    await using sandbox = await sandboxAtStart();
    for (const stream of ["derby-final", "world-feed", "arena-main", "harbor-news-24"]) {
      const { data }: { data: Wire } = (await clientOf(sandbox).get(`/api/monitoring/summary/${stream}`)).body;
      const { standard } = sandbox.truth({ stream, from: "2025-06-18T10:00:00Z", to: START });
      expect(data.viewerCount * 12e6, stream).toBeGreaterThan((Number(standard.bytesOut) * 8) / (37 * 60));
    }
  });

  it("equals the number of ongoing records", async () => {
    await using sandbox = await sandboxAtStart();
    await admitted(
      sandbox.attachViewers({
        token: subscribeToken(sandbox, "open-parent").token,
        streamName: "derby-final",
        count: 4,
      }),
    );
    for (const streamName of ["derby-final", "world-feed", "popup-kiosk"]) {
      const { data }: { data: Wire } = (await clientOf(sandbox).get(`/api/monitoring/summary/${streamName}`)).body;
      expect(data.viewerCount).toBe((await records(sandbox, { streamNames: [streamName], search: "Ongoing" })).length);
    }
  });
});
