import { describe, expect, it } from "vitest";
import { createUsageCache } from "../../src/cache/usage-cache.ts";
import { accountBandwidth } from "../../src/loaders/account-bandwidth.ts";
import { readCountries, readCountrySeries, readCoverage, readSeries, readTotal } from "../../src/loaders/bandwidth.ts";
import type { BandwidthSource } from "../../src/loaders/bandwidth-source.ts";
import { streamBandwidth } from "../../src/loaders/stream-bandwidth.ts";
import { sumBandwidth } from "../../src/loaders/sum-bandwidth.ts";
import { createPartnerBandwidth, streamTrackingBandwidth } from "../../src/loaders/tracking-bandwidth.ts";
import type { Measured } from "../../src/model/usage/measured.ts";
import {
  BucketStarts,
  COUNTERS_PER_RECORD,
  DEFAULT_LAYOUT,
  PackedSeries,
} from "../../src/model/usage/packed-traffic.ts";
import { retentionAt } from "../../src/model/usage/retention.ts";
import type { UsageSeries } from "../../src/model/usage/series.ts";
import { HOUR_MS, iso, type TimeWindow } from "../../src/model/usage/time.ts";
import { resolveWindow } from "../../src/model/usage/time-window.ts";
import type { Analytics } from "../../src/upstream/analytics.ts";
import { rejectionOf } from "../support/refusal.ts";
import { at, span } from "../support/time.ts";
import { bytesOut } from "../support/traffic.ts";
import { createTestUsageLoaders } from "../support/usage-loaders.ts";

const NOW = at("2026-03-18T10:20:00Z");
const FRESH_UNTIL = at("2026-03-18T10:15:00Z");
const windowOf = (from: string, to: string) =>
  resolveWindow({ range: { from: at(from), to: at(to) } }, "UTC", retentionAt(NOW, 0));
const YESTERDAY = windowOf("2026-03-17T00:00:00Z", "2026-03-18T00:00:00Z");

/** A source that keeps what is read of it. */
function sourceOf(total: bigint, series: Record<string, bigint> = {}, monthsKept = false, freshUntil = FRESH_UNTIL) {
  const reads: unknown[] = [];
  const source: BandwidthSource = {
    retention: { monthsRetained: monthsKept },
    total: async (window) => {
      reads.push(["total", ...span(window)]);
      return { value: bytesOut(total), freshUntil };
    },
    series: async ({ resolution, window }) => {
      reads.push([resolution, ...span(window)]);
      const value = new Map(Object.entries(series).map(([start, bytes]) => [at(start), bytesOut(bytes)]));
      return { value, freshUntil };
    },
    countries: null,
    countrySeries: null,
  };
  return { source, reads };
}

/** Loaders over analytics of which only what a test names is there. */
const loadersOver = (analytics: Partial<Analytics>) => createTestUsageLoaders(analytics as Analytics);
const streamRow = (streamName: string | null, bytes: bigint) => ({ streamName, traffic: bytesOut(bytes) });
const trackingRow = (trackingId: string | null, bytes: bigint) => ({ trackingId, traffic: bytesOut(bytes) });
const hour = at("2026-03-17T05:00:00Z");
const bytesAt = ({ value: reading }: Measured<UsageSeries>) =>
  [...reading.keys()].map((start) => [start, reading.get(start)?.bytesOut]);

describe("bandwidth: a total", () => {
  it("is one call", async () => {
    const { source, reads } = sourceOf(5n);
    expect(await readTotal(source, YESTERDAY)).toEqual({ value: bytesOut(5n), freshUntil: FRESH_UNTIL });
    expect(reads).toEqual([["total", "2026-03-17T00:00:00Z", "2026-03-18T00:00:00Z"]]);
  });

  it("of the account beyond a year is the sum of its months and the days since", async () => {
    const { source, reads } = sourceOf(5n, { "2024-02-01T00:00:00Z": 100n, "2024-03-01T00:00:00Z": 1_000n }, true);
    const { value } = await readTotal(source, windowOf("2024-02-01T00:00:00Z", "2026-03-18T11:00:00Z"));
    expect(value.bytesOut).toBe(1_105n);
    expect(reads).toEqual([
      ["total", "2025-04-01T00:00:00Z", "2026-03-18T11:00:00Z"],
      ["MONTH", "2024-02-01T00:00:00Z", "2025-04-01T00:00:00Z"],
    ]);
  });

  it("beyond the retention is rejected before any call", async () => {
    const { source, reads } = sourceOf(5n);
    expect(
      (await rejectionOf(() => readTotal(source, windowOf("2024-02-01T00:00:00Z", "2026-03-01T00:00:00Z")))).code,
    ).toBe("WINDOW_NOT_RETAINED");
    expect(reads).toEqual([]);
  });
});

describe("bandwidth: a series", () => {
  it("is read by as few calls as its buckets need, oldest first", async () => {
    const { source, reads } = sourceOf(0n, { "2026-03-02T00:00:00Z": 2n, "2026-03-01T00:00:00Z": 1n });
    const { value: points } = await readSeries(
      source,
      windowOf("2026-03-01T00:00:00Z", "2026-03-04T00:00:00Z"),
      "DAY",
      "UTC",
    );
    expect(points.map(({ state, traffic }) => [state, traffic?.bytesOut])).toEqual([
      ["UNVERIFIED", 1n],
      ["UNVERIFIED", 2n],
      ["MISSING", undefined],
    ]);
    expect(reads).toEqual([["DAY", "2026-03-01T00:00:00Z", "2026-03-04T00:00:00Z"]]);
  });

  it("fails if one of its calls fails", async () => {
    const { source } = sourceOf(0n);
    const failing: BandwidthSource = { ...source, series: () => Promise.reject(new Error("down")) };
    await expect(readSeries(failing, YESTERDAY, "HOUR", "UTC")).rejects.toThrow("down");
  });
});

describe("bandwidth: the coverage of a window", () => {
  const coverage = async (from: string, to: string, series: Record<string, bigint>, monthsKept = false) => {
    const { source, reads } = sourceOf(0n, series, monthsKept);
    const { value } = await readCoverage(source, windowOf(from, to));
    return { state: value.state, missing: value.missing.map(span), reads: reads.map((read) => (read as string[])[0]) };
  };
  const hours = (from: string, count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, hour) => [iso(at(from) + hour * HOUR_MS), 1n]));

  it("is complete if every hour exists, and lists the missing ones", async () => {
    const day = hours("2026-03-16T00:00:00Z", 24);
    expect(await coverage("2026-03-16T00:00:00Z", "2026-03-17T00:00:00Z", day)).toEqual({
      state: "COMPLETE",
      missing: [],
      reads: ["HOUR"],
    });
    const { "2026-03-16T03:00:00Z": _three, "2026-03-16T04:00:00Z": _four, ...rest } = day;
    expect(await coverage("2026-03-16T00:00:00Z", "2026-03-17T00:00:00Z", rest)).toEqual({
      state: "PARTIAL",
      missing: [["2026-03-16T03:00:00Z", "2026-03-16T05:00:00Z"]],
      reads: ["HOUR"],
    });
    expect(await coverage("2026-03-16T00:00:00Z", "2026-03-17T00:00:00Z", {})).toMatchObject({ state: "MISSING" });
  });

  it("of older days is unverified, and lists days and months without data as one stretch", async () => {
    expect(await coverage("2026-03-02T00:00:00Z", "2026-03-03T00:00:00Z", { "2026-03-02T00:00:00Z": 1n })).toEqual({
      state: "UNVERIFIED",
      missing: [],
      reads: ["DAY"],
    });
    const april = Object.fromEntries(
      Array.from({ length: 30 }, (_, day) => [iso(at("2025-04-01T00:00:00Z") + day * 24 * HOUR_MS), 1n]),
    );
    const { "2025-04-01T00:00:00Z": _first, ...days } = april;
    expect(
      await coverage("2024-01-01T00:00:00Z", "2025-05-01T00:00:00Z", { ...days, "2024-01-01T00:00:00Z": 1n }, true),
    ).toEqual({
      state: "PARTIAL",
      missing: [["2024-02-01T00:00:00Z", "2025-04-02T00:00:00Z"]],
      reads: ["MONTH", "DAY"],
    });
  });

  it("of a sum lacks the hours that one of its sources with buckets lacks", async () => {
    const [whole, part, none] = [hours("2026-03-16T00:00:00Z", 2), hours("2026-03-16T01:00:00Z", 1), {}];
    const sum = sumBandwidth([whole, part, none].map((series) => sourceOf(0n, series).source));
    const window = windowOf("2026-03-16T00:00:00Z", "2026-03-16T02:00:00Z");
    const { value: points } = await readSeries(sum, window, "HOUR", "UTC");
    expect(points.map(({ state, bytesOut: bytes, missing }) => [state, bytes, missing.map(span)])).toEqual([
      ["PARTIAL", 1n, [["2026-03-16T00:00:00Z", "2026-03-16T01:00:00Z"]]],
      ["COMPLETE", 2n, []],
    ]);
    expect((await readCoverage(sum, window)).value.state).toBe("PARTIAL");
  });
});

describe("bandwidth: a cached series", () => {
  it("is assembled again for other granularities and zones", async () => {
    const counts = Array.from({ length: 48 }, () => [1, 0, -1, 0, 0, 0, 0, 0, 0]).flat();
    const starts = new BucketStarts(
      Array.from({ length: 48 }, (_, hour) => at("2026-03-15T23:00:00Z") + hour * HOUR_MS),
    );
    const reading = new PackedSeries(starts, {
      counts,
      layout: DEFAULT_LAYOUT,
      stride: COUNTERS_PER_RECORD,
      sharedBy: 1,
    });
    const source: BandwidthSource = {
      ...sourceOf(0n).source,
      series: () => ({ value: reading, freshUntil: FRESH_UNTIL }),
    };
    const window = windowOf("2026-03-15T23:00:00Z", "2026-03-17T23:00:00Z");
    const asked = [
      ["HOUR", "Europe/Berlin", 48],
      ["DAY", "Europe/Berlin", 2],
      ["DAY", "UTC", 3],
      ["MONTH", "UTC", 1],
    ] as const;
    for (const [granularity, timeZone, count] of [...asked, ...asked, ...asked.toReversed()]) {
      expect((await readSeries(source, window, granularity, timeZone)).value).toHaveLength(count);
    }
  });
});

describe("bandwidth: countries", () => {
  it("are loaded for streams and the account, and for no tracking id", async () => {
    const row = { country: "GB", traffic: bytesOut(5n), viewSeconds: 0, publishSeconds: 0 };
    const loaders = loadersOver({
      accountCountries: async () => [row],
      streamCountries: async (names) => new Map(names.map((name) => [name, [row]])),
    });
    expect(await readCountries(accountBandwidth(loaders), YESTERDAY)).toMatchObject({ value: [row] });
    expect(await readCountries(streamBandwidth(loaders, "derby"), YESTERDAY)).toMatchObject({ value: [row] });
    for (const source of [createPartnerBandwidth(loaders)(["acme"]), streamTrackingBandwidth(loaders, "derby", null)]) {
      expect((await rejectionOf(() => readCountries(source, YESTERDAY))).code).toBe("NOT_METERED");
    }
  });

  it("have a series each with the same buckets: zero where a country lacks, null where the platform has no bucket", async () => {
    const row = (country: string, bytes: bigint, views: number) => ({
      country,
      traffic: bytesOut(bytes),
      viewSeconds: 60 * views,
      publishSeconds: 0,
      views,
      publishes: 1,
    });
    const buckets = new Map([
      [at("2026-03-17T00:00:00Z"), [row("GB", 5n, 2), row("DE", 7n, 1)]],
      [at("2026-03-17T01:00:00Z"), []],
      [at("2026-03-17T03:00:00Z"), [row("GB", 1n, 3)]],
    ]);
    const analytics = {
      accountCountrySeries: async () => buckets,
      streamCountrySeries: async (names: readonly string[]) => new Map(names.map((name) => [name, buckets])),
    } as Partial<Analytics> as Analytics;
    const cache = createUsageCache({ maxBytes: 0, now: () => at("2026-03-18T10:20:00Z"), lagMs: 0 });
    const loaders = createTestUsageLoaders(analytics, undefined, undefined, cache);
    const window = windowOf("2026-03-17T00:00:00Z", "2026-03-17T04:00:00Z");
    for (const source of [accountBandwidth(loaders), streamBandwidth(loaders, "derby")]) {
      const { value } = await readCountrySeries(source, window, "HOUR", "UTC");
      const told = value.map(({ country, traffic, views, viewSeconds, publishes, points }) => ({
        country,
        total: [traffic.bytesOut, views, viewSeconds, publishes],
        points: points.map(({ usage }) => usage && [usage.traffic.bytesOut, usage.views]),
      }));
      expect(told).toEqual([
        { country: "GB", total: [6n, 5, 300, 2], points: [[5n, 2], [0n, 0], null, [1n, 3]] },
        { country: "DE", total: [7n, 1, 60, 1], points: [[7n, 1], [0n, 0], null, [0n, 0]] },
      ]);
      const byDay = await readCountrySeries(source, window, "DAY", "UTC");
      expect(byDay.value[0]?.points).toMatchObject([
        { bucket: { state: "PARTIAL" }, usage: { views: 5, traffic: { bytesOut: 6n } } },
      ]);
    }
    for (const source of [createPartnerBandwidth(loaders)(["acme"]), streamTrackingBandwidth(loaders, "derby", null)]) {
      expect((await rejectionOf(() => readCountrySeries(source, window, "HOUR", "UTC"))).code).toBe("NOT_METERED");
    }
  });

  it("are retained for a year, for the account too", async () => {
    const source = accountBandwidth(loadersOver({}));
    const old = windowOf("2024-02-01T00:00:00Z", "2024-03-01T00:00:00Z");
    expect((await rejectionOf(() => readCountries(source, old))).code).toBe("WINDOW_NOT_RETAINED");
  });
});

describe("bandwidth: of a stream", () => {
  it("is rejected without a call for a name that analytics reject", async () => {
    const source = streamBandwidth(loadersOver({}), "box/1");
    for (const read of [
      () => readTotal(source, YESTERDAY),
      () => readSeries(source, YESTERDAY, "HOUR", "UTC"),
      () => readCountries(source, YESTERDAY),
    ]) {
      expect(await rejectionOf(read)).toMatchObject({ code: "NOT_METERED", facts: { streamName: "box/1" } });
    }
    const tracked = streamTrackingBandwidth(loadersOver({}), "a--b", "acme");
    expect((await rejectionOf(() => readTotal(tracked, YESTERDAY))).code).toBe("NOT_METERED");
    expect((await rejectionOf(() => readSeries(tracked, YESTERDAY, "HOUR", "UTC"))).code).toBe("NOT_METERED");
  });

  it("under a tracking id is the sum of the id's own rows; without one, of the untracked", async () => {
    const rows = [
      trackingRow("acme", 1n),
      trackingRow(null, 10n),
      trackingRow("acme", 100n),
      trackingRow(null, 1_000n),
      trackingRow("other", 9n),
    ];
    const loaders = loadersOver({
      streamTrackingTotals: async () => new Map([["derby", rows]]),
      streamTrackingSeries: async () =>
        new Map([
          [
            "derby",
            new Map([
              [hour, rows],
              [hour + 1, []],
            ]),
          ],
        ]),
    });
    const read = async (trackingId: string | null) => {
      const source = streamTrackingBandwidth(loaders, "derby", trackingId);
      return [
        (await source.total(YESTERDAY)).value.bytesOut,
        bytesAt(await source.series({ resolution: "HOUR", window: YESTERDAY })),
      ];
    };
    expect(await read("acme")).toEqual([
      101n,
      [
        [hour, 101n],
        [hour + 1, 0n],
      ],
    ]);
    expect(await read(null)).toEqual([
      1_010n,
      [
        [hour, 1_010n],
        [hour + 1, 0n],
      ],
    ]);
    expect(await read("nobody")).toEqual([
      0n,
      [
        [hour, 0n],
        [hour + 1, 0n],
      ],
    ]);
  });
});

describe("bandwidth: of a partner", () => {
  it("is the sum over all streams, or the part of one; a bucket without the stream is zero, not missing", async () => {
    const rows = [streamRow("derby", 1n), streamRow("final", 10n), streamRow(null, 100n)];
    const loaders = loadersOver({
      trackingTotals: async () => new Map([["acme", rows]]),
      trackingSeries: async () => new Map([["acme", new Map([[hour, rows]])]]),
    });
    const read = async (streamName?: string) => {
      const source = createPartnerBandwidth(loaders)(["acme"], streamName);
      return [
        (await source.total(YESTERDAY)).value.bytesOut,
        bytesAt(await source.series({ resolution: "HOUR", window: YESTERDAY })),
      ];
    };
    expect(await read()).toEqual([111n, [[hour, 111n]]]);
    expect(await read("final")).toEqual([10n, [[hour, 10n]]]);
    expect(await read("nobody")).toEqual([0n, [[hour, 0n]]]);
  });

  it("derives each series once in a request", async () => {
    const rows = new Map([
      ["acme", new Map([[hour, [streamRow("derby", 1n)]]])],
      ["other", new Map()],
    ]);
    const loaders = loadersOver({ trackingSeries: async () => rows });
    const partnerBandwidth = createPartnerBandwidth(loaders);
    const ids = ["acme", "other"];
    const series = (stream: string) => partnerBandwidth(ids, stream).series({ resolution: "HOUR", window: YESTERDAY });
    const [first, second, another] = await Promise.all([series("derby"), series("derby"), series("final")]);
    expect(second.value).toBe(first.value);
    expect(another.value).not.toBe(first.value);
  });
});

describe("bandwidth: the sum of several sources", () => {
  it("has each bucket that a source has", async () => {
    const sum = sumBandwidth([
      sourceOf(1n, { "2026-03-17T05:00:00Z": 1n }).source,
      sourceOf(10n, { "2026-03-17T05:00:00Z": 10n, "2026-03-17T06:00:00Z": 20n }).source,
    ]);
    expect((await sum.total(YESTERDAY)).value.bytesOut).toBe(11n);
    expect(bytesAt(await sum.series({ resolution: "HOUR", window: YESTERDAY }))).toEqual([
      [at("2026-03-17T05:00:00Z"), 11n],
      [at("2026-03-17T06:00:00Z"), 20n],
    ]);
  });

  it("of none is nothing", async () => {
    expect((await sumBandwidth([]).total(YESTERDAY)).value.bytesOut).toBe(0n);
    expect(bytesAt(await sumBandwidth([]).series({ resolution: "DAY", window: YESTERDAY }))).toEqual([]);
  });
});

describe("bandwidth: months", () => {
  it("are retained for the account alone", async () => {
    const asked: TimeWindow[] = [];
    const loaders = loadersOver({
      accountSeries: async (window) => {
        asked.push(window);
        return new Map();
      },
    });
    const account = accountBandwidth(loaders);
    const month = { resolution: "MONTH" as const, window: { from: 0, to: 1 } };
    await account.series(month);
    expect(asked).toEqual([month.window]);
    const others = [
      streamBandwidth(loaders, "a"),
      createPartnerBandwidth(loaders)(["a"]),
      streamTrackingBandwidth(loaders, "a", null),
    ];
    expect([account, ...others, sumBandwidth([account])].map(({ retention }) => retention.monthsRetained)).toEqual([
      true,
      false,
      false,
      false,
      false,
    ]);
    for (const source of others) expect(() => source.series(month)).toThrow(RangeError);
  });
});
