import { describe, expect, it } from "vitest";
import {
  BucketStarts,
  COUNTERS_PER_RECORD,
  DEFAULT_LAYOUT,
  PARTS_ABSENT,
  PackedSeries,
  PackedTraffic,
} from "../../../src/model/usage/packed-traffic.ts";
import { told } from "../../support/traffic.ts";

const none = Array.from({ length: 7 }, () => PARTS_ABSENT);

describe("packed traffic: a record", () => {
  it("is read from its position, exactly", () => {
    const counts = [1, 2, ...none, 2n ** 70n, 4, 5, 6, 7, 8, 9, 10, 2n ** 60n];
    expect(told(new PackedTraffic(counts, 0))).toEqual({ bytesOut: 1n, bytesIn: 2n, parts: null });
    expect(told(new PackedTraffic(counts, 9))).toEqual({
      bytesOut: 2n ** 70n,
      bytesIn: 4n,
      parts: {
        standard: { bytesOut: 5n, bytesIn: 6n },
        restream: { bytesOut: 7n, bytesIn: 8n, secondsUsed: 9n },
        geoCascade: { bytesOut: 10n, bytesIn: 2n ** 60n },
      },
    });
  });
});

describe("packed traffic: a series", () => {
  const held = {
    counts: [1, 2, ...none, 3, 4, ...none],
    layout: DEFAULT_LAYOUT,
    stride: COUNTERS_PER_RECORD,
    sharedBy: 1,
  };
  const series = new PackedSeries(new BucketStarts([100, 200]), held);

  it("has the traffic of each bucket, and none of another time", () => {
    expect([...series.keys()]).toEqual([100, 200]);
    expect([...series.values()].map(({ bytesOut }) => bytesOut)).toEqual([1n, 3n]);
    expect(told(series.get(200))).toEqual({ bytesOut: 3n, bytesIn: 4n, parts: null });
    expect(series.get(150)).toBeUndefined();
  });

  it("takes its share of a list that it has with others, in whole bytes", () => {
    const shared = new PackedSeries(new BucketStarts([100, 200]), { ...held, sharedBy: 7 });
    expect(series.bytes - 18 * 8).toBe(shared.bytes - Math.ceil((18 * 8) / 7));
  });

  it("may have parts at one position", () => {
    const layout = { all: 0, standard: 0, restream: 6, geoCascade: 6 };
    const alike = new PackedSeries(new BucketStarts([100, 200]), {
      counts: [1, 2, 0, 3, 4, 0, 0, 0, 0, 0, 0, 0],
      layout,
      stride: 3,
      sharedBy: 1,
    });
    expect(told(alike.get(200))?.parts).toEqual({
      standard: { bytesOut: 3n, bytesIn: 4n },
      restream: { bytesOut: 0n, bytesIn: 0n, secondsUsed: 0n },
      geoCascade: { bytesOut: 0n, bytesIn: 0n },
    });
  });
});
