import { describe, expect, it } from "vitest";
import { type CachedQuery, createEarlierUsage } from "../../src/cache/earlier-usage.ts";
import type { UsageQuery } from "../../src/cache/usage-query.ts";

const HOUR_MS = 3_600_000;
const hour = (count: number) => count * HOUR_MS;
const queryOf = (from: number, to: number, more: Partial<UsageQuery> = {}): UsageQuery => ({
  scope: "account",
  operation: "total",
  window: { from: hour(from), to: hour(to) },
  resolution: null,
  ...more,
});

/** Cached usage of the name `a` alone. */
function cached(query: UsageQuery, freshUntil: number, value: unknown = "kept", readAtMonotonicMs = 5): CachedQuery {
  const result = { readAt: 100, readAtMonotonicMs };
  return { query, entry: (name) => (name === "a" ? { value, freshUntil, result } : undefined) };
}

function earlier(...queries: readonly CachedQuery[]) {
  const all = createEarlierUsage();
  for (const each of queries) all.add(each);
  return all;
}

describe("earlier usage: a total", () => {
  const running = cached(queryOf(0, 11), hour(10.75));

  it("is found for a later end and the same start, with the time at which it was read", () => {
    const found = earlier(running).find(queryOf(0, 14), "a", 0);
    expect(found).toEqual({ value: "kept", freshUntil: hour(10.75), result: { readAt: 100, readAtMonotonicMs: 5 } });
  });

  it("is found for the same scope, operation, start and name alone", () => {
    const all = earlier(running);
    for (const more of [{ scope: "other" }, { operation: "countries" }, { window: { from: hour(1), to: hour(14) } }]) {
      expect(all.find(queryOf(0, 14, more), "a", 0)).toBeNull();
    }
    expect(all.find(queryOf(0, 14), "b", 0)).toBeNull();
  });

  it("is not found if its window was over, ends later, or was read too long ago", () => {
    expect(earlier(cached(queryOf(0, 8), hour(10.75))).find(queryOf(0, 14), "a", 0)).toBeNull();
    expect(earlier(running).find(queryOf(0, 10), "a", 0)).toBeNull();
    expect(earlier(running).find(queryOf(0, 14), "a", 5)).not.toBeNull();
    expect(earlier(running).find(queryOf(0, 14), "a", 6)).toBeNull();
  });

  it("is the one that reaches furthest, as long as it is cached", () => {
    const later = cached(queryOf(0, 12), hour(11.5), "later");
    const all = earlier(later, running);
    expect(all.find(queryOf(0, 14), "a", 0)?.value).toBe("later");
    all.delete(later);
    expect(all.find(queryOf(0, 14), "a", 0)?.value).toBe("kept");
    all.delete(running);
    expect(all.find(queryOf(0, 14), "a", 0)).toBeNull();
  });
});

describe("earlier usage: a series", () => {
  const buckets = new Map([8, 9, 10].map((start) => [hour(start), start]));
  const hours = (from: number, to: number) => queryOf(from, to, { operation: "series", resolution: "HOUR" });
  const all = earlier(cached(hours(8, 11), hour(10.75), buckets));

  it("is cut at the start of the query", () => {
    expect(all.find(hours(9, 14), "a", 0)?.value).toEqual(new Map([...buckets].slice(1)));
    expect(all.find(hours(7, 14), "a", 0)).toBeNull();
  });

  it("without a bucket in the window is not found", () => {
    expect(all.find(hours(11, 14), "a", 0)).toBeNull();
  });

  it("of hours gives the total of a query that can be derived from it, if it reaches further than a cached total", () => {
    const sum = (values: Iterable<unknown>) => [...values].reduce((total: number, each) => total + Number(each), 0);
    const asked = { ...queryOf(9, 14), hours: { operation: "series", sum } };
    expect(all.find(asked, "a", 0)).toMatchObject({ value: 19, freshUntil: hour(10.75) });
    expect(all.find(queryOf(9, 14), "a", 0)).toBeNull();
    all.add(cached(queryOf(9, 10), hour(9.75), "shorter"));
    expect(all.find(asked, "a", 0)?.value).toBe(19);
    all.add(cached(queryOf(9, 12), hour(11.75), "longer"));
    expect(all.find(asked, "a", 0)?.value).toBe("longer");
  });
});
