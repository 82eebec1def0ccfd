import { describe, expect, it } from "vitest";
import { type CachedUsage, createEarlierUsage, type EarlierQuestion } from "../../src/cache/earlier-usage.ts";

const HOUR_MS = 3_600_000;
const hour = (count: number) => count * HOUR_MS;
const question = (from: number, to: number, more: Partial<EarlierQuestion> = {}): EarlierQuestion => ({
  scope: "account",
  operation: "total",
  window: { from: hour(from), to: hour(to) },
  resolution: null,
  ...more,
});

/** Figures of the name `a` alone. */
function kept(asked: EarlierQuestion, freshUntil: number, value: unknown = "kept", readAtElapsed = 5): CachedUsage {
  const answer = { readAt: 100, readAtElapsed };
  return { query: asked, kept: (name) => (name === "a" ? { value, freshUntil, answer } : undefined) };
}

function earlier(...figures: readonly CachedUsage[]) {
  const all = createEarlierUsage();
  for (const each of figures) all.add(each);
  return all;
}

describe("an earlier total", () => {
  const running = kept(question(0, 11), hour(10.75));

  it("is that of the same start, with when it was read and up to when it is whole", () => {
    const found = earlier(running).find(question(0, 14), "a", 0);
    expect(found).toEqual({ value: "kept", freshUntil: hour(10.75), readAt: 100, readAtElapsed: 5 });
  });

  it("is of the same scope, operation, start and name", () => {
    const all = earlier(running);
    for (const more of [{ scope: "other" }, { operation: "countries" }, { window: { from: hour(1), to: hour(14) } }]) {
      expect(all.find(question(0, 14, more), "a", 0)).toBeNull();
    }
    expect(all.find(question(0, 14), "b", 0)).toBeNull();
  });

  it("is not of a window that was over, that ends later, or that was read too long ago", () => {
    expect(earlier(kept(question(0, 8), hour(10.75))).find(question(0, 14), "a", 0)).toBeNull();
    expect(earlier(running).find(question(0, 10), "a", 0)).toBeNull();
    expect(earlier(running).find(question(0, 14), "a", 5)).not.toBeNull();
    expect(earlier(running).find(question(0, 14), "a", 6)).toBeNull();
  });

  it("is the one that reaches furthest, as long as it is kept", () => {
    const later = kept(question(0, 12), hour(11.5), "later");
    const all = earlier(later, running);
    expect(all.find(question(0, 14), "a", 0)?.value).toBe("later");
    all.delete(later);
    expect(all.find(question(0, 14), "a", 0)?.value).toBe("kept");
    all.delete(running);
    expect(all.find(question(0, 14), "a", 0)).toBeNull();
  });
});

describe("an earlier series", () => {
  const buckets = new Map([8, 9, 10].map((start) => [hour(start), start]));
  const hours = (from: number, to: number) => question(from, to, { operation: "series", resolution: "HOUR" });
  const all = earlier(kept(hours(8, 11), hour(10.75), buckets));

  it("is told from the start that is asked for", () => {
    expect(all.find(hours(9, 14), "a", 0)?.value).toEqual(new Map([...buckets].slice(1)));
    expect(all.find(hours(7, 14), "a", 0)).toBeNull();
  });

  it("of which nothing is asked for is not told", () => {
    expect(all.find(hours(11, 14), "a", 0)).toBeNull();
  });

  it("gives the total of hours where that is known to be its sum, and reaches further than a kept total", () => {
    const sum = (figures: Iterable<unknown>) => [...figures].reduce((total: number, each) => total + Number(each), 0);
    const asked = { ...question(9, 14), hours: { operation: "series", sum } };
    expect(all.find(asked, "a", 0)).toMatchObject({ value: 19, freshUntil: hour(10.75) });
    expect(all.find(question(9, 14), "a", 0)).toBeNull();
    all.add(kept(question(9, 10), hour(9.75), "shorter"));
    expect(all.find(asked, "a", 0)?.value).toBe(19);
    all.add(kept(question(9, 12), hour(11.75), "longer"));
    expect(all.find(asked, "a", 0)?.value).toBe("longer");
  });
});
