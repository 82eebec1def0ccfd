import { describe, expect, it } from "vitest";
import { type RankedFeed, rankFeeds } from "../../../src/model/stream/feed-ranking.ts";

const feed = (fields: Partial<RankedFeed>): RankedFeed => ({
  isActive: true,
  sourceId: null,
  simulcastId: null,
  priority: null,
  startedAt: 0,
  ...fields,
});

describe("standing feeds", () => {
  it("are none while nothing is live", () => {
    expect(rankFeeds([feed({ isActive: false })], null)).toEqual([]);
  });

  it("put the highest priority first, then the newest; no priority is below the lowest", () => {
    const [unset, low, old, fresh] = [
      feed({ startedAt: 9 }),
      feed({ priority: -2_147_483_648 }),
      feed({ priority: 1, startedAt: 1 }),
      feed({ priority: 1, startedAt: 2 }),
    ];
    expect(rankFeeds([unset, low, old, fresh], null)).toEqual([fresh, old, low, unset]);
  });

  it("without a source are those of the main one, else of the main camera's first layer, else of any", () => {
    const main = feed({});
    const layer = feed({ sourceId: "high" });
    const side = feed({ sourceId: "side-high", simulcastId: "side", priority: 9 });
    expect(rankFeeds([side, layer, main], null)).toEqual([main]);
    expect(rankFeeds([side, layer], null)).toEqual([layer]);
    expect(rankFeeds([side], null)).toEqual([side]);
  });

  it("of a source are its own alone", () => {
    const primary = feed({ sourceId: "side", priority: 2 });
    const backup = feed({ sourceId: "side", priority: 1 });
    expect(rankFeeds([feed({ priority: 9 }), backup, primary], "side")).toEqual([primary, backup]);
  });
});
