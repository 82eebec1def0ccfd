import { describe, expect, it } from "vitest";
import type { ArchivedPart } from "../../src/model/usage/archive.ts";
import { DAY_MS, HOUR_MS } from "../../src/model/usage/time.ts";
import { createTestGateway, range } from "../support/gateway.ts";
import { at } from "../support/time.ts";

const DAY = at("2024-12-10T00:00:00Z");
const traffic = { bytesOut: 1_000n, bytesIn: 0n, parts: null };
const part: ArchivedPart = { part: "", traffic, counts: null };

describe("usage of a day that has replaced its hours", () => {
  it("is complete, or partial if an hour was missing, which it names", async () => {
    await using gateway = await createTestGateway();
    const { store, sandbox } = gateway;
    const { usageArchive } = store;
    const lease = await store.leases.take("collector", "gateway", 600_000);
    if (!lease) throw new Error("a free lease was refused");
    const series = { owner: sandbox.accountId, kind: "STREAM", subject: "derby-final" } as const;
    for (const [day, missing] of [
      [DAY, 3],
      [DAY + DAY_MS, null],
    ] as const) {
      const hours = Array.from({ length: 24 }, (_, hour) => hour).filter((hour) => hour !== missing);
      const buckets = new Map(hours.map((hour) => [day + hour * HOUR_MS, [part]]));
      for (const readAt of [DAY + 3 * DAY_MS, DAY + 5 * DAY_MS])
        await usageArchive.write([{ ...series, granularity: "HOUR", readAt, buckets }], lease);
      expect(await usageArchive.rollUpDay(series, day, lease)).toBe("ROLLED_UP");
    }
    const { data, errors } = await gateway.ask(`{ stream(by: { name: "derby-final" }) {
      bandwidth(window: ${range("2024-12-10T00:00:00Z", "2024-12-12T00:00:00Z")}) {
        total { bytesOut }
        coverage { state missing { from to } }
        series(granularity: DAY) { points { state bytesOut missing { from to } } }
      } } }`);
    expect(errors).toEqual([]);
    const missing = [{ from: "2024-12-10T03:00:00.000Z", to: "2024-12-10T04:00:00.000Z" }];
    expect(data).toEqual({
      stream: {
        bandwidth: {
          total: { bytesOut: "47000" },
          coverage: { state: "PARTIAL", missing },
          series: {
            points: [
              { state: "PARTIAL", bytesOut: "23000", missing },
              { state: "COMPLETE", bytesOut: "24000", missing: [] },
            ],
          },
        },
      },
    });
  });
});
