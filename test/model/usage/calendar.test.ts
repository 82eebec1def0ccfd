import fc from "fast-check";
import { Temporal } from "temporal-polyfill";
import { describe, expect, it, vi } from "vitest";
import {
  before,
  calendarBoundaries,
  calendarDuration,
  calendarStart,
  isTimeZone,
  isUtcMonthStart,
  monthWindow,
} from "../../../src/model/usage/calendar.ts";
import { DAY_MS, HOUR_MS, iso } from "../../../src/model/usage/time.ts";
import { refusalOf } from "../../support/refusal.ts";
import { at, instants, span, zones } from "../../support/time.ts";

const edges = (from: string, to: string, unit: "DAY" | "MONTH", timeZone: string) =>
  [...calendarBoundaries({ from: at(from), to: at(to) }, unit, timeZone)].map(iso);

/** Hours between neighbouring edges. */
const hoursOf = (texts: readonly string[]) =>
  texts.slice(1).map((edge, index) => (at(edge) - at(texts[index] ?? "")) / HOUR_MS);

describe("calendar: days", () => {
  it("are those of the zone: from the one with the first instant to the one with the last", () => {
    expect(edges("2026-01-10T12:00:00Z", "2026-01-11T12:00:00Z", "DAY", "UTC")).toEqual([
      "2026-01-10T00:00:00Z",
      "2026-01-11T00:00:00Z",
      "2026-01-12T00:00:00Z",
    ]);
    expect(edges("2026-01-10T23:30:00Z", "2026-01-10T23:31:00Z", "DAY", "Europe/Berlin")).toEqual([
      "2026-01-10T23:00:00Z",
      "2026-01-11T23:00:00Z",
    ]);
  });

  it("do not begin another when the window ends with one", () => {
    expect(edges("2026-01-10T00:00:00Z", "2026-01-11T00:00:00Z", "DAY", "UTC")).toEqual([
      "2026-01-10T00:00:00Z",
      "2026-01-11T00:00:00Z",
    ]);
  });

  it.each([
    ["Europe/Berlin", "2026-03-28T23:00:00Z", "2026-03-30T00:00:00Z", [23, 24]],
    ["Europe/Berlin", "2026-10-24T22:00:00Z", "2026-10-26T12:00:00Z", [25, 24]],
    ["Australia/Lord_Howe", "2026-04-04T13:00:00Z", "2026-04-05T20:00:00Z", [24.5, 24]],
    ["America/Santiago", "2026-09-05T12:00:00Z", "2026-09-06T12:00:00Z", [24, 23]],
  ])("of %s are as long as its clocks say", (timeZone, from, to, hours) => {
    expect(hoursOf(edges(from, to, "DAY", timeZone))).toEqual(hours);
  });

  it("begin at one o'clock where midnight is skipped", () => {
    expect(edges("2026-09-06T12:00:00Z", "2026-09-06T13:00:00Z", "DAY", "America/Santiago")[0]).toBe(
      "2026-09-06T04:00:00Z",
    );
  });

  it("of half-hour zones begin at the half hour", () => {
    expect(edges("2026-01-10T00:00:00Z", "2026-01-10T01:00:00Z", "DAY", "Asia/Kolkata")).toEqual([
      "2026-01-09T18:30:00Z",
      "2026-01-10T18:30:00Z",
    ]);
  });

  it("rise, enclose the window, and are neighbours by the calendar, in every zone", () => {
    const units = fc.constantFrom("DAY" as const, "MONTH" as const);
    fc.assert(
      fc.property(instants, fc.integer({ min: 1, max: 100 * DAY_MS }), units, zones, (from, length, unit, timeZone) => {
        const to = from + length;
        const all = [...calendarBoundaries({ from, to }, unit, timeZone)];
        expect(all[0]).toBeLessThanOrEqual(from);
        expect(all[1]).toBeGreaterThan(from);
        expect(all.at(-2)).toBeLessThan(to);
        expect(all.at(-1)).toBeGreaterThanOrEqual(to);
        const days = new Intl.DateTimeFormat("en-CA", { timeZone, dateStyle: "short" });
        for (const [index, edge] of all.entries()) {
          const [before, after] = [days.format(edge - 1), days.format(edge)];
          expect(before).not.toBe(after);
          if (unit === "MONTH") expect(after).toMatch(/-01$/);
          if (unit === "DAY" && index > 0) expect(before).toBe(days.format(all[index - 1]));
        }
      }),
      { numRuns: 200 },
    );
  });

  it("are the same from whichever day on, also where summer time lasts for one week", () => {
    for (let day = 1; day <= 20; day += 1) {
      const [from, to] = [Date.UTC(2000, 9, day), Date.UTC(2000, 10, 1)];
      const days = [...calendarBoundaries({ from, to }, "DAY", "America/Recife")];
      expect(days.map(iso)).toEqual(days.map((_, offset) => iso(calendarStart(from, "DAY", "America/Recife", offset))));
    }
  });

  it("of ten years take few lookups of offsets", () => {
    const lookup = vi.spyOn(Temporal.PlainDate.prototype, "toZonedDateTime");
    try {
      expect(edges("2016-01-01T00:00:00Z", "2026-01-01T00:00:00Z", "DAY", "Europe/Berlin")).toHaveLength(3_655);
      expect(lookup.mock.calls.length).toBeLessThan(1_000);
    } finally {
      lookup.mockRestore();
    }
  });

  it("of centuries are created one at a time", () => {
    const [first] = calendarBoundaries(
      { from: at("0001-01-01T00:00:00Z"), to: at("9999-01-01T00:00:00Z") },
      "DAY",
      "UTC",
    );
    expect(first).toBe(at("0001-01-01T00:00:00Z"));
  });
});

describe("calendar: months", () => {
  it("have the length of the calendar, in leap years and over the year's end", () => {
    expect(span(monthWindow("2028-02", "UTC"))).toEqual(["2028-02-01T00:00:00Z", "2028-03-01T00:00:00Z"]);
    expect(span(monthWindow("2026-12", "UTC"))).toEqual(["2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z"]);
    expect(hoursOf(edges("2026-01-31T00:00:00Z", "2026-03-31T00:00:00Z", "MONTH", "UTC"))).toEqual(
      [31, 28, 31].map((days) => days * 24),
    );
  });

  it("begin and end at the zone's midnight, summer time or not", () => {
    expect(span(monthWindow("2026-03", "Europe/Berlin"))).toEqual(["2026-02-28T23:00:00Z", "2026-03-31T22:00:00Z"]);
    expect(span(monthWindow("2026-01", "Pacific/Kiritimati"))).toEqual([
      "2025-12-31T10:00:00Z",
      "2026-01-31T10:00:00Z",
    ]);
  });

  it("are found by a day late in the month", () => {
    expect(edges("2026-01-31T23:59:59Z", "2026-02-01T00:00:00Z", "MONTH", "UTC")).toEqual([
      "2026-01-01T00:00:00Z",
      "2026-02-01T00:00:00Z",
    ]);
  });

  it.each([
    "2026-13",
    "2026-00",
    "2026-3",
    "26-03",
    "2026-03-01",
    "2026-03Z",
    " 2026-03",
    "2026-03\n",
    "",
    "March",
    "-2026-03",
  ])("written as %j are refused", (text) => {
    expect(refusalOf(() => monthWindow(text, "UTC"))).toMatchObject({
      code: "INVALID_INPUT",
      facts: { argument: "window.month" },
    });
  });

  it("begin in UTC at the first instant of the first day, and at no other", () => {
    expect(isUtcMonthStart(at("2026-03-01T00:00:00Z"))).toBe(true);
    for (const other of ["2026-03-01T00:00:00.001Z", "2026-02-28T23:59:59.999Z", "2026-03-02T00:00:00Z"]) {
      expect(isUtcMonthStart(at(other))).toBe(false);
    }
  });
});

describe("calendar: a duration", () => {
  it.each([
    ["PT24H", "HOUR", 24],
    ["PT90M", "HOUR", 1.5],
    ["P1DT12H", "HOUR", 36],
    ["P7D", "DAY", 7],
    ["P1W", "DAY", 7],
    ["P1W2D", "DAY", 9],
    ["P1M", "MONTH", 1],
    ["P1Y6M", "MONTH", 18],
    ["PT0S", "DAY", 0],
    ["-PT5H", "HOUR", -5],
    ["-P7D", "DAY", -7],
    ["-P1M", "MONTH", -1],
  ])("%s is of the smallest unit that it names: %s", (text, unit, count) => {
    expect(calendarDuration(text)).toEqual({ unit, count: expect.closeTo(count, 9) });
  });

  it.each(["P1M1D", "P1Y2D", "P1MT1H"])("of months and a shorter unit such as %s is none", (text) => {
    expect(calendarDuration(text)).toBeNull();
  });

  it.each(["", "P", "PT", "7D", "1h", "P7D ", "P7D\n", "P-", "P1D1D", "PT1D", "one day", `P${"9".repeat(40)}D`])(
    "written as %j is none",
    (text) => {
      expect(calendarDuration(text)).toBeNull();
    },
  );

  it("longer than the calendar is cut to it", () => {
    for (const unit of ["HOUR", "DAY", "MONTH"] as const) {
      expect(before(at("2026-03-18T00:00:00Z"), { unit, count: 1e15 }, "Europe/Berlin")).toBe(0);
    }
    expect(calendarStart(0, "DAY", "UTC", -1e15)).toBeLessThan(0);
  });
});

describe("a time before", () => {
  it.each([
    ["PT24H", "Europe/Berlin", "2026-03-29T11:00:00Z", "2026-03-28T11:00:00Z"],
    ["P1D", "Europe/Berlin", "2026-03-29T11:00:00Z", "2026-03-28T12:00:00Z"],
    ["P1D", "Europe/Berlin", "2026-10-25T12:00:00Z", "2026-10-24T11:00:00Z"],
    ["P1M", "UTC", "2026-03-31T11:20:00Z", "2026-02-28T11:20:00Z"],
    ["PT90M", "UTC", "2026-03-31T11:20:00Z", "2026-03-31T09:50:00Z"],
  ])("%s is by the clock of %s", (text, timeZone, from, expected) => {
    const duration = calendarDuration(text);
    expect(duration && iso(before(at(from), duration, timeZone))).toBe(expected);
  });
});

describe("calendar: a time zone", () => {
  it.each(["UTC", "Europe/Berlin", "Asia/Kolkata", "Etc/GMT+5"])("is accepted by its IANA name: %s", (name) => {
    expect(isTimeZone(name)).toBe(true);
  });

  it.each(["", "Mars/Olympus", "Europe/Berlin ", "Nowhere"])("is rejected as %j", (name) => {
    expect(isTimeZone(name)).toBe(false);
  });
});
