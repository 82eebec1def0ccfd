import { describe, expect, it } from "vitest";
import { createPatternReadings } from "../../src/cache/pattern-readings.ts";
import { TokenIndex } from "../../src/cache/token-index.ts";
import type { PublishTokenRecord } from "../../src/model/token/token.ts";
import type { PatternCoverage } from "../../src/store/records.ts";
import { grants, publishToken } from "../support/records.ts";

const recordOf = (pattern: string, ...streamNames: string[]): PatternCoverage => ({
  pattern,
  streamNames,
  recordedById: "key",
  recordedByName: "desk",
  recordedAt: 1,
});

describe("pattern readings", () => {
  it("follow what is recorded, and only for patterns that can't be read", async () => {
    let all: PatternCoverage[] = [];
    const readings = createPatternReadings({ all: async () => all });
    expect(readings.read("(?!x)a").mayOpen("b")).toBe(true);
    const before = readings.version();
    await readings.refresh();
    expect(readings.version()).toBe(before);
    all = [recordOf("(?!x)a", "a"), recordOf("b.*", "a")];
    await readings.refresh();
    expect(readings.version()).not.toBe(before);
    expect(["a", "b"].map(readings.read("(?!x)a").mayOpen)).toEqual([true, false]);
    expect(["a", "b"].map(readings.read("b.*").opens)).toEqual([false, true]);
    expect(readings.recorded("(?!x)a")).toEqual(all[0]);
    expect(readings.recorded("c")).toBeNull();
    all = [];
    await readings.refresh();
    expect(readings.read("(?!x)a").state).toBe("UNREADABLE");
  });
});

describe("token index: with recorded patterns", () => {
  it("finds tokens that may open a stream apart from those that do, and forgets both when a record changes", async () => {
    let all: PatternCoverage[] = [];
    const readings = createPatternReadings({ all: async () => all });
    const index = new TokenIndex<PublishTokenRecord>(readings);
    index.put(publishToken({ id: 1, streams: grants("sport-1") }));
    index.put(publishToken({ id: 2, streams: grants("/sport-(?!x).*/") }));
    index.put(publishToken({ id: 3, streams: grants("/(?!x).*/") }));
    index.put(publishToken({ id: 4, streams: grants("/sport-.*/") }));
    const found = () => ({
      covering: index.covering("sport-1").map(({ id }) => id),
      possibly: index.possiblyCovering("sport-1").map(({ id }) => id),
      elsewhere: index.possiblyCovering("news").map(({ id }) => id),
    });
    expect(found()).toEqual({ covering: [1, 4], possibly: [1, 2, 3, 4], elsewhere: [3] });
    const tokens = index.all();
    all = [recordOf("sport-(?!x).*", "sport-1"), recordOf("(?!x).*", "news")];
    await readings.refresh();
    expect(found()).toEqual({ covering: [1, 2, 4], possibly: [1, 2, 4], elsewhere: [3] });
    expect(index.all()).not.toBe(tokens);
    index.delete(2);
    expect(found().possibly).toEqual([1, 4]);
  });

  it("asks patterns one by one on which the engines differ for the name", () => {
    const index = new TokenIndex<PublishTokenRecord>();
    index.put(publishToken({ id: 1, streams: grants(String.raw`/\w+/`) }));
    index.put(publishToken({ id: 2, streams: grants("/.*/") }));
    index.put(publishToken({ id: 3, streams: grants("/./") }));
    const found = (name: string) =>
      [index.covering(name), index.possiblyCovering(name)].map((all) => all.map(({ id }) => id));
    expect(found("ball")).toEqual([
      [1, 2],
      [1, 2],
    ]);
    expect(found("fußball")).toEqual([[2], [1, 2]]);
    expect(found("😀")).toEqual([[2], [2, 3]]);
  });
});
