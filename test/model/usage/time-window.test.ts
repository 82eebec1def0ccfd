import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { retentionAt } from "../../../src/model/usage/retention.ts";
import { ceilTo, DAY_MS, HOUR_MS, iso } from "../../../src/model/usage/time.ts";
import {
  meteredWindow,
  planTotal,
  resolveWindow,
  type WindowSelection,
  windowKey,
} from "../../../src/model/usage/time-window.ts";
import { refusalOf } from "../../support/refusal.ts";
import { at, instants, span, zones } from "../../support/time.ts";

const NOW = at("2026-03-18T10:20:00Z");
const last = (lastMs: number, now = NOW) => resolveWindow({ lastMs }, "UTC", retentionAt(now, 0));
const range = (from: string, to: string, now = NOW) =>
  resolveWindow({ range: { from: at(from), to: at(to) } }, "UTC", retentionAt(now, 0));
const month = (text: string, timeZone = "UTC", now = NOW) =>
  resolveWindow({ month: text }, timeZone, retentionAt(now, 0));

/** The window that an error proposes, as a client would send it. */
function proposalOf({ facts }: { readonly facts: Readonly<Record<string, unknown>> }): WindowSelection {
  const { from, to } = facts["valid"] as { from: string; to: string };
  return { range: { from: at(from), to: at(to) } };
}

describe("time window: the last duration", () => {
  it("ends with the hour of the newest usage and begins on an hour so that it covers the request", () => {
    expect(span(last(HOUR_MS))).toEqual(["2026-03-18T09:00:00Z", "2026-03-18T11:00:00Z"]);
    expect(span(last(15 * 60_000))).toEqual(["2026-03-18T10:00:00Z", "2026-03-18T11:00:00Z"]);
    expect(span(last(1))).toEqual(["2026-03-18T10:00:00Z", "2026-03-18T11:00:00Z"]);
  });

  it("ends on the hour when the newest usage does", () => {
    expect(span(last(HOUR_MS, at("2026-03-18T11:05:00Z")))).toEqual(["2026-03-18T10:00:00Z", "2026-03-18T11:00:00Z"]);
  });

  it("begins at midnight UTC if it is longer than the retention of hours", () => {
    expect(span(last(7 * DAY_MS + HOUR_MS))).toEqual(["2026-03-11T00:00:00Z", "2026-03-18T11:00:00Z"]);
  });

  it("begins with the oldest hour when it is a full week, and with the oldest day when it is a full year", () => {
    expect(span(last(7 * DAY_MS))).toEqual(["2026-03-11T11:00:00Z", "2026-03-18T11:00:00Z"]);
    expect(span(last(365 * DAY_MS))).toEqual(["2025-03-19T00:00:00Z", "2026-03-18T11:00:00Z"]);
  });

  it("can be read at any instant if it is no longer than a year, and covers all that was requested and is retained", () => {
    fc.assert(
      fc.property(instants, fc.integer({ min: 1, max: 365 * DAY_MS }), (now, lastMs) => {
        const window = last(lastMs, now);
        const { freshUntil, hourlySince, dailySince } = window.retention;
        expect(planTotal(window, { monthsRetained: false })).toMatchObject({ months: null });
        expect(window.from).toBeLessThanOrEqual(
          Math.max(freshUntil - lastMs, lastMs > 7 * DAY_MS ? dailySince : hourlySince),
        );
      }),
    );
  });

  it("begins no earlier than 1970, however long it is", () => {
    for (const lastMs of [1_000 * 365 * DAY_MS, 8.64e15, Number.MAX_SAFE_INTEGER, Number.MAX_VALUE]) {
      expect(span(last(lastMs))).toEqual(["1970-01-01T00:00:00Z", "2026-03-18T11:00:00Z"]);
    }
  });

  it.each([0, -1, -DAY_MS])("of %d milliseconds is refused", (lastMs) => {
    expect(refusalOf(() => last(lastMs))).toMatchObject({ code: "INVALID_WINDOW", facts: { argument: "window" } });
  });
});

describe("time window: a month", () => {
  it("is the month of its zone, and may be under way", () => {
    expect(span(month("2026-03"))).toEqual(["2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z"]);
    expect(span(month("2026-03", "Europe/Berlin"))).toEqual(["2026-02-28T23:00:00Z", "2026-03-31T22:00:00Z"]);
  });

  it("that has not begun is refused", () => {
    expect(refusalOf(() => month("2026-04")).code).toBe("INVALID_WINDOW");
  });

  it("that begins at the half hour is refused, since the platform meters whole UTC hours", () => {
    expect(refusalOf(() => month("2026-02", "Asia/Kolkata"))).toMatchObject({
      code: "INVALID_WINDOW",
      message: expect.stringContaining("A valid window is 2026-01-31T00:00:00Z to 2026-03-01T00:00:00Z."),
      facts: {
        reason: "OFFSET_NOT_WHOLE_HOURS",
        timeZone: "Asia/Kolkata",
        valid: { from: "2026-01-31T00:00:00Z", to: "2026-03-01T00:00:00Z" },
      },
    });
  });
});

describe("time window: a range", () => {
  it("is taken as it is when it lies on full hours and has begun", () => {
    expect(span(range("2026-03-18T09:00:00Z", "2026-03-20T00:00:00Z"))).toEqual([
      "2026-03-18T09:00:00Z",
      "2026-03-20T00:00:00Z",
    ]);
  });

  it.each([
    [
      "is upside down",
      "2026-03-17T05:00:00Z",
      "2026-03-17T03:00:00Z",
      ["2026-03-17T03:00:00Z", "2026-03-17T05:00:00Z"],
    ],
    ["is empty", "2026-03-17T05:00:00Z", "2026-03-17T05:00:00Z", ["2026-03-17T04:00:00Z", "2026-03-17T05:00:00Z"]],
    [
      "is off the hour",
      "2026-03-17T05:30:00Z",
      "2026-03-17T06:30:00Z",
      ["2026-03-17T05:00:00Z", "2026-03-17T07:00:00Z"],
    ],
    [
      "ends off the hour",
      "2026-03-17T05:00:00Z",
      "2026-03-17T06:30:00Z",
      ["2026-03-17T05:00:00Z", "2026-03-17T07:00:00Z"],
    ],
    [
      "is off by a millisecond",
      "2026-03-17T05:00:00.001Z",
      "2026-03-17T06:00:00Z",
      ["2026-03-17T05:00:00Z", "2026-03-17T06:00:00Z"],
    ],
    ["lies ahead", "2026-03-19T00:00:00Z", "2026-03-20T00:00:00Z", ["2026-03-18T09:00:00Z", "2026-03-18T11:00:00Z"]],
    [
      "begins with the hour that has no usage yet",
      "2026-03-18T11:00:00Z",
      "2026-03-18T12:00:00Z",
      ["2026-03-18T09:00:00Z", "2026-03-18T11:00:00Z"],
    ],
  ])("that %s is refused with a window that works", (_what, from, to, [validFrom, validTo]) => {
    expect(refusalOf(() => range(from, to))).toMatchObject({
      code: "INVALID_WINDOW",
      facts: { argument: "window", valid: { from: validFrom, to: validTo } },
    });
  });

  it("that begins where the newest usage ends is refused", () => {
    const refusal = refusalOf(() => range("2026-03-18T11:00:00Z", "2026-03-18T12:00:00Z", at("2026-03-18T11:05:00Z")));
    expect(refusal.code).toBe("INVALID_WINDOW");
  });

  it("is refused beyond the retention, with the request, the retention and a window that works", () => {
    const asked = range("2026-02-01T05:00:00Z", "2026-02-03T00:00:00Z");
    expect(refusalOf(() => planTotal(asked, { monthsRetained: true }))).toMatchObject({
      code: "WINDOW_NOT_RETAINED",
      facts: {
        argument: "window",
        actual: { from: "2026-02-01T05:00:00Z", to: "2026-02-03T00:00:00Z" },
        limit: { hoursSince: "2026-03-11T11:00:00Z", daysSince: "2025-03-19T00:00:00Z" },
        valid: { from: "2026-02-01T00:00:00Z", to: "2026-02-03T00:00:00Z" },
      },
    });
  });
});

describe("time window: a refused one", () => {
  const anyInstant = fc.oneof(
    fc.integer({ min: at("0001-01-01T00:00:00Z"), max: at("9999-12-31T23:59:59Z") }),
    instants,
    instants.map((instant) => ceilTo(instant, HOUR_MS)),
    instants.map((instant) => ceilTo(instant, DAY_MS)),
  );
  const selections: fc.Arbitrary<WindowSelection> = fc.oneof(
    fc.record({ range: fc.record({ from: anyInstant, to: anyInstant }) }),
    fc.record({ lastMs: fc.integer({ min: 1, max: 800 * DAY_MS }) }),
    fc
      .tuple(fc.integer({ min: 1, max: 9999 }), fc.integer({ min: 1, max: 12 }))
      .map(([year, number]) => ({ month: `${year}`.padStart(4, "0").concat("-", `${number}`.padStart(2, "0")) })),
  );

  it("always comes with a window that is accepted instead", () => {
    const refusedFor = new Set<string>();
    fc.assert(
      fc.property(selections, zones, instants, fc.boolean(), (selection, timeZone, now, monthsKept) => {
        const ask = (asked: WindowSelection) =>
          planTotal(resolveWindow(asked, timeZone, retentionAt(now, 0)), { monthsRetained: monthsKept });
        try {
          ask(selection);
        } catch {
          const refusal = refusalOf(() => ask(selection));
          refusedFor.add(refusal.code);
          expect(ask(proposalOf(refusal)).direct).not.toBeNull();
        }
      }),
      { numRuns: 2_000 },
    );
    expect(refusedFor).toEqual(new Set(["INVALID_WINDOW", "WINDOW_NOT_RETAINED"]));
  });
});

describe("time window: a total", () => {
  const direct = (from: string, to: string) => ({ direct: { from: at(from), to: at(to) }, months: null });

  it("of a current window is read up to the hour after the newest usage, and returned up to the newest usage", () => {
    const window = month("2026-03");
    expect(span(meteredWindow(window))).toEqual(["2026-03-01T00:00:00Z", "2026-03-18T10:15:00Z"]);
    expect(planTotal(window, { monthsRetained: false })).toEqual(
      direct("2026-03-01T00:00:00Z", "2026-03-18T11:00:00Z"),
    );
  });

  it("is refused for a part of a day beyond the retention of hours, which the platform would leave out silently", () => {
    // Hours are kept since 11:00 on March 11.
    const ask = (to: string) => planTotal(range("2026-03-01T00:00:00Z", to), { monthsRetained: false });
    expect(refusalOf(() => ask("2026-03-11T15:00:00Z"))).toMatchObject({
      code: "WINDOW_NOT_RETAINED",
      facts: { valid: { from: "2026-03-01T00:00:00Z", to: "2026-03-12T00:00:00Z" } },
    });
    expect(ask("2026-03-12T15:00:00Z").direct).not.toBeNull();
    expect(
      planTotal(range("2026-03-11T11:00:00Z", "2026-03-11T15:00:00Z"), { monthsRetained: false }).direct,
    ).not.toBeNull();
  });

  it("is one call when whole days, recent hours, or both make it up", () => {
    const plan = (from: string, to: string) => planTotal(range(from, to), { monthsRetained: false });
    expect(plan("2025-03-19T00:00:00Z", "2026-03-01T00:00:00Z")).toEqual(
      direct("2025-03-19T00:00:00Z", "2026-03-01T00:00:00Z"),
    );
    expect(plan("2026-03-11T11:00:00Z", "2026-03-11T12:00:00Z")).toEqual(
      direct("2026-03-11T11:00:00Z", "2026-03-11T12:00:00Z"),
    );
    expect(plan("2026-01-01T00:00:00Z", "2026-03-18T05:00:00Z")).toEqual(
      direct("2026-01-01T00:00:00Z", "2026-03-18T05:00:00Z"),
    );
  });

  it.each([
    ["begins within an old day", "2026-02-01T05:00:00Z", "2026-03-01T00:00:00Z"],
    ["ends within an old day", "2026-02-01T00:00:00Z", "2026-02-02T05:00:00Z"],
    ["begins one hour before the oldest hour", "2026-03-11T10:00:00Z", "2026-03-18T00:00:00Z"],
    ["begins one day before the oldest day", "2025-03-18T00:00:00Z", "2026-03-18T00:00:00Z"],
  ])("that %s is refused", (_what, from, to) => {
    expect(refusalOf(() => planTotal(range(from, to), { monthsRetained: false })).code).toBe("WINDOW_NOT_RETAINED");
  });

  describe("of the account", () => {
    const plan = (from: string, to: string) => planTotal(range(from, to), { monthsRetained: true });

    it("is whole months and one call for the days since, when it reaches back beyond a year", () => {
      expect(plan("2024-01-01T00:00:00Z", "2026-03-18T11:00:00Z")).toEqual({
        months: { from: at("2024-01-01T00:00:00Z"), to: at("2025-04-01T00:00:00Z") },
        direct: { from: at("2025-04-01T00:00:00Z"), to: at("2026-03-18T11:00:00Z") },
      });
    });

    it("is read by days as soon as a whole month is within the retention of days", () => {
      const window = range("2025-06-01T00:00:00Z", "2026-12-31T23:00:00Z", at("2026-12-31T23:50:00Z"));
      expect(planTotal(window, { monthsRetained: true }).months?.to).toBe(at("2026-01-01T00:00:00Z"));
    });

    it("is months alone if it ends before the retention of days", () => {
      expect(plan("2023-11-01T00:00:00Z", "2024-02-01T00:00:00Z")).toEqual({
        months: { from: at("2023-11-01T00:00:00Z"), to: at("2024-02-01T00:00:00Z") },
        direct: null,
      });
    });

    it.each([
      ["begins within an old month", "2024-01-02T00:00:00Z", "2026-03-01T00:00:00Z"],
      ["ends within an old month", "2024-01-01T00:00:00Z", "2024-02-15T00:00:00Z"],
      ["ends within an old day", "2024-01-01T00:00:00Z", "2026-02-02T05:00:00Z"],
    ])("is refused when it %s", (_what, from, to) => {
      expect(refusalOf(() => plan(from, to)).code).toBe("WINDOW_NOT_RETAINED");
    });

    it("contains every instant of the window exactly once", () => {
      const monthStarts = fc.integer({ min: 0, max: 60 }).map((count) => Date.UTC(2022, count, 1));
      fc.assert(
        fc.property(monthStarts, instants, (from, now) => {
          fc.pre(from < retentionAt(now, 0).freshUntil);
          const window = resolveWindow(
            { range: { from, to: ceilTo(now, HOUR_MS) + HOUR_MS } },
            "UTC",
            retentionAt(now, 0),
          );
          const { months, direct: rest } = planTotal(window, { monthsRetained: true });
          const parts = [months, rest].filter((part) => part !== null);
          expect(parts[0]?.from).toBe(from);
          expect(parts.at(-1)?.to).toBe(ceilTo(meteredWindow(window).to, HOUR_MS));
          if (parts.length === 2) expect(parts[0]?.to).toBe(parts[1]?.from);
        }),
      );
    });
  });
});

describe("time window: as text", () => {
  it("differs between windows with other bounds", () => {
    expect(windowKey({ from: 1, to: 23 })).not.toBe(windowKey({ from: 12, to: 3 }));
  });

  it("has no needless milliseconds", () => {
    expect([iso(0), iso(1)]).toEqual(["1970-01-01T00:00:00Z", "1970-01-01T00:00:00.001Z"]);
  });
});
