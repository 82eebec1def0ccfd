import { describe, expect, it } from "vitest";
import { DAY_MS, HOUR_MS, QUARTER_HOUR_MS } from "../../src/model/usage/time.ts";
import { StoreError } from "../../src/store/store-error.ts";
import { UpstreamError } from "../../src/upstream/upstream-error.ts";
import {
  bytesArchived,
  collectDue,
  createCollectorWorld,
  problemsOf,
  seriesOf,
  withBytesOut,
} from "../support/collectors.ts";
import { at } from "../support/time.ts";

function failure(code: "UPSTREAM_REJECTED" | "UPSTREAM_BAD_RESPONSE", status?: number): UpstreamError {
  return new UpstreamError(code, "altered by the test", { operation: "Analytics_Test", status });
}

describe("the usage collector", () => {
  it("collects the names beside one that the platform refuses, and asks for that one again the next day", async () => {
    let isRefused = true;
    await using world = await createCollectorWorld({
      analytics: (analytics) => ({
        ...analytics,
        trackingSeries: async (ids, ...rest) => {
          if (isRefused && ids.includes("northwind-tv")) throw failure("UPSTREAM_REJECTED", 400);
          return analytics.trackingSeries(ids, ...rest);
        },
      }),
    });
    const { gateway, createCollector } = world;
    const collector = createCollector("a");
    await collectDue(collector);
    const of = (name: string) => bytesArchived(gateway, seriesOf(gateway, "TRACKING_STREAM", name, "HOUR"));
    expect((await of("northwind-tv")).size).toBe(0);
    const others = (await gateway.store.usageArchive.sources(gateway.sandbox.accountId)).filter(
      ({ kind, granularity }) => kind === "TRACKING_STREAM" && granularity === "HOUR",
    );
    expect(others.length).toBeGreaterThan(3);
    expect(others.map(({ name }) => name)).not.toContain("northwind-tv");
    expect(problemsOf(collector)).toEqual([
      ["UPSTREAM_REJECTED", "TRACKING_STREAM", "DAY", "northwind-tv"],
      ["UPSTREAM_REJECTED", "TRACKING_STREAM", "HOUR", "northwind-tv"],
    ]);
    expect(world.logged()).toContain('"code":"UPSTREAM_REJECTED"');

    isRefused = false;
    gateway.sandbox.clock.advance(DAY_MS);
    await collectDue(collector);
    gateway.sandbox.clock.advance(QUARTER_HOUR_MS);
    await collectDue(collector);
    expect((await of("northwind-tv")).size).toBeGreaterThan(160);
    expect(problemsOf(collector)).toEqual([]);
  });

  it("divides a call whose response is too large by its names, and then by its window", async () => {
    await using world = await createCollectorWorld({
      analytics: (analytics) => ({
        ...analytics,
        trackingSeries: async (ids, window, granularity, signal) => {
          if (granularity === "HOUR" && (ids.length > 1 || window.to - window.from > 2 * DAY_MS)) {
            throw failure("UPSTREAM_BAD_RESPONSE");
          }
          return analytics.trackingSeries(ids, window, granularity, signal);
        },
      }),
    });
    const { gateway, createCollector } = world;
    const collector = createCollector("a");
    await collectDue(collector);
    expect(problemsOf(collector)).toEqual([]);
    const hours = await bytesArchived(gateway, seriesOf(gateway, "TRACKING_STREAM", "northwind-tv", "HOUR"));
    expect([...hours.keys()].at(0)).toBe(at("2026-03-11T11:00:00Z"));
    expect(hours.size).toBeGreaterThan(160);
    for (const [from, bytesOut] of hours) {
      const to = Math.min(from + HOUR_MS, at("2026-03-18T10:15:00Z"));
      expect(bytesOut).toBe(BigInt(gateway.sandbox.truth({ from, to, trackingId: "northwind-tv" }).bytesOut));
    }
  });

  it("collects all but the bucket of which the platform gives an unusable count, and that one once it is usable", async () => {
    const bad = at("2026-03-16T07:00:00Z");
    let isBad = true;
    await using world = await createCollectorWorld({
      analytics: (analytics) => ({
        ...analytics,
        // As the client does for a negative or fractional count.
        accountSeries: async (window, granularity, signal) => {
          if (isBad && granularity === "HOUR" && window.from <= bad && bad < window.to) {
            throw failure("UPSTREAM_BAD_RESPONSE", 200);
          }
          return analytics.accountSeries(window, granularity, signal);
        },
      }),
    });
    const { gateway, createCollector } = world;
    const collector = createCollector("a");
    const account = seriesOf(gateway, "ACCOUNT", "", "HOUR");
    await collectDue(collector);
    const missing = async () => {
      const present = await bytesArchived(gateway, account);
      const hours = [...present.keys()];
      return Array.from(
        { length: ((hours.at(-1) ?? 0) - (hours[0] ?? 0)) / HOUR_MS },
        (_, index) => (hours[0] ?? 0) + index * HOUR_MS,
      ).filter((hour) => !present.has(hour));
    };
    // The platform leaves out other hours by itself.
    const absent = await missing();
    expect(absent).toContain(bad);
    expect(problemsOf(collector)).toEqual([["UPSTREAM_BAD_RESPONSE", "ACCOUNT", "HOUR", ""]]);
    expect([...collector.services.collectionProblems.counts()]).toEqual([["UPSTREAM_BAD_RESPONSE", 1]]);

    isBad = false;
    gateway.sandbox.clock.advance(QUARTER_HOUR_MS);
    await collectDue(collector);
    expect(await missing()).toEqual(absent.filter((hour) => hour !== bad));
    expect(problemsOf(collector)).toEqual([]);
  });

  it("leaves out a bucket with a count that no database can hold, and says so", async () => {
    const bad = at("2026-03-16T07:00:00Z");
    await using world = await createCollectorWorld({
      analytics: (analytics) =>
        withBytesOut(analytics, (start, traffic) => (start === bad ? 2n ** 63n : traffic.bytesOut)),
    });
    const { gateway, createCollector } = world;
    const collector = createCollector("a");
    await collectDue(collector);
    expect((await bytesArchived(gateway, seriesOf(gateway, "ACCOUNT", "", "HOUR"))).has(bad)).toBe(false);
    expect(problemsOf(collector)).toEqual([["UPSTREAM_BAD_RESPONSE", "ACCOUNT", "HOUR", ""]]);
  });

  it("says that the store is full or read-only, and has lost nothing once it is writable", async () => {
    let writes = 0;
    let isFull = true;
    await using world = await createCollectorWorld({
      archive: (archive) => ({
        ...archive,
        write: async (readings, lease) => {
          writes += 1;
          if (isFull && writes > 3) throw new StoreError("The database can't be used: its disk is full.");
          await archive.write(readings, lease);
        },
      }),
    });
    const { gateway, createCollector } = world;
    const collector = createCollector("a");
    await collectDue(collector);
    expect(problemsOf(collector)).toEqual([["STORE_UNAVAILABLE", null, null, ""]]);
    expect(world.logged()).toContain("STORE_UNAVAILABLE");
    isFull = false;
    await collectDue(collector);
    expect(problemsOf(collector)).toHaveLength(1);
    gateway.sandbox.clock.advance(60_000);
    await collectDue(collector);
    expect(problemsOf(collector)).toEqual([]);
    const hours = await bytesArchived(gateway, seriesOf(gateway, "TRACKING_STREAM", "northwind-tv", "HOUR"));
    const [from = 0] = [...hours.keys()];
    expect([...hours.values()].reduce((sum, bytesOut) => sum + bytesOut, 0n)).toBe(
      BigInt(gateway.sandbox.truth({ from, to: "2026-03-18T10:15:00Z", trackingId: "northwind-tv" }).bytesOut),
    );
    expect(await gateway.store.usageArchive.gaps(gateway.sandbox.accountId, 10)).toEqual([]);
  });
});
