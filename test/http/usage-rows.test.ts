import { describe, expect, it } from "vitest";
import { type UsageRow, usageRows } from "../../src/http/exports/usage-rows.ts";
import { DAY_MS } from "../../src/model/usage/time.ts";
import { type RowOfPage, rowCounts } from "../../src/store/archive/archive-pages.ts";
import { at } from "../support/time.ts";

const DAY = at("2026-01-10T00:00:00Z");
const counts = (bytesOut: number) => rowCounts.map((name) => (name === "bytesOut" ? `${bytesOut}` : "0"));
const row = (bucket: number, part: string, bytesOut: number, more: Partial<RowOfPage> = {}): RowOfPage => ({
  bucket,
  part,
  counts: counts(bytesOut),
  changedAt: DAY,
  state: "SETTLED",
  lacksHours: false,
  ...more,
});

/** Returns the rows of two days, of pages of one row each. */
async function rowsOf(archived: readonly RowOfPage[], part: string | null = null, freshUntil = DAY + 5 * DAY_MS) {
  const pages = {
    page: async (_series: unknown, _window: unknown, after: unknown) => {
      const next = archived[after === null ? 0 : archived.indexOf(after as RowOfPage) + 1];
      return next ? [next] : [];
    },
  };
  const all: UsageRow[] = [];
  const query = {
    series: { owner: "acme", kind: "TRACKING_STREAM", subject: "", granularity: "DAY" },
    window: { from: DAY, to: DAY + 2 * DAY_MS },
    zones: "UTC",
    part,
    freshUntil,
  } as const;
  for await (const rows of usageRows(pages, query)) all.push(...rows);
  return all.map((each) => [(each.from - DAY) / DAY_MS, each.part, each.state, each.counts?.[0] ?? null]);
}

describe("rows of usage", () => {
  it("leave out the row that only says that its day was read", async () => {
    expect(await rowsOf([row(DAY, "", 0), row(DAY, "a", 1), row(DAY, "b", 2), row(DAY + DAY_MS, "", 0)])).toEqual([
      [0, "a", "SETTLED", "1"],
      [0, "b", "SETTLED", "2"],
      [1, "", "SETTLED", "0"],
    ]);
    expect(await rowsOf([row(DAY, "", 7), row(DAY, "a", 1)])).toEqual([
      [0, "", "SETTLED", "7"],
      [0, "a", "SETTLED", "1"],
      [1, "", "MISSING", null],
    ]);
  });

  it("are PARTIAL for a day that lacks some of the hours that it has replaced", async () => {
    expect(await rowsOf([row(DAY, "", 0, { lacksHours: true }), row(DAY, "a", 1), row(DAY + DAY_MS, "", 3)])).toEqual([
      [0, "a", "PARTIAL", "1"],
      [1, "", "SETTLED", "3"],
    ]);
  });

  it("have a zero for the only part that is asked for, where others were read", async () => {
    expect(await rowsOf([row(DAY, "", 0), row(DAY, "a", 1)], "b")).toEqual([
      [0, "b", "SETTLED", "0"],
      [1, "b", "MISSING", null],
    ]);
  });

  it("are not MISSING until an hour after the end of their day", async () => {
    expect(await rowsOf([], null, DAY + DAY_MS + 3_599_999)).toEqual([]);
    expect(await rowsOf([], null, DAY + DAY_MS + 3_600_000)).toEqual([[0, "", "MISSING", null]]);
  });

  it("are yielded in short batches, also where years of a zone are MISSING", async () => {
    const series = { owner: "acme", kind: "TRACKING_STREAM", subject: "", granularity: "DAY" } as const;
    const window = { from: at("2020-12-31T23:00:00Z"), to: at("2021-12-31T23:00:00Z") };
    const query = { series, window, zones: "Europe/Berlin", part: null, freshUntil: DAY };
    const sizes: number[] = [];
    for await (const rows of usageRows({ page: async () => [] }, query)) sizes.push(rows.length);
    expect(sizes.reduce((sum, size) => sum + size)).toBe(365);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(50);
  });
});
