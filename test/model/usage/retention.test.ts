import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { retentionAt } from "../../../src/model/usage/retention.ts";
import { DAY_MS, HOUR_MS, iso, QUARTER_HOUR_MS } from "../../../src/model/usage/time.ts";
import { at, instants } from "../../support/time.ts";

describe("retention", () => {
  it.each([
    ["2026-03-18T10:20:00.000Z", "2026-03-18T10:15:00Z", "2026-03-11T11:00:00Z", "2025-03-19T00:00:00Z"],
    ["2026-03-18T10:14:59.999Z", "2026-03-18T10:00:00Z", "2026-03-11T11:00:00Z", "2025-03-19T00:00:00Z"],
    ["2026-03-18T10:00:00.000Z", "2026-03-18T10:00:00Z", "2026-03-11T10:00:00Z", "2025-03-19T00:00:00Z"],
    ["2026-03-18T10:00:00.001Z", "2026-03-18T10:00:00Z", "2026-03-11T11:00:00Z", "2025-03-19T00:00:00Z"],
    ["2026-03-18T00:00:00.000Z", "2026-03-18T00:00:00Z", "2026-03-11T00:00:00Z", "2025-03-18T00:00:00Z"],
    ["2026-12-31T23:59:59.999Z", "2026-12-31T23:45:00Z", "2026-12-25T00:00:00Z", "2026-01-01T00:00:00Z"],
    ["2028-02-29T12:00:00.000Z", "2028-02-29T12:00:00Z", "2028-02-22T12:00:00Z", "2027-03-02T00:00:00Z"],
  ])("at %s has usage up to %s, hours since %s and days since %s", (now, freshUntil, hourlySince, dailySince) => {
    const { now: _, ...retention } = retentionAt(at(now), 0);
    expect(Object.values(retention).map(iso)).toEqual([freshUntil, hourlySince, dailySince]);
  });

  it("never exceeds that of the platform, and falls short of it by at most one step", () => {
    fc.assert(
      fc.property(instants, (now) => {
        const { freshUntil, hourlySince, dailySince } = retentionAt(now, 0);
        expect(now - freshUntil).toBeGreaterThanOrEqual(0);
        expect(now - freshUntil).toBeLessThan(QUARTER_HOUR_MS);
        expect(now - hourlySince).toBeLessThanOrEqual(7 * DAY_MS);
        expect(now - hourlySince).toBeGreaterThan(7 * DAY_MS - HOUR_MS);
        expect(now - dailySince).toBeLessThanOrEqual(365 * DAY_MS);
        expect(now - dailySince).toBeGreaterThan(364 * DAY_MS);
      }),
    );
  });
});
