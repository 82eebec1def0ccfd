import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { comparePositions, takeRecords } from "../../src/loaders/viewer-records.ts";
import type { ViewerRecord } from "../../src/upstream/viewer-records.ts";

const record = (startedAt: number, recordId: bigint): ViewerRecord => ({
  kind: "ViewerRecord",
  recordId: recordId.toString(),
  previousRecordId: null,
  clientId: "c",
  startedAt,
  endedAt: null,
  durationSeconds: 0,
  bytes: 0n,
  streamName: "derby",
  trackingId: null,
  country: null,
  clusterId: null,
  ipAddress: null,
  userAgent: null,
  customViewerData: null,
});

async function* arriving(records: readonly ViewerRecord[]) {
  yield* records;
}

const ids = (records: readonly ViewerRecord[]) => records.map(({ startedAt, recordId }) => `${startedAt}/${recordId}`);

/** Few starts and ids of any length, so that many records share a start. */
const records = fc
  .uniqueArray(
    fc.tuple(
      fc.integer({ min: 0, max: 4 }),
      fc.oneof(fc.bigInt({ min: 0n, max: 120n }), fc.bigInt({ min: 0n, max: 1n << 64n })),
    ),
    {
      selector: ([startedAt, id]) => `${startedAt}/${id}`,
      maxLength: 40,
    },
  )
  .map((pairs) => pairs.map(([startedAt, id]) => record(startedAt, id)));

/** By number, as the order is meant. */
const byNumber = (a: ViewerRecord, b: ViewerRecord) => {
  const difference = BigInt(a.recordId) - BigInt(b.recordId);
  return a.startedAt - b.startedAt || (difference < 0n ? -1 : difference > 0n ? 1 : 0);
};

describe("viewer records: a page", () => {
  it("is the first of all that are wanted, as if all had been sorted, in whichever order they arrive", async () => {
    const pages = fc.record({
      count: fc.integer({ min: 0, max: 45 }),
      after: fc.option(fc.nat({ max: 39 })),
      remainder: fc.bigInt({ min: 0n, max: 2n }),
    });
    await fc.assert(
      fc.asyncProperty(records, pages, async (all, { count, after, remainder }) => {
        const position = after === null ? null : (all[after] ?? null);
        const isWanted = ({ recordId }: ViewerRecord) => BigInt(recordId) % 3n !== remainder;
        const expected = all
          .toSorted(byNumber)
          .filter((each) => (!position || byNumber(each, position) > 0) && isWanted(each))
          .slice(0, count);
        expect(ids(await takeRecords(arriving(all), position, count, isWanted))).toEqual(ids(expected));
      }),
    );
  });

  it("is followed by the next without a gap or a repetition, to the last record", async () => {
    await fc.assert(
      fc.asyncProperty(records, fc.integer({ min: 1, max: 7 }), async (all, count) => {
        const seen: ViewerRecord[] = [];
        for (let page = await takeRecords(arriving(all), null, count); page.length > 0; ) {
          seen.push(...page);
          page = await takeRecords(arriving(all.toReversed()), page.at(-1) ?? null, count);
        }
        expect(ids(seen)).toEqual(ids(all.toSorted(byNumber)));
      }),
    );
  });

  it("keeps no more than it shows, however many records there are", async () => {
    let wanted = 0;
    async function* endless() {
      for (let id = 0n; id < 20_000n; id += 1n) yield record(1, id);
    }
    const page = await takeRecords(endless(), null, 10, () => {
      wanted += 1;
      return true;
    });
    expect(ids(page)).toEqual(Array.from({ length: 10 }, (_, id) => `1/${id}`));
    expect(wanted).toBe(10);
  });

  it("fails when the records break off: half an answer is none", async () => {
    async function* broken() {
      yield record(1, 1n);
      throw new Error("broke off");
    }
    await expect(takeRecords(broken(), null, 10)).rejects.toThrow("broke off");
  });
});

describe("viewer records: the order", () => {
  it("is by start, then by the number of the id, beyond 2^53 as well", () => {
    const order = [
      record(1, 9n),
      record(1, 10n),
      record(1, 9_007_199_254_740_993n),
      record(1, 18_446_744_073_709_551_615n),
      record(2, 1n),
    ];
    for (const [index, each] of order.entries()) {
      expect(order.map((other) => Math.sign(comparePositions(each, other)))).toEqual(
        order.map((_, other) => Math.sign(index - other)),
      );
    }
  });
});
