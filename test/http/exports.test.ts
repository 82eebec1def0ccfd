import { once } from "node:events";
import { connect } from "node:net";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { parse } from "csv-parse/sync";
import { describe, expect, it, vi } from "vitest";
import { type HttpServer, listen } from "../../src/http/http-server.ts";
import type { ArchiveSeries } from "../../src/model/usage/archive.ts";
import { HOUR_MS } from "../../src/model/usage/time.ts";
import { openStore } from "../../src/store/open-store.ts";
import type { Store } from "../../src/store/store.ts";
import { StoreError } from "../../src/store/store-error.ts";
import { addKey } from "../support/api-keys.ts";
import { archive, bytesOf, takeCollectorLease } from "../support/archive.ts";
import { createTestGateway, OPERATOR_KEY, type TestGateway } from "../support/gateway.ts";
import { onboard } from "../support/partners.ts";
import { at } from "../support/time.ts";

const READ_AT = at("2026-03-18T10:16:00Z");
const WINDOW = "from=2026-03-18T06:00:00Z&to=2026-03-18T10:00:00Z";

/** Usage of a tracking id by hour. */
const hours = (owner: string): ArchiveSeries => ({ owner, kind: "TRACKING_STREAM", subject: "", granularity: "HOUR" });

/** Requests an export, as the operator by default. */
function request(gateway: TestGateway, path: string, key: string | null = OPERATOR_KEY, init: RequestInit = {}) {
  const headers = { ...(key !== null && { authorization: `Bearer ${key}` }), ...init.headers };
  return gateway.gateway.fetch(new Request(`http://gateway.test/exports/${path}`, { ...init, headers }));
}

type Line = Record<string, unknown>;

async function lines(gateway: TestGateway, path: string, key?: string): Promise<Line[]> {
  const response = await request(gateway, path, key);
  const text = await response.text();
  expect([response.status, response.status === 200 ? "" : text]).toEqual([200, ""]);
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Line);
}

/** Returns some columns of each row. */
const pick = (rows: readonly Line[], ...columns: readonly string[]) =>
  rows.map((row) => columns.map((column) => row[column]));

/** Returns status and first error of a response. */
async function failureOf(response: Response) {
  const { errors } = (await response.json()) as {
    errors: { message: string; extensions: { code: string; argument?: string } }[];
  };
  const [error] = errors;
  return { status: response.status, message: error?.message, ...error?.extensions };
}

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

describe("GET /exports/usage.jsonl", () => {
  it("has each stream of each hour with exact counts, and says what is MISSING", async () => {
    await using gateway = await createTestGateway();
    const lease = await takeCollectorLease(gateway.store);
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
    const lease = await takeCollectorLease(gateway.store);
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
    const lease = await takeCollectorLease(store);
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
    const lease = await takeCollectorLease(gateway.store);
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

describe("an export is authorized like the graph", () => {
  it("gives a partner its own usage and viewers, and answers for all others as for what does not exist", async () => {
    await using gateway = await createTestGateway();
    const { store } = gateway;
    const lease = await takeCollectorLease(store);
    const own = await onboard(gateway, "own-partner", ["derby-final"]);
    const foreign = await onboard(gateway, "foreign-partner", ["arena-main"]);
    for (const [owner, bytes] of [
      ["own-partner", 11n],
      ["foreign-partner", 777_777n],
    ] as const) {
      await archive(store, lease, hours(owner), READ_AT, { "2026-03-18T07:00:00Z": [bytesOf(bytes, "derby-final")] });
    }
    await archive(
      store,
      lease,
      { owner: gateway.sandbox.accountId, kind: "STREAM", subject: "derby-final", granularity: "HOUR" },
      READ_AT,
      { "2026-03-18T07:00:00Z": [bytesOf(888_888n)] },
    );
    const hour = "from=2026-03-18T07:00:00Z&to=2026-03-18T08:00:00Z";
    const own1 = [["own-partner", "derby-final", "11"]];
    const columns = ["trackingId", "stream", "bytesOut"] as const;
    expect(pick(await lines(gateway, `usage.jsonl?partner=own-partner&${hour}`, own.key), ...columns)).toEqual(own1);
    expect(pick(await lines(gateway, `usage.jsonl?partnerId=${own.id}&${hour}`, own.key), ...columns)).toEqual(own1);
    expect(pick(await lines(gateway, `usage.jsonl?stream=derby-final&${hour}`, own.key), ...columns)).toEqual(own1);
    for (const file of ["usage.csv", "usage.jsonl", "viewer-records.csv", "viewer-records.jsonl"]) {
      const answers = async (...subjects: readonly string[]) =>
        Promise.all(
          subjects.map(async (subject) => {
            const response = await request(gateway, `${file}?${subject}&${hour}`, own.key);
            return [response.status, [...response.headers.keys()], await response.text()];
          }),
        );
      const [other, missing] = await answers("partner=foreign-partner", "partner=nobody");
      expect(other).toEqual(missing);
      expect(other?.[0]).toBe(404);
      const [otherId, missingId] = await answers(`partnerId=${foreign.id}`, "partnerId=UGFydG5lcjpub2JvZHk");
      expect(otherId).toEqual(missingId);
      const [otherStream, missingStream] = await answers("stream=arena-main", "stream=nothing");
      expect(otherStream).toEqual(missingStream);
      expect(otherStream?.[0]).toBe(404);
      const account = await failureOf(await request(gateway, `${file}?account&${hour}`, own.key));
      expect(account).toMatchObject({ status: 403, code: "FORBIDDEN", isForStaff: true });
    }
  });

  it("gives a partner the usage of a tracking id since the last other partner lost it", async () => {
    await using gateway = await createTestGateway();
    const { store } = gateway;
    const lease = await takeCollectorLease(store);
    const { key } = await onboard(gateway, "own-partner", ["derby-final"]);
    const own = await store.partners.byTrackingId("own-partner");
    const details = { name: "former", contact: null, timeZone: "UTC", currency: "EUR", notes: null };
    const other = await store.partners.create({ ...details, trackingIds: ["first", "moved"] }, 0);
    await store.partners.removeTrackingId(other.id, "moved", 0, at("2026-03-17T07:30:00Z"));
    await store.partners.addTrackingId(own?.id ?? "", "moved", 0);
    gateway.sandbox.clock.advance(60_000);
    const usage = { "2026-03-17T07:00:00Z": [bytesOf(777n, "foreign")], "2026-03-17T08:00:00Z": [bytesOf(8n, "own")] };
    await archive(store, lease, hours("moved"), READ_AT, usage);
    const days = { "2026-03-17T00:00:00Z": [bytesOf(785n)] };
    await archive(store, lease, { ...hours("moved"), granularity: "DAY" }, READ_AT, days);
    const moved = async (query: string, bearer?: string) =>
      pick(
        await lines(gateway, `usage.jsonl?partner=moved&${query}`, bearer),
        "trackingId",
        "start",
        "state",
        "bytesOut",
      )
        .filter(([trackingId]) => trackingId === "moved")
        .map(([, ...columns]) => columns);
    const window = "from=2026-03-17T07:00:00Z&to=2026-03-17T09:00:00Z";
    const missing = ["2026-03-17T07:00:00Z", "MISSING", null];
    expect(await moved(window, key)).toEqual([missing, ["2026-03-17T08:00:00Z", "OPEN", "8"]]);
    expect(await moved(`${window}&stream=derby-final`, key)).toEqual([missing, ["2026-03-17T08:00:00Z", "OPEN", "0"]]);
    const day = "granularity=DAY&from=2026-03-17&to=2026-03-18";
    expect(await moved(day, key)).toEqual([["2026-03-17T00:00:00Z", "MISSING", null]]);
    expect(await moved(day)).toEqual([["2026-03-17T00:00:00Z", "OPEN", "785"]]);
    expect(await moved(window)).toHaveLength(2);
  });

  it("answers nobody without a key, by any method, in the words of the graph", async () => {
    await using gateway = await createTestGateway();
    for (const key of [null, "sgk_wrong"]) {
      for (const path of [`usage.csv?account&${WINDOW}`, "nothing", ""]) {
        const response = await request(gateway, path, key);
        expect([response.status, await response.text()]).toEqual([
          401,
          '{"errors":[{"message":"A valid bearer key is needed.","extensions":{"code":"UNAUTHENTICATED"}}]}',
        ]);
        expect((await request(gateway, path, key, { method: "HEAD" })).status).toBe(401);
      }
    }
  });

  it("needs the scopes of the graph, and shows addresses and marks of viewers with viewer:pii alone", async () => {
    await using gateway = await createTestGateway();
    const keyWith = async (...scopes: readonly ("usage:read" | "stream:read" | "viewer:read" | "viewer:pii")[]) =>
      (await addKey(gateway, { scopes })).key;
    const status = async (path: string, key: string) =>
      (await request(gateway, `${path}&${WINDOW}`, key, { method: "HEAD" })).status;
    const viewers = await keyWith("viewer:read");
    const usage = await keyWith("usage:read");
    expect(await status("usage.csv?account", viewers)).toBe(403);
    expect(await status("usage.csv?partner=northwind-tv", viewers)).toBe(403);
    expect(await status("usage.csv?stream=derby-final", usage)).toBe(403);
    expect(await status("usage.csv?partner=northwind-tv", usage)).toBe(200);
    expect(await status("viewer-records.csv?account", usage)).toBe(403);
    expect(await status("viewer-records.csv?stream=derby-final", viewers)).toBe(403);
    const path = "viewer-records.jsonl?partner=northwind-tv&from=2026-03-18T08:00:00Z&to=2026-03-18T09:00:00Z";
    const hidden = await lines(gateway, path, viewers);
    expect(hidden.length).toBeGreaterThan(0);
    expect(new Set(pick(hidden, "ipAddress", "userAgent", "customViewerData").flat())).toEqual(new Set([null]));
    const shown = await lines(gateway, path, await keyWith("viewer:read", "viewer:pii"));
    expect(pick(shown, "ipAddress").flat()).not.toContain(null);
  });

  it("is charged to the caller's budget, and refused when that is used up", async () => {
    await using gateway = await createTestGateway({ gateway: { budgets: { perMinute: 45, partnerPerMinute: 45 } } });
    const first = await request(gateway, `usage.csv?account&${WINDOW}`);
    expect([first.status, first.headers.get("ratelimit")]).toEqual([200, '"default";r=24;t=60']);
    await first.text();
    const second = await request(gateway, `usage.csv?account&${WINDOW}`);
    await second.text();
    const third = await request(gateway, `usage.csv?account&${WINDOW}`);
    expect(third.headers.get("retry-after")).toBe("60");
    expect(await failureOf(third)).toMatchObject({ status: 429, code: "THROTTLED" });
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

describe("a request for an export", () => {
  const cases: readonly (readonly [path: string, argument: string, code: string, message: string])[] = [
    [
      WINDOW,
      "account",
      "INVALID_INPUT",
      "`account` must be given, or `partner`, `partnerId` or `stream`; got none of them.",
    ],
    [
      `account&stream=a&${WINDOW}`,
      "account",
      "INVALID_INPUT",
      "`account` must not be given together with a partner or a stream.",
    ],
    [`account=northwind-tv&${WINDOW}`, "account", "INVALID_INPUT", '`account` must have no value; got "northwind-tv".'],
    [`account&account&${WINDOW}`, "account", "INVALID_INPUT", "`account` must be given once; it was given again."],
    [
      `account&form=2026-03-17&${WINDOW}`,
      "form",
      "INVALID_INPUT",
      "`form` must be one of the parameters partner, partnerId, stream, account, by, from, to, granularity, timeZone.",
    ],
    [
      "account&to=2026-03-18",
      "from",
      "INVALID_INPUT",
      "`from` must be a date such as 2026-03-01, or a time such as 2026-03-01T10:00:00Z.",
    ],
    [
      "account&from=2026-02-30&to=2026-03-18",
      "from",
      "INVALID_INPUT",
      '`from` must be a date such as 2026-03-01, or a time such as 2026-03-01T10:00:00Z; got "2026-02-30".',
    ],
    [
      "account&from=2026-03-18&to=2026-03-17",
      "to",
      "INVALID_WINDOW",
      '`to` must be later than `from`; got "2026-03-17".',
    ],
    [
      "account&from=2026-03-19&to=2026-03-20",
      "from",
      "INVALID_WINDOW",
      '`from` must be in the past; got "2026-03-19".',
    ],
    [
      "account&from=2006-03-19&to=2026-03-18",
      "to",
      "INVALID_WINDOW",
      '`to` must be at most 3660 days after `from`; got "2026-03-18".',
    ],
    [
      "account&from=2026-03-18T06:30:00Z&to=2026-03-19",
      "from",
      "INVALID_WINDOW",
      '`from` must be on a full UTC hour; got "2026-03-18T06:30:00Z".',
    ],
    [
      `account&granularity=MONTH&${WINDOW}`,
      "granularity",
      "INVALID_INPUT",
      '`granularity` must be HOUR or DAY; got "MONTH".',
    ],
    [
      "account&granularity=DAY&from=2026-03-18T06:00:00Z&to=2026-03-19",
      "from",
      "INVALID_WINDOW",
      '`from` must be the start of a day of UTC; got "2026-03-18T06:00:00Z".',
    ],
    [
      `account&timeZone=Mars/Olympus&${WINDOW}`,
      "timeZone",
      "INVALID_INPUT",
      '`timeZone` must be an IANA time zone such as Europe/Berlin; got "Mars/Olympus".',
    ],
    [
      "account&granularity=DAY&timeZone=Asia/Kolkata&from=2026-03-17&to=2026-03-18",
      "timeZone",
      "INVALID_WINDOW",
      '`timeZone` must be one whose days begin on a full UTC hour, as the platform meters hours; got "Asia/Kolkata".',
    ],
    // Its offset is whole at both ends alone.
    [
      "account&granularity=DAY&timeZone=Australia/Lord_Howe&from=2025-03-01&to=2025-12-01",
      "timeZone",
      "INVALID_WINDOW",
      '`timeZone` must be one whose days begin on a full UTC hour, as the platform meters hours; got "Australia/Lord_Howe".',
    ],
    [
      `partner=northwind-tv&by=COUNTRY&${WINDOW}`,
      "by",
      "NOT_METERED",
      "The platform does not break traffic down by country for a tracking id.",
    ],
    [
      `stream=derby-final&by=STREAM&${WINDOW}`,
      "by",
      "INVALID_INPUT",
      '`by` must be COUNTRY, except for the account; got "STREAM".',
    ],
  ];

  it("names the argument, the rule and what was received if it is wrong", async () => {
    await using gateway = await createTestGateway();
    for (const [path, argument, code, message] of cases) {
      const response = await request(gateway, `usage.csv?${path}`);
      expect(await failureOf(response)).toMatchObject({ status: 400, argument, code, message });
    }
  });

  it("is for GET and HEAD, and for files that exist", async () => {
    await using gateway = await createTestGateway();
    const path = `usage.csv?account&${WINDOW}`;
    const posted = await request(gateway, path, OPERATOR_KEY, { method: "POST" });
    expect([posted.status, posted.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
    const head = await request(gateway, path, OPERATOR_KEY, { method: "HEAD" });
    expect([head.status, await head.text()]).toEqual([200, ""]);
    expect(head.headers.get("content-disposition")).toBe(
      'attachment; filename="usage-account-2026-03-18-2026-03-18.csv"',
    );
    const unknown = await failureOf(await request(gateway, `usage.xls?account&${WINDOW}`));
    expect(unknown).toMatchObject({
      status: 404,
      message: expect.stringContaining("/exports/usage.csv, /exports/usage.jsonl"),
    });
  });

  it("gives its file a name that is safe for any partner and stream", async () => {
    await using gateway = await createTestGateway();
    const hostile = 'a"; filename="evil.exe; x: y/../é';
    await onboard(gateway, hostile);
    const response = await request(
      gateway,
      `usage.csv?partner=${encodeURIComponent(hostile)}&${WINDOW}`,
      OPERATOR_KEY,
      { method: "HEAD" },
    );
    expect(response.headers.get("content-disposition")).toMatch(
      /^attachment; filename="usage-a_filename_evil.exe_x_y_.._-[\d-]+\.csv"$/,
    );
  });

  it("is answered to pages of listed origins as the graph is", async () => {
    await using gateway = await createTestGateway({ gateway: { allowedOrigins: ["https://app.example.com"] } });
    const origin = "https://app.example.com";
    const preflight = await request(gateway, "usage.csv", null, {
      method: "OPTIONS",
      headers: { origin, "access-control-request-method": "GET", "access-control-request-headers": "authorization" },
    });
    expect(preflight.status).toBe(204);
    const response = await request(gateway, `usage.csv?account&${WINDOW}`, OPERATOR_KEY, { headers: { origin } });
    expect(response.headers.get("access-control-allow-origin")).toBe(origin);
    expect(response.headers.get("cache-control")).toBe("no-store");
    await response.text();
  });

  it("is compressed as its client accepts", async () => {
    await using gateway = await createTestGateway();
    const path = `usage.jsonl?account&from=2026-03-01&to=2026-03-18`;
    const plain = await (await request(gateway, path)).text();
    expect(plain.length).toBeGreaterThan(10_000);
    for (const [encoding, decode] of [
      ["gzip", gunzipSync],
      ["br", brotliDecompressSync],
    ] as const) {
      const response = await request(gateway, path, OPERATOR_KEY, { headers: { "accept-encoding": encoding } });
      expect(response.headers.get("content-encoding")).toBe(encoding);
      const bytes = Buffer.from(await response.arrayBuffer());
      expect(bytes.length).toBeLessThan(plain.length / 5);
      expect(decode(bytes).toString()).toBe(plain);
    }
  });

  it("is counted and logged, without its arguments", async () => {
    await using gateway = await createTestGateway();
    await (await request(gateway, `usage.csv?partner=northwind-tv&${WINDOW}`)).text();
    await request(gateway, `usage.jsonl?partner=nobody-at-all&${WINDOW}`);
    await vi.waitFor(() => expect(gateway.logged()).toContain('"operation":"usage.csv","kind":"export","status":200'));
    expect(gateway.logged()).toContain('"operation":"usage.jsonl","kind":"export","status":404,"errors":["NOT_FOUND"]');
    expect(gateway.logged()).not.toMatch(/northwind-tv|nobody-at-all|2026-03-18T06/);
    const metrics = await gateway.gateway.fetch(
      new Request("http://gateway.test/metrics", { headers: { authorization: `Bearer ${OPERATOR_KEY}` } }),
    );
    expect(await metrics.text()).toContain(
      'syndigraph_requests_total{operation="usage.csv",kind="export",outcome="ok"} 1',
    );
  });
});

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
    const next = await requestBySocket(endless.server, LONG);
    next.destroy();
    expect(endless.pages() - ended).toBeLessThan(40);
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
