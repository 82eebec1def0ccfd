import { describe, expect, it } from "vitest";
import type { UsageCollector } from "../../src/jobs/collect-usage.ts";
import type { ArchiveGranularity } from "../../src/model/usage/archive.ts";
import { DAY_MS, HOUR_MS } from "../../src/model/usage/time.ts";
import { ALL_TIME, bytesArchived, collectDue, createCollectorWorld, NOW, seriesOf } from "../support/collectors.ts";
import { databaseKinds } from "../support/databases.ts";
import type { TestGateway } from "../support/gateway.ts";
import { at } from "../support/time.ts";

const LAG_MS = 300_000;

/** Repeats the collection, as its timer does, until the circuit breaker lets a whole one pass. */
async function collectUntilItSucceeds(collector: UsageCollector, gateway: TestGateway) {
  for (let failures = -1; collector.stats().failures !== failures; ) {
    failures = collector.stats().failures;
    gateway.sandbox.clock.advance(60_000);
    await collectDue(collector);
  }
}

for (const { kind, isReachable } of databaseKinds) {
  if (kind === "file") continue;
  describe.skipIf(!isReachable)(`what the usage collector settles over ${kind}`, () => {
    it("settles hours that have not changed for a day, without any correction", async () => {
      await using world = await createCollectorWorld({ kind });
      const { gateway, createCollector } = world;
      const collector = createCollector("a");
      for (let read = 0; read < 2; read += 1) {
        await collectDue(collector);
        gateway.sandbox.clock.advance(25 * HOUR_MS);
      }
      const account = seriesOf(gateway, "ACCOUNT", "", "HOUR");
      const rows = await gateway.store.usageArchive.rows(account, { from: NOW - 4 * HOUR_MS, to: NOW + DAY_MS });
      const states = rows.map(({ state }) => state);
      expect(states.slice(0, 3)).toEqual(["SETTLED", "SETTLED", "SETTLED"]);
      expect(states.at(-1)).toBe("OPEN");
      expect(await gateway.store.usageArchive.corrections(account, ALL_TIME)).toEqual([]);
    });
  });
}

describe("the usage collector", () => {
  it("settles what the first start or an outage has read once, a day later, as long as the platform has it", async () => {
    await using world = await createCollectorWorld({ streams: 0, days: 366 });
    const { gateway, createCollector } = world;
    const collector = createCollector("a");
    const openSince = async (granularity: ArchiveGranularity, from: number) => {
      const account = seriesOf(gateway, "ACCOUNT", "", granularity);
      const rows = await gateway.store.usageArchive.rows(account, { from, to: NOW - DAY_MS });
      return rows.filter(({ state }) => state === "OPEN").length;
    };
    await collectDue(collector);
    // The platform has hours of the last seven days, of which one has passed since, and days of a year.
    const [hours, days] = [at("2026-03-12T12:00:00Z"), at("2025-03-21T00:00:00Z")];
    expect(await openSince("HOUR", hours)).toBeGreaterThan(100);
    expect(await openSince("DAY", days)).toBeGreaterThan(300);
    gateway.sandbox.clock.advance(DAY_MS);
    await collectDue(collector);
    expect(await openSince("HOUR", hours)).toBe(0);
    expect(await openSince("DAY", days)).toBe(0);
  });

  it("fills what an outage left open, and records as a gap what the platform no longer has", async () => {
    await using world = await createCollectorWorld();
    const { gateway, createCollector } = world;
    const collector = createCollector("a");
    await collectDue(collector);
    gateway.sandbox.fault({ path: "/api/analytics/*", status: 503 });
    gateway.sandbox.clock.advance(2 * DAY_MS);
    await collectDue(collector);
    expect(collector.stats().failures).toBeGreaterThan(0);
    gateway.sandbox.clearFaults();
    await collectUntilItSucceeds(collector, gateway);
    const account = seriesOf(gateway, "ACCOUNT", "", "HOUR");
    const hours = await bytesArchived(gateway, account);
    const since = [...hours.keys()].filter((hour) => hour >= NOW - HOUR_MS);
    expect(since.length).toBeGreaterThanOrEqual(49);
    const { accountId } = gateway.sandbox;
    const isOfAccount = ({ kind, granularity }: { kind: string; granularity: string }) =>
      kind === "ACCOUNT" && granularity === "HOUR";
    const before = (await gateway.store.usageArchive.gaps(accountId, 10_000)).filter(isOfAccount);

    // Nothing runs for ten days, of which the platform keeps seven. The hour that was not over is lost as well.
    const stoppedAt = gateway.sandbox.clock.now();
    gateway.sandbox.clock.advance(10 * DAY_MS);
    await collectUntilItSucceeds(collector, gateway);
    const after = (await gateway.store.usageArchive.gaps(accountId, 10_000)).filter(isOfAccount);
    const lost = after.filter(({ from }) => !before.some((gap) => gap.from === from));
    const now = gateway.sandbox.clock.now();
    expect(lost.reduce((sum, { from, until }) => sum + until - from, 0)).toBeGreaterThanOrEqual(2 * DAY_MS);
    expect(Math.max(...lost.map(({ until }) => until))).toBe(Math.ceil((now - 7 * DAY_MS) / HOUR_MS) * HOUR_MS);
    expect(lost.map(({ from }) => from)).toContain(Math.floor(stoppedAt / HOUR_MS) * HOUR_MS);
    for (const { from, until } of lost) {
      const read = await gateway.store.usageArchive.readBuckets(account, { from, to: until }, LAG_MS);
      expect(read).toEqual([]);
    }
    expect(world.logged()).toContain("usage was not collected while the platform had it");
  });

  it("records no gap of any kind of series over a bucket that was read", async () => {
    await using world = await createCollectorWorld();
    const { gateway, createCollector } = world;
    const collector = createCollector("a");
    await collectDue(collector);
    // A series waits for two hours of the day before that the platform has left out, until they are too old.
    gateway.sandbox.clock.advance(7 * DAY_MS);
    await collectDue(collector);
    const gaps = await gateway.store.usageArchive.gaps(gateway.sandbox.accountId, 10_000);
    expect(new Set(gaps.map(({ kind }) => kind)).size).toBe(5);
    for (const { kind, name, granularity, from, until } of gaps) {
      const of = seriesOf(gateway, kind, name, granularity);
      const read = await gateway.store.usageArchive.readBuckets(of, { from, to: until }, LAG_MS);
      expect.soft(read, `${kind} ${name}`).toEqual([]);
    }
  });
});
