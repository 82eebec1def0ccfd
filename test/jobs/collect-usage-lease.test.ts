import { describe, expect, it } from "vitest";
import { DAY_MS, QUARTER_HOUR_MS } from "../../src/model/usage/time.ts";
import { Deferred } from "../../src/primitives/deferred.ts";
import { COLLECTOR_LEASE } from "../../src/store/leases.ts";
import { bytesArchived, callsOf, collectDue, createCollectorWorld, NOW, seriesOf } from "../support/collectors.ts";
import { databaseKinds } from "../support/databases.ts";
import { takeLease } from "../support/leases.ts";

for (const { kind, isReachable } of databaseKinds) {
  if (kind === "file") continue;
  describe.skipIf(!isReachable)(`the lease of the usage collector over ${kind}`, () => {
    it("writes nothing more once another gateway has taken over, and takes the lease again only when that one ends", async () => {
      await using world = await createCollectorWorld({ kind });
      const { gateway, createCollector } = world;
      const [paused, successor] = [createCollector("a"), createCollector("b")];
      await paused.tick();
      // The lease expires while the first gateway is paused in the middle of its reading.
      await gateway.store.leases.release({ name: COLLECTOR_LEASE, epoch: 1 });
      await successor.tick();
      expect(successor.stats().isCollecting).toBe(true);
      await paused.idle();
      await collectDue(paused);
      expect(paused.stats()).toMatchObject({ isCollecting: false, sources: 0 });
      await successor.idle();
      expect(world.logged()).toContain("is held by another gateway, or has expired");
      const hours = await bytesArchived(gateway, seriesOf(gateway, "ACCOUNT", "", "HOUR"));
      const [from = 0] = [...hours.keys()];
      expect([...hours.values()].reduce((sum, bytesOut) => sum + bytesOut, 0n)).toBe(
        BigInt(gateway.sandbox.truth({ from, to: "2026-03-18T10:15:00Z" }).bytesOut),
      );
    });

    it("stops half way, and the next one completes the rest without doubling anything", async () => {
      let isHalfWay = () => {};
      const halfWay = new Promise<void>((resolve) => {
        isHalfWay = resolve;
      });
      let saved = 0;
      await using world = await createCollectorWorld({
        kind,
        archive: (archive) => ({
          ...archive,
          saveSources: async (...given) => {
            await archive.saveSources(...given);
            saved += 1;
            if (saved === 5) isHalfWay();
          },
        }),
      });
      const { gateway, createCollector } = world;
      const first = createCollector("a");
      await first.tick();
      await halfWay;
      await first.stop();
      const sources = await gateway.store.usageArchive.sources(gateway.sandbox.accountId);
      const second = createCollector("b");
      await collectDue(second);
      expect(sources.length).toBeLessThan(second.stats().sources);
      const hours = await bytesArchived(gateway, seriesOf(gateway, "ACCOUNT", "", "HOUR"));
      const [from] = [...hours.keys()];
      expect([...hours.values()].reduce((sum, bytesOut) => sum + bytesOut, 0n)).toBe(
        BigInt(gateway.sandbox.truth({ from: from ?? 0, to: "2026-03-18T10:15:00Z" }).bytesOut),
      );
      expect(second.stats().behind).toBe(0);
    });
  });
}

describe("the lease of the usage collector", () => {
  it("has the lease if a tick begins before the former one has got it", async () => {
    await using world = await createCollectorWorld();
    const collector = world.createCollector("a");
    await Promise.all([collector.tick(), collector.tick()]);
    expect(collector.stats().isCollecting).toBe(true);
    await collector.idle();
    expect(collector.stats().behind).toBe(0);
  });

  it("is released by a collector that stops in a pause", async () => {
    const pausing = new Deferred<void>();
    await using world = await createCollectorWorld({
      pause: (signal) => {
        pausing.resolve();
        return new Promise((resolve) => signal?.addEventListener("abort", resolve));
      },
    });
    const collector = world.createCollector("a");
    await collectDue(collector);
    world.gateway.sandbox.clock.advance(QUARTER_HOUR_MS);
    await collector.tick();
    await pausing.promise;
    await collector.stop();
    expect(world.pauses).toHaveLength(1);
    expect(await world.gateway.store.leases.isHeld(COLLECTOR_LEASE)).toBe(false);
  });

  it("records the gaps of all series if the lease was lost while the first was saved", async () => {
    let loseLease: (() => Promise<void>) | null = null;
    await using world = await createCollectorWorld({
      archive: (archive) => ({
        ...archive,
        saveSources: async (...saved) => {
          await archive.saveSources(...saved);
          const lose = loseLease;
          loseLease = null;
          await lose?.();
        },
      }),
    });
    const { gateway, createCollector } = world;
    const { leases, usageArchive } = gateway.store;
    const { accountId } = gateway.sandbox;
    const former = await takeLease(gateway.store);
    const [from, until] = [NOW - 12 * DAY_MS, NOW - 10 * DAY_MS].map((time) => time - (time % DAY_MS)) as [
      number,
      number,
    ];
    const source = { name: "", granularity: "HOUR", from, until, readUntil: until } as const;
    const kinds = ["ACCOUNT", "ACCOUNT_COUNTRY"] as const;
    await usageArchive.saveSources(
      accountId,
      kinds.map((kind) => ({ ...source, kind })),
      former,
    );
    await leases.release(former);
    const collector = createCollector("a");
    loseLease = async () => {
      await leases.release({ name: COLLECTOR_LEASE, epoch: former.epoch + 1 });
      await collector.tick();
    };
    await collectDue(collector);
    await collectDue(collector);
    const gaps = await usageArchive.gaps(accountId, 10);
    expect(gaps.map(({ kind }) => kind).toSorted()).toEqual(kinds);
    expect(gaps.every((gap) => gap.from === until)).toBe(true);
  });

  it("runs on one of several gateways, and on another one as soon as that stops", async () => {
    await using world = await createCollectorWorld();
    const { gateway, createCollector } = world;
    const [first, second] = [createCollector("a"), createCollector("b")];
    await collectDue(first);
    gateway.analyticsCalls();
    await collectDue(second);
    expect(callsOf(gateway)).toEqual({});
    expect(second.stats().isCollecting).toBe(false);
    await first.stop();
    expect(await gateway.store.leases.isHeld(COLLECTOR_LEASE)).toBe(false);
    gateway.sandbox.clock.advance(QUARTER_HOUR_MS);
    await collectDue(second);
    expect(second.stats().isCollecting).toBe(true);
    expect(callsOf(gateway)).toMatchObject({ "account/series": 2 });
  });
});
