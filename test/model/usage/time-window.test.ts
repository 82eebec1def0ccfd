import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { calendarDuration } from "../../../src/model/usage/calendar.ts";
import { MAX_LAG_MS, retentionAt } from "../../../src/model/usage/retention.ts";
import { assembleSeries, coverageOf, planCoverage, planSeries } from "../../../src/model/usage/series.ts";
import { ceilTo, DAY_MS, HOUR_MS, iso } from "../../../src/model/usage/time.ts";
import {
  meteredWindow,
  type NamedWindow,
  planTotal,
  resolveWindow,
  type WindowRounding,
  type WindowSelection,
  windowKey,
} from "../../../src/model/usage/time-window.ts";
import { refusalOf } from "../../support/refusal.ts";
import { at, instants, span, zones } from "../../support/time.ts";

const NOW = at("2026-03-18T10:20:00Z");
const last = (text: string, now = NOW, timeZone = "UTC", includesCurrent = false, lagMs = 0) => {
  const duration = calendarDuration(text);
  if (!duration) throw new Error(`${text} is no duration`);
  return resolveWindow({ last: duration, includesCurrent }, timeZone, retentionAt(now, lagMs));
};
const named = (name: NamedWindow, now: string, timeZone = "UTC", lagMs = 0) =>
  resolveWindow({ named: name }, timeZone, retentionAt(at(now), lagMs));
const range = (from: string, to: string, now = NOW) =>
  resolveWindow({ range: { from: at(from), to: at(to) } }, "UTC", retentionAt(now, 0));
const month = (text: string, timeZone = "UTC", now = NOW) =>
  resolveWindow({ month: text }, timeZone, retentionAt(now, 0));

/** The window that an error proposes, as a client would send it. */
function proposalOf({ facts }: { readonly facts: Readonly<Record<string, unknown>> }): WindowSelection {
  const { from, to } = facts["valid"] as { from: string; to: string };
  return { range: { from: at(from), to: at(to) } };
}

describe("time window: the last hours, days or months", () => {
  it.each([
    ["PT1H", "2026-03-18T12:29:00Z", "2026-03-18T11:00:00Z", "2026-03-18T12:00:00Z"],
    ["PT3H", "2026-03-18T12:29:00Z", "2026-03-18T09:00:00Z", "2026-03-18T12:00:00Z"],
    ["PT3H", "2026-03-18T12:00:00Z", "2026-03-18T09:00:00Z", "2026-03-18T12:00:00Z"],
    ["PT3H", "2026-03-18T11:59:59.999Z", "2026-03-18T08:00:00Z", "2026-03-18T11:00:00Z"],
    ["PT24H", "2026-03-18T12:29:00Z", "2026-03-17T12:00:00Z", "2026-03-18T12:00:00Z"],
    ["P1D", "2026-03-18T12:29:00Z", "2026-03-17T00:00:00Z", "2026-03-18T00:00:00Z"],
    ["P1DT12H", "2026-03-18T12:29:00Z", "2026-03-17T00:00:00Z", "2026-03-18T12:00:00Z"],
    ["P8D", "2026-03-18T12:29:00Z", "2026-03-10T00:00:00Z", "2026-03-18T00:00:00Z"],
    ["P1M", "2026-03-18T12:29:00Z", "2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z"],
    ["P1M", "2026-03-31T23:59:00Z", "2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z"],
    ["P1M", "2026-04-01T00:00:00Z", "2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z"],
    ["P1Y", "2026-03-18T12:29:00Z", "2025-03-01T00:00:00Z", "2026-03-01T00:00:00Z"],
  ])("%s at %s are those that are over", (text, now, from, to) => {
    expect(span(last(text, at(now)))).toEqual([from, to]);
  });

  it.each([
    ["PT1H", "2026-03-18T12:29:00Z", "2026-03-18T11:00:00Z", "2026-03-18T13:00:00Z"],
    ["PT1H", "2026-03-18T12:00:00Z", "2026-03-18T11:00:00Z", "2026-03-18T13:00:00Z"],
    ["P1D", "2026-03-18T12:29:00Z", "2026-03-17T00:00:00Z", "2026-03-19T00:00:00Z"],
    ["P1M", "2026-03-18T12:29:00Z", "2026-02-01T00:00:00Z", "2026-04-01T00:00:00Z"],
  ])("%s at %s, and the one that is still growing", (text, now, from, to) => {
    expect(span(last(text, at(now), "UTC", true))).toEqual([from, to]);
  });

  it("are over when their last quarter hour is published, not before", () => {
    const fiveMinutes = 5 * 60_000;
    const at1204 = last("PT1H", at("2026-03-18T12:04:59Z"), "UTC", false, fiveMinutes);
    expect(span(at1204)).toEqual(["2026-03-18T10:00:00Z", "2026-03-18T11:00:00Z"]);
    const at1205 = last("PT1H", at("2026-03-18T12:05:00Z"), "UTC", false, fiveMinutes);
    expect(span(at1205)).toEqual(["2026-03-18T11:00:00Z", "2026-03-18T12:00:00Z"]);
    const justAfterMidnight = last("P1D", at("2026-03-18T00:04:59Z"), "UTC", false, fiveMinutes);
    expect(span(justAfterMidnight)).toEqual(["2026-03-16T00:00:00Z", "2026-03-17T00:00:00Z"]);
  });

  it.each([
    ["P1D", "Europe/Berlin", "2026-03-30T12:00:00Z", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z", 23],
    ["P1D", "Europe/Berlin", "2026-10-26T12:00:00Z", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z", 25],
    ["P2D", "America/New_York", "2026-03-09T12:00:00Z", "2026-03-07T05:00:00Z", "2026-03-09T04:00:00Z", 47],
    ["P1M", "Europe/Berlin", "2026-04-18T12:00:00Z", "2026-02-28T23:00:00Z", "2026-03-31T22:00:00Z", 743],
    ["P1D", "America/Santiago", "2026-09-07T12:00:00Z", "2026-09-06T04:00:00Z", "2026-09-07T03:00:00Z", 23],
  ])("%s in %s at %s are days of its calendar", (text, timeZone, now, from, to, hours) => {
    const window = last(text, at(now), timeZone);
    expect(span(window)).toEqual([from, to]);
    expect((window.to - window.from) / HOUR_MS).toBe(hours);
  });

  it("that lack the oldest are those that are still retained: of a full week of hours, and a full year of UTC days", () => {
    expect(span(last("PT168H"))).toEqual(["2026-03-11T11:00:00Z", "2026-03-18T10:00:00Z"]);
    expect(span(last("PT167H"))).toEqual(["2026-03-11T11:00:00Z", "2026-03-18T10:00:00Z"]);
    expect(span(last("P365D"))).toEqual(["2025-03-19T00:00:00Z", "2026-03-18T00:00:00Z"]);
    expect(span(last("P364D"))).toEqual(["2025-03-19T00:00:00Z", "2026-03-18T00:00:00Z"]);
    // At midnight nothing is lost.
    const midnight = at("2026-03-18T00:00:00Z");
    expect(span(last("PT168H", midnight))).toEqual(["2026-03-11T00:00:00Z", "2026-03-18T00:00:00Z"]);
    expect(span(last("P365D", midnight))).toEqual(["2025-03-18T00:00:00Z", "2026-03-18T00:00:00Z"]);
  });

  it("are never more than was asked, less only by what is no longer retained, and over", () => {
    const units = [
      ["H", HOUR_MS, 168],
      ["D", DAY_MS, 365],
    ] as const;
    const lag = fc.constantFrom(0, 5 * 60_000, MAX_LAG_MS);
    fc.assert(
      fc.property(instants, lag, fc.constantFrom(...units), fc.nat(), (now, lagMs, [letter, unitMs, max], nat) => {
        const count = 1 + (nat % max);
        const window = last(letter === "H" ? `PT${count}H` : `P${count}D`, now, "UTC", false, lagMs);
        const { freshUntil, hourlySince, dailySince } = window.retention;
        const retainedSince = letter === "H" ? hourlySince : dailySince;
        expect(window.to).toBe(Math.floor(freshUntil / unitMs) * unitMs);
        expect(window.from).toBe(Math.max(window.to - count * unitMs, retainedSince));
        expect(planTotal(window, { monthsRetained: false })).toMatchObject({ months: null });
        if (letter === "H") planSeries(window, "HOUR", "UTC", { monthsRetained: false });
        else planSeries(window, "DAY", "UTC", { monthsRetained: false });
      }),
    );
  });

  it.each(["PT169H", "P8DT1H", "P12M"])("that are no longer retained are refused, not cut: %s", (text) => {
    expect(refusalOf(() => planTotal(last(text), { monthsRetained: false })).code).toBe("WINDOW_NOT_RETAINED");
  });

  it("of another zone are refused where they need hours that are no longer retained", () => {
    const plan = (text: string) => planTotal(last(text, NOW, "Europe/Berlin"), { monthsRetained: true });
    expect(plan("P6D").direct).not.toBeNull();
    expect(refusalOf(() => plan("P7D")).code).toBe("WINDOW_NOT_RETAINED");
  });

  it.each(["P1000Y", "P1000000D", "PT1000000000H", "P99999M"])("begin no earlier than 1970: %s", (text) => {
    expect(iso(last(text).from)).toBe("1970-01-01T00:00:00Z");
  });

  it.each(["PT0S", "P0D", "P0M", "-PT5H", "-P7D", "-P1M", "-PT0.001S"])("of %s are refused", (text) => {
    expect(refusalOf(() => last(text))).toMatchObject({ code: "INVALID_WINDOW", facts: { argument: "window" } });
  });

  it("that are no full hours are refused with the two windows of full hours", () => {
    expect(refusalOf(() => last("PT90M"))).toMatchObject({
      code: "INVALID_WINDOW",
      facts: {
        rounded: {
          OUT: { from: "2026-03-18T08:00:00Z", to: "2026-03-18T10:00:00Z" },
          IN: { from: "2026-03-18T09:00:00Z", to: "2026-03-18T10:00:00Z" },
        },
      },
    });
    expect(refusalOf(() => last("PT30M")).facts["rounded"]).toMatchObject({ IN: null });
  });
});

describe("time window: by name", () => {
  it.each<[NamedWindow, string, string, string, string]>([
    ["TODAY", "UTC", "2026-03-18T12:29:00Z", "2026-03-18T00:00:00Z", "2026-03-19T00:00:00Z"],
    ["YESTERDAY", "UTC", "2026-03-18T12:29:00Z", "2026-03-17T00:00:00Z", "2026-03-18T00:00:00Z"],
    ["THIS_MONTH", "UTC", "2026-03-18T12:29:00Z", "2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z"],
    ["LAST_MONTH", "UTC", "2026-03-31T12:29:00Z", "2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z"],
    ["LAST_MONTH", "UTC", "2026-01-01T00:00:00Z", "2025-12-01T00:00:00Z", "2026-01-01T00:00:00Z"],
    ["YESTERDAY", "UTC", "2026-03-01T00:00:00Z", "2026-02-28T00:00:00Z", "2026-03-01T00:00:00Z"],
    ["TODAY", "Europe/Berlin", "2026-03-18T23:00:00Z", "2026-03-18T23:00:00Z", "2026-03-19T23:00:00Z"],
    ["YESTERDAY", "Europe/Berlin", "2026-03-30T10:00:00Z", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"],
    ["YESTERDAY", "Europe/Berlin", "2026-10-26T10:00:00Z", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"],
    ["TODAY", "America/New_York", "2026-03-18T03:59:00Z", "2026-03-17T04:00:00Z", "2026-03-18T04:00:00Z"],
    ["THIS_MONTH", "Pacific/Kiritimati", "2026-03-31T10:00:00Z", "2026-03-31T10:00:00Z", "2026-04-30T10:00:00Z"],
  ])("%s in %s at %s", (name, timeZone, now, from, to) => {
    expect(span(named(name, now, timeZone))).toEqual([from, to]);
  });

  it.each<NamedWindow>(["TODAY", "THIS_MONTH"])("%s is empty while nothing of it is published", (name) => {
    const window = named(name, "2026-03-01T00:03:00Z", "UTC", 5 * 60_000);
    expect(span(meteredWindow(window))).toEqual(["2026-03-01T00:00:00Z", "2026-03-01T00:00:00Z"]);
    expect(planTotal(window, { monthsRetained: true })).toEqual({ direct: null, months: null });
    for (const granularity of ["HOUR", "DAY", "MONTH"] as const) {
      expect(planSeries(window, granularity, "UTC", { monthsRetained: false })).toEqual({ buckets: [], reads: [] });
    }
    const plan = planCoverage(window, { monthsRetained: false });
    expect(coverageOf(assembleSeries(plan, new Map(), 0), window, window.retention.freshUntil)).toEqual({
      state: "PARTIAL",
      missing: [],
    });
  });

  it.each<NamedWindow>(["TODAY", "YESTERDAY", "THIS_MONTH", "LAST_MONTH"])(
    "%s of a half-hour zone is refused unless it is rounded",
    (name) => {
      const now = retentionAt(NOW, 0);
      expect(refusalOf(() => resolveWindow({ named: name }, "Asia/Kolkata", now))).toMatchObject({
        facts: { reason: "OFFSET_NOT_WHOLE_HOURS", rounded: { OUT: {}, IN: {} } },
      });
      const out = resolveWindow({ named: name }, "Asia/Kolkata", now, "OUT");
      const inside = resolveWindow({ named: name }, "Asia/Kolkata", now, "IN");
      expect([out.rounding, inside.rounding]).toEqual(["OUT", "IN"]);
      expect([inside.from - out.from, out.to - inside.to]).toEqual([HOUR_MS, HOUR_MS]);
    },
  );
});

describe("time window: a month", () => {
  it("is the month of its zone, and may be under way", () => {
    expect(span(month("2026-03"))).toEqual(["2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z"]);
    expect(span(month("2026-03", "Europe/Berlin"))).toEqual(["2026-02-28T23:00:00Z", "2026-03-31T22:00:00Z"]);
  });

  it("that has not begun is refused", () => {
    expect(refusalOf(() => month("2026-04")).code).toBe("INVALID_WINDOW");
    expect(refusalOf(() => month("2026-04", "UTC", at("2026-03-31T23:59:59.999Z"))).code).toBe("INVALID_WINDOW");
  });

  it.each([0, 5 * 60_000, MAX_LAG_MS])("is valid from its first instant, with a lag of %i ms", (lagMs) => {
    for (const minute of [0, 5, 14, 15, 29]) {
      const retention = retentionAt(at("2026-04-01T00:00:00Z") + minute * 60_000, lagMs);
      const window = resolveWindow({ month: "2026-04" }, "UTC", retention);
      expect(window).toMatchObject({ from: at("2026-04-01T00:00:00Z"), to: at("2026-05-01T00:00:00Z") });
      expect(meteredWindow(window).to).toBe(Math.max(window.from, retention.freshUntil));
    }
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

  it.each<[WindowRounding, string, string]>([
    ["OUT", "2026-03-17T05:00:00Z", "2026-03-17T07:00:00Z"],
    ["IN", "2026-03-17T06:00:00Z", "2026-03-17T06:00:00Z"],
  ])("that cuts through hours is rounded %s on request", (rounding, from, to) => {
    const rounded = (end: string) =>
      resolveWindow({ range: { from: at("2026-03-17T05:30:00Z"), to: at(end) } }, "UTC", retentionAt(NOW, 0), rounding);
    expect(rounded("2026-03-17T08:20:00Z")).toMatchObject({ from: at(from), rounding });
    if (from === to)
      expect(refusalOf(() => rounded("2026-03-17T06:30:00Z")).facts["rounded"]).toMatchObject({ IN: null });
    else expect(span(rounded("2026-03-17T06:30:00Z"))).toEqual([from, to]);
  });

  it("on full hours is not rounded", () => {
    const asked = { from: at("2026-03-17T05:00:00Z"), to: at("2026-03-17T06:00:00Z") };
    expect(resolveWindow({ range: asked }, "UTC", retentionAt(NOW, 0), "OUT")).toMatchObject({
      ...asked,
      rounding: null,
    });
  });

  it("that is refused for its edges is valid in each rounding that the error offers", () => {
    const minutes = fc.integer({ min: -8 * 1440, max: 2 * 1440 }).map((minute) => NOW + minute * 60_000);
    fc.assert(
      fc.property(minutes, fc.integer({ min: 1, max: 4_000 }), (from, length) => {
        const selection = { range: { from, to: from + length * 60_000 } };
        const resolve = (rounding: WindowRounding | null) =>
          resolveWindow(selection, "UTC", retentionAt(NOW, 0), rounding);
        let rounded: Record<WindowRounding, { from: string; to: string } | null> | undefined;
        try {
          resolve(null);
        } catch {
          rounded = refusalOf(() => resolve(null)).facts["rounded"] as typeof rounded;
        }
        for (const rounding of ["OUT", "IN"] as const) {
          const offer = rounded?.[rounding];
          if (offer) expect(span(resolve(rounding))).toEqual([offer.from, offer.to]);
          else if (rounded) expect(refusalOf(() => resolve(rounding)).code).toBe("INVALID_WINDOW");
        }
      }),
    );
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
    fc.record({
      last: fc.oneof(
        fc.record({ unit: fc.constant("HOUR" as const), count: fc.integer({ min: 1, max: 2_000 }) }),
        fc.record({ unit: fc.constant("HOUR" as const), count: fc.double({ min: 0.1, max: 200, noNaN: true }) }),
        fc.record({ unit: fc.constant("DAY" as const), count: fc.integer({ min: 1, max: 800 }) }),
        fc.record({ unit: fc.constant("MONTH" as const), count: fc.integer({ min: 1, max: 40 }) }),
      ),
      includesCurrent: fc.boolean(),
    }),
    fc.record({ named: fc.constantFrom<NamedWindow>("TODAY", "YESTERDAY", "THIS_MONTH", "LAST_MONTH") }),
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
