import type { IntervalHistogram } from "node:perf_hooks";
import { monitorEventLoopDelay } from "node:perf_hooks";
import type { TokenCache } from "../cache/token-cache.ts";
import type { UsageCache } from "../cache/usage-cache.ts";
import type { UsageCollector } from "../jobs/collect-usage.ts";
import type { UsageRollUp } from "../jobs/roll-up-usage.ts";
import type { UnsentResponses } from "../limits/unsent-responses.ts";
import type { CollectionProblems } from "../model/usage/collection-problems.ts";
import type { LoadShedder } from "../scheduling/load-shedder.ts";
import type { PlatformClock } from "../upstream/platform-clock.ts";
import type { CallReport } from "../upstream/transport/http-types.ts";
import type { Upstream } from "../upstream/upstream.ts";
import { createMetricsRegistry, type MetricsRegistry } from "./metrics-registry.ts";
import { createOperationNames } from "./operation-names.ts";
import type { RequestRecord } from "./request-record.ts";

/** Metrics of one gateway, for Prometheus. */
export interface Metrics {
  /** Counts a call to the platform that has ended. */
  recordCall(report: CallReport): void;
  /** Counts a request that was answered with this status. */
  recordRequest(request: RequestRecord, status: number, durationMs: number): void;
  /** Adds metrics that are read from these components at each scrape. */
  observe(components: ObservedComponents): void;
  /** Returns all metrics in the text format of Prometheus. */
  text(): string;
  close(): void;
}

/** Components whose state is read at each scrape. */
export interface ObservedComponents {
  readonly upstream: Pick<Upstream, "health">;
  readonly tokenCache: Pick<TokenCache, "stats">;
  readonly usageCache: Pick<UsageCache, "stats">;
  readonly loadShedder: Pick<LoadShedder, "inFlight">;
  readonly unsent: Pick<UnsentResponses, "bytes">;
  /** `hits` counts responses that were served from the cache. */
  readonly responseCache: { readonly hits: () => number };
  readonly dateHeaderClock: Pick<PlatformClock, "offset">;
  /** Null if this gateway does not collect usage. */
  readonly usageCollector: Pick<UsageCollector, "stats"> | null;
  readonly collectionProblems: Pick<CollectionProblems, "counts">;
  /** Null like the collector. */
  readonly usageRollUp: Pick<UsageRollUp, "stats"> | null;
}

/** Operation names with series of their own, counted separately for staff and for partners, who cannot use up each other's. */
const MAX_OPERATION_NAMES = 100;
const REQUEST_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const CALL_SECONDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];
const BATCH_SIZES = [1, 2, 4, 6, 8, 9, 10];
/** Interval between samples of the event loop delay, in milliseconds. */
const LOOP_RESOLUTION_MS = 20;
const breakerLevels = { CLOSED: 0, HALF_OPEN: 1, OPEN: 2 } as const;

/**
 * Creates the metrics of one gateway. The values of labels are bounded: apart from operation names (see `operation-names.ts`)
 * none is chosen by a client, and none names a partner, stream, tracking id, token, key or address.
 */
export function createMetrics(): Metrics {
  const registry = createMetricsRegistry();
  const staffNames = createOperationNames(MAX_OPERATION_NAMES);
  const partnerNames = createOperationNames(MAX_OPERATION_NAMES);
  // Reset at each scrape, so that a scrape covers the time since the one before.
  const delays = monitorEventLoopDelay({ resolution: LOOP_RESOLUTION_MS });
  delays.enable();

  const requests = registry.counter(
    "syndigraph_requests_total",
    "Requests by operation, kind (query, mutation, export, none) and outcome: ok, partial (with errors), refused (4xx), failed (5xx).",
    ["operation", "kind", "outcome"],
  );
  const requestSeconds = registry.histogram(
    "syndigraph_request_duration_seconds",
    "Time from the head of a request to its response.",
    ["operation"],
    REQUEST_SECONDS,
  );
  const errors = registry.counter("syndigraph_errors_total", "Errors in responses, by code.", ["code"]);
  const points = registry.counter("syndigraph_cost_points_total", "Points charged, by the caller's role.", ["role"]);
  const stale = registry.counter(
    "syndigraph_stale_responses_total",
    "Responses with stale data, because the platform failed, by source.",
    ["source"],
  );
  const calls = registry.counter(
    "syndigraph_upstream_calls_total",
    "Requests sent to the platform, retries included, by operation and outcome: ok, or the code of the failure.",
    ["operation", "outcome"],
  );
  const unsent = registry.counter(
    "syndigraph_upstream_unsent_total",
    "Calls to the platform that were not sent, or not retried, by operation and reason: UPSTREAM_UNAVAILABLE (open circuit breaker), OVERLOADED (full queue), UPSTREAM_TIMEOUT (deadline passed).",
    ["operation", "reason"],
  );
  const callSeconds = registry.histogram(
    "syndigraph_upstream_call_duration_seconds",
    "Time from the start of a call to the end of its last try, of calls that were sent.",
    ["operation"],
    CALL_SECONDS,
  );
  const retries = registry.counter(
    "syndigraph_upstream_retries_total",
    "Retries of calls to the platform, by operation.",
    ["operation"],
  );
  const names = registry.histogram(
    "syndigraph_upstream_names_per_call",
    "Streams or tracking ids in one analytics call, which takes up to ten.",
    ["operation"],
    BATCH_SIZES,
  );
  observeProcess(registry, delays);

  return {
    recordCall: ({ operation, durationMs, attempts, outcomes, notSentReason: reason, nameCount: count }) => {
      if (reason !== null) unsent.add({ operation, reason });
      if (attempts === 0) return;
      for (const outcome of outcomes) calls.add({ operation, outcome });
      callSeconds.observe({ operation }, durationMs / 1000);
      if (attempts > 1) retries.add({ operation }, attempts - 1);
      if (count !== null) names.observe({ operation }, count);
    },
    recordRequest: (request, status, durationMs) => {
      const { caller, operation: requested } = request;
      const nameOf = caller?.role === "PARTNER" ? partnerNames : staffNames;
      const operation = requested ? nameOf(requested.name) : "none";
      requests.add({ operation, kind: requested?.kind ?? "none", outcome: outcomeOf(request, status) });
      requestSeconds.observe({ operation }, durationMs / 1000);
      addRuns(request.errors, (code, count) => errors.add({ code }, count));
      for (const source of request.stale) stale.add({ source });
      if (caller && request.points > 0) points.add({ role: caller.role }, request.points);
    },
    observe: (components) => observeComponents(registry, components),
    text: () => registry.text(),
    close: () => {
      delays.disable();
    },
  };
}

/** Adds each run of equal codes as one count: errors of one response mostly have the same code. */
function addRuns(codes: readonly string[], add: (code: string, count: number) => void): void {
  let start = 0;
  codes.forEach((code, index) => {
    if (code === codes[index + 1]) return;
    add(code, index + 1 - start);
    start = index + 1;
  });
}

function outcomeOf({ errors }: RequestRecord, status: number): string {
  if (status >= 500) return "failed";
  if (status >= 400) return "refused";
  return errors.length > 0 ? "partial" : "ok";
}

function observeComponents(registry: MetricsRegistry, components: ObservedComponents): void {
  const { upstream, tokenCache, usageCache, loadShedder, responseCache, dateHeaderClock, unsent } = components;
  registry.observed(
    "gauge",
    "syndigraph_platform_clock_offset_seconds",
    "Seconds by which the platform's clock is ahead of this machine's, measured by several of its responses.",
    () => {
      const { measuredMs } = dateHeaderClock.offset();
      return measuredMs === null ? null : measuredMs / 1000;
    },
  );
  registry.observed(
    "gauge",
    "syndigraph_platform_clock_applied_offset_seconds",
    "Part of that offset that is applied to viewer tokens and usage: 0 beyond MAX_CLOCK_OFFSET_SECONDS.",
    () => dateHeaderClock.offset().appliedMs / 1000,
  );
  registry.observed("gauge", "syndigraph_requests_in_flight", "Requests in flight.", () => loadShedder.inFlight());
  registry.observed(
    "gauge",
    "syndigraph_unsent_bytes",
    "Bytes of responses that are being written or wait for their clients.",
    () => unsent.bytes(),
  );
  registry.observed(
    "gauge",
    "syndigraph_upstream_breaker_state",
    "State of the circuit breaker of this API: 0 closed, 1 half-open (probing), 2 open.",
    () => [...upstream.health().breakers].map(([api, state]) => ({ labels: { api }, value: breakerLevels[state] })),
  );
  registry.observed(
    "gauge",
    "syndigraph_upstream_concurrency_limit",
    "Calls that may be in flight at once; absent until the platform has asked to slow down.",
    () => upstream.health().concurrencyLimit,
  );
  registry.observed(
    "counter",
    "syndigraph_usage_cache_lookups_total",
    "Lookups of the usage cache by result: hit (cached), joined (read already in flight), miss (had to be read).",
    () => {
      const { hits, joined, misses } = usageCache.stats();
      return [
        { labels: { result: "hit" }, value: hits },
        { labels: { result: "joined" }, value: joined },
        { labels: { result: "miss" }, value: misses },
      ];
    },
  );
  registry.observed(
    "counter",
    "syndigraph_usage_cache_stale_total",
    "Cached usage served past its quarter hour, because the platform failed.",
    () => usageCache.stats().stale,
  );
  registry.observed(
    "gauge",
    "syndigraph_usage_cache_bytes",
    "Memory used by the usage cache, estimated.",
    () => usageCache.stats().bytes,
  );
  registry.observed(
    "counter",
    "syndigraph_response_cache_hits_total",
    "Responses served from the response cache, which keeps them for a second.",
    () => responseCache.hits(),
  );
  registry.observed(
    "gauge",
    "syndigraph_token_cache_age_seconds",
    "Time since the token list was last read completely.",
    () => {
      const { ageMs } = tokenCache.stats();
      return ageMs === null ? null : ageMs / 1000;
    },
  );
  if (components.usageCollector) observeCollector(registry, components.usageCollector, components.collectionProblems);
  if (components.usageRollUp) observeRollUp(registry, components.usageRollUp);
  registry.observed("gauge", "syndigraph_tokens", "Tokens of the account, by kind.", () => {
    const { publishTokens, subscribeTokens } = tokenCache.stats();
    return [
      { labels: { kind: "publish" }, value: publishTokens },
      { labels: { kind: "subscribe" }, value: subscribeTokens },
    ];
  });
}

/** Adds the progress of the usage collector, which only the gateway that collects knows. */
function observeCollector(
  registry: MetricsRegistry,
  { stats }: Pick<UsageCollector, "stats">,
  problems: Pick<CollectionProblems, "counts">,
): void {
  registry.observed(
    "gauge",
    "syndigraph_usage_collector_active",
    "Whether this gateway collects usage: 1 for one gateway of a store, otherwise 0.",
    () => (stats().isCollecting ? 1 : 0),
  );
  registry.observed(
    "gauge",
    "syndigraph_usage_collector_series",
    "Series that are collected, by state: collected, or behind while their newest whole hour or day is still to be read.",
    () => {
      const { isCollecting, sources, behind } = stats();
      return isCollecting
        ? [
            { labels: { state: "collected" }, value: sources - behind },
            { labels: { state: "behind" }, value: behind },
          ]
        : null;
    },
  );
  registry.observed(
    "counter",
    "syndigraph_usage_collector_failures_total",
    "Failures of the collector, whose reads are repeated later, by code: see `UsageCollectionProblem.code`.",
    () => [...problems.counts()].map(([code, value]) => ({ labels: { code }, value })),
  );
}

/** Adds what has become of hours that are older than they are kept. */
function observeRollUp(registry: MetricsRegistry, { stats }: Pick<UsageRollUp, "stats">): void {
  registry.observed(
    "counter",
    "syndigraph_usage_rolled_up_days_total",
    "UTC days of series whose hours were replaced by the day, by this gateway.",
    () => stats().rolledUp,
  );
  registry.observed(
    "gauge",
    "syndigraph_usage_hours_kept_days",
    "UTC days of series whose hours are older than KEEP_HOURLY_USAGE_DAYS and still kept, by reason: open (not settled) or different (they contradict their day, or exceed 64 bits together).",
    () => {
      const { open, different } = stats();
      return [
        { labels: { reason: "open" }, value: open },
        { labels: { reason: "different" }, value: different },
      ];
    },
  );
}

function observeProcess(registry: MetricsRegistry, delays: IntervalHistogram): void {
  registry.observed(
    "gauge",
    "syndigraph_event_loop_delay_seconds",
    "Delay of the event loop since the last scrape, by quantile.",
    () => {
      const at = (percentile: number) => Math.max(delays.percentile(percentile) / 1e9 - LOOP_RESOLUTION_MS / 1e3, 0);
      const samples = [50, 90, 99, 100].map((percentile) => ({
        labels: { quantile: String(percentile / 100) },
        value: at(percentile),
      }));
      delays.reset();
      return samples;
    },
  );
  registry.observed("counter", "process_cpu_seconds_total", "CPU time used by the process.", () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  });
  registry.observed("gauge", "process_resident_memory_bytes", "Resident memory of the process.", () =>
    process.memoryUsage.rss(),
  );
  registry.observed(
    "gauge",
    "nodejs_heap_size_used_bytes",
    "Memory used by the JavaScript heap.",
    () => process.memoryUsage().heapUsed,
  );
}
