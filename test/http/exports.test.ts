import { parse } from "csv-parse/sync";
import { describe, expect, it } from "vitest";
import type { ArchiveSeries } from "../../src/model/usage/archive.ts";
import { HOUR_MS } from "../../src/model/usage/time.ts";
import { addKey } from "../support/api-keys.ts";
import { archive, bytesOf } from "../support/archive.ts";
import { failureOf, hours, type Line, lines, pick, READ_AT, request, WINDOW } from "../support/exports.ts";
import { createTestGateway } from "../support/gateway.ts";
import { takeLease } from "../support/leases.ts";
import { at } from "../support/time.ts";

describe("GET /exports/usage.jsonl", () => {
  it("has each stream of each hour with exact counts, and says what is MISSING", async () => {
    await using gateway = await createTestGateway();
    const lease = await takeLease(gateway.store);
    await archive(gateway.store, lease, hours("northwind-tv"), READ_AT, {
      "2026-03-18T07:00:00Z": [bytesOf(9_007_199_254_740_993n, "derby-final", 5n), bytesOf(7n, "city-council")],
      "2026-03-18T08:00:00Z": [],
    });
    const rows = await lines(gateway, `usage.jsonl?partner=northwind-tv&${WINDOW}`);
    expect(pick(rows, "stream", "start", "state", "bytesOut", "bytesIn")).toEqual([
      [null, "2026-03-18T06:00:00Z", "MISSING", null, null],
      ["city-council", "2026-03-18T07:00:00Z", "OPEN", "7", "0"],
      ["derby-final", "2026-03-18T07:00:00Z", "OPEN", "9007199254740993", "5"],
      [null, "2026-03-18T08:00:00Z", "OPEN", "0", "0"],
      // The hour after it may still be collected.
    ]);
    expect(rows[1]).toEqual({
      trackingId: "northwind-tv",
      stream: "city-council",
      country: null,
      granularity: "HOUR",
      timeZone: null,
      start: "2026-03-18T07:00:00Z",
      end: "2026-03-18T08:00:00Z",
      state: "OPEN",
      bytesOut: "7",
      bytesIn: "0",
      standardBytesOut: null,
      standardBytesIn: null,
      restreamBytesOut: null,
      restreamBytesIn: null,
      restreamSeconds: null,
      geoCascadeBytesOut: null,
      geoCascadeBytesIn: null,
      viewSeconds: null,
      publishSeconds: null,
      views: null,
      publishes: null,
      changedAt: "2026-03-18T10:16:00Z",
    });
  });

  it("sums the hours of the days of a zone, and says which days are known in part", async () => {
    await using gateway = await createTestGateway();
    const lease = await takeLease(gateway.store);
    // In New York, March 8 had 23 hours.
    const from = at("2026-03-07T05:00:00Z");
    const starts = Array.from({ length: 24 + 23 + 24 }, (_, index) => new Date(from + index * HOUR_MS).toISOString());
    const known = starts.filter((start) => start !== "2026-03-09T20:00:00.000Z");
    await archive(
      gateway.store,
      lease,
      hours("northwind-tv"),
      READ_AT,
      Object.fromEntries(known.map((start) => [start, [bytesOf(9_007_199_254_740_993n, "derby-final")]])),
    );
    const path =
      "usage.jsonl?partner=northwind-tv&granularity=DAY&timeZone=America/New_York&from=2026-03-06&to=2026-03-10";
    expect(pick(await lines(gateway, path), "start", "end", "state", "bytesOut")).toEqual([
      ["2026-03-06T05:00:00Z", "2026-03-07T05:00:00Z", "MISSING", null],
      ["2026-03-07T05:00:00Z", "2026-03-08T05:00:00Z", "OPEN", `${24n * 9_007_199_254_740_993n}`],
      ["2026-03-08T05:00:00Z", "2026-03-09T04:00:00Z", "OPEN", `${23n * 9_007_199_254_740_993n}`],
      ["2026-03-09T04:00:00Z", "2026-03-10T04:00:00Z", "PARTIAL", `${23n * 9_007_199_254_740_993n}`],
    ]);
  });

  it("has the days of the partner's own zone unless another one is named, and names the zone", async () => {
    await using gateway = await createTestGateway();
    const { store, sandbox } = gateway;
    const create = async (trackingId: string, timeZone: string) => {
      const details = { name: trackingId, trackingIds: [trackingId], contact: null, currency: "EUR", notes: null };
      const { id } = await store.partners.create({ ...details, timeZone }, sandbox.clock.now());
      const { key } = await addKey(gateway, { role: "PARTNER", partnerId: id });
      return { trackingId, key };
    };
    const [tokyo, kolkata] = [await create("in-tokyo", "Asia/Tokyo"), await create("in-kolkata", "Asia/Kolkata")];
    const dayOf = async ({ trackingId, key }: Awaited<ReturnType<typeof create>>, query = "") => {
      const path = `usage.jsonl?partner=${trackingId}&granularity=DAY&from=2026-03-15&to=2026-03-16${query}`;
      const [ofOperator] = pick(await lines(gateway, path), "start", "timeZone");
      expect(pick(await lines(gateway, path, key), "start", "timeZone")).toEqual([ofOperator]);
      return ofOperator;
    };
    expect(await dayOf(tokyo)).toEqual(["2026-03-14T15:00:00Z", "Asia/Tokyo"]);
    expect(await dayOf(kolkata)).toEqual(["2026-03-15T00:00:00Z", "UTC"]);
    expect(await dayOf(tokyo, "&timeZone=UTC")).toEqual(["2026-03-15T00:00:00Z", "UTC"]);
  });

  it("has what the archive has of the account, of a stream, and by country, stream or tracking id", async () => {
    await using gateway = await createTestGateway();
    const { store, sandbox } = gateway;
    const lease = await takeLease(store);
    const owner = sandbox.accountId;
    const day = "2026-03-17T00:00:00Z";
    const country = { ...bytesOf(5n, "FR"), counts: { viewSeconds: 60, publishSeconds: 0, views: 2, publishes: 0 } };
    const write = (series: Partial<ArchiveSeries>, part = bytesOf(1n)) =>
      archive(store, lease, { owner, kind: "ACCOUNT", subject: "", granularity: "DAY", ...series }, READ_AT, {
        [day]: [part],
      });
    await write({}, bytesOf(100n));
    await write({ kind: "ACCOUNT_COUNTRY" }, country);
    await write({ kind: "STREAM", subject: "derby-final" }, bytesOf(70n));
    await write({ kind: "STREAM", subject: "city-council" }, bytesOf(30n));
    await write({ kind: "STREAM_COUNTRY", subject: "derby-final" }, country);
    await write({ owner: "northwind-tv", kind: "TRACKING_STREAM" }, bytesOf(40n, "derby-final"));
    const until = at("2026-03-18T00:00:00Z");
    const source = { granularity: "DAY", from: at(day), until, readUntil: until } as const;
    await store.usageArchive.saveSources(
      owner,
      [
        { ...source, kind: "STREAM", name: "derby-final" },
        { ...source, kind: "STREAM", name: "city-council" },
        { ...source, kind: "TRACKING_STREAM", name: "northwind-tv" },
      ],
      lease,
    );
    const of = async (subject: string) => {
      const rows = await lines(gateway, `usage.jsonl?${subject}&granularity=DAY&from=2026-03-17&to=2026-03-18`);
      return pick(rows, "trackingId", "stream", "country", "bytesOut", "views");
    };
    expect(await of("account")).toEqual([[null, null, null, "100", null]]);
    expect(await of("account&by=COUNTRY")).toEqual([[null, null, "FR", "5", 2]]);
    expect(await of("account&by=STREAM")).toEqual([
      [null, "city-council", null, "30", null],
      [null, "derby-final", null, "70", null],
    ]);
    expect(await of("account&by=TRACKING_ID")).toEqual([["northwind-tv", "derby-final", null, "40", null]]);
    expect(await of("stream=derby-final")).toEqual([[null, "derby-final", null, "70", null]]);
    expect(await of("stream=derby-final&by=COUNTRY")).toEqual([[null, "derby-final", "FR", "5", 2]]);
    expect(await of("partner=northwind-tv&stream=derby-final")).toEqual([
      ["northwind-tv", "derby-final", null, "40", null],
    ]);
    expect(await of("partner=northwind-tv&stream=city-council")).toEqual([
      ["northwind-tv", "city-council", null, "0", null],
    ]);
  });
});

describe("GET /exports/usage.csv", () => {
  it("has a header, the columns of JSON Lines, and no text that a spreadsheet would take for a formula", async () => {
    await using gateway = await createTestGateway();
    const lease = await takeLease(gateway.store);
    const names = [
      "=1+1",
      "+1",
      "-1",
      "@SUM(1)",
      "\t=1",
      "\r=1",
      "\uff1d1",
      'a "quoted", name',
      "two\nlines",
      "plain=1",
    ];
    await archive(gateway.store, lease, hours("northwind-tv"), READ_AT, {
      "2026-03-18T07:00:00Z": names.map((name, index) => bytesOf(BigInt(index + 1), name)),
    });
    const window = "from=2026-03-18T07:00:00Z&to=2026-03-18T08:00:00Z";
    const response = await request(gateway, `usage.csv?partner=northwind-tv&${window}`);
    expect(response.headers.get("content-type")).toBe("text/csv; charset=utf-8; header=present");
    const rows = parse(await response.text(), { columns: true }) as Record<string, string>[];
    const exact = await lines(gateway, `usage.jsonl?partner=northwind-tv&${window}`);
    expect(Object.keys(rows[0] ?? {})).toEqual(Object.keys(exact[0] ?? {}));
    const streams = new Map(rows.map(({ stream = "", bytesOut = "" }) => [Number(bytesOut), stream]));
    expect(names.map((_name, index) => streams.get(index + 1))).toEqual([
      ...names.slice(0, 7).map((name) => `'${name}`),
      ...names.slice(7),
    ]);
    expect(pick(exact, "stream").flat().sort()).toEqual([...names].sort());
    for (const [index, row] of rows.entries()) {
      const { stream: _exactStream, ...others } = exact[index] ?? {};
      const { stream: _stream, ...texts } = row;
      expect(texts).toEqual(
        Object.fromEntries(Object.entries(others).map(([name, value]) => [name, `${value ?? ""}`])),
      );
    }
  });

  it("has the header alone for a window without rows", async () => {
    await using gateway = await createTestGateway();
    const response = await request(gateway, "usage.csv?account&from=2026-03-18T10:00:00Z&to=2026-03-18T11:00:00Z");
    expect(await response.text()).toMatch(/^trackingId,stream,[\w,]+,changedAt\r\n$/);
  });
});

describe("GET /exports/viewer-records", () => {
  it("has the records of the graph", async () => {
    await using gateway = await createTestGateway();
    const { data } = await gateway.ask<{ viewerRecords: { nodes: Line[] } }>(`{ viewerRecords(
      window: { range: { from: "2026-03-17T22:00:00Z", to: "2026-03-18T02:00:00Z" } }, first: 1000,
      filter: { partners: [{ trackingId: "northwind-tv" }] }) { nodes { recordId previousRecordId clientId startedAt endedAt
      durationSeconds bytes country clusterId trackingId ipAddress userAgent customViewerData stream { name } } } }`);
    const instant = (text: unknown) => (text === null ? null : String(text).replace(".000Z", "Z"));
    const ofGraph = data.viewerRecords.nodes.map(({ stream, startedAt, endedAt, ...row }) => ({
      ...row,
      stream: (stream as { name: string }).name,
      startedAt: instant(startedAt),
      endedAt: instant(endedAt),
    }));
    const rows = await lines(
      gateway,
      "viewer-records.jsonl?partner=northwind-tv&from=2026-03-17T22:00:00Z&to=2026-03-18T02:00:00Z",
    );
    const byId = (list: readonly Line[]) =>
      list.toSorted((a, b) => String(a["recordId"]).localeCompare(String(b["recordId"])));
    expect(rows.length).toBeGreaterThan(10);
    expect(byId(rows)).toEqual(byId(ofGraph));
    const days = pick(rows, "startedAt").map(([start]) => String(start).slice(0, 10));
    expect(days).toEqual(days.toSorted());
  });

  it("fails with the code of the platform before the first row", async () => {
    await using gateway = await createTestGateway();
    gateway.sandbox.fault({ path: "/api/v2/records/viewers", status: 503 });
    const response = await request(gateway, `viewer-records.csv?account&${WINDOW}`);
    expect(response.headers.get("content-disposition")).toBeNull();
    expect(await failureOf(response)).toMatchObject({ status: 503, code: "UPSTREAM_UNAVAILABLE" });
  });
});
