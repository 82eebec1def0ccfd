import fc from "fast-check";
import { Temporal } from "temporal-polyfill";
import { describe, expect, it } from "vitest";
import {
  calendarBoundaries,
  calendarStart,
  hasWholeHours,
  monthAfter,
  monthAt,
  monthWindow,
  timeZoneAt,
  zoneSpans,
} from "../../../src/model/usage/calendar.ts";
import { DAY_MS, HOUR_MS, iso } from "../../../src/model/usage/time.ts";
import { billedZones, timeZoneOf, type ZonePeriod, type Zones } from "../../../src/model/usage/zones.ts";
import { at, instants, span, zones } from "../../support/time.ts";

const from = (fromMonth: string | null, timeZone: string): ZonePeriod => ({ fromMonth, timeZone });
const eastward = [from(null, "America/New_York"), from("2026-12", "Europe/Berlin")];
const westward = [from(null, "Europe/Berlin"), from("2026-12", "America/New_York")];

/** Months from 2025 to 2028. */
const months = fc
  .tuple(fc.integer({ min: 2025, max: 2028 }), fc.integer({ min: 1, max: 12 }))
  .map(([year, month]) => `${year}-${String(month).padStart(2, "0")}`);

/** Zones with up to three changes, in months of their own. */
const changing: fc.Arbitrary<readonly ZonePeriod[]> = fc
  .tuple(zones, fc.uniqueArray(fc.tuple(months, zones), { minLength: 1, maxLength: 3, selector: ([month]) => month }))
  .map(([first, later]) => [
    from(null, first),
    ...later.sort(([a], [b]) => (a < b ? -1 : 1)).map(([month, timeZone]) => from(month, timeZone)),
  ]);

describe("a change of the time zone", () => {
  it("to the east shortens the first day of the month, and the month", () => {
    expect(span(monthWindow("2026-11", eastward))).toEqual(["2026-11-01T04:00:00Z", "2026-12-01T05:00:00Z"]);
    expect(span(monthWindow("2026-12", eastward))).toEqual(["2026-12-01T05:00:00Z", "2026-12-31T23:00:00Z"]);
    expect(
      [
        ...calendarBoundaries({ from: at("2026-11-30T12:00:00Z"), to: at("2026-12-02T12:00:00Z") }, "DAY", eastward),
      ].map(iso),
    ).toEqual(["2026-11-30T05:00:00Z", "2026-12-01T05:00:00Z", "2026-12-01T23:00:00Z", "2026-12-02T23:00:00Z"]);
  });

  it("to the west lengthens the first day of the month, and the month", () => {
    expect(span(monthWindow("2026-12", westward))).toEqual(["2026-11-30T23:00:00Z", "2027-01-01T05:00:00Z"]);
    const inTheEvening = at("2026-12-01T02:00:00Z");
    expect(monthAt(inTheEvening, westward)).toBe("2026-12");
    expect(iso(calendarStart(inTheEvening, "DAY", westward))).toBe("2026-11-30T23:00:00Z");
    expect(iso(calendarStart(inTheEvening, "DAY", westward, 1))).toBe("2026-12-02T05:00:00Z");
    expect(iso(calendarStart(inTheEvening, "DAY", westward, -1))).toBe("2026-11-29T23:00:00Z");
  });

  it("further east than a day's length leaves no first day", () => {
    const acrossTheDateLine = [from(null, "Pacific/Midway"), from("2026-12", "Pacific/Kiritimati")];
    const edges = calendarBoundaries(
      { from: at("2026-12-01T00:00:00Z"), to: at("2026-12-02T00:00:00Z") },
      "DAY",
      acrossTheDateLine,
    );
    expect([...edges].map(iso)).toEqual(["2026-11-30T11:00:00Z", "2026-12-01T11:00:00Z", "2026-12-02T10:00:00Z"]);
  });

  it("has no hour in two months, or in none, and leaves the months before it as they were", () => {
    fc.assert(
      fc.property(changing, months, (all, month) => {
        const [window, next] = [monthWindow(month, all), monthWindow(monthAfter(month), all)];
        expect(window.from).toBeLessThan(window.to);
        expect(next.from).toBe(window.to);
        const timeZone = timeZoneOf(month, all);
        for (const instant of [window.from, window.to - 1]) {
          expect(monthAt(instant, all)).toBe(month);
          expect(timeZoneAt(instant, all)).toBe(timeZone);
        }
        expect(window.to).toBe(monthWindow(month, timeZone).to);
        if (!all.some(({ fromMonth }) => fromMonth === month)) expect(window).toEqual(monthWindow(month, timeZone));
        const untilThen = all.filter(({ fromMonth }) => fromMonth === null || fromMonth <= month);
        expect(window).toEqual(monthWindow(month, untilThen));
      }),
    );
  });

  it("has days that rise, enclose the window, meet its months, and are those of the calendar of each zone", () => {
    fc.assert(
      fc.property(changing, instants, fc.integer({ min: 1, max: 100 * DAY_MS }), (all, begin, length) => {
        const window = { from: begin, to: begin + length };
        const days = [...calendarBoundaries(window, "DAY", all)];
        expect(days[0]).toBeLessThanOrEqual(window.from);
        expect(days[1]).toBeGreaterThan(window.from);
        expect(days.at(-1)).toBeGreaterThanOrEqual(window.to);
        for (const [index, edge] of days.slice(1).entries()) expect(edge).toBeGreaterThan(days[index] ?? 0);
        const monthEdges = [...calendarBoundaries(window, "MONTH", all)];
        for (const edge of monthEdges.slice(1, -1)) expect(days).toContain(edge);
        for (const edge of days) {
          expect(calendarStart(edge, "DAY", all)).toBe(edge);
          if (monthEdges.includes(edge)) continue;
          const timeZone = timeZoneAt(edge, all);
          const date = new Intl.DateTimeFormat("en-CA", { timeZone, dateStyle: "short" });
          expect(date.format(edge - 1)).not.toBe(date.format(edge));
        }
      }),
    );
  });

  it("has days that begin as each of them does when it is looked up alone", () => {
    fc.assert(
      fc.property(changing, instants, fc.integer({ min: 1, max: 200 * DAY_MS }), (all, begin, length) => {
        const days = [...calendarBoundaries({ from: begin, to: begin + length }, "DAY", all)];
        const alone = new Set(
          Array.from({ length: days.length + 3 }, (_, day) => calendarStart(begin, "DAY", all, day)),
        );
        expect([...alone].slice(0, days.length).map(iso)).toEqual(days.map(iso));
      }),
    );
  });

  it("splits a window into parts that have one zone each", () => {
    fc.assert(
      fc.property(changing, instants, fc.integer({ min: 1, max: 1_000 * DAY_MS }), (all, begin, length) => {
        const window = { from: begin, to: begin + length };
        const parts = zoneSpans(window, all);
        expect(parts[0]?.from).toBe(window.from);
        expect(parts.at(-1)?.to).toBe(window.to);
        for (const [index, part] of parts.entries()) {
          if (index > 0) expect(part.from).toBe(parts[index - 1]?.to);
          for (const instant of [part.from, part.to - 1]) expect(timeZoneAt(instant, all)).toBe(part.timeZone);
        }
      }),
    );
  });
});

describe("the zones of billing", () => {
  it.each([
    ["Europe/Berlin", true],
    ["America/Caracas", true],
    ["Asia/Kolkata", false],
    ["Asia/Kathmandu", false],
    ["Australia/Lord_Howe", false],
    ["Australia/Adelaide", false],
  ])("%s has whole-hour offsets: %s", (timeZone, expected) => {
    expect(hasWholeHours(timeZone)).toBe(expected);
  });

  it("have whole-hour offsets if each month from 2020 to 2029 begins at a minute of 0 in them, whatever the zone", () => {
    const months = [...calendarBoundaries({ from: Date.UTC(2020), to: Date.UTC(2029, 11) }, "MONTH", "UTC")];
    fc.assert(
      fc.property(fc.constantFrom(...Intl.supportedValuesOf("timeZone")), (timeZone) => {
        const minutes = months.map((month) => {
          const { minute, second } = Temporal.Instant.fromEpochMilliseconds(month).toZonedDateTimeISO(timeZone);
          return 60 * minute + second;
        });
        expect(hasWholeHours(timeZone)).toBe(minutes.every((offset) => offset === 0));
      }),
      { numRuns: 50 },
    );
  });

  it("stand in for a partner's zone by month, where it has no whole-hour offsets", () => {
    const own = [from(null, "Asia/Kolkata"), from("2026-06", "Asia/Tokyo"), from("2026-09", "Asia/Kathmandu")];
    const billing = [from(null, "UTC"), from("2026-03", "Asia/Dubai"), from("2026-07", "Asia/Dhaka")];
    expect(billedZones(own, billing, hasWholeHours)).toEqual([
      from(null, "UTC"),
      from("2026-03", "Asia/Dubai"),
      from("2026-06", "Asia/Tokyo"),
      from("2026-09", "Asia/Dhaka"),
    ]);
    expect(billedZones([from(null, "Asia/Tokyo")], billing, hasWholeHours)).toBe("Asia/Tokyo");
    expect(billedZones([from(null, "Asia/Tokyo"), from("2026-06", "Asia/Tokyo")], billing, hasWholeHours)).toBe(
      "Asia/Tokyo",
    );
  });

  it("have months and days that begin on full hours, whatever a partner records", () => {
    const whole = zones.filter(hasWholeHours);
    fc.assert(
      fc.property(changing, fc.tuple(whole, months, whole), months, (own, [first, month, second], asked) => {
        const billed: Zones = billedZones(own, [from(null, first), from(month, second)], hasWholeHours);
        const window = monthWindow(asked, billed);
        for (const edge of calendarBoundaries(window, "DAY", billed)) expect(edge % HOUR_MS).toBe(0);
        expect(window.from % HOUR_MS).toBe(0);
      }),
    );
  });
});
