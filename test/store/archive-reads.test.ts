import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ArchivedPart, ArchiveSeries } from "../../src/model/usage/archive.ts";
import { DAY_MS, HOUR_MS } from "../../src/model/usage/time.ts";
import type { Lease } from "../../src/store/records.ts";
import type { Store } from "../../src/store/store.ts";
import { createTestDatabase, databaseKinds, type TestDatabase } from "../support/databases.ts";
import { at } from "../support/time.ts";

const HOUR = at("2026-03-18T10:00:00Z");
const WINDOW = { from: HOUR - 40 * DAY_MS, to: HOUR + DAY_MS };
const LARGEST = 2n ** 63n - 1n;

const bytes = (part: string, bytesOut: bigint, bytesIn = 0n): ArchivedPart => ({
  part,
  traffic: { bytesOut, bytesIn, parts: null },
  counts: null,
});

for (const { kind, isReachable } of databaseKinds.filter(({ kind }) => kind !== "file")) {
  describe.skipIf(!isReachable)(`reads of the usage archive over ${kind}`, () => {
    let database: TestDatabase;
    let store: Store;
    let lease: Lease | null;
    beforeAll(async () => {
      database = await createTestDatabase(kind);
      store = await database.open();
      lease = await store.leases.take("collector", "test", 600_000);
    });
    afterAll(() => database[Symbol.asyncDispose]());

    let owners = 0;
    const newSeries = (of: Partial<ArchiveSeries> = {}): ArchiveSeries => {
      owners += 1;
      return { owner: `owner ${owners}`, kind: "TRACKING_STREAM", subject: "", granularity: "HOUR", ...of };
    };
    const write = async (
      series: ArchiveSeries,
      readAt: number,
      buckets: ReadonlyMap<number, readonly ArchivedPart[]>,
    ) => {
      if (!lease) throw new Error("a free lease was refused");
      await store.usageArchive.write([{ ...series, readAt, buckets }], lease);
    };
    const reads = () => store.archiveReads;

    it("add exactly beyond 2^63, in all and by part", async () => {
      const series = newSeries();
      const buckets = [0, 1, 2].map(
        (n) =>
          [HOUR + n * HOUR_MS, [bytes("a", LARGEST, 1n), bytes("b", LARGEST - BigInt(n)), bytes("c", 5n)]] as const,
      );
      await write(series, HOUR, new Map(buckets));
      const read = await reads().buckets(series, WINDOW);
      expect([...read].map(([start, { traffic }]) => [start, traffic.bytesOut, traffic.bytesIn])).toEqual(
        [0n, 1n, 2n].map((n) => [HOUR + Number(n) * HOUR_MS, 2n * LARGEST - n + 5n, 1n]),
      );
      const sums = new Map((await reads().sumsByPart(series, WINDOW)).map(({ part, traffic }) => [part, traffic]));
      expect([...sums].map(([part, { bytesOut }]) => [part, bytesOut]).sort()).toEqual([
        ["", 0n],
        ["a", 3n * LARGEST],
        ["b", 3n * LARGEST - 3n],
        ["c", 15n],
      ]);
      const part = await reads().buckets(series, WINDOW, "b");
      expect([...part.values()].map(({ traffic }) => traffic.bytesOut)).toEqual([LARGEST, LARGEST - 1n, LARGEST - 2n]);
    });

    it("tell a bucket that was read from one that is missing, for a part as well", async () => {
      const series = newSeries();
      await write(
        series,
        HOUR,
        new Map([
          [HOUR, [bytes("a", 1n)]],
          [HOUR + 2 * HOUR_MS, []],
        ]),
      );
      for (const part of [undefined, "a", "b"]) {
        const read = await reads().buckets(series, WINDOW, part);
        expect([...read.keys()]).toEqual([HOUR, HOUR + 2 * HOUR_MS]);
        expect([...read.values()].map(({ traffic }) => traffic.bytesOut)).toEqual([part === "b" ? 0n : 1n, 0n]);
      }
      expect(
        [...(await reads().partsByBucket(series, WINDOW)).entries()].map(([start, parts]) => [start, parts.length]),
      ).toEqual([
        [HOUR, 2],
        [HOUR + 2 * HOUR_MS, 1],
      ]);
      expect(await reads().oldest(series)).toBe(HOUR);
      expect(await reads().oldest(newSeries())).toBeNull();
    });

    it("read a long window, in steps, as a short one", async () => {
      const series = newSeries();
      const hours = Array.from({ length: 720 }, (_, n) => HOUR - 30 * DAY_MS + n * HOUR_MS);
      await write(series, HOUR, new Map(hours.map((start, n) => [start, [bytes("a", BigInt(n)), bytes("b", 1n)]])));
      const read = await reads().buckets(series, WINDOW);
      expect([...read.values()].map(({ traffic }) => traffic.bytesOut)).toEqual(hours.map((_, n) => BigInt(n) + 1n));
      const sums = await reads().sumsByPart(series, { from: hours[0] ?? 0, to: HOUR });
      expect(sums.find(({ part }) => part === "a")?.traffic.bytesOut).toBe((719n * 720n) / 2n);
    });

    it("say when a bucket was read, whether it is settled, and when it was corrected", async () => {
      const series = newSeries({ kind: "ACCOUNT" });
      const [first, second] = [HOUR + HOUR_MS, HOUR + 26 * HOUR_MS];
      const corrected = HOUR + 40 * HOUR_MS;
      await write(
        series,
        first,
        new Map([
          [HOUR, [bytes("", 1n)]],
          [HOUR + HOUR_MS, [bytes("", 2n)]],
        ]),
      );
      await write(
        series,
        second,
        new Map([
          [HOUR, [bytes("", 1n)]],
          [HOUR + HOUR_MS, [bytes("", 3n)]],
        ]),
      );
      await write(series, corrected, new Map([[HOUR, [bytes("", 5n)]]]));
      const read = await reads().buckets(series, WINDOW);
      expect(read.get(HOUR)).toMatchObject({ readAt: corrected, isSettled: true, correctedAt: corrected });
      expect(read.get(HOUR + HOUR_MS)).toMatchObject({ readAt: second, isSettled: false, correctedAt: null });
      expect(read.get(HOUR)?.traffic).toEqual({ bytesOut: 5n, bytesIn: 0n, parts: null });
    });

    it("keep the breakdown of traffic, and counts by country", async () => {
      const parts = {
        standard: { bytesOut: 1n, bytesIn: 2n },
        restream: { bytesOut: 3n, bytesIn: 4n, secondsUsed: 5n },
        geoCascade: { bytesOut: LARGEST - 4n, bytesIn: 7n },
      };
      const traffic = { bytesOut: LARGEST, bytesIn: 13n, parts };
      const stream = newSeries({ kind: "STREAM", subject: "derby" });
      await write(stream, HOUR, new Map([[HOUR, [{ part: "", traffic, counts: null }]]]));
      expect((await reads().buckets(stream, WINDOW)).get(HOUR)?.traffic).toEqual(traffic);
      const counts = { viewSeconds: 1, publishSeconds: 2, views: 3, publishes: 4 };
      const country = newSeries({ kind: "STREAM_COUNTRY", subject: "derby" });
      await write(
        country,
        HOUR,
        new Map([
          [HOUR, [{ part: "DE", traffic, counts }]],
          [HOUR + HOUR_MS, [{ part: "DE", traffic, counts }]],
        ]),
      );
      const sums = await reads().sumsByPart(country, WINDOW);
      expect(sums.find(({ part }) => part === "DE")).toMatchObject({
        traffic: { bytesOut: 2n * LARGEST },
        counts: { viewSeconds: 2, publishSeconds: 4, views: 6, publishes: 8 },
      });
    });
  });
}
