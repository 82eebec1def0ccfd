import { describe, expect, it } from "vitest";
import { DAY_MS, HOUR_MS } from "../../src/model/usage/time.ts";
import { COLLECTOR_LEASE } from "../../src/store/leases.ts";
import { openStore } from "../../src/store/open-store.ts";
import {
  ALL_TIME,
  bytesArchived,
  callsOf,
  collectDue,
  createCollectorWorld,
  problemsOf,
  seriesOf,
  withBytesOut,
} from "../support/collectors.ts";
import { databaseKinds } from "../support/databases.ts";
import { createTestGateway } from "../support/gateway.ts";
import { at } from "../support/time.ts";

for (const { kind, isReachable } of databaseKinds) {
  if (kind === "file") continue;
  describe.skipIf(!isReachable)(`the usage collector over ${kind}`, () => {
    it("first reads all that the platform has, in the fewest calls, and every byte of it is right", async () => {
      await using world = await createCollectorWorld({ kind, streams: Number.POSITIVE_INFINITY, days: 366 });
      const { gateway, createCollector } = world;
      const collector = createCollector("a");
      await collectDue(collector);
      const calls = callsOf(gateway);
      const tokens = await collector.services.tokenCache.read();
      const streams = Math.ceil(collector.services.streamCatalog.names(tokens).length / 10);
      const trackingIds = Math.ceil(
        [...collector.services.discoveredNames.trackingIds(), ...tokens.trackingIds()].length / 10,
      );
      expect(calls).toEqual({
        "account/series": 2,
        "account/geo_series": 2,
        "tracking/series": 2 * trackingIds,
        "streams/series": 2 * streams,
        "streams/geo_series": 2 * streams,
      });
      expect(world.pauses).toEqual([]);

      const hours = await bytesArchived(gateway, seriesOf(gateway, "ACCOUNT", "", "HOUR"));
      expect([...hours.keys()][0]).toBe(at("2026-03-11T11:00:00Z"));
      for (const [from, bytesOut] of hours) {
        const to = Math.min(from + HOUR_MS, at("2026-03-18T10:15:00Z"));
        expect(bytesOut).toBe(BigInt(gateway.sandbox.truth({ from, to }).bytesOut));
      }
      const days = await bytesArchived(gateway, seriesOf(gateway, "TRACKING_STREAM", "northwind-tv", "DAY"));
      expect([...days.keys()].at(-1)).toBe(at("2026-03-17T00:00:00Z"));
      expect([...days.values()].some((bytesOut) => bytesOut > 0n)).toBe(true);
      for (const [from, bytesOut] of [...days].slice(-40)) {
        const truth = gateway.sandbox.truth({ from, to: from + DAY_MS, trackingId: "northwind-tv" });
        expect(bytesOut).toBe(BigInt(truth.bytesOut));
      }
      expect(collector.stats()).toMatchObject({ isCollecting: true, failures: 0 });
    });
  });
}

describe("the usage collector", () => {
  it("makes no call until the next quarter hour is published, and then one for ten names, with pauses", async () => {
    await using world = await createCollectorWorld();
    const { gateway, createCollector } = world;
    const collector = createCollector("a");
    await collectDue(collector);
    gateway.analyticsCalls();
    gateway.sandbox.clock.advance(10 * 60_000);
    await collectDue(collector);
    expect(callsOf(gateway)).toEqual({});
    gateway.sandbox.clock.advance(5 * 60_000);
    await collectDue(collector);
    const calls = callsOf(gateway);
    expect(calls).toMatchObject({ "account/series": 1, "account/geo_series": 1 });
    expect(world.pauses).toHaveLength(Object.values(calls).reduce((sum, count) => sum + count, 0));
    expect(world.pauses.every((ms) => ms > 0 && ms <= 5_000)).toBe(true);
  });

  it("is behind with series whose newest whole hour is still to be read, and not with omitted hours", async () => {
    await using world = await createCollectorWorld();
    const { gateway, createCollector } = world;
    const collector = createCollector("a");
    await collectDue(collector);
    const sources = await gateway.store.usageArchive.sources(gateway.sandbox.accountId);
    const hourly = sources.filter(({ granularity }) => granularity === "HOUR");
    expect(hourly.some(({ until }) => until < at("2026-03-18T10:00:00Z"))).toBe(true);
    expect(collector.stats()).toMatchObject({ sources: sources.length, behind: 0 });
    gateway.sandbox.clock.advance(30 * 60_000);
    expect(collector.stats().behind).toBe(0);
    gateway.sandbox.clock.advance(15 * 60_000);
    expect(collector.stats().behind).toBe(hourly.length);
    await collectDue(collector);
    expect(collector.stats().behind).toBe(0);
  });

  it("sees each day whether an older hour has changed, and stores a figure that shrank as a correction", async () => {
    const shrunk = at("2026-03-15T07:00:00Z");
    let divisor = 1n;
    await using world = await createCollectorWorld({
      analytics: (analytics) =>
        withBytesOut(analytics, (start, { bytesOut }) => (start === shrunk ? bytesOut / divisor : bytesOut)),
    });
    const { gateway, createCollector } = world;
    const collector = createCollector("a");
    const account = seriesOf(gateway, "ACCOUNT", "", "HOUR");
    const former = BigInt(gateway.sandbox.truth({ from: shrunk, to: shrunk + HOUR_MS }).bytesOut);
    const bytesOut = async () => (await bytesArchived(gateway, account)).get(shrunk);
    const corrections = async () =>
      (await gateway.store.usageArchive.corrections(account, ALL_TIME)).map(({ bucket, former: values }) => [
        bucket,
        values?.traffic.bytesOut,
      ]);
    await collectDue(collector);
    gateway.sandbox.clock.advance(25 * HOUR_MS);
    await collectDue(collector);

    divisor = 2n;
    gateway.sandbox.clock.advance(HOUR_MS);
    await collectDue(collector);
    expect(await bytesOut()).toBe(former);
    gateway.sandbox.clock.advance(DAY_MS);
    await collectDue(collector);
    expect(await bytesOut()).toBe(former / 2n);
    expect(await corrections()).toEqual([[shrunk, former]]);
  });

  it("reads again what it has read with a clock that was ahead, and says that it has moved backwards", async () => {
    let aheadMs = 3 * HOUR_MS;
    await using world = await createCollectorWorld({ aheadMs: () => aheadMs });
    const { gateway, createCollector } = world;
    const collector = createCollector("a");
    await collectDue(collector);
    aheadMs = 0;
    callsOf(gateway);
    await collectDue(collector);
    expect(callsOf(gateway)).toMatchObject({ "account/series": 1 });
    expect([...collector.services.collectionProblems.counts()]).toEqual([["CLOCK_MOVED_BACK", 1]]);
    expect(world.logged()).toContain("the clock has moved backwards");
    for (let hour = 0; hour < 4; hour += 1) {
      gateway.sandbox.clock.advance(HOUR_MS);
      await collectDue(collector);
    }
    expect(problemsOf(collector)).toEqual([]);
    const hours = await bytesArchived(gateway, seriesOf(gateway, "ACCOUNT", "", "HOUR"));
    const since = [...hours].filter(([from]) => from >= at("2026-03-18T08:00:00Z"));
    expect(since).toHaveLength(7);
    for (const [from, bytesOut] of since) {
      const to = Math.min(from + HOUR_MS, at("2026-03-18T14:15:00Z"));
      expect(bytesOut).toBe(BigInt(gateway.sandbox.truth({ from, to }).bytesOut));
    }
  });

  it("knows the streams that only traffic names after a restart, before any traffic is read", async () => {
    await using world = await createCollectorWorld({ streams: Number.POSITIVE_INFINITY });
    const { gateway, createCollector } = world;
    const first = createCollector("a");
    await collectDue(first);
    await first.stop();
    const names = [...first.services.discoveredNames.streams()];
    const tokens = await first.services.tokenCache.read();
    const discovered = names.filter((name) => !tokens.publish.names().includes(name));
    expect(discovered.length).toBeGreaterThan(0);
    gateway.sandbox.fault({ path: "/api/analytics/*", status: 503 });
    const second = createCollector("b");
    await collectDue(second);
    expect([...second.services.discoveredNames.streams()]).toEqual(expect.arrayContaining(discovered));
  });
});

describe("a gateway", () => {
  it("collects usage from its start on if it is asked to, and lets go of the lease when it closes", async () => {
    const store = await openStore({ kind: "memory" });
    {
      await using gateway = await createTestGateway({ gateway: { store, collectUsage: true } });
      await gateway.gateway.start();
      expect(await store.leases.isHeld(COLLECTOR_LEASE)).toBe(true);
    }
    expect(await store.leases.isHeld(COLLECTOR_LEASE)).toBe(false);
    await store.close();
  });

  it("collects nothing otherwise", async () => {
    await using gateway = await createTestGateway();
    await gateway.gateway.start();
    expect(await gateway.store.leases.isHeld(COLLECTOR_LEASE)).toBe(false);
  });
});
