import { pino } from "pino";
import { createUsageCollector, type UsageCollector } from "../../src/jobs/collect-usage.ts";
import type { ArchiveGranularity, ArchiveKind, ArchiveSeries } from "../../src/model/usage/archive.ts";
import type { Granularity } from "../../src/model/usage/series.ts";
import { DAY_MS, type TimeWindow } from "../../src/model/usage/time.ts";
import { noTraffic, type Traffic } from "../../src/model/usage/traffic.ts";
import type { CancellationSignal } from "../../src/primitives/cancellation.ts";
import { createServices, type Services } from "../../src/services.ts";
import type { UsageArchive } from "../../src/store/archive/usage-archive.ts";
import type { Analytics } from "../../src/upstream/analytics.ts";
import { createTestDatabase } from "./databases.ts";
import { createTestGateway, START, type TestGateway } from "./gateway.ts";
import { withLongLeases } from "./leases.ts";
import { at } from "./time.ts";

interface WorldOptions {
  readonly kind?: "memory" | "postgres";
  /** Streams that are collected: the first ones by name. A few by default, which cost the tests less time. */
  readonly streams?: number;
  /** Days that the platform has. Two weeks by default, for the same reason. */
  readonly days?: number;
  /** Alters what collectors read. */
  readonly analytics?: (analytics: Analytics) => Analytics;
  /** Alters where they write. */
  readonly archive?: (archive: UsageArchive) => UsageArchive;
  /** Milliseconds by which their clock is ahead of the platform's. */
  readonly aheadMs?: () => number;
  /** What their pauses wait for; nothing by default. */
  readonly pause?: (signal: CancellationSignal | undefined) => Promise<void>;
}

/** Creates collectors of gateways that share a store and a sandbox, in which time stands still at {@link NOW}. */
export async function createCollectorWorld({
  kind = "memory",
  streams = 2,
  days = 14,
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
    const { store, streamCatalog } = services;
    const platform = withDays(services.upstream.bulkAnalytics, days);
    const collector = createUsageCollector({
      ...services,
      analytics: analytics ? analytics(platform) : platform,
      streamCatalog: { names: (tokens) => streamCatalog.names(tokens).slice(0, streams) },
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

/** Returns analytics of a platform that has the newest days alone. */
function withDays(analytics: Analytics, days: number): Analytics {
  const kept = (window: TimeWindow, granularity: Granularity): TimeWindow =>
    granularity === "DAY" ? { ...window, from: Math.max(window.from, window.to - days * DAY_MS) } : window;
  return {
    ...analytics,
    accountSeries: (window, granularity, signal) =>
      analytics.accountSeries(kept(window, granularity), granularity, signal),
    accountCountrySeries: (window, granularity, signal) =>
      analytics.accountCountrySeries(kept(window, granularity), granularity, signal),
    streamSeries: (names, window, granularity, signal) =>
      analytics.streamSeries(names, kept(window, granularity), granularity, signal),
    streamCountrySeries: (names, window, granularity, signal) =>
      analytics.streamCountrySeries(names, kept(window, granularity), granularity, signal),
    trackingSeries: (ids, window, granularity, signal) =>
      analytics.trackingSeries(ids, kept(window, granularity), granularity, signal),
  };
}

/** Returns analytics with other bytes out of the account by the hour. */
export function withBytesOut(analytics: Analytics, bytesOut: (start: number, traffic: Traffic) => bigint): Analytics {
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

/** Lets a collector read what is due. */
export async function collectDue(collector: Pick<UsageCollector, "tick" | "idle">): Promise<void> {
  await collector.tick();
  await collector.idle();
}

/** Returns the calls of analytics since the previous call of this function, by path. */
export function callsOf(gateway: TestGateway): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { path } of gateway.analyticsCalls()) {
    const name = path.replace("/api/analytics/", "");
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

/** Instant at which every test begins. */
export const NOW = at(START);
/** Window of all usage that a test collects. */
export const ALL_TIME = { from: NOW - 400 * DAY_MS, to: NOW + 400 * DAY_MS };

/** Returns a series of the account of the sandbox, or of a tracking id. */
export function seriesOf(
  gateway: TestGateway,
  kind: ArchiveKind,
  name: string,
  granularity: ArchiveGranularity,
): ArchiveSeries {
  return kind === "TRACKING_STREAM"
    ? { owner: name, kind, subject: "", granularity }
    : { owner: gateway.sandbox.accountId, kind, subject: name, granularity };
}

/** Returns bytes out of a series as the archive has them, by the start of the bucket. */
export async function bytesArchived(gateway: TestGateway, of: ArchiveSeries): Promise<Map<number, bigint>> {
  const sums = new Map<number, bigint>();
  for (const { bucket, traffic } of await gateway.store.usageArchive.rows(of, ALL_TIME)) {
    sums.set(bucket, (sums.get(bucket) ?? 0n) + traffic.bytesOut);
  }
  return sums;
}

/** Returns code, kind, granularity and name of the problems, newest first. */
export function problemsOf({ services }: { readonly services: Services }) {
  return services.collectionProblems.list().map(({ code, kind, granularity, name }) => [code, kind, granularity, name]);
}
