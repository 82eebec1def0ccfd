import { pino } from "pino";
import { describe, expect, it } from "vitest";
import { createUsageCollector } from "../../src/jobs/collect-usage.ts";
import type { ArchiveGranularity, ArchiveKind, ArchiveSeries } from "../../src/model/usage/archive.ts";
import { DAY_MS, HOUR_MS, QUARTER_HOUR_MS } from "../../src/model/usage/time.ts";
import { noTraffic, type Traffic } from "../../src/model/usage/traffic.ts";
import type { CancellationSignal } from "../../src/primitives/cancellation.ts";
import { Deferred } from "../../src/primitives/deferred.ts";
import { createServices, type Services } from "../../src/services.ts";
import type { UsageArchive } from "../../src/store/archive/usage-archive.ts";
import { COLLECTOR_LEASE } from "../../src/store/leases.ts";
import { openStore } from "../../src/store/open-store.ts";
import { StoreError } from "../../src/store/store-error.ts";
import type { Analytics } from "../../src/upstream/analytics.ts";
import { UpstreamError } from "../../src/upstream/upstream-error.ts";
import { createTestDatabase, databaseKinds } from "../support/databases.ts";
import { createTestGateway, type TestGateway } from "../support/gateway.ts";
import { withLongLeases } from "../support/leases.ts";
import { at } from "../support/time.ts";

interface WorldOptions {
  readonly kind?: "memory" | "postgres";
  /** Alters what collectors read. */
  readonly analytics?: (analytics: Analytics) => Analytics;
  /** Alters where they write. */
  readonly archive?: (archive: UsageArchive) => UsageArchive;
  /** Milliseconds by which their clock is ahead of the platform's. */
  readonly aheadMs?: () => number;
  /** What their pauses wait for; nothing by default. */
  readonly pause?: (signal: CancellationSignal | undefined) => Promise<void>;
}

/** Collectors of gateways that share the store and the sandbox of a test. */
async function createWorld({
  kind = "memory",
  analytics,
  archive,
  aheadMs = () => 0,
  pause = async () => undefined,
}: WorldOptions = {}) {
  const database = await createTestDatabase(kind);
  const gateway = await createTestGateway({ isTimingSet: true, gateway: { store: await database.open() } });
  const closed: (() => Promise<unknown>)[] = [];
  const pauses: number[] = [];
  const lines: string[] = [];
  const createCollector = (gatewayId: string) => {
    const services = createServices(gateway.options);
    const { store, upstream } = services;
    const collector = createUsageCollector({
      ...services,
      analytics: analytics ? analytics(upstream.bulkAnalytics) : upstream.bulkAnalytics,
      platformClock: () => gateway.sandbox.clock.now() + aheadMs(),
      store: {
        ...store,
        leases: withLongLeases(store.leases),
        usageArchive: archive ? archive(store.usageArchive) : store.usageArchive,
      },
      gatewayId,
      timing: {
        pause: (ms, signal) => {
          pauses.push(ms);
          return pause(signal);
        },
      },
      logger: pino({ level: "debug" }, { write: (line: string) => void lines.push(line) }),
    });
    closed.push(async () => {
      await collector.stop();
      await services.auth.close();
      await services.upstream.close();
    });
    return { ...collector, services };
  };
  return {
    gateway,
    createCollector,
    pauses,
    logged: () => lines.join(""),
    [Symbol.asyncDispose]: async () => {
      for (const close of closed) await close();
      await gateway[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
    },
  };
}

type Collector = Pick<ReturnType<typeof createUsageCollector>, "tick" | "idle">;

async function collect(collector: Collector): Promise<void> {
  await collector.tick();
  await collector.idle();
}

/** Repeats the collection, as its timer does, until the circuit breaker lets a whole one pass. */
async function collectUntilItSucceeds(collector: ReturnType<typeof createUsageCollector>, gateway: TestGateway) {
  for (let failures = -1; collector.stats().failures !== failures; ) {
    failures = collector.stats().failures;
    gateway.sandbox.clock.advance(60_000);
    await collect(collector);
  }
}

/** Returns the calls of analytics since the last look, by path. */
function callsOf(gateway: TestGateway): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { path } of gateway.analyticsCalls()) {
    const name = path.replace("/api/analytics/", "");
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

const NOW = at("2026-03-18T10:20:00Z");
const LAG_MS = 300_000;
const ACCOUNT_WINDOW = { from: NOW - 400 * DAY_MS, to: NOW + 400 * DAY_MS };

function series(gateway: TestGateway, kind: ArchiveKind, name: string, granularity: ArchiveGranularity): ArchiveSeries {
  return kind === "TRACKING_STREAM"
    ? { owner: name, kind, subject: "", granularity }
    : { owner: gateway.sandbox.accountId, kind, subject: name, granularity };
}

/** Returns bytes out of a series as the archive has them, by the start of the bucket. */
async function archived(gateway: TestGateway, of: ArchiveSeries): Promise<Map<number, bigint>> {
  const sums = new Map<number, bigint>();
  for (const { bucket, traffic } of await gateway.store.usageArchive.rows(of, ACCOUNT_WINDOW)) {
    sums.set(bucket, (sums.get(bucket) ?? 0n) + traffic.bytesOut);
  }
  return sums;
}

/** Returns code, kind, granularity and name of the problems, newest first. */
function problemsOf({ services }: { readonly services: Services }) {
  return services.collectionProblems.list().map(({ code, kind, granularity, name }) => [code, kind, granularity, name]);
}

function failure(code: "UPSTREAM_REJECTED" | "UPSTREAM_BAD_RESPONSE", status?: number): UpstreamError {
  return new UpstreamError(code, "altered by the test", { operation: "Analytics_Test", status });
}

/** Alters bytes out of the account by the hour. */
function altered(analytics: Analytics, bytesOut: (start: number, traffic: Traffic) => bigint): Analytics {
  return {
    ...analytics,
    accountSeries: async (window, granularity, signal) => {
      const usage = await analytics.accountSeries(window, granularity, signal);
      if (granularity !== "HOUR") return usage;
      const starts = [...usage.keys()];
      return new Map(
        starts.map((start) => {
          const traffic = usage.get(start) ?? noTraffic;
          return [start, { bytesOut: bytesOut(start, traffic), bytesIn: traffic.bytesIn, parts: traffic.parts }];
        }),
      );
    },
  };
}

for (const { kind, isReachable } of databaseKinds) {
  if (kind === "file") continue;
  describe.skipIf(!isReachable)(`the usage collector over ${kind}`, () => {
    it("first reads all that the platform has, in the fewest calls, and every byte of it is right", async () => {
      await using world = await createWorld({ kind });
      const { gateway, createCollector } = world;
      const collector = createCollector("a");
      await collect(collector);
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

      const hours = await archived(gateway, series(gateway, "ACCOUNT", "", "HOUR"));
      expect([...hours.keys()][0]).toBe(at("2026-03-11T11:00:00Z"));
      for (const [from, bytesOut] of hours) {
        const to = Math.min(from + HOUR_MS, at("2026-03-18T10:15:00Z"));
        expect(bytesOut).toBe(BigInt(gateway.sandbox.truth({ from, to }).bytesOut));
      }
      const days = await archived(gateway, series(gateway, "TRACKING_STREAM", "northwind-tv", "DAY"));
      expect([...days.keys()].at(-1)).toBe(at("2026-03-17T00:00:00Z"));
      expect([...days.values()].some((bytesOut) => bytesOut > 0n)).toBe(true);
      for (const [from, bytesOut] of [...days].slice(-40)) {
        const truth = gateway.sandbox.truth({ from, to: from + DAY_MS, trackingId: "northwind-tv" });
        expect(bytesOut).toBe(BigInt(truth.bytesOut));
      }
      expect(collector.stats()).toMatchObject({ isCollecting: true, failures: 0 });
    });

    it("settles hours that have not changed for a day, without any correction", async () => {
      await using world = await createWorld({ kind });
      const { gateway, createCollector } = world;
      const collector = createCollector("a");
      for (let read = 0; read < 2; read += 1) {
        await collect(collector);
        gateway.sandbox.clock.advance(25 * HOUR_MS);
      }
      const account = series(gateway, "ACCOUNT", "", "HOUR");
      const rows = await gateway.store.usageArchive.rows(account, { from: NOW - 4 * HOUR_MS, to: NOW + DAY_MS });
      const states = rows.map(({ state }) => state);
      expect(states.slice(0, 3)).toEqual(["SETTLED", "SETTLED", "SETTLED"]);
      expect(states.at(-1)).toBe("OPEN");
      expect(await gateway.store.usageArchive.corrections(account, ACCOUNT_WINDOW)).toEqual([]);
    });

    it("writes nothing more once another gateway has taken over, and takes the lease again only when that one ends", async () => {
      await using world = await createWorld({ kind });
      const { gateway, createCollector } = world;
      const [paused, successor] = [createCollector("a"), createCollector("b")];
      await paused.tick();
      // The lease expires while the first gateway is paused in the middle of its reading.
      await gateway.store.leases.release({ name: COLLECTOR_LEASE, epoch: 1 });
      await successor.tick();
      expect(successor.stats().isCollecting).toBe(true);
      await paused.idle();
      await collect(paused);
      expect(paused.stats()).toMatchObject({ isCollecting: false, sources: 0 });
      await successor.idle();
      expect(world.logged()).toContain("is held by another gateway, or has expired");
      const hours = await archived(gateway, series(gateway, "ACCOUNT", "", "HOUR"));
      const [from = 0] = [...hours.keys()];
      expect([...hours.values()].reduce((sum, bytesOut) => sum + bytesOut, 0n)).toBe(
        BigInt(gateway.sandbox.truth({ from, to: "2026-03-18T10:15:00Z" }).bytesOut),
      );
    });

    it("stops half way, and the next one completes the rest without doubling anything", async () => {
      await using world = await createWorld({ kind });
      const { gateway, createCollector } = world;
      const first = createCollector("a");
      await first.tick();
      const sources = async () => (await gateway.store.usageArchive.sources(gateway.sandbox.accountId)).length;
      await expect.poll(sources).toBeGreaterThanOrEqual(5);
      await first.stop();
      const second = createCollector("b");
      await collect(second);
      const hours = await archived(gateway, series(gateway, "ACCOUNT", "", "HOUR"));
      const [from] = [...hours.keys()];
      expect([...hours.values()].reduce((sum, bytesOut) => sum + bytesOut, 0n)).toBe(
        BigInt(gateway.sandbox.truth({ from: from ?? 0, to: "2026-03-18T10:15:00Z" }).bytesOut),
      );
      expect(second.stats().behind).toBe(0);
    });
  });
}

describe("the usage collector", () => {
  it("is behind with series whose newest whole hour is still to be read, and not with omitted hours", async () => {
    await using world = await createWorld();
    const { gateway, createCollector } = world;
    const collector = createCollector("a");
    await collect(collector);
    const sources = await gateway.store.usageArchive.sources(gateway.sandbox.accountId);
    const hourly = sources.filter(({ granularity }) => granularity === "HOUR");
    expect(hourly.some(({ until }) => until < at("2026-03-18T10:00:00Z"))).toBe(true);
    expect(collector.stats()).toMatchObject({ sources: sources.length, behind: 0 });
    gateway.sandbox.clock.advance(30 * 60_000);
    expect(collector.stats().behind).toBe(0);
    gateway.sandbox.clock.advance(15 * 60_000);
    expect(collector.stats().behind).toBe(hourly.length);
    await collect(collector);
    expect(collector.stats().behind).toBe(0);
  });

  it("has the lease if a tick begins before the former one has got it", async () => {
    await using world = await createWorld();
    const collector = world.createCollector("a");
    await Promise.all([collector.tick(), collector.tick()]);
    expect(collector.stats().isCollecting).toBe(true);
    await collector.idle();
    expect(collector.stats().behind).toBe(0);
  });

  it("records the gaps of all series if the lease was lost while the first was saved", async () => {
    let loseLease: (() => Promise<void>) | null = null;
    await using world = await createWorld({
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
    const former = await leases.take(COLLECTOR_LEASE, "former", 600_000);
    if (!former) throw new Error("a free lease was refused");
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
    await collect(collector);
    await collect(collector);
    const gaps = await usageArchive.gaps(accountId, 10);
    expect(gaps.map(({ kind }) => kind).toSorted()).toEqual(kinds);
    expect(gaps.every((gap) => gap.from === until)).toBe(true);
  });

  it("makes no call until the next quarter hour is published, and then one for ten names, with pauses", async () => {
    await using world = await createWorld();
    const { gateway, createCollector } = world;
    const collector = createCollector("a");
    await collect(collector);
    gateway.analyticsCalls();
    gateway.sandbox.clock.advance(10 * 60_000);
    await collect(collector);
    expect(callsOf(gateway)).toEqual({});
    gateway.sandbox.clock.advance(5 * 60_000);
    await collect(collector);
    const calls = callsOf(gateway);
    expect(calls).toMatchObject({ "account/series": 1, "account/geo_series": 1 });
    expect(world.pauses).toHaveLength(Object.values(calls).reduce((sum, count) => sum + count, 0));
    expect(world.pauses.every((ms) => ms > 0 && ms <= 5_000)).toBe(true);
  });

  it("stops in a pause", async () => {
    const pausing = new Deferred<void>();
    await using world = await createWorld({
      pause: (signal) => {
        pausing.resolve();
        return new Promise((resolve) => signal?.addEventListener("abort", resolve));
      },
    });
    const collector = world.createCollector("a");
    await collect(collector);
    world.gateway.sandbox.clock.advance(15 * 60_000);
    await collector.tick();
    await pausing.promise;
    await collector.stop();
    expect(world.pauses).toHaveLength(1);
  });

  it("settles what the first start or an outage has read once, a day later, as long as the platform has it", async () => {
    await using world = await createWorld();
    const { gateway, createCollector } = world;
    const collector = createCollector("a");
    const openSince = async (granularity: ArchiveGranularity, from: number) => {
      const account = series(gateway, "ACCOUNT", "", granularity);
      const rows = await gateway.store.usageArchive.rows(account, { from, to: NOW - DAY_MS });
      return rows.filter(({ state }) => state === "OPEN").length;
    };
    await collect(collector);
    // The platform has hours of the last seven days, of which one has passed since, and days of a year.
    const [hours, days] = [at("2026-03-12T12:00:00Z"), at("2025-03-21T00:00:00Z")];
    expect(await openSince("HOUR", hours)).toBeGreaterThan(100);
    expect(await openSince("DAY", days)).toBeGreaterThan(300);
    gateway.sandbox.clock.advance(DAY_MS);
    await collect(collector);
    expect(await openSince("HOUR", hours)).toBe(0);
    expect(await openSince("DAY", days)).toBe(0);
  });

  it("fills what an outage left open, and records as a gap what the platform no longer has", async () => {
    await using world = await createWorld();
    const { gateway, createCollector } = world;
    const collector = createCollector("a");
    await collect(collector);
    gateway.sandbox.fault({ path: "/api/analytics/*", status: 503 });
    gateway.sandbox.clock.advance(2 * DAY_MS);
    await collect(collector);
    expect(collector.stats().failures).toBeGreaterThan(0);
    gateway.sandbox.clearFaults();
    await collectUntilItSucceeds(collector, gateway);
    const account = series(gateway, "ACCOUNT", "", "HOUR");
    const hours = await archived(gateway, account);
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
    await using world = await createWorld();
    const { gateway, createCollector } = world;
    const collector = createCollector("a");
    await collect(collector);
    // A series waits for two hours of the day before that the platform has left out, until they are too old.
    gateway.sandbox.clock.advance(7 * DAY_MS);
    await collect(collector);
    const gaps = await gateway.store.usageArchive.gaps(gateway.sandbox.accountId, 10_000);
    expect(new Set(gaps.map(({ kind }) => kind)).size).toBe(5);
    for (const { kind, name, granularity, from, until } of gaps) {
      const of = series(gateway, kind, name, granularity);
      const read = await gateway.store.usageArchive.readBuckets(of, { from, to: until }, LAG_MS);
      expect.soft(read, `${kind} ${name}`).toEqual([]);
    }
  });

  it("runs on one of several gateways, and on another one as soon as that stops", async () => {
    await using world = await createWorld();
    const { gateway, createCollector } = world;
    const [first, second] = [createCollector("a"), createCollector("b")];
    await collect(first);
    gateway.analyticsCalls();
    await collect(second);
    expect(callsOf(gateway)).toEqual({});
    expect(second.stats().isCollecting).toBe(false);
    await first.stop();
    expect(await gateway.store.leases.isHeld(COLLECTOR_LEASE)).toBe(false);
    gateway.sandbox.clock.advance(QUARTER_HOUR_MS);
    await collect(second);
    expect(second.stats().isCollecting).toBe(true);
    expect(callsOf(gateway)).toMatchObject({ "account/series": 2 });
  });

  it("knows the streams that only traffic names after a restart, before any traffic is read", async () => {
    await using world = await createWorld();
    const { gateway, createCollector } = world;
    const first = createCollector("a");
    await collect(first);
    await first.stop();
    const names = [...first.services.discoveredNames.streams()];
    const tokens = await first.services.tokenCache.read();
    const discovered = names.filter((name) => !tokens.publish.names().includes(name));
    expect(discovered.length).toBeGreaterThan(0);
    gateway.sandbox.fault({ path: "/api/analytics/*", status: 503 });
    const second = createCollector("b");
    await collect(second);
    expect([...second.services.discoveredNames.streams()]).toEqual(expect.arrayContaining(discovered));
  });

  it("collects the names beside one that the platform refuses, and asks for that one again the next day", async () => {
    let isRefused = true;
    await using world = await createWorld({
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
    await collect(collector);
    const of = (name: string) => archived(gateway, series(gateway, "TRACKING_STREAM", name, "HOUR"));
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
    await collect(collector);
    gateway.sandbox.clock.advance(QUARTER_HOUR_MS);
    await collect(collector);
    expect((await of("northwind-tv")).size).toBeGreaterThan(160);
    expect(problemsOf(collector)).toEqual([]);
  });

  it("divides a call whose response is too large by its names, and then by its window", async () => {
    await using world = await createWorld({
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
    await collect(collector);
    expect(problemsOf(collector)).toEqual([]);
    const hours = await archived(gateway, series(gateway, "TRACKING_STREAM", "northwind-tv", "HOUR"));
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
    await using world = await createWorld({
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
    const account = series(gateway, "ACCOUNT", "", "HOUR");
    await collect(collector);
    const missing = async () => {
      const present = await archived(gateway, account);
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
    await collect(collector);
    expect(await missing()).toEqual(absent.filter((hour) => hour !== bad));
    expect(problemsOf(collector)).toEqual([]);
  });

  it("leaves out a bucket with a count that no database can hold, and says so", async () => {
    const bad = at("2026-03-16T07:00:00Z");
    await using world = await createWorld({
      analytics: (analytics) => altered(analytics, (start, traffic) => (start === bad ? 2n ** 63n : traffic.bytesOut)),
    });
    const { gateway, createCollector } = world;
    const collector = createCollector("a");
    await collect(collector);
    expect((await archived(gateway, series(gateway, "ACCOUNT", "", "HOUR"))).has(bad)).toBe(false);
    expect(problemsOf(collector)).toEqual([["UPSTREAM_BAD_RESPONSE", "ACCOUNT", "HOUR", ""]]);
  });

  it("sees each day whether an older hour has changed, and stores a figure that shrank as a correction", async () => {
    const shrunk = at("2026-03-15T07:00:00Z");
    let divisor = 1n;
    await using world = await createWorld({
      analytics: (analytics) =>
        altered(analytics, (start, { bytesOut }) => (start === shrunk ? bytesOut / divisor : bytesOut)),
    });
    const { gateway, createCollector } = world;
    const collector = createCollector("a");
    const account = series(gateway, "ACCOUNT", "", "HOUR");
    const former = BigInt(gateway.sandbox.truth({ from: shrunk, to: shrunk + HOUR_MS }).bytesOut);
    const bytesOut = async () => (await archived(gateway, account)).get(shrunk);
    const corrections = async () =>
      (await gateway.store.usageArchive.corrections(account, ACCOUNT_WINDOW)).map(({ bucket, former: values }) => [
        bucket,
        values?.traffic.bytesOut,
      ]);
    await collect(collector);
    gateway.sandbox.clock.advance(25 * HOUR_MS);
    await collect(collector);

    divisor = 2n;
    gateway.sandbox.clock.advance(HOUR_MS);
    await collect(collector);
    expect(await bytesOut()).toBe(former);
    gateway.sandbox.clock.advance(DAY_MS);
    await collect(collector);
    expect(await bytesOut()).toBe(former / 2n);
    expect(await corrections()).toEqual([[shrunk, former]]);
  });

  it("reads again what it has read with a clock that was ahead, and says that it has moved backwards", async () => {
    let aheadMs = 3 * HOUR_MS;
    await using world = await createWorld({ aheadMs: () => aheadMs });
    const { gateway, createCollector } = world;
    const collector = createCollector("a");
    await collect(collector);
    aheadMs = 0;
    callsOf(gateway);
    await collect(collector);
    expect(callsOf(gateway)).toMatchObject({ "account/series": 1 });
    expect([...collector.services.collectionProblems.counts()]).toEqual([["CLOCK_MOVED_BACK", 1]]);
    expect(world.logged()).toContain("the clock has moved backwards");
    for (let hour = 0; hour < 4; hour += 1) {
      gateway.sandbox.clock.advance(HOUR_MS);
      await collect(collector);
    }
    expect(problemsOf(collector)).toEqual([]);
    const hours = await archived(gateway, series(gateway, "ACCOUNT", "", "HOUR"));
    const since = [...hours].filter(([from]) => from >= at("2026-03-18T08:00:00Z"));
    expect(since).toHaveLength(7);
    for (const [from, bytesOut] of since) {
      const to = Math.min(from + HOUR_MS, at("2026-03-18T14:15:00Z"));
      expect(bytesOut).toBe(BigInt(gateway.sandbox.truth({ from, to }).bytesOut));
    }
  });

  it("says that the store is full or read-only, and has lost nothing once it is writable", async () => {
    let writes = 0;
    let isFull = true;
    await using world = await createWorld({
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
    await collect(collector);
    expect(problemsOf(collector)).toEqual([["STORE_UNAVAILABLE", null, null, ""]]);
    expect(world.logged()).toContain("STORE_UNAVAILABLE");
    isFull = false;
    await collect(collector);
    expect(problemsOf(collector)).toHaveLength(1);
    gateway.sandbox.clock.advance(60_000);
    await collect(collector);
    expect(problemsOf(collector)).toEqual([]);
    const hours = await archived(gateway, series(gateway, "TRACKING_STREAM", "northwind-tv", "HOUR"));
    const [from = 0] = [...hours.keys()];
    expect([...hours.values()].reduce((sum, bytesOut) => sum + bytesOut, 0n)).toBe(
      BigInt(gateway.sandbox.truth({ from, to: "2026-03-18T10:15:00Z", trackingId: "northwind-tv" }).bytesOut),
    );
    expect(await gateway.store.usageArchive.gaps(gateway.sandbox.accountId, 10)).toEqual([]);
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
