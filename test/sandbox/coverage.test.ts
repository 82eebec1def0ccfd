import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { seriesBuckets, totalSpans } from "../../src/sandbox/analytics/coverage.ts";
import { DAY_MS, HOUR_MS, meteredSpans, parseInstant, QUARTER_MS, type Span } from "../../src/sandbox/calendar.ts";
import { createClock } from "../../src/sandbox/clock.ts";
import { createLag } from "../../src/sandbox/lag.ts";
import { createScheduledEvents } from "../../src/sandbox/live/scheduled-events.ts";
import { reading, sliceOf } from "../../src/sandbox/meter-reading.ts";
import { createPlatform } from "../../src/sandbox/platform.ts";
import { sumOf } from "../../src/sandbox/usage.ts";

/** The rules of time, without a sandbox around them. */

const NOW = Date.parse("2025-06-18T10:37:00Z");
const FRESH = Date.parse("2025-06-18T10:30:00Z");
const OPENS = Date.parse("2024-05-14");
const horizon = { now: NOW, meteredSince: OPENS, lagMs: 0 };
const day = (text: string) => Date.parse(text);
const lengthOf = (spans: readonly Span[]) => spans.reduce((sum, { from, to }) => sum + to - from, 0);

const instant = fc
  .integer({ min: Date.parse("2024-01-01") / 1000, max: Date.parse("2026-01-01") / 1000 })
  .map((s) => s * 1000);
const range = fc
  .tuple(instant, instant)
  .filter(([a, b]) => a !== b)
  .map(([a, b]) => ({ from: Math.min(a, b), to: Math.max(a, b) }));
const resolution = fc.constantFrom("Hour" as const, "Day" as const, "Month" as const);

describe("sandbox series buckets", () => {
  it("start in the range, in order and without overlap, up to the newest quarter hour", () => {
    fc.assert(
      fc.property(range, resolution, (asked, resolution) => {
        const buckets = seriesBuckets(asked, resolution, horizon);
        for (const [index, { key, span }] of buckets.entries()) {
          expect(Date.parse(key)).toBe(span.from);
          expect(span.from).toBeGreaterThanOrEqual(asked.from);
          expect(span.from).toBeLessThan(asked.to);
          expect(span.to).toBeGreaterThan(span.from);
          expect(span.to).toBeLessThanOrEqual(FRESH);
          const next = buckets[index + 1];
          if (next) expect(next.span.from).toBeGreaterThanOrEqual(span.to);
        }
      }),
    );
  });

  it("of two adjacent ranges are those of their union", () => {
    fc.assert(
      fc.property(range, instant, resolution, ({ from, to }, cut, resolution) => {
        const at = Math.min(Math.max(cut, from), to);
        const keys = (part: Span) => seriesBuckets(part, resolution, horizon).map(({ key }) => key);
        expect([...keys({ from, to: at }), ...keys({ from: at, to })]).toEqual(keys({ from, to }));
      }),
    );
  });
});

describe("sandbox total spans", () => {
  it("count no instant twice, and none outside the range except in hours that start inside it", () => {
    fc.assert(
      fc.property(range, fc.boolean(), (asked, monthsToo) => {
        const spans = totalSpans(asked, horizon, { monthsToo });
        for (const [index, { from, to }] of spans.entries()) {
          expect(from).toBeGreaterThanOrEqual(Math.max(asked.from, OPENS));
          expect(to).toBeGreaterThan(from);
          expect(to).toBeLessThanOrEqual(Math.min(FRESH, asked.to + HOUR_MS));
          expect(spans[index + 1]?.from ?? Number.POSITIVE_INFINITY).toBeGreaterThan(to);
        }
      }),
    );
  });

  it("cover what the hourly series does while hours are retained", () => {
    const recent = fc
      .tuple(fc.integer({ min: 0, max: 10_000 }), fc.integer({ min: 1, max: 10_000 }))
      .map(([start, length]) => ({ from: NOW - (7 * DAY_MS - HOUR_MS) + start * 60_000, length }))
      .map(({ from, length }) => ({ from, to: from + length * 60_000 }));
    fc.assert(
      fc.property(recent, (asked) => {
        const hours = seriesBuckets(asked, "Hour", horizon).map(({ span }) => span);
        const metered = totalSpans(asked, horizon, { monthsToo: false }).flatMap((span) => [...meteredSpans(span)]);
        expect(lengthOf(metered)).toBe(lengthOf(hours));
      }),
    );
  });

  it("count whole days for a year, and parts of days for a week", () => {
    const total = (from: string, to: string) =>
      totalSpans({ from: day(from), to: day(to) }, horizon, { monthsToo: false }).map(({ from, to }) => [
        new Date(from).toISOString().slice(0, 16),
        new Date(to).toISOString().slice(0, 16),
      ]);
    expect(total("2025-06-01T12:00:00Z", "2025-06-03T12:00:00Z")).toEqual([["2025-06-02T00:00", "2025-06-03T00:00"]]);
    expect(total("2025-06-16T12:00:00Z", "2025-06-18T10:20:00Z")).toEqual([["2025-06-16T12:00", "2025-06-18T10:30"]]);
    expect(total("2025-06-16T12:30:00Z", "2025-06-16T14:30:00Z")).toEqual([["2025-06-16T13:00", "2025-06-16T15:00"]]);
    expect(total("2024-06-01", "2024-06-20")).toEqual([["2024-06-18T00:00", "2024-06-20T00:00"]]);
    expect(total("2019-01-01", "2019-02-01")).toEqual([]);
    expect(total("2025-06-19", "2025-07-01")).toEqual([]);
  });

  it("count a month of the account whole when its days are gone, instead of the remaining days", () => {
    const months = (from: string, to: string) =>
      lengthOf(totalSpans({ from: day(from), to: day(to) }, horizon, { monthsToo: true })) / DAY_MS;
    expect(months("2024-06-01", "2024-07-01")).toBe(30);
    expect(months("2024-06-02", "2024-07-01")).toBe(13); // from the 18th on, day by day
    expect(months("2024-05-01", "2024-06-01")).toBe(18); // the account opened on the 14th
    expect(months("2024-05-01", "2024-08-01")).toBe(79);
  });
});

describe("sandbox meteredSpans", () => {
  it("cuts the weekly gap out of any span, and nothing else", () => {
    fc.assert(
      fc.property(range, (asked) => {
        const pieces = [...meteredSpans(asked)];
        let gaps = 0;
        for (let quarter = Math.floor(asked.from / QUARTER_MS); quarter * QUARTER_MS < asked.to; quarter++) {
          const date = new Date(quarter * QUARTER_MS);
          if (date.getUTCDay() !== 2 || ![3, 4].includes(date.getUTCHours())) continue;
          gaps += Math.min(asked.to, (quarter + 1) * QUARTER_MS) - Math.max(asked.from, quarter * QUARTER_MS);
        }
        expect(lengthOf(pieces)).toBe(asked.to - asked.from - gaps);
      }),
      { numRuns: 30 },
    );
  });
});

describe("sandbox sliceOf", () => {
  it("gives parts of a reading that sum to the whole", () => {
    const whole = { streamName: "x", part: "restream", trackingId: null, country: "US" } as const;
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 10n ** 20n }),
        fc.array(fc.integer({ min: 0, max: HOUR_MS })),
        (bytesOut, cuts) => {
          const hour = reading({ ...whole, bytesOut, restreamSeconds: 7200, views: 3 });
          const edges = [0, ...cuts.toSorted((a, b) => a - b), HOUR_MS];
          const pieces = edges.slice(1).map((to, index) => sliceOf(hour, edges[index] ?? 0, to, HOUR_MS));
          expect(pieces.reduce((sum, piece) => sum + piece.bytesOut, 0n)).toBe(bytesOut);
          expect(pieces.reduce((sum, piece) => sum + piece.restreamSeconds, 0)).toBe(7200);
          expect(pieces.reduce((sum, piece) => sum + piece.views, 0)).toBe(3);
        },
      ),
    );
  });
});

describe("sandbox ledger", () => {
  it("reads the same traffic from a span as from any parts of it, to the millisecond", () => {
    const { ledger } = createPlatform({
      seed: 1,
      clock: createClock(NOW, true),
      bulk: 0,
      goesOn: false,
      lag: createLag(),
    });
    const streams = fc.constantFrom("derby-final", "marathon", "sydney-regatta", "rehearsal");
    const cuts = fc.array(fc.integer({ min: NOW - 9 * DAY_MS, max: NOW }), { minLength: 2, maxLength: 6 });
    fc.assert(
      fc.property(streams, cuts, fc.boolean(), (stream, cuts, closeTogether) => {
        const first = cuts[0] ?? 0;
        const edges = cuts
          .map((cut) => (closeTogether ? first + ((cut - first) % HOUR_MS) : cut))
          .sort((a, b) => a - b);
        const usage = (from: number, to: number) => sumOf(ledger.readings(stream, { from, to }));
        const whole = usage(edges[0] ?? 0, edges.at(-1) ?? 0);
        const pieces = edges.slice(1).map((to, index) => usage(edges[index] ?? 0, to));
        for (const field of ["bytesIn", "bytesOut"] as const) {
          expect(pieces.reduce((sum, piece) => sum + piece[field], 0n)).toBe(whole[field]);
        }
        for (const field of ["views", "viewSeconds", "publishSeconds"] as const) {
          expect(pieces.reduce((sum, piece) => sum + piece[field], 0)).toBe(whole[field]);
        }
      }),
    );
  });
});

describe("sandbox toInstant", () => {
  it.each([
    ["2025-06-18", "2025-06-18T00:00:00.000Z"],
    ["2025-06-18T10:37", "2025-06-18T10:37:00.000Z"],
    ["2025-06-18T10:37:05", "2025-06-18T10:37:05.000Z"],
    ["2025-06-18T10:37:05Z", "2025-06-18T10:37:05.000Z"],
    ["2025-06-18T10:37:05.123456Z", "2025-06-18T10:37:05.123Z"],
    ["2025-06-18T10:37:05+02:00", "2025-06-18T08:37:05.000Z"],
    ["2024-02-29", "2024-02-29T00:00:00.000Z"],
  ])("parses %s", (text, iso) => {
    expect(new Date(parseInstant(text) ?? 0).toISOString()).toBe(iso);
  });

  it.each([
    "",
    "now",
    "2025-6-18",
    "2025-02-29",
    "2025-13-01",
    "2025-06-18T25:00:00Z",
    "2025-06-18 10:00",
    "18.06.2025",
    "1750242000000",
  ])("rejects '%s'", (text) => {
    expect(parseInstant(text)).toBeUndefined();
  });
});

describe("sandbox scheduled events", () => {
  it("happen once each, in order of time, including those that an event adds", () => {
    const done: string[] = [];
    const scheduledEvents = createScheduledEvents();
    scheduledEvents.add(30, (at) => done.push(`c@${at}`));
    scheduledEvents.add(10, (at) => {
      done.push(`a@${at}`);
      scheduledEvents.add(20, (later) => done.push(`added@${later}`));
      scheduledEvents.settle(100); // looking at the world from inside must not start it over
    });
    scheduledEvents.add(20, (at) => done.push(`b@${at}`));
    scheduledEvents.settle(25);
    expect(done).toEqual(["a@10", "b@20", "added@20"]);
    scheduledEvents.settle(100);
    scheduledEvents.settle(200);
    expect(done).toEqual(["a@10", "b@20", "added@20", "c@30"]);
  });
});
