import { afterEach, describe, expect, it, vi } from "vitest";
import { DAY_MS, HOUR_MS } from "../../src/model/usage/time.ts";
import { type Analytics, createAnalytics } from "../../src/upstream/analytics.ts";
import { createBulkAnalytics } from "../../src/upstream/bulk-analytics.ts";
import { createScriptedPlatform, upstreamFailure } from "../support/platform.ts";
import { at } from "../support/time.ts";

const FROM = at("2026-03-11T00:00:00Z");
const WEEK = { from: FROM, to: FROM + 7 * DAY_MS };

/** A response of the platform: each stream of each id in each hour, with some counts beyond 2^53. */
function usageOf(ids: readonly string[], streams: number, row: (stream: number, hour: number) => object) {
  const hours = Array.from({ length: (WEEK.to - WEEK.from) / HOUR_MS }, (_, index) => index);
  const start = (hour: number) => new Date(FROM + hour * HOUR_MS).toISOString();
  return Object.fromEntries(
    ids.map((id) => [
      id,
      Object.fromEntries(
        hours.map((hour) => [start(hour), Array.from({ length: streams }, (_, stream) => row(stream, hour))]),
      ),
    ]),
  );
}

const trackingRow = (stream: number, hour: number) => ({
  streamName: stream === 0 ? null : `stream "${stream}" \u{1f600}`,
  bytesOut: 1_000 * stream + hour,
  bytesIn: hour,
  standardStream: { bytesOut: 1_000 * stream + hour, bytesIn: hour },
});

/** Countries as the platform sends them: an object by code in place of a list. */
function countriesOf(names: readonly string[]) {
  const rows = usageOf(names, 1, () => ({}));
  return Object.fromEntries(
    Object.entries(rows).map(([name, buckets]) => [
      name,
      Object.fromEntries(
        Object.keys(buckets).map((start, hour) => [
          start,
          { DE: { bytesOut: hour, bytesIn: 0, viewDuration: 5, views: 2 }, FR: { bytesOut: 7, publishes: 1 } },
        ]),
      ),
    ]),
  );
}

async function bothOf<T>(body: string | object, read: (analytics: Analytics) => Promise<T>): Promise<[T, T]> {
  await using platform = createScriptedPlatform();
  platform.answer({ body }, { body });
  return [await read(createBulkAnalytics(platform.http)), await read(createAnalytics(platform.http))];
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe("bulk analytics", () => {
  it("reads what the other client reads", async () => {
    const ids = ["northwind", "__proto__", "status"];
    const data = usageOf(ids, 3, trackingRow);
    const [bulk, plain] = await bothOf({ status: "success", data }, (analytics) =>
      analytics.trackingSeries([...ids, "absent"], WEEK, "HOUR"),
    );
    expect(bulk).toEqual(plain);
    expect(bulk.get("absent")).toEqual(new Map());

    const geo = countriesOf(["derby", "final"]);
    const [bulkCountries, plainCountries] = await bothOf({ data: { geo }, status: "success" }, (analytics) =>
      analytics.streamCountrySeries(["derby", "absent"], WEEK, "HOUR"),
    );
    expect(bulkCountries).toEqual(plainCountries);
    expect([...bulkCountries.keys()]).toEqual(["derby", "absent"]);

    const [bulkAccount, plainAccount] = await bothOf({ status: "success", data: { geo: geo["derby"] } }, (analytics) =>
      analytics.accountCountrySeries(WEEK, "HOUR"),
    );
    expect(bulkAccount).toEqual(plainAccount);
    expect(bulkAccount.size).toBe(168);
  });

  it("reads counts beyond 2^53 exactly", async () => {
    const body = `{"status":"success","data":{"a":{"2026-03-11T00:00:00Z":[{"streamName":"s","bytesOut":9007199254740993}]}}}`;
    await using platform = createScriptedPlatform();
    platform.answer({ body });
    const series = await createBulkAnalytics(platform.http).trackingSeries(["a"], WEEK, "HOUR");
    expect(series.get("a")?.get(FROM)?.[0]?.traffic.bytesOut).toBe(9_007_199_254_740_993n);
  });

  it("lets the event loop run while it decodes", async () => {
    let ms = 0;
    // Each bucket takes a millisecond.
    vi.spyOn(performance, "now").mockImplementation(() => {
      ms += 1;
      return ms;
    });
    await using platform = createScriptedPlatform();
    platform.answer({ body: { status: "success", data: usageOf(["a", "b"], 1, trackingRow) } });
    let turns = 0;
    let turnsAtResponse = 0;
    let isDone = false;
    const count = () => {
      turns += 1;
      if (!isDone) setImmediate(count);
    };
    const http: typeof platform.http = {
      ...platform.http,
      read: async (call) => {
        const body = await platform.http.read(call);
        turnsAtResponse = turns;
        setImmediate(count);
        return body;
      },
    };
    const series = await createBulkAnalytics(http).trackingSeries(["a", "b"], WEEK, "HOUR");
    isDone = true;
    expect(series.get("b")?.size).toBe(168);
    // 336 buckets in slices of 4 ms.
    expect(turns - turnsAtResponse).toBeGreaterThanOrEqual(50);
  });

  it.each([
    ["no envelope", "{}"],
    ["another status", '{"status":"fail","data":{}}'],
    ["a list in place of the data", '{"status":"success","data":[]}'],
    ["a text in place of a series", '{"status":"success","data":{"a":"none"}}'],
    ["a time that is none", '{"status":"success","data":{"a":{"banana 5":[]}}}'],
    ["negative bytes", '{"status":"success","data":{"a":{"2026-03-11":[{"bytesOut":-1}]}}}'],
    ["fractional bytes", '{"status":"success","data":{"a":{"2026-03-11":[{"bytesOut":1.5}]}}}'],
    ["an early end", '{"status":"success","data":{"a":{"2026-03-11":[{"bytesOut":1}'],
    ["bytes that are no text", Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
  ])("refuses %s", async (_name, body) => {
    await using platform = createScriptedPlatform();
    platform.answer({ body });
    const failure = await upstreamFailure(createBulkAnalytics(platform.http).trackingSeries(["a"], WEEK, "HOUR"));
    expect(failure.code).toBe("UPSTREAM_BAD_RESPONSE");
  });
});
