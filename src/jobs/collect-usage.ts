import type { Logger } from "pino";
import type { AccountCache } from "../cache/account-cache.ts";
import type { DiscoveredNames } from "../cache/discovered-names.ts";
import type { StreamCatalog } from "../cache/stream-catalog.ts";
import type { TokenCache } from "../cache/token-cache.ts";
import { ApplicationError } from "../model/errors.ts";
import { BUCKET_MS, type UsageReading } from "../model/usage/archive.ts";
import type { CollectionProblems } from "../model/usage/collection-problems.ts";
import { type Retention, retentionAt } from "../model/usage/retention.ts";
import { floorTo, type TimeWindow } from "../model/usage/time.ts";
import { SharedCancellation } from "../primitives/cancellation.ts";
import type { Clock } from "../primitives/clock.ts";
import type { ArchiveSource } from "../store/archive/archive-records.ts";
import { COLLECTOR_LEASE, LeaseLostError } from "../store/leases.ts";
import type { Lease } from "../store/records.ts";
import type { Store } from "../store/store.ts";
import type { Analytics } from "../upstream/analytics.ts";
import { realTiming, type Timing } from "../upstream/resilience/retry.ts";
import { UpstreamError } from "../upstream/upstream-error.ts";
import { type CollectionCall, createCollectionPlan, endOf, oldestOf, usageSeriesOf } from "./collection-plan.ts";
import { createJobLease } from "./job-lease.ts";
import { type CollectedUsage, readUsage } from "./read-usage.ts";

export interface UsageCollectorOptions {
  readonly store: Pick<Store, "leases" | "usageArchive" | "partners">;
  readonly analytics: Analytics;
  readonly account: Pick<AccountCache, "id">;
  readonly tokenCache: Pick<TokenCache, "read">;
  readonly streamCatalog: Pick<StreamCatalog, "names">;
  readonly discoveredNames: DiscoveredNames;
  /** Id of the gateway. */
  readonly gatewayId: string;
  readonly collectionProblems: CollectionProblems;
  readonly platformClock: Clock;
  readonly usageLagMs: number;
  /** Waits between calls; of the process by default. */
  readonly timing?: Pick<Timing, "pause"> | undefined;
  readonly logger: Logger;
}

/** Usage has counts that no database can hold. */
class UnstorableUsageError extends ApplicationError {
  constructor(buckets: number) {
    super("UPSTREAM_BAD_RESPONSE", `${buckets} buckets have counts beyond 2^63 and were left out.`);
  }
}

/** Reads usage from the platform into the archive, on one of the gateways that share a store. */
export interface UsageCollector {
  /** Takes or renews the lease, and starts to read what is due. Call it every {@link COLLECTOR_TICK_MS}. Never rejects. */
  tick(): Promise<void>;
  /** Resolves when nothing is being read. */
  idle(): Promise<void>;
  /** Stops between two calls, and lets another gateway take over. */
  stop(): Promise<void>;
  stats(): CollectorStats;
  /** Returns the lease under which this gateway collects; null if it does not. */
  lease(): Lease | null;
}

export interface CollectorStats {
  /** Whether this gateway is the one that collects. */
  readonly isCollecting: boolean;
  /** Series that are collected. */
  readonly sources: number;
  /** Series whose newest whole hour or day is still to be read. */
  readonly behind: number;
  /** Calls that failed, since the start. */
  readonly failures: number;
}

/** Interval between ticks, in milliseconds. */
export const COLLECTOR_TICK_MS = 3_000;
/** Time after which the lease expires unless it is renewed, in milliseconds: another gateway takes over within 15 seconds. */
const LEASE_MS = 11_000;
/** Time over which the calls of one quarter hour are spread, in milliseconds. */
const SPREAD_MS = 600_000;
/** Longest pause between two calls, in milliseconds. */
const LONGEST_PAUSE_MS = 5_000;
/** Time before a failed call is made again, in milliseconds. */
const RETRY_MS = 60_000;
/** Failures in a row after which the other calls are not made. */
const MAX_FAILURES_IN_A_ROW = 3;
/** Kinds in the order in which they are read: tracking ids lead to streams. */
const KINDS = ["ACCOUNT", "ACCOUNT_COUNTRY", "TRACKING_STREAM", "STREAM", "STREAM_COUNTRY"] as const;

/** Creates the collector; it does nothing before its first tick. */
export function createUsageCollector(options: UsageCollectorOptions): UsageCollector {
  const { store, account, gatewayId, platformClock, usageLagMs, timing = realTiming, logger } = options;
  const { collectionProblems: problems } = options;
  const { leases, usageArchive } = store;
  const cancellation = new SharedCancellation();
  const plan = createCollectionPlan(options);
  const lease = createJobLease({
    ...{ leases, name: COLLECTOR_LEASE, gatewayId, durationMs: LEASE_MS },
    onLost: plan.clear,
  });
  /** Lease under which the plan was loaded. */
  let planned: Lease | null = null;
  let running: Promise<void> | null = null;
  let retryAt = Number.NEGATIVE_INFINITY;
  let failures = 0;

  /** Records what a source can no longer get: the buckets before the window that were never read. */
  const saveGaps = async (owner: string, source: ArchiveSource, oldest: number, held: Lease) => {
    const window = { from: source.until, to: oldest };
    const present = new Set(
      await usageArchive.readBuckets({ ...usageSeriesOf(owner, source, source.name), ...source }, window, usageLagMs),
    );
    const gaps = spansWithout(present, window, BUCKET_MS[source.granularity]);
    if (gaps.length === 0) return;
    const { kind, name, granularity } = source;
    const spans = gaps.map(({ from, to }) => ({ kind, name, granularity, from, until: to }));
    await usageArchive.saveGaps(owner, spans, held);
    logger.warn(
      { kind: source.kind, name: source.name, granularity: source.granularity, gaps: gaps.length },
      "usage was not collected while the platform had it",
    );
  };

  const write = async (
    owner: string,
    call: CollectionCall,
    reading: CollectedUsage,
    readAt: number,
    retention: Retention,
    held: Lease,
  ) => {
    const { kind, granularity, names, window } = call;
    const oldest = oldestOf(granularity, retention);
    const { readUntil } = endOf(granularity, retention);
    const step = BUCKET_MS[granularity];
    const readings: UsageReading[] = [];
    const next: ArchiveSource[] = [];
    for (const name of names) {
      const buckets = new Map(
        [...(reading.series.get(name) ?? [])].filter(([start]) => start >= window.from && start < window.to),
      );
      const former = plan.get({ kind, granularity, name });
      if (former && former.until < oldest) await saveGaps(owner, former, oldest, held);
      const from = former?.from ?? window.from;
      // A clock that has moved backwards lets buckets be read again.
      const begin = Math.max(Math.min(former?.until ?? window.from, floorTo(readUntil, step)), oldest);
      let until = begin;
      while (until + step <= readUntil && buckets.has(until)) until += step;
      readings.push({ ...usageSeriesOf(owner, call, name), granularity, readAt, buckets });
      next.push({ kind, granularity, name, from, until, readUntil });
    }
    await usageArchive.write(readings, held);
    await usageArchive.saveSources(owner, next, held);
    plan.set(next);
  };

  const reportSeries = (error: UpstreamError | UnstorableUsageError, call: CollectionCall, at: number) => {
    const { kind, granularity, names, window } = call;
    for (const name of names) problems.record(error, { kind, granularity, name }, at);
    failures += 1;
    logger.warn(
      { err: error, code: error.code, kind, granularity, names: names.length, ...window },
      "usage could not be collected; the call is repeated later",
    );
  };

  /**
   * Makes a call. One that fails because of a series is divided, so that the others are read without it.
   *
   * @returns names of which a part could not be read
   */
  const make = async (owner: string, call: CollectionCall, held: Lease): Promise<readonly string[]> => {
    const readAt = platformClock();
    let reading: CollectedUsage;
    try {
      reading = await readUsage(options, call, cancellation);
    } catch (error) {
      const halves = error instanceof UpstreamError ? halvesOf(call, error) : null;
      if (halves) {
        const [first, second] = halves;
        return [...(await make(owner, first, held)), ...(await make(owner, second, held))];
      }
      if (!(error instanceof UpstreamError && isAboutSeries(error))) throw error;
      if (error.code === "UPSTREAM_REJECTED") plan.refuse(call.kind, call.names[0] ?? "");
      reportSeries(error, call, readAt);
      return call.names;
    }
    await write(owner, call, reading, readAt, retentionAt(readAt, usageLagMs), held);
    if (reading.unstorable.length === 0) return [];
    const names = [...new Set(reading.unstorable)];
    reportSeries(new UnstorableUsageError(reading.unstorable.length), { ...call, names }, readAt);
    return names;
  };

  const collect = async (held: Lease) => {
    const owner = await account.id();
    if (planned !== held) {
      // A pass under a former lease may have added to the plan after it was cleared.
      plan.clear();
      await plan.load(owner);
      planned = held;
    }
    const isFirst = plan.size() === 0;
    if (plan.isAhead(retentionAt(platformClock(), usageLagMs))) {
      problems.recordClock(platformClock());
      logger.warn({ code: "CLOCK_MOVED_BACK" }, "the clock has moved backwards: collected usage is read again");
    }
    if (isFirst) logger.info("usage is collected for the first time: all that the platform has is read");
    let made = 0;
    let failed = 0;
    let inARow = 0;
    for (const granularity of ["HOUR", "DAY"] as const) {
      for (const kind of KINDS) {
        const retention = retentionAt(platformClock(), usageLagMs);
        const calls = await plan.callsOf(owner, kind, granularity, retention);
        if (granularity === "DAY" && kind === "ACCOUNT" && calls.length > 0) plan.retryRefused();
        for (const call of calls) {
          if (cancellation.aborted || lease.current() !== held) return;
          try {
            const failedNames = await make(owner, call, held);
            problems.resolve({ ...call, names: call.names.filter((name) => !failedNames.includes(name)) });
            inARow = 0;
          } catch (error) {
            if (!(error instanceof UpstreamError)) throw error;
            if (cancellation.aborted) return;
            failed += 1;
            inARow += 1;
            reportSeries(error, call, platformClock());
            if (inARow === MAX_FAILURES_IN_A_ROW) {
              retryAt = platformClock() + RETRY_MS;
              return;
            }
          }
          made += 1;
          if (!call.isCatchingUp) {
            await timing.pause(Math.min(LONGEST_PAUSE_MS, SPREAD_MS / (KINDS.length * calls.length)), cancellation);
          }
        }
        if (isFirst && calls.length > 0) {
          logger.info({ kind, granularity, calls: calls.length, series: plan.size() }, "usage was collected");
        }
      }
    }
    problems.resolve(null);
    if (failed > 0) retryAt = platformClock() + RETRY_MS;
    if (made > 0) logger.debug({ calls: made, failed }, "usage was collected up to the newest quarter hour");
  };

  const reportWhole = (error: unknown, message: string) => {
    problems.record(error, { kind: null, granularity: null, name: "" }, platformClock());
    failures += 1;
    logger.warn({ err: error }, message);
  };

  const run = async (held: Lease) => {
    try {
      await collect(held);
    } catch (error) {
      if (cancellation.aborted) return;
      retryAt = platformClock() + RETRY_MS;
      if (error instanceof LeaseLostError) {
        lease.forget(held);
        logger.warn({ err: error }, "usage could not be collected");
      } else reportWhole(error, "usage could not be collected");
    } finally {
      running = null;
    }
  };

  return {
    tick: async () => {
      if (cancellation.aborted) return;
      try {
        const held = await lease.hold();
        if (cancellation.aborted) {
          await lease.release();
          return;
        }
        if (!held || running) return;
        // After a step of the clock the time of the next attempt may be far ahead.
        const waitMs = retryAt - platformClock();
        if (waitMs <= 0 || waitMs > RETRY_MS) running = run(held);
      } catch (error) {
        reportWhole(error, "the lease of the usage collector could not be renewed");
      }
    },
    idle: async () => {
      await running;
    },
    stop: async () => {
      cancellation.abort(new DOMException("the gateway is closing", "AbortError"));
      // Without the lease a long write ends at its next transaction.
      await lease.release();
      await running;
    },
    lease: lease.current,
    stats: () => ({
      isCollecting: lease.current() !== null,
      sources: plan.size(),
      behind: plan.behind(retentionAt(platformClock(), usageLagMs)),
      failures,
    }),
  };
}

/** Returns whether a failure is that of a series and not of the platform: a refused name, an unusable count, a large response. */
function isAboutSeries({ code, health }: UpstreamError): boolean {
  return code === "UPSTREAM_REJECTED" || (code === "UPSTREAM_BAD_RESPONSE" && health === "HEALTHY");
}

/**
 * Returns two calls in place of one that cannot succeed as a whole, so that the others are collected. Returns null for a failure
 * of the platform, and for a call of one bucket, or of one name that the platform refuses.
 */
function halvesOf(call: CollectionCall, error: UpstreamError): [CollectionCall, CollectionCall] | null {
  if (!isAboutSeries(error)) return null;
  const { names, window, granularity } = call;
  const half = names.length >> 1;
  if (half > 0) {
    return [
      { ...call, names: names.slice(0, half) },
      { ...call, names: names.slice(half) },
    ];
  }
  const middle = floorTo((window.from + window.to) / 2, BUCKET_MS[granularity]);
  if (error.code === "UPSTREAM_REJECTED" || middle <= window.from) return null;
  return [
    { ...call, window: { ...window, to: middle } },
    { ...call, window: { ...window, from: middle } },
  ];
}

/** Returns the spans of a window whose steps are absent, in order. */
function spansWithout(present: ReadonlySet<number>, { from, to }: TimeWindow, step: number): TimeWindow[] {
  const spans: TimeWindow[] = [];
  for (let start = from; start < to; start += step) {
    if (present.has(start)) continue;
    const last = spans.at(-1);
    if (last?.to === start) spans[spans.length - 1] = { from: last.from, to: start + step };
    else spans.push({ from: start, to: start + step });
  }
  return spans;
}
