import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { TimeWindow } from "../../src/model/usage/time.ts";
import { createAnalytics, MAX_NAMES_PER_CALL, perCall } from "../../src/upstream/analytics.ts";
import { createScriptedPlatform, upstreamFailure } from "../support/platform.ts";
import { at } from "../support/time.ts";
import { told } from "../support/traffic.ts";

const MARCH: TimeWindow = { from: at("2026-03-01T00:00:00Z"), to: at("2026-04-01T00:00:00Z") };
const none = { bytesOut: 0n, bytesIn: 0n, parts: null };
const out = (bytesOut: bigint) => ({ bytesOut, bytesIn: 0n, parts: null });

function createPlatform() {
  const platform = createScriptedPlatform();
  return Object.assign(platform, { analytics: createAnalytics(platform.http) });
}

describe("a call of analytics", () => {
  it("sends whole days as dates and other hours as instants, in UTC", async () => {
    await using platform = createPlatform();
    platform.succeed({}, {});
    await platform.analytics.accountTotal(MARCH);
    await platform.analytics.accountTotal({ from: at("2026-03-18T09:00:00Z"), to: at("2026-03-19T00:00:00Z") });
    expect(platform.calls.map(({ path, query }) => `${path}?${query}`)).toEqual([
      "/api/analytics/account/total?startDate=2026-03-01&stopDate=2026-04-01",
      "/api/analytics/account/total?startDate=2026-03-18T09%3A00%3A00Z&stopDate=2026-03-19",
    ]);
  });

  it("repeats names, and spells the resolution as the platform does", async () => {
    await using platform = createPlatform();
    platform.succeed({}, {}, {});
    await platform.analytics.streamSeries(["a", "b"], MARCH, "HOUR");
    await platform.analytics.trackingSeries(["x"], MARCH, "DAY");
    await platform.analytics.accountSeries(MARCH, "MONTH");
    const asked = platform.calls.map(({ path, query }) => [
      path.replace("/api/analytics/", ""),
      query.getAll("streamNames"),
      query.getAll("trackingIds"),
      query.get("resolution"),
    ]);
    expect(asked).toEqual([
      ["streams/series", ["a", "b"], [], "Hour"],
      ["tracking/series", [], ["x"], "Day"],
      ["account/series", [], [], "Month"],
    ]);
  });

  it("holds ten names at most: longer lists are cut into as few calls as can be, in order and without loss", () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { maxLength: 45 }), (names) => {
        const calls = perCall(names);
        expect(calls.flat()).toEqual(names);
        expect(calls).toHaveLength(Math.ceil(names.length / MAX_NAMES_PER_CALL));
        for (const call of calls) expect(call.length).toBeLessThanOrEqual(10);
      }),
    );
  });
});

describe("an answer about names", () => {
  it("holds every name that was asked and no other: what is missing had no traffic, what is foreign is dropped", async () => {
    await using platform = createPlatform();
    platform.succeed({ b: { bytesOut: 5 }, foreign: { bytesOut: 7 } });
    const totals = await platform.analytics.streamTotals(["a", "b"], MARCH);
    expect([...totals].map(([name, traffic]) => [name, told(traffic)])).toEqual([
      ["a", none],
      ["b", out(5n)],
    ]);
  });

  it.each(["__proto__", "constructor", "toString", "hasOwnProperty", "0", "é", ""])(
    "may be about a stream called %j",
    async (name) => {
      await using platform = createPlatform();
      const data = `{"${name}":{"bytesOut":12345678901234567890},"other":{"bytesOut":1}}`;
      platform.answer({ body: `{"status":"success","data":${data}}` }, { body: '{"status":"success","data":{}}' });
      expect(told((await platform.analytics.streamTotals([name, "other"], MARCH)).get(name))).toEqual(
        out(12_345_678_901_234_567_890n),
      );
      expect(told((await platform.analytics.streamTotals([name], MARCH)).get(name))).toEqual(none);
    },
  );

  it("gives a name without traffic nothing of another: neither rows, nor buckets, nor countries", async () => {
    await using platform = createPlatform();
    platform.succeed({}, {}, {}, {}, {}, { geo: {} });
    const { analytics } = platform;
    const lists = [
      await analytics.trackingTotals(["a", "b"], MARCH),
      await analytics.streamTrackingTotals(["a", "b"], MARCH),
      await analytics.streamSeries(["a", "b"], MARCH, "DAY"),
      await analytics.trackingSeries(["a", "b"], MARCH, "DAY"),
      await analytics.streamTrackingSeries(["a", "b"], MARCH, "DAY"),
      await analytics.streamCountries(["a", "b"], MARCH),
    ];
    for (const answer of lists) {
      expect([...answer.keys()]).toEqual(["a", "b"]);
      expect([...answer.values()].flatMap((value) => [...value.keys()])).toEqual([]);
      expect(answer.get("a")).not.toBe(answer.get("b"));
    }
  });

  it("that is null or a list is not believed", async () => {
    await using platform = createPlatform();
    platform.succeed(null, []);
    for (const _ of [1, 2]) {
      expect((await upstreamFailure(platform.analytics.streamTotals(["a"], MARCH))).code).toBe("UPSTREAM_BAD_RESPONSE");
    }
  });
});

describe("a figure", () => {
  it("is exact, and broken down where the platform does so", async () => {
    await using platform = createPlatform();
    const body = `{"status":"success","data":{"bytesIn":9007199254740993,"bytesOut":18446744073709551615,
      "standardStream":{"bytesIn":1,"bytesOut":2},"restream":{"bytesIn":3,"bytesOut":4,"secondsUsed":5}}}`;
    platform.answer({ body });
    expect(told(await platform.analytics.accountTotal(MARCH))).toEqual({
      bytesOut: 18_446_744_073_709_551_615n,
      bytesIn: 9_007_199_254_740_993n,
      parts: {
        standard: { bytesOut: 2n, bytesIn: 1n },
        restream: { bytesOut: 4n, bytesIn: 3n, secondsUsed: 5n },
        geoCascade: { bytesOut: 0n, bytesIn: 0n },
      },
    });
  });

  it("has no parts where the platform tells none, and is zero where it is absent", async () => {
    await using platform = createPlatform();
    platform.succeed({}, { bytesOut: null, bytesIn: 0, standardStream: null, restream: null, geoCascade: null });
    for (const _ of [1, 2]) expect(told(await platform.analytics.accountTotal(MARCH))).toEqual(none);
  });

  it.each([
    [{ bytesOut: -1 }],
    [{ bytesOut: 1.5 }],
    [{ bytesOut: "5" }],
    [{ bytesOut: {} }],
    [{ standardStream: 5 }],
    [[]],
    ["5"],
    [null],
  ])("is not believed when it is %j", async (data) => {
    await using platform = createPlatform();
    platform.succeed(data);
    expect((await upstreamFailure(platform.analytics.accountTotal(MARCH))).code).toBe("UPSTREAM_BAD_RESPONSE");
  });
});

describe("a series", () => {
  it("is by the instant at which a bucket begins, and joins the parts of the same instant", async () => {
    await using platform = createPlatform();
    platform.succeed({
      bandwidth: { "2026-03-01T00:00:00Z": { bytesOut: 5, bytesIn: 1 }, "2026-03-02T00:00:00": { bytesOut: 0 } },
      standardStream: { "2026-03-01T00:00:00Z": { bytesOut: 5, bytesIn: 1 }, "2026-03-09T00:00:00Z": { bytesOut: 9 } },
      restream: {},
    });
    const series = await platform.analytics.accountSeries(MARCH, "DAY");
    expect([...series.keys()]).toEqual([at("2026-03-01T00:00:00Z"), at("2026-03-02T00:00:00Z")]);
    expect(series.get(at("2026-03-01T00:00:00Z"))?.parts?.standard).toEqual({ bytesOut: 5n, bytesIn: 1n });
    expect(told(series.get(at("2026-03-02T00:00:00Z")))).toEqual(none);
  });

  it.each([{}, { bandwidth: null }])("without a bucket is empty: %j", async (data) => {
    await using platform = createPlatform();
    platform.succeed(data);
    expect([...(await platform.analytics.accountSeries(MARCH, "HOUR")).keys()]).toEqual([]);
  });

  it("with a bucket at no time is not believed", async () => {
    await using platform = createPlatform();
    platform.succeed({ bandwidth: { "bucket 1": { bytesOut: 5 } } }, { a: { "bucket 1": [] } });
    expect((await upstreamFailure(platform.analytics.accountSeries(MARCH, "HOUR"))).code).toBe("UPSTREAM_BAD_RESPONSE");
    expect((await upstreamFailure(platform.analytics.trackingSeries(["a"], MARCH, "HOUR"))).code).toBe(
      "UPSTREAM_BAD_RESPONSE",
    );
  });
});

describe("rows by tracking id", () => {
  const untracked = [{ bytesOut: 1 }, { trackingId: null, bytesOut: 2 }, { trackingId: "", bytesOut: 3 }];

  it("are untracked when the id is absent, null or empty", async () => {
    await using platform = createPlatform();
    platform.succeed({ a: [...untracked, { trackingId: "acme", bytesOut: 4 }] });
    const rows = (await platform.analytics.streamTrackingTotals(["a"], MARCH)).get("a");
    expect(rows?.map(({ trackingId, traffic }) => ({ trackingId, traffic: told(traffic) }))).toEqual([
      { trackingId: null, traffic: out(1n) },
      { trackingId: null, traffic: out(2n) },
      { trackingId: null, traffic: out(3n) },
      { trackingId: "acme", traffic: out(4n) },
    ]);
  });

  it("are untracked alike in each bucket of a series, and idle buckets are there", async () => {
    await using platform = createPlatform();
    platform.succeed({ a: { "2026-03-01T00:00:00Z": untracked, "2026-03-02T00:00:00Z": [] } });
    const series = (await platform.analytics.streamTrackingSeries(["a"], MARCH, "DAY")).get("a");
    expect(series?.get(at("2026-03-01T00:00:00Z"))?.map(({ trackingId }) => trackingId)).toEqual([null, null, null]);
    expect(series?.get(at("2026-03-02T00:00:00Z"))).toEqual([]);
  });

  it("name the stream from the other side, or none", async () => {
    await using platform = createPlatform();
    platform.succeed({
      acme: [{ streamName: "derby", bytesOut: 1 }, { streamName: "", bytesOut: 2 }, { bytesOut: 3 }],
    });
    const rows = (await platform.analytics.trackingTotals(["acme"], MARCH)).get("acme");
    expect(rows?.map(({ streamName }) => streamName)).toEqual(["derby", null, null]);
  });

  it("spell the time of a re-stream otherwise, and are read so", async () => {
    await using platform = createPlatform();
    platform.succeed({ acme: [{ streamName: "derby", bytesOut: 3, restream: { bytesOut: 3, duration: 60 } }] });
    const [row] = (await platform.analytics.trackingTotals(["acme"], MARCH)).get("acme") ?? [];
    expect(row?.traffic.parts?.restream).toEqual({ bytesOut: 3n, bytesIn: 0n, secondsUsed: 60n });
  });

  it("are not believed when an id is no text", async () => {
    await using platform = createPlatform();
    platform.succeed({ a: [{ trackingId: 5, bytesOut: 1 }] });
    expect((await upstreamFailure(platform.analytics.streamTrackingTotals(["a"], MARCH))).code).toBe(
      "UPSTREAM_BAD_RESPONSE",
    );
  });
});

describe("countries", () => {
  const geo = { GB: { bytesOut: 5, viewDuration: 60, publishDuration: 7 }, DE: { bytesIn: 1 } };
  const rows = [
    { country: "GB", traffic: out(5n), viewSeconds: 60, publishSeconds: 7 },
    { country: "DE", traffic: { bytesOut: 0n, bytesIn: 1n, parts: null }, viewSeconds: 0, publishSeconds: 0 },
  ];

  it("come with their traffic and times, of the account and of streams", async () => {
    await using platform = createPlatform();
    platform.succeed({ geo }, { geo: { derby: geo, foreign: geo } });
    expect(await platform.analytics.accountCountries(MARCH)).toEqual(rows);
    expect([...(await platform.analytics.streamCountries(["derby"], MARCH))]).toEqual([["derby", rows]]);
  });

  it("come by bucket with their numbers of views and broadcasts, of the account and of streams", async () => {
    await using platform = createPlatform();
    const [first, second] = ["2026-03-01T00:00:00Z", "2026-03-01T01:00:00Z"];
    const series = { [first]: { GB: { ...geo.GB, views: 3_000_000_000, publishes: 1 } }, [second]: {} };
    platform.succeed({ geo: series }, { geo: { derby: series } }, {}, { geo: { derby: null } });
    const buckets = [
      [Date.parse(first), [{ ...rows[0], views: 3_000_000_000, publishes: 1 }]],
      [Date.parse(second), []],
    ];
    expect([...(await platform.analytics.accountCountrySeries(MARCH, "HOUR"))]).toEqual(buckets);
    const ofStreams = await platform.analytics.streamCountrySeries(["derby", "idle"], MARCH, "HOUR");
    expect([...(ofStreams.get("derby") ?? [])]).toEqual(buckets);
    expect(ofStreams.get("idle")).toEqual(new Map());
    expect(await platform.analytics.accountCountrySeries(MARCH, "DAY")).toEqual(new Map());
    expect((await platform.analytics.streamCountrySeries(["derby"], MARCH, "DAY")).get("derby")).toEqual(new Map());
  });

  it("are none when the platform tells none", async () => {
    await using platform = createPlatform();
    platform.succeed({}, { geo: null });
    expect(await platform.analytics.accountCountries(MARCH)).toEqual([]);
    expect((await platform.analytics.streamCountries(["derby"], MARCH)).get("derby")).toEqual([]);
  });
});
