import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ConformantSandbox, createConformantSandbox } from "../support/conformance.ts";
import { admitted, clientOf, publishToken, START, subscribeToken, type Wire } from "../support/sandbox.ts";

const sandboxAtStart = () => createConformantSandbox({ startAt: START, frozen: true });
const WEEK = { startDate: "2025-06-11", stopDate: "2025-06-18" };

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const iso = (ms: number) => `${new Date(ms).toISOString().slice(0, 19)}Z`;

/** Every operation with what it needs beside the range. */
const OPERATIONS: readonly [path: string, query: Record<string, string | readonly string[]>][] = [
  ["account/total", {}],
  ["account/series", { resolution: "Day" }],
  ["account/geo_total", {}],
  ["account/geo_series", { resolution: "Day" }],
  ["account/geo", {}],
  ["streams/total", { streamNames: ["derby-final", "rehearsal"] }],
  ["streams/series", { streamNames: ["derby-final", "rehearsal"], resolution: "Day" }],
  ["streams/geo_total", { streamNames: ["derby-final", "rehearsal"] }],
  ["streams/geo_series", { streamNames: ["derby-final", "rehearsal"], resolution: "Day" }],
  ["streams/geo", { streamNames: ["derby-final", "rehearsal"] }],
  ["tracking/streams/total", { streamNames: ["derby-final", "rehearsal"] }],
  ["tracking/streams/series", { streamNames: ["derby-final", "rehearsal"], resolution: "Day" }],
  ["tracking/total", { trackingIds: ["northwind-tv", "nobody"] }],
  ["tracking/series", { trackingIds: ["northwind-tv", "nobody"], resolution: "Day" }],
];

describe.each(OPERATIONS)("sandbox GET /api/analytics/%s", (path, query) => {
  let sandbox: ConformantSandbox;
  beforeAll(async () => {
    sandbox = await sandboxAtStart();
  });
  afterAll(() => sandbox.close());

  const ask = (changes: Record<string, string | readonly string[]>) =>
    clientOf(sandbox).get(`/api/analytics/${path}`, { ...WEEK, ...query, ...changes });

  it("answers as its OpenAPI document says", async () => {
    expect((await ask({})).body.status).toBe("success");
  });

  it.each([
    ["no start", { startDate: "" }, "startDate"],
    ["a start that is no date", { startDate: "2025-02-30" }, "startDate"],
    ["a stop that is no date", { stopDate: "tomorrow" }, "stopDate"],
    ["a stop at the start", { stopDate: WEEK.startDate }, "stopDate"],
    ["a stop before the start", { stopDate: "2025-06-10T23:59:59Z" }, "stopDate"],
  ])("rejects %s with a validation error", async (_, changes, field) => {
    const { status, body } = await ask(changes);
    expect(status).toBe(400);
    expect(body).toEqual({
      status: "fail",
      data: { message: "Validation errors", errors: { [field]: [expect.any(String)] } },
    });
  });

  it("accepts instants as well as dates", async () => {
    const dates = await ask({});
    const instants = await ask({ startDate: "2025-06-11T00:00:00Z", stopDate: "2025-06-17T22:00:00-02:00" });
    expect(instants.text).toBe(dates.text);
  });

  it("returns nothing for a range before metering, without an error", async () => {
    const { status, text } = await ask({ startDate: "2019-01-01", stopDate: "2019-02-01" });
    expect(status).toBe(200);
    expect(text).not.toMatch(/"bytes(In|Out)?":[1-9]/);
  });

  if ("resolution" in query) {
    it.each(["", "Minute", "day"])("rejects the resolution '%s'", async (resolution) => {
      expect((await ask({ resolution })).body.data.errors).toHaveProperty("resolution");
    });
  }

  const names = Object.keys(query).find((field) => field === "streamNames" || field === "trackingIds");
  if (names) {
    it.each([
      ["no names", []],
      ["eleven names", Array.from({ length: 11 }, (_, index) => `name-${index}`)],
      ["a name with a slash", ["a/b"]],
      ["a name with an asterisk", ["a*"]],
      ["a name with two dashes", ["a--b"]],
      ["a name of 129 characters", ["x".repeat(129)]],
    ])("rejects %s with a validation error", async (_, list) => {
      expect((await ask({ [names]: list })).body.data.errors).toHaveProperty(names);
    });

    it("accepts ten names", async () => {
      const ten = Array.from({ length: 10 }, (_, index) => `name-${index}`);
      expect((await ask({ [names]: ten })).status).toBe(200);
    });
  }
});

describe("sandbox analytics by month", () => {
  it("only the account's series accepts the resolution Month", async () => {
    await using sandbox = await sandboxAtStart();
    const client = clientOf(sandbox);
    const query = { ...WEEK, resolution: "Month", streamNames: ["derby-final"], trackingIds: ["northwind-tv"] };
    expect((await client.get("/api/analytics/account/geo_series", { ...WEEK, resolution: "Month" })).status).toBe(400);
    for (const path of ["streams/series", "streams/geo_series", "tracking/streams/series", "tracking/series"]) {
      expect((await client.get(`/api/analytics/${path}`, query)).status).toBe(400);
    }
  });

  it("months are retained without limit, from the account's first on", async () => {
    await using sandbox = await sandboxAtStart();
    const series = async () => {
      const query = { resolution: "Month", startDate: "2020-01-01", stopDate: "2030-01-01" };
      return (await clientOf(sandbox).get("/api/analytics/account/series", query)).body.data.bandwidth;
    };
    const before = await series();
    expect(Object.keys(before)[0]).toBe("2024-05-01T00:00:00Z");
    expect(Object.keys(before).at(-1)).toBe("2025-06-01T00:00:00Z");
    sandbox.clock.advance(800 * DAY_MS);
    expect((await series())["2024-05-01T00:00:00Z"]).toEqual(before["2024-05-01T00:00:00Z"]);
  });

  it("a month counts in an account total once its days are gone, and is never counted twice", async () => {
    await using sandbox = await sandboxAtStart();
    const client = clientOf(sandbox);
    const total = async (startDate: string, stopDate: string) =>
      (await client.get("/api/analytics/account/total", { startDate, stopDate })).body.data.bytesOut;
    const months = { resolution: "Month", startDate: "2024-05-01", stopDate: "2025-06-01" };
    const { bandwidth } = (await client.get("/api/analytics/account/series", months)).body.data;
    const sum = Object.values<Wire>(bandwidth).reduce((all, { bytesOut }) => all + BigInt(bytesOut), 0n);
    expect(BigInt(await total("2024-05-01", "2025-06-01"))).toBe(sum);
    // May 2024 lies before the first kept day, 2024-06-18: counted whole or, if the range holds only a part, not at all.
    expect(await total("2024-05-01", "2024-06-01")).toEqual(bandwidth["2024-05-01T00:00:00Z"].bytesOut);
    expect(await total("2024-05-02", "2024-06-01")).toBe(0);
    const countries = await client.get("/api/analytics/account/geo_total", {
      startDate: "2024-05-01",
      stopDate: "2024-06-01",
    });
    expect(countries.body.data).toEqual({ geo: {} });
  });
});

describe("sandbox analytics retention", () => {
  it("hours are retained for 7 days and days for 365", async () => {
    await using sandbox = await sandboxAtStart();
    const keys = async (resolution: string) => {
      const query = { resolution, startDate: "2024-01-01", stopDate: "2026-01-01" };
      return Object.keys((await clientOf(sandbox).get("/api/analytics/account/series", query)).body.data.bandwidth);
    };
    const [hours, days] = [await keys("Hour"), await keys("Day")];
    expect(hours[0]).toBe("2025-06-11T10:00:00Z");
    expect(hours.at(-1)).toBe("2025-06-18T10:00:00Z");
    expect(days[0]).toBe("2024-06-18T00:00:00Z");
    expect(days.at(-1)).toBe("2025-06-18T00:00:00Z");
    expect(days).toHaveLength(366);
  });

  it("a total counts the hours of a day partly in its range as long as hours are retained", async () => {
    await using sandbox = await sandboxAtStart();
    const total = async (startDate: string, stopDate: string) => {
      const query = { streamNames: ["harbor-news-24"], startDate, stopDate };
      return (await clientOf(sandbox).get("/api/analytics/streams/total", query)).body.data["harbor-news-24"].bytesOut;
    };
    const truth = (from: string, to: string) => Number(sandbox.truth({ stream: "harbor-news-24", from, to }).bytesOut);
    expect(await total("2025-06-16T08:00:00Z", "2025-06-16T20:00:00Z")).toBe(
      truth("2025-06-16T08:00:00Z", "2025-06-16T20:00:00Z"),
    );
    expect(await total("2025-06-01T08:00:00Z", "2025-06-01T20:00:00Z")).toBe(0);
    expect(await total("2025-06-01T08:00:00Z", "2025-06-03T20:00:00Z")).toBe(truth("2025-06-02", "2025-06-03"));
  });
});

describe("sandbox analytics in the weekly gap", () => {
  const TUESDAY = { startDate: "2025-06-17", stopDate: "2025-06-18" };
  const missing = ["2025-06-17T03:00:00Z", "2025-06-17T04:00:00Z"];

  it("the gap has no hour buckets, and every other bucket exists even without traffic", async () => {
    await using sandbox = await sandboxAtStart();
    const client = clientOf(sandbox);
    const hourly = { ...TUESDAY, resolution: "Hour" };
    const expected = Array.from({ length: 24 }, (_, hour) =>
      iso(Date.parse(TUESDAY.startDate) + hour * HOUR_MS),
    ).filter((key) => !missing.includes(key));

    const account = (await client.get("/api/analytics/account/series", hourly)).body.data;
    for (const part of ["bandwidth", "standardStream", "restream", "geoCascade"])
      expect(Object.keys(account[part])).toEqual(expected);
    expect(Object.keys((await client.get("/api/analytics/account/geo_series", hourly)).body.data.geo)).toEqual(
      expected,
    );

    const idle = (await client.get("/api/analytics/streams/series", { ...hourly, streamNames: ["rehearsal"] })).body
      .data.rehearsal;
    expect(Object.keys(idle.bandwidth)).toEqual(expected);
    expect(idle.bandwidth[expected[0] ?? ""]).toEqual({ bytesIn: 0, bytesOut: 0 });
    expect(idle.restream[expected[0] ?? ""]).toEqual({ bytesIn: 0, bytesOut: 0, secondsUsed: 0 });

    const tracked = (
      await client.get("/api/analytics/tracking/streams/series", { ...hourly, streamNames: ["rehearsal"] })
    ).body.data;
    expect(tracked.rehearsal).toEqual(Object.fromEntries(expected.map((key) => [key, []])));
    const partner = (await client.get("/api/analytics/tracking/series", { ...hourly, trackingIds: ["nobody"] })).body
      .data;
    expect(partner.nobody).toEqual(Object.fromEntries(expected.map((key) => [key, []])));
  });

  it("the gap counts nothing, neither of the past nor of live connections", async () => {
    await using sandbox = await createConformantSandbox({ startAt: "2025-06-17T02:30:00Z", frozen: true });
    const { token } = publishToken(sandbox, "rehearsal");
    sandbox.startFeed({ token, streamName: "rehearsal", bitsPerSecond: 8_000_000 });
    sandbox.clock.advance(3 * HOUR_MS + 60_000);
    const query = { ...TUESDAY, streamNames: ["rehearsal"] };
    const client = clientOf(sandbox);
    // Half an hour before the gap and half an hour after, at a megabyte a second.
    expect((await client.get("/api/analytics/streams/total", query)).body.data.rehearsal.bytesIn).toBe(3_600_000_000);
    const { bandwidth } = (await client.get("/api/analytics/streams/series", { ...query, resolution: "Hour" })).body
      .data.rehearsal;
    expect(bandwidth).not.toHaveProperty(["2025-06-17T03:00:00Z"]);
    expect(bandwidth["2025-06-17T05:00:00Z"]).toEqual({ bytesIn: 1_800_000_000, bytesOut: 0 });
  });
});

describe("sandbox analytics freshness", () => {
  it("usage lags a minute behind the quarter hour, or as set, and the newest hour reads as before until then", async () => {
    await using sandbox = await createConformantSandbox({ startAt: "2025-06-18T11:00:59.999Z", frozen: true });
    const client = clientOf(sandbox);
    const query = { startDate: "2025-06-18", stopDate: "2025-06-19", resolution: "Hour" };
    const newest = async () => {
      const { bandwidth } = (await client.get("/api/analytics/account/series", query)).body.data;
      const { bytesOut } = bandwidth["2025-06-18T10:00:00Z"];
      const total = (
        await client.get("/api/analytics/account/total", { startDate: "2025-06-18", stopDate: "2025-06-19" })
      ).body.data.bytesOut;
      return { bytesOut: BigInt(bytesOut), total: BigInt(total) };
    };
    const truth = (from: string, to: string) => sandbox.truth({ from: `2025-06-18T${from}Z`, to: `2025-06-18T${to}Z` });
    const until = (to: string) => ({
      bytesOut: truth("10:00:00", to).bytesOut,
      total: truth("00:00:00", to).bytesOut,
    });
    expect(await newest()).toEqual(until("10:45:00"));
    sandbox.clock.advance(1);
    expect(await newest()).toEqual(until("11:00:00"));
    const operate = (body: object) =>
      fetch(`${sandbox.origin}/sandbox/lag`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
    expect((await operate({ lagMs: 5 * 60_000 })).status).toBe(200);
    expect(await newest()).toEqual(until("10:45:00"));
    sandbox.clock.set("2025-06-18T11:05:00Z");
    expect(await newest()).toEqual(until("11:00:00"));
    for (const lagMs of [-1, 15 * 60_000, 1.5, "1"]) expect((await operate({ lagMs })).status).toBe(400);
    expect(sandbox.lag.get()).toBe(5 * 60_000);
  });

  it("figures change at the quarter hour and never decrease", async () => {
    await using sandbox = await createConformantSandbox({ startAt: "2025-06-18T10:00:00Z", frozen: true, lagMs: 0 });
    const client = clientOf(sandbox);
    const query = { streamNames: ["derby-final"], startDate: "2025-06-18", stopDate: "2025-06-19", resolution: "Hour" };
    const newest = async () =>
      (await client.get("/api/analytics/streams/series", query)).body.data["derby-final"].bandwidth[
        "2025-06-18T10:00:00Z"
      ];

    expect(await newest()).toBeUndefined();
    sandbox.clock.set("2025-06-18T10:14:59Z");
    expect(await newest()).toBeUndefined();
    const seen: number[] = [];
    for (const quarter of ["10:15", "10:30", "10:45", "11:00"]) {
      sandbox.clock.set(`2025-06-18T${quarter}:00Z`);
      const { bytesOut } = await newest();
      sandbox.clock.advance(14 * 60_000);
      expect((await newest()).bytesOut).toBe(bytesOut);
      seen.push(bytesOut);
    }
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
    expect(new Set(seen).size).toBe(4);
    expect(seen[3]).toBe(
      Number(
        sandbox.truth({ stream: "derby-final", from: "2025-06-18T10:00:00Z", to: "2025-06-18T11:00:00Z" }).bytesOut,
      ),
    );
  });
});

describe("sandbox analytics of untracked traffic", () => {
  const query = {
    streamNames: ["derby-final", "city-council", "rehearsal"],
    startDate: "2025-06-15",
    stopDate: "2025-06-16",
  };

  it("the untracked row has no tracking id in a total, and an empty one in a series", async () => {
    await using sandbox = await sandboxAtStart();
    const client = clientOf(sandbox);
    const totals = (await client.get("/api/analytics/tracking/streams/total", query)).body.data;
    expect(totals["derby-final"][0]).toEqual({ bytesIn: expect.any(Number), bytesOut: 0 });
    expect(totals["derby-final"].slice(1).map(({ trackingId }: Wire) => trackingId)).toEqual([
      "freelance-desk",
      "kestrel-media",
      "lumen-play",
      "northwind-tv",
    ]);
    expect(totals["rehearsal"]).toEqual([]);
    const series = (await client.get("/api/analytics/tracking/streams/series", { ...query, resolution: "Day" })).body
      .data;
    expect(series["derby-final"]["2025-06-15T00:00:00Z"][0]).toMatchObject({ trackingId: "", bytesOut: 0 });
  });

  it("an unsecured stream has untracked traffic only", async () => {
    await using sandbox = await sandboxAtStart();
    const { data } = (await clientOf(sandbox).get("/api/analytics/tracking/streams/total", query)).body;
    expect(data["city-council"]).toEqual([{ bytesIn: expect.any(Number), bytesOut: expect.any(Number) }]);
    expect(data["city-council"][0].bytesOut).toBeGreaterThan(0);
  });

  it("tracked rows never contain a partner's ingest", async () => {
    await using sandbox = await sandboxAtStart();
    const trackingIds = ["northwind-tv", "polar-sports"];
    const { data } = (await clientOf(sandbox).get("/api/analytics/tracking/total", { ...WEEK, trackingIds })).body;
    expect(data["northwind-tv"].map(({ streamName }: Wire) => streamName)).toEqual([
      "arena-main",
      "derby-final",
      "world-feed",
    ]);
    for (const row of [...data["northwind-tv"], ...data["polar-sports"]]) expect(row.bytesIn).toBe(0);
  });
});

describe("sandbox analytics totals", () => {
  it("the parts of a total add up, and a re-stream has its seconds", async () => {
    await using sandbox = await sandboxAtStart();
    const { data } = (await clientOf(sandbox).get("/api/analytics/account/total", WEEK)).body;
    const parts = [data.standardStream, data.restream, data.geoCascade];
    const sum = (field: string) => parts.reduce((all, part) => all + BigInt(part[field]), 0n);
    expect(sum("bytesOut")).toBe(BigInt(data.bytesOut));
    expect(sum("bytesIn")).toBe(BigInt(data.bytesIn));
    // Two targets of derby-final round the clock but for the gap, and marathon's one on a Sunday at most.
    expect(data.restream.secondsUsed).toBeGreaterThanOrEqual(2 * (7 * 24 - 2) * 3600);
  });
});

describe("sandbox analytics past 2^53", () => {
  it("figures past 2^53 are sent with every digit", async () => {
    await using sandbox = await sandboxAtStart();
    const { token } = subscribeToken(sandbox, "northwind-tv-world-feed");
    // No real viewer receives so much.
    const bitsPerSecond = 8n * 9_007_199_254_740_993n;
    await admitted(sandbox.attachViewers({ token, streamName: "world-feed", bitsPerSecond, seconds: 1 }));
    sandbox.clock.advance(DAY_MS);
    const query = { streamNames: ["world-feed"], startDate: "2025-06-18", stopDate: "2025-06-19" };
    const { body, text } = await clientOf(sandbox).get("/api/analytics/streams/total", query);
    const { bytesOut } = body.data["world-feed"];
    expect(typeof bytesOut).toBe("bigint");
    expect(bytesOut).toBeGreaterThan(2n ** 53n);
    expect(bytesOut).toBe(sandbox.truth({ stream: "world-feed", from: query.startDate, to: query.stopDate }).bytesOut);
    expect(text).toContain(`"bytesOut":${bytesOut},`);
  });
});

describe("sandbox past traffic", () => {
  it("past traffic is the same whichever instant it is read at", async () => {
    const asked = { startDate: "2025-06-12", stopDate: "2025-06-13", resolution: "Hour" };
    const seenFrom = async (startAt: string) => {
      await using sandbox = await createConformantSandbox({ startAt, frozen: true, lagMs: 0 });
      return (await clientOf(sandbox).get("/api/analytics/account/series", asked)).text;
    };
    expect(await seenFrom("2025-06-18T23:59:59Z")).toBe(await seenFrom("2025-06-13"));
  });
});

describe("sandbox seed streams", () => {
  it("each stream of the seed has the traffic of its profile", async () => {
    await using sandbox = await sandboxAtStart();
    const bytesOut = (stream: string, from: string, to: string) => sandbox.truth({ stream, from, to }).bytesOut;
    const year = ["2024-06-18", "2025-06-18"] as const;
    expect(sandbox.truth({ stream: "rehearsal", from: year[0], to: year[1] })).toMatchObject({
      bytesIn: 0n,
      bytesOut: 0n,
    });
    expect(bytesOut("popup-expo", ...year)).toBeGreaterThan(0n);
    expect(bytesOut("popup-kiosk", "2025-06-18", "2025-06-18T10:00:00Z")).toBeGreaterThan(0n);
    expect(sandbox.truth({ trackingId: "freelance-desk", from: year[0], to: year[1] }).bytesOut).toBeGreaterThan(0n);
    expect(sandbox.tokens.subscribe().some(({ trackingId }) => trackingId === "freelance-desk")).toBe(false);
    expect(
      sandbox.truth({ stream: "opera-night", trackingId: null, from: year[0], to: year[1] }).bytesOut,
    ).toBeGreaterThan(0n);
  });

  it("past traffic of a stream ends with the past unless the stream is live", async () => {
    await using sandbox = await sandboxAtStart();
    sandbox.clock.advance(3 * DAY_MS);
    const since = { from: START, to: "2025-06-21" };
    expect(sandbox.truth({ stream: "quay-cam", ...since }).bytesIn).toBe(0n);
    expect(sandbox.truth({ stream: "derby-final", ...since }).bytesIn).toBeGreaterThan(0n);
  });
});
