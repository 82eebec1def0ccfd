import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { retentionAt } from "../../../src/model/usage/retention.ts";
import {
  assembleSeries,
  type BucketState,
  type Granularity,
  percentile,
  planSeries,
  type SeriesPlan,
  SeriesPoint,
} from "../../../src/model/usage/series.ts";
import { ceilTo, DAY_MS, floorTo, HOUR_MS } from "../../../src/model/usage/time.ts";
import { meteredWindow, resolveWindow, type UsageWindow } from "../../../src/model/usage/time-window.ts";
import type { Traffic } from "../../../src/model/usage/traffic.ts";
import { refusalOf } from "../../support/refusal.ts";
import { at, instants, span, zones } from "../../support/time.ts";
import { bytesOut } from "../../support/traffic.ts";

const NOW = at("2026-03-18T10:20:00Z");
const FRESH_UNTIL = at("2026-03-18T10:15:00Z");
const days = { monthsRetained: false };
const months = { monthsRetained: true };

const windowOf = (from: string, to: string, now = NOW): UsageWindow =>
  resolveWindow({ range: { from: at(from), to: at(to) } }, "UTC", retentionAt(now, 0));
const granularities = fc.constantFrom<Granularity>("HOUR", "DAY", "MONTH");

/** The reads of a plan as text: resolution and bounds. */
const readsOf = ({ reads }: SeriesPlan) => reads.map(({ resolution, window }) => [resolution, ...span(window)]);

/** Any window that can be chosen, often one of which not all is kept at every granularity. */
const windows: fc.Arbitrary<UsageWindow> = fc
  .tuple(instants, fc.constantFrom(HOUR_MS, DAY_MS), fc.integer({ min: 1, max: 400 }), fc.integer({ min: 0, max: 400 }))
  .map(([now, unit, begin, length]) => {
    const from = floorTo(now - begin * unit, unit);
    return resolveWindow(
      { range: { from, to: Math.max(from + HOUR_MS, from + length * unit) } },
      "UTC",
      retentionAt(now, 0),
    );
  });

/** The plan, or null where the window is refused. */
function planned(...call: Parameters<typeof planSeries>): SeriesPlan | null {
  try {
    return planSeries(...call);
  } catch {
    expect(refusalOf(() => planSeries(...call)).code).toMatch(/^(WINDOW_NOT_RETAINED|INVALID_WINDOW)$/);
    return null;
  }
}

describe("usage series: buckets", () => {
  it("tile what has been metered of the window without gap or overlap, in any zone", () => {
    let plans = 0;
    fc.assert(
      fc.property(windows, granularities, zones, fc.boolean(), (window, granularity, timeZone, monthsRetained) => {
        const plan = planned(window, granularity, timeZone, { monthsRetained: monthsRetained });
        if (!plan) return;
        plans += 1;
        const { buckets } = plan;
        expect(buckets[0]?.from).toBe(window.from);
        for (const [index, { from, to }] of buckets.entries()) {
          expect(to).toBeGreaterThan(from);
          expect(from).toBeLessThan(window.retention.freshUntil);
          if (index > 0) expect(from).toBe(buckets[index - 1]?.to);
        }
        const end = buckets.at(-1)?.to;
        expect(end).toBeGreaterThanOrEqual(meteredWindow(window).to);
        expect(end).toBeLessThanOrEqual(window.to);
      }),
      { numRuns: 1_000 },
    );
    expect(plans).toBeGreaterThan(100);
  });

  it("are days and months of the zone, cut at the window's edges", () => {
    const window = windowOf("2026-03-16T05:00:00Z", "2026-03-18T11:00:00Z");
    expect(planSeries(window, "DAY", "Europe/Berlin", days).buckets.map(span)).toEqual([
      ["2026-03-16T05:00:00Z", "2026-03-16T23:00:00Z"],
      ["2026-03-16T23:00:00Z", "2026-03-17T23:00:00Z"],
      ["2026-03-17T23:00:00Z", "2026-03-18T11:00:00Z"],
    ]);
    const year = windowOf("2026-01-15T00:00:00Z", "2026-04-01T00:00:00Z");
    expect(planSeries(year, "MONTH", "UTC", days).buckets.map(span)).toEqual([
      ["2026-01-15T00:00:00Z", "2026-02-01T00:00:00Z"],
      ["2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z"],
      ["2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z"],
    ]);
  });

  it("are not laid out for centuries before the window is refused", () => {
    const window = windowOf("0001-01-01T00:00:00Z", "2026-03-18T11:00:00Z");
    for (const granularity of ["HOUR", "DAY"] as const) {
      expect(planned(window, granularity, "Europe/Berlin", months)).toBeNull();
    }
  });
});

describe("usage series: is read", () => {
  it("by hours for hours, although a day or a month begins with the newest one", () => {
    const window = windowOf("2026-02-28T22:00:00Z", "2026-03-01T01:00:00Z", at("2026-03-01T00:20:00Z"));
    expect(readsOf(planSeries(window, "HOUR", "UTC", months))).toEqual([
      ["HOUR", "2026-02-28T22:00:00Z", "2026-03-01T01:00:00Z"],
    ]);
  });

  it("by hours for UTC days within the retention of hours, and by days before", () => {
    const window = windowOf("2026-01-01T00:00:00Z", "2026-03-18T11:00:00Z");
    expect(readsOf(planSeries(window, "DAY", "UTC", days))).toEqual([
      ["DAY", "2026-01-01T00:00:00Z", "2026-03-12T00:00:00Z"],
      ["HOUR", "2026-03-12T00:00:00Z", "2026-03-18T11:00:00Z"],
    ]);
    const week = windowOf("2026-03-12T00:00:00Z", "2026-03-18T11:00:00Z");
    for (const granularity of ["DAY", "MONTH"] as const) {
      expect(readsOf(planSeries(week, granularity, "UTC", months))).toEqual([
        ["HOUR", "2026-03-12T00:00:00Z", "2026-03-18T11:00:00Z"],
      ]);
    }
  });

  it("by hours for the days of a zone, within the retention of hours", () => {
    const window = windowOf("2026-03-15T23:00:00Z", "2026-03-17T23:00:00Z");
    expect(readsOf(planSeries(window, "DAY", "Europe/Berlin", days))).toEqual([
      ["HOUR", "2026-03-15T23:00:00Z", "2026-03-17T23:00:00Z"],
    ]);
  });

  it("by days for the days of a zone that are UTC days just then", () => {
    const now = at("2026-04-01T09:20:00Z");
    const window = windowOf("2026-03-01T00:00:00Z", "2026-04-01T10:00:00Z", now);
    expect(readsOf(planSeries(window, "DAY", "Europe/London", days))).toEqual([
      ["DAY", "2026-03-01T00:00:00Z", "2026-03-26T00:00:00Z"],
      ["HOUR", "2026-03-26T00:00:00Z", "2026-04-01T10:00:00Z"],
    ]);
  });

  it("by months for the account's months, and by days for everybody else's", () => {
    const window = windowOf("2025-06-01T00:00:00Z", "2026-03-18T11:00:00Z");
    expect(readsOf(planSeries(window, "MONTH", "UTC", months))).toEqual([
      ["MONTH", "2025-06-01T00:00:00Z", "2026-04-01T00:00:00Z"],
    ]);
    expect(readsOf(planSeries(window, "MONTH", "UTC", days))).toEqual([
      ["DAY", "2025-06-01T00:00:00Z", "2026-03-19T00:00:00Z"],
    ]);
  });

  it("by hours for an edge that cuts a recent day, and by days for the rest", () => {
    const window = windowOf("2026-03-01T00:00:00Z", "2026-03-18T05:00:00Z");
    expect(readsOf(planSeries(window, "DAY", "UTC", days))).toEqual([
      ["DAY", "2026-03-01T00:00:00Z", "2026-03-12T00:00:00Z"],
      ["HOUR", "2026-03-12T00:00:00Z", "2026-03-18T05:00:00Z"],
    ]);
  });

  it.each(["2026-03-18T11:00:00Z", "2026-03-18T11:05:00Z", "2026-03-18T11:20:00Z"])(
    "alike at every minute of the hour: a month under way by its days, at %s",
    (now) => {
      const window = resolveWindow(
        { last: { unit: "DAY", count: 60 }, includesCurrent: true },
        "UTC",
        retentionAt(at(now), 0),
      );
      expect(readsOf(planSeries(window, "MONTH", "UTC", days))).toEqual([
        ["DAY", "2026-01-17T00:00:00Z", "2026-03-19T00:00:00Z"],
      ]);
    },
  );

  it("with no more than one call for each resolution, each within its retention", () => {
    fc.assert(
      fc.property(windows, granularities, zones, fc.boolean(), (window, granularity, timeZone, monthsRetained) => {
        const plan = planned(window, granularity, timeZone, { monthsRetained: monthsRetained });
        const { hourlySince, dailySince } = window.retention;
        const since = { HOUR: hourlySince, DAY: dailySince, MONTH: Number.NEGATIVE_INFINITY };
        for (const { resolution, window: read } of plan?.reads ?? []) {
          expect(read.from).toBeGreaterThanOrEqual(since[resolution]);
          expect(read.to).toBeGreaterThan(read.from);
          if (resolution === "MONTH") expect(monthsRetained).toBe(true);
        }
        const resolutions = plan?.reads.map(({ resolution }) => resolution) ?? [];
        expect(new Set(resolutions).size).toBe(resolutions.length);
      }),
      { numRuns: 400 },
    );
  });
});

describe("usage series: a window whose buckets are beyond their retention", () => {
  const asked = windowOf("2026-02-01T00:00:00Z", "2026-02-10T00:00:00Z");

  it.each([
    ["hours of last month", "HOUR", "UTC", "hours are retained for 7 days."],
    ["a zone's days of last month", "DAY", "Europe/Berlin", "days of Europe/Berlin are sums of UTC hours"],
  ] as const)("is refused for %s with the rule", (_what, granularity, timeZone, rule) => {
    const refusal = refusalOf(() => planSeries(asked, granularity, timeZone, days));
    expect(refusal).toMatchObject({ code: "WINDOW_NOT_RETAINED", message: expect.stringContaining(rule) });
    expect(refusal.facts["valid"]).toEqual({ from: "2026-03-11T11:00:00Z", to: "2026-03-11T12:00:00Z" });
  });

  it("is refused for days that begin at the half hour, with a window inside the newest of them", () => {
    const refusal = refusalOf(() =>
      planSeries(windowOf("2026-03-16T00:00:00Z", "2026-03-18T11:00:00Z"), "DAY", "Asia/Kolkata", days),
    );
    expect(refusal).toMatchObject({
      code: "INVALID_WINDOW",
      facts: { reason: "OFFSET_NOT_WHOLE_HOURS", valid: { from: "2026-03-17T19:00:00Z", to: "2026-03-18T11:00:00Z" } },
    });
  });

  it("always comes with one that is answered for the same buckets", () => {
    let refusals = 0;
    fc.assert(
      fc.property(windows, granularities, zones, fc.boolean(), (window, granularity, timeZone, monthsRetained) => {
        const plan = (of: UsageWindow) => planSeries(of, granularity, timeZone, { monthsRetained: monthsRetained });
        if (planned(window, granularity, timeZone, { monthsRetained: monthsRetained })) return;
        refusals += 1;
        const { from, to } = refusalOf(() => plan(window)).facts["valid"] as { from: string; to: string };
        const now = window.retention.freshUntil + 1;
        expect(retentionAt(now, 0).freshUntil).toBe(window.retention.freshUntil);
        const valid = {
          ...resolveWindow({ range: { from: at(from), to: at(to) } }, "UTC", retentionAt(now, 0)),
          retention: window.retention,
        };
        expect(plan(valid).buckets.length).toBeGreaterThan(0);
      }),
      { numRuns: 600 },
    );
    expect(refusals).toBeGreaterThan(100);
  });
});

describe("usage series: a bucket", () => {
  const window = windowOf("2026-03-18T08:00:00Z", "2026-03-18T11:00:00Z");
  const hours = planSeries(window, "HOUR", "UTC", days);
  const assemble = (
    plan: SeriesPlan,
    resolution: Granularity,
    figures: Record<string, bigint>,
    freshUntil = FRESH_UNTIL,
  ) => {
    const reading = new Map(Object.entries(figures).map(([start, bytes]) => [at(start), bytesOut(bytes)]));
    return assembleSeries(plan, new Map([[resolution, reading]]), freshUntil).map(
      ({ state, traffic }): [BucketState, bigint | null] => [state, traffic?.bytesOut ?? null],
    );
  };

  it("is complete when it is over and has its usage, which may be zero", () => {
    const figures = { "2026-03-18T08:00:00Z": 5n, "2026-03-18T09:00:00Z": 0n, "2026-03-18T10:00:00Z": 1n };
    expect(assemble(hours, "HOUR", figures).slice(0, 2)).toEqual([
      ["COMPLETE", 5n],
      ["COMPLETE", 0n],
    ]);
  });

  it("is partial while it is under way", () => {
    expect(assemble(hours, "HOUR", { "2026-03-18T10:00:00Z": 7n })[2]).toEqual(["PARTIAL", 7n]);
  });

  it("is missing when the platform left it out, which is not zero", () => {
    expect(assemble(hours, "HOUR", { "2026-03-18T08:00:00Z": 5n })).toEqual([
      ["COMPLETE", 5n],
      ["MISSING", null],
      ["MISSING", null],
    ]);
  });

  it("of several hours is their sum, and partial when one of them is missing", () => {
    const plan = planSeries(window, "DAY", "Asia/Tokyo", days);
    expect(plan.buckets.map(span)).toEqual([["2026-03-18T08:00:00Z", "2026-03-18T11:00:00Z"]]);
    const two = { "2026-03-18T08:00:00Z": 5n, "2026-03-18T09:00:00Z": 6n };
    expect(assemble(plan, "HOUR", two)).toEqual([["PARTIAL", 11n]]);
    expect(assemble(plan, "HOUR", { ...two, "2026-03-18T10:00:00Z": 7n })).toEqual([["PARTIAL", 18n]]);
    const over = at("2026-03-18T11:00:00Z");
    expect(assemble(plan, "HOUR", { ...two, "2026-03-18T10:00:00Z": 7n }, over)).toEqual([["COMPLETE", 18n]]);
    expect(assemble(plan, "HOUR", two, over)).toEqual([["PARTIAL", 11n]]);
    expect(assemble(plan, "HOUR", {}, over)).toEqual([["MISSING", null]]);
  });

  it("that was read by days is not complete, since its hours are unknown", () => {
    const plan = planSeries(windowOf("2026-03-01T00:00:00Z", "2026-03-03T00:00:00Z"), "DAY", "UTC", days);
    expect(assemble(plan, "DAY", { "2026-03-01T00:00:00Z": 5n })).toEqual([
      ["UNVERIFIED", 5n],
      ["MISSING", null],
    ]);
  });

  it("names what lacks in it, neighbours as one, and nothing that is still to come", () => {
    const plan = planSeries(window, "DAY", "UTC", days);
    const gaps = (...starts: string[]) => {
      const reading = new Map(starts.map((start) => [at(start), bytesOut(1n)]));
      return assembleSeries(plan, new Map([["HOUR", reading]]), FRESH_UNTIL)[0]?.missing.map(span);
    };
    expect(gaps("2026-03-18T08:00:00Z", "2026-03-18T09:00:00Z", "2026-03-18T10:00:00Z")).toEqual([]);
    expect(gaps("2026-03-18T10:00:00Z")).toEqual([["2026-03-18T08:00:00Z", "2026-03-18T10:00:00Z"]]);
    expect(gaps("2026-03-18T09:00:00Z")).toEqual([
      ["2026-03-18T08:00:00Z", "2026-03-18T09:00:00Z"],
      ["2026-03-18T10:00:00Z", "2026-03-18T10:15:00Z"],
    ]);
  });

  it("is as its readings were when these were whole, and those that begin later are left out", () => {
    const figures = { "2026-03-18T08:00:00Z": 5n, "2026-03-18T09:00:00Z": 6n };
    expect(assemble(hours, "HOUR", figures, at("2026-03-18T09:45:00Z"))).toEqual([
      ["COMPLETE", 5n],
      ["PARTIAL", 6n],
    ]);
  });

  it("takes only its own usage: whatever else was read is left out", () => {
    const figures = { "2026-03-18T07:00:00Z": 100n, "2026-03-18T11:00:00Z": 100n, "2026-03-18T08:30:00Z": 100n };
    expect(assemble(hours, "HOUR", figures)).toEqual([
      ["MISSING", null],
      ["MISSING", null],
      ["MISSING", null],
    ]);
  });

  it("follows these rules, and loses no byte, whatever the platform left out", () => {
    const byHours = (plan: SeriesPlan | null) => plan?.reads.every(({ resolution }) => resolution === "HOUR") ?? false;
    const recent = windows.filter((chosen) => byHours(planned(chosen, "DAY", "Europe/Berlin", days)));
    fc.assert(
      fc.property(recent, fc.array(fc.boolean(), { minLength: 1 }), (chosen, present) => {
        const { freshUntil } = chosen.retention;
        const plan = planSeries(chosen, "DAY", "Europe/Berlin", days);
        const reading = new Map<number, Traffic>();
        for (let hour = chosen.from, index = 0; hour < meteredWindow(chosen).to; hour += HOUR_MS, index += 1) {
          if (present[index % present.length]) reading.set(hour, bytesOut(1n << BigInt(index % 90)));
        }
        const points = assembleSeries(plan, new Map([["HOUR", reading]]), freshUntil);
        for (const { from, to, state, traffic } of points) {
          const hoursOver = ceilTo(Math.min(to, freshUntil) - from, HOUR_MS) / HOUR_MS;
          const known = [...reading].filter(([start]) => start >= from && start < to);
          const sum = known.reduce((total, [, figure]) => total + figure.bytesOut, 0n);
          expect(traffic?.bytesOut ?? null).toBe(known.length > 0 ? sum : null);
          const isWhole = known.length === hoursOver && to <= freshUntil;
          expect(state).toBe(known.length === 0 ? "MISSING" : isWhole ? "COMPLETE" : "PARTIAL");
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe("usage series: a percentile", () => {
  const points = (rates: readonly number[], state: BucketState = "COMPLETE"): SeriesPoint[] =>
    rates.map((rate, index) => {
      const traffic = state === "MISSING" ? null : bytesOut(BigInt(rate));
      return new SeriesPoint(index * 8_000, (index + 1) * 8_000, state, traffic);
    });

  it("is a sample, by nearest rank: the smallest that so many per cent of the samples do not exceed", () => {
    const rates = [15_000, 20_000, 35_000, 40_000, 50_000];
    const at30 = { bitsPerSecond: 20_000, samples: 5, unverified: 0, discarded: 3, missing: 0 };
    expect(percentile(points(rates.toReversed()), 30)).toEqual(at30);
    expect(percentile(points(rates), 40).bitsPerSecond).toBe(20_000);
    expect(percentile(points(rates), 40.001).bitsPerSecond).toBe(35_000);
    expect(percentile(points(rates), 100)).toMatchObject({ bitsPerSecond: 50_000, discarded: 0 });
    expect(percentile(points(rates), 0.001).bitsPerSecond).toBe(15_000);
  });

  it("of the hours of a month forgives the top 5 per cent of them", () => {
    const rates = Array.from({ length: 720 }, (_, hour) => hour);
    expect(percentile(points(rates), 95)).toMatchObject({
      bitsPerSecond: 683,
      samples: 720,
      discarded: 36,
      missing: 0,
    });
  });

  it("takes complete buckets only, and counts the others", () => {
    const mixed = [...points([1, 2]), ...points([900], "PARTIAL"), ...points([0], "MISSING")];
    expect(percentile(mixed, 100)).toMatchObject({ bitsPerSecond: 2, samples: 2, discarded: 0, missing: 2 });
  });

  it("of no sample is unknown, not zero", () => {
    expect(percentile([], 95)).toMatchObject({ bitsPerSecond: null, samples: 0, discarded: 0, missing: 0 });
    expect(percentile(points([5], "PARTIAL"), 95)).toMatchObject({
      bitsPerSecond: null,
      samples: 0,
      discarded: 0,
      missing: 1,
    });
  });

  it("takes buckets whose hours are unknown as samples, and counts them", () => {
    const mixed = [...points([1]), ...points([2, 3], "UNVERIFIED")];
    expect(percentile(mixed, 100)).toEqual({ bitsPerSecond: 3, samples: 3, unverified: 2, discarded: 0, missing: 0 });
  });

  it("takes its rank of the requested decimal number: 64.4 % of 250 samples are 161 of them", () => {
    const rates = Array.from({ length: 250 }, (_, index) => index + 1);
    expect(percentile(points(rates), 64.4)).toMatchObject({ bitsPerSecond: 161, discarded: 89 });
    const samples = Array.from({ length: 800 }, (_, index) => index + 1);
    for (let tenths = 1; tenths <= 1_000; tenths += 1) {
      const { bitsPerSecond } = percentile(points(samples), tenths / 10);
      expect([tenths, bitsPerSecond]).toEqual([tenths, Math.floor((tenths * 800 + 999) / 1_000)]);
    }
    expect(percentile(points(samples), 1e-7).bitsPerSecond).toBe(1);
  });

  it("weighs each bucket by its own length", () => {
    const long = new SeriesPoint(0, 80_000, "COMPLETE", bytesOut(10_000n));
    expect(percentile([long], 95).bitsPerSecond).toBe(1_000);
  });

  it("is the smallest sample that covers enough of them, for any samples and any percentile", () => {
    const rates = fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(rates, fc.integer({ min: 1, max: 1_000 }), (samples, tenths) => {
        const { bitsPerSecond, discarded } = percentile(points(samples), tenths / 10);
        const atMost = (rate: number) => samples.filter((sample) => sample <= rate).length * 1_000;
        const enough = samples.filter((rate) => atMost(rate) >= tenths * samples.length);
        expect(bitsPerSecond).toBe(Math.min(...enough));
        expect((samples.length - discarded) * 1_000).toBeGreaterThanOrEqual(tenths * samples.length);
      }),
    );
  });
});
