import type { Logger } from "pino";
import type { AccountCache } from "../cache/account-cache.ts";
import type { DiscoveredNames } from "../cache/discovered-names.ts";
import type { StreamCatalog } from "../cache/stream-catalog.ts";
import type { TokenCache } from "../cache/token-cache.ts";
import { isMetered } from "../model/stream/stream.ts";
import {
  type ArchivedPart,
  type ArchiveGranularity,
  type ArchiveKind,
  isStorable,
  type UsageReading,
} from "../model/usage/archive.ts";
import type { CountryBuckets } from "../model/usage/country-usage.ts";
import { type Retention, retentionAt } from "../model/usage/retention.ts";
import type { UsageSeries } from "../model/usage/series.ts";
import { ceilTo, DAY_MS, floorTo, HOUR_MS, type TimeWindow } from "../model/usage/time.ts";
import { SharedCancellation } from "../primitives/cancellation.ts";
import type { Clock } from "../primitives/clock.ts";
import type { Lease } from "../store/records.ts";
import type { Store } from "../store/store.ts";
import { type ArchiveSource, LeaseLostError } from "../store/usage-archive.ts";
import { type Analytics, perCall, type StreamRow } from "../upstream/analytics.ts";
import { UpstreamError } from "../upstream/upstream-error.ts";

export interface UsageCollectorOptions {
  readonly store: Pick<Store, "leases" | "usageArchive" | "partners">;
  readonly analytics: Analytics;
  readonly account: Pick<AccountCache, "id">;
  readonly tokenCache: Pick<TokenCache, "read">;
  readonly streamCatalog: Pick<StreamCatalog, "names">;
  readonly discoveredNames: DiscoveredNames;
  /** Id of the gateway. */
  readonly gatewayId: string;
  readonly platformClock: Clock;
  readonly usageLagMs: number;
  /** Resolves after this many milliseconds. */
  readonly pause: (ms: number) => Promise<unknown>;
  readonly logger: Logger;
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
}

export interface CollectorStats {
  /** Whether this gateway is the one that collects. */
  readonly isCollecting: boolean;
  /** Series that are collected. */
  readonly sources: number;
  /** Series whose newest hour or day is still to be read. */
  readonly behind: number;
  /** Calls that failed, since the start. */
  readonly failures: number;
}

export const COLLECTOR_LEASE = "usage-collector";
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
/**
 * Span that is read again each time, in milliseconds, so that a bucket is seen unchanged for 24 hours after its end. It costs
 * no call, as a call may span any time.
 */
const REREAD_MS: Record<ArchiveGranularity, number> = { HOUR: 26 * HOUR_MS, DAY: 4 * DAY_MS };
const STEP_MS: Record<ArchiveGranularity, number> = { HOUR: HOUR_MS, DAY: DAY_MS };

/** Kinds in the order in which they are read: tracking ids lead to streams. */
const KINDS: readonly ArchiveKind[] = ["ACCOUNT", "ACCOUNT_COUNTRY", "TRACKING_STREAM", "STREAM", "STREAM_COUNTRY"];

/** Series of one kind that one call reads, and the window. */
interface Call {
  readonly kind: ArchiveKind;
  readonly granularity: ArchiveGranularity;
  readonly names: readonly string[];
  readonly window: TimeWindow;
  /** Whether this gateway has not read one of the series yet: then it is read without a pause. */
  readonly isCatchingUp: boolean;
}

/** Usage by name and bucket. */
type Reading = ReadonlyMap<string, ReadonlyMap<number, readonly ArchivedPart[]>>;

/** Creates the collector; it does nothing before its first tick. */
export function createUsageCollector(options: UsageCollectorOptions): UsageCollector {
  const { store, analytics, account, tokenCache, streamCatalog, discoveredNames, gatewayId } = options;
  const { platformClock, usageLagMs, pause, logger } = options;
  const { leases, usageArchive } = store;
  const cancellation = new SharedCancellation();
  const cancelled = new Promise<void>((resolve) => cancellation.addEventListener("abort", resolve));
  /** Series, and what this gateway has read of them: what another one has read is read once more. */
  const sources = new Map<string, ArchiveSource>();
  /** Names that the platform refuses; tried again each day. */
  const refused = new Set<string>();
  let lease: Lease | null = null;
  let running: Promise<void> | null = null;
  let retryAt = Number.NEGATIVE_INFINITY;
  let failures = 0;

  const loadSources = async (owner: string) => {
    sources.clear();
    for (const source of await usageArchive.sources(owner)) {
      sources.set(keyOf(source), { ...source, readUntil: 0 });
      if (source.kind === "STREAM") discoveredNames.addStream(source.name);
      if (source.kind === "TRACKING_STREAM") discoveredNames.addTrackingId(source.name);
    }
  };

  /** Returns the names of a kind. Those of streams include what the tracking ids have led to, so these are read first. */
  const namesOf = async (kind: ArchiveKind): Promise<string[]> => {
    if (kind === "ACCOUNT" || kind === "ACCOUNT_COUNTRY") return [""];
    const tokens = await tokenCache.read();
    if (kind !== "TRACKING_STREAM") return streamCatalog.names(tokens).filter(isMetered);
    const ofPartners = (await store.partners.all()).flatMap(({ trackingIds }) => trackingIds);
    return [...new Set([...tokens.trackingIds(), ...ofPartners, ...discoveredNames.trackingIds()])];
  };

  /** Returns the fewest calls that read what is due of a kind. */
  const callsOf = async (kind: ArchiveKind, granularity: ArchiveGranularity, retention: Retention): Promise<Call[]> => {
    const { to, readUntil } = endOf(granularity, retention);
    const oldest = oldestOf(granularity, retention);
    const from = (name: string) => {
      const until = sources.get(keyOf({ kind, granularity, name }))?.until ?? oldest;
      return Math.max(oldest, Math.min(until, floorTo(readUntil - REREAD_MS[granularity], STEP_MS[granularity])));
    };
    const due = (await namesOf(kind)).filter(
      (name) =>
        !refused.has(refusalKey(kind, name)) &&
        (sources.get(keyOf({ kind, granularity, name }))?.readUntil ?? 0) < readUntil,
    );
    // Names with equal windows share calls, so that one new name does not widen the window of nine others.
    const sorted = due.map((name) => ({ name, from: from(name) })).sort((a, b) => a.from - b.from);
    return perCall(sorted.map(({ name }) => name)).map((names) => ({
      kind,
      granularity,
      names,
      window: { from: Math.min(...names.map(from)), to },
      isCatchingUp: names.some((name) => (sources.get(keyOf({ kind, granularity, name }))?.readUntil ?? 0) === 0),
    }));
  };

  const read = ({ kind, names, granularity, window }: Call): Promise<Reading> => {
    switch (kind) {
      case "ACCOUNT":
        return analytics
          .accountSeries(window, granularity, cancellation)
          .then((series) => new Map([["", whole(series)]]));
      case "ACCOUNT_COUNTRY":
        return analytics
          .accountCountrySeries(window, granularity, cancellation)
          .then((buckets) => new Map([["", byCountry(buckets)]]));
      case "STREAM":
        return analytics.streamSeries(names, window, granularity, cancellation).then((all) => mapValues(all, whole));
      case "STREAM_COUNTRY":
        return analytics
          .streamCountrySeries(names, window, granularity, cancellation)
          .then((all) => mapValues(all, byCountry));
      case "TRACKING_STREAM":
        return analytics
          .trackingSeries(names, window, granularity, cancellation)
          .then((all) => mapValues(all, byStream));
    }
  };

  /** Records what a source can no longer get: the buckets before the window that were never read. */
  const saveGaps = async (owner: string, source: ArchiveSource, oldest: number, held: Lease) => {
    const window = { from: source.until, to: oldest };
    const present = new Set(await usageArchive.readBuckets({ ...seriesOf(owner, source), ...source }, window));
    const gaps = spansWithout(present, window, STEP_MS[source.granularity]);
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
    call: Call,
    reading: Reading,
    readAt: number,
    retention: Retention,
    held: Lease,
  ) => {
    const { kind, granularity, names, window } = call;
    const oldest = oldestOf(granularity, retention);
    const { readUntil } = endOf(granularity, retention);
    const step = STEP_MS[granularity];
    const readings: UsageReading[] = [];
    const next: ArchiveSource[] = [];
    for (const name of names) {
      const buckets = new Map(
        [...(reading.get(name) ?? [])].filter(
          ([start, parts]) => start >= window.from && start < window.to && parts.every(isStorable),
        ),
      );
      const former = sources.get(keyOf({ kind, granularity, name }));
      if (former && former.until < oldest) await saveGaps(owner, former, oldest, held);
      const from = former?.from ?? window.from;
      const begin = Math.max(former?.until ?? window.from, oldest);
      let until = begin;
      while (until + step <= readUntil && buckets.has(until)) until += step;
      readings.push({ ...seriesOf(owner, call, name), granularity, readAt, buckets });
      next.push({ kind, granularity, name, from, until, readUntil });
    }
    await usageArchive.write(readings, held);
    await usageArchive.saveSources(owner, next, held);
    for (const source of next) sources.set(keyOf(source), source);
  };

  /** Makes a call. A name that the platform refuses fails it for the others, so that these are read without it. */
  const make = async (owner: string, call: Call, held: Lease): Promise<void> => {
    const readAt = platformClock();
    let reading: Reading;
    try {
      reading = await read(call);
    } catch (error) {
      if (!(error instanceof UpstreamError && error.code === "UPSTREAM_REJECTED")) throw error;
      const { names, kind } = call;
      if (names.length === 1) {
        refused.add(refusalKey(kind, names[0] ?? ""));
        logger.warn({ err: error, kind }, "the platform refuses usage of a name");
        return;
      }
      const half = names.length >> 1;
      for (const part of [names.slice(0, half), names.slice(half)]) await make(owner, { ...call, names: part }, held);
      return;
    }
    await write(owner, call, reading, readAt, retentionAt(readAt, usageLagMs), held);
  };

  const collect = async (held: Lease) => {
    const owner = await account.id();
    if (sources.size === 0) await loadSources(owner);
    const isFirst = sources.size === 0;
    if (isFirst) logger.info("usage is collected for the first time: all that the platform has is read");
    let made = 0;
    let failed = 0;
    let inARow = 0;
    for (const granularity of ["HOUR", "DAY"] as const) {
      for (const kind of KINDS) {
        const retention = retentionAt(platformClock(), usageLagMs);
        const calls = await callsOf(kind, granularity, retention);
        if (granularity === "DAY" && kind === "ACCOUNT" && calls.length > 0) refused.clear();
        for (const call of calls) {
          if (cancellation.aborted || lease !== held) return;
          try {
            await make(owner, call, held);
            inARow = 0;
          } catch (error) {
            if (!(error instanceof UpstreamError)) throw error;
            if (cancellation.aborted) return;
            failures += 1;
            failed += 1;
            inARow += 1;
            logger.warn({ err: error, kind, granularity }, "usage could not be collected; the call is repeated later");
            if (inARow === MAX_FAILURES_IN_A_ROW) throw error;
          }
          made += 1;
          if (!call.isCatchingUp) {
            await Promise.race([
              pause(Math.min(LONGEST_PAUSE_MS, SPREAD_MS / (KINDS.length * calls.length))),
              cancelled,
            ]);
          }
        }
        if (isFirst && calls.length > 0) {
          logger.info({ kind, granularity, calls: calls.length, series: sources.size }, "usage was collected");
        }
      }
    }
    if (failed > 0) retryAt = platformClock() + RETRY_MS;
    if (made > 0) logger.debug({ calls: made, failed }, "usage was collected up to the newest quarter hour");
  };

  const run = async (held: Lease) => {
    try {
      await collect(held);
    } catch (error) {
      if (cancellation.aborted) return;
      retryAt = platformClock() + RETRY_MS;
      if (error instanceof LeaseLostError) lease = lease === held ? null : lease;
      logger.warn({ err: error }, "usage could not be collected");
    } finally {
      running = null;
    }
  };

  const holdLease = async (): Promise<Lease | null> => {
    if (lease && (await leases.renew(lease, LEASE_MS))) return lease;
    lease = null;
    // Another gateway may collect in the meantime.
    sources.clear();
    lease = await leases.take(COLLECTOR_LEASE, gatewayId, LEASE_MS);
    return lease;
  };

  return {
    tick: async () => {
      if (cancellation.aborted) return;
      try {
        const held = await holdLease();
        if (!held || running) return;
        if (cancellation.aborted) {
          await leases.release(held);
          return;
        }
        if (platformClock() >= retryAt) running = run(held);
      } catch (error) {
        logger.warn({ err: error }, "the lease of the usage collector could not be renewed");
      }
    },
    idle: async () => {
      await running;
    },
    stop: async () => {
      cancellation.abort(new DOMException("the gateway is closing", "AbortError"));
      const held = lease;
      lease = null;
      // Without the lease a long write ends at its next transaction.
      if (held) await leases.release(held).catch(() => undefined);
      await running;
    },
    stats: () => {
      const now = retentionAt(platformClock(), usageLagMs);
      const behind = [...sources.values()].filter(
        ({ until, granularity }) => until < floorTo(endOf(granularity, now).readUntil, STEP_MS[granularity]),
      );
      return { isCollecting: lease !== null, sources: sources.size, behind: behind.length, failures };
    },
  };
}

function keyOf({ kind, granularity, name }: Pick<ArchiveSource, "kind" | "granularity" | "name">): string {
  return `${kind} ${granularity} ${name}`;
}

function refusalKey(kind: ArchiveKind, name: string): string {
  return `${kind} ${name}`;
}

/** Returns the series of a name: a tracking id owns its series, the account all others. */
function seriesOf(account: string, { kind }: Pick<ArchiveSource, "kind">, name = "") {
  return kind === "TRACKING_STREAM" ? { owner: name, kind, subject: "" } : { owner: account, kind, subject: name };
}

/** Returns the end of a read, and up to when its usage is complete. A day is read when it is over. */
function endOf(granularity: ArchiveGranularity, { freshUntil }: Retention): { to: number; readUntil: number } {
  if (granularity === "HOUR") return { to: ceilTo(freshUntil, HOUR_MS), readUntil: freshUntil };
  const to = floorTo(freshUntil, DAY_MS);
  return { to, readUntil: to };
}

function oldestOf(granularity: ArchiveGranularity, { hourlySince, dailySince }: Retention): number {
  return granularity === "HOUR" ? hourlySince : dailySince;
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

function whole(series: UsageSeries): Map<number, ArchivedPart[]> {
  const buckets = new Map<number, ArchivedPart[]>();
  for (const start of series.keys()) {
    const traffic = series.get(start);
    if (traffic) buckets.set(start, [{ part: "", traffic, counts: null }]);
  }
  return buckets;
}

function byCountry(buckets: CountryBuckets): Map<number, ArchivedPart[]> {
  return mapValues(buckets, (usages) =>
    usages.map(({ country, traffic, ...counts }) => ({ part: country, traffic, counts })),
  );
}

function byStream(buckets: ReadonlyMap<number, readonly StreamRow[]>): Map<number, ArchivedPart[]> {
  return mapValues(buckets, (rows) =>
    rows.map(({ streamName, traffic }) => ({ part: streamName ?? "", traffic, counts: null })),
  );
}

function mapValues<Key, From, To>(map: ReadonlyMap<Key, From>, convert: (value: From) => To): Map<Key, To> {
  return new Map([...map].map(([key, value]) => [key, convert(value)]));
}
