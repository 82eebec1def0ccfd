import type { IntervalHistogram } from "node:perf_hooks";
import { monitorEventLoopDelay } from "node:perf_hooks";
import type { TokenCache } from "../cache/token-cache.ts";
import type { UsageCache } from "../cache/usage-cache.ts";
import type { UnsentResponses } from "../limits/unsent-responses.ts";
import type { ResponseCache } from "../operation/response-cache.ts";
import type { LoadShedder } from "../scheduling/load-shedder.ts";
import type { PlatformClock } from "../upstream/platform-clock.ts";
import type { CallReport } from "../upstream/transport/http-client.ts";
import type { Upstream } from "../upstream/upstream.ts";
import { createMetricsRegistry } from "./metrics-registry.ts";
import { createOperationNames } from "./operation-names.ts";
import type { RequestRecord } from "./request-record.ts";

/** What Prometheus is told of one gateway. */
export interface Metrics {
  /** A call to the platform has ended. */
  called(report: CallReport): void;
  /** A request has been answered, with this status. */
  answered(request: RequestRecord, status: number, durationMs: number): void;
  /** Tells of these parts as well, as they are whenever the metrics are asked for. */
  watch(parts: ObservedComponents): void;
  /** All of it in the text format of Prometheus. */
  text(): string;
  close(): void;
}

export interface ObservedComponents {
  readonly upstream: Pick<Upstream, "health">;
  readonly tokenCache: Pick<TokenCache, "stats">;
  readonly usageCache: Pick<UsageCache, "stats">;
  readonly loadShedder: Pick<LoadShedder, "inFlight">;
  readonly unsent: Pick<UnsentResponses, "bytes">;
  readonly responseCache: Pick<ResponseCache, "hits">;
  readonly dateHeaderClock: Pick<PlatformClock, "offset">;
}

/** Names of operations with figures of their own: of the broadcaster's own people, and of partners, who can't use up theirs. */
const MAX_NAMES_OF_EACH = 100;
const REQUEST_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const CALL_SECONDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];
const BATCH_SIZES = [1, 2, 4, 6, 8, 9, 10];
const LOOP_WATCHED_EVERY_MS = 20;
const breakerLevels = { CLOSED: 0, HALF_OPEN: 1, OPEN: 2 } as const;

/**
 * Labels are bounded, and hold nothing that anybody made up but the names of operations, of which see `operation-names.ts`:
 * no name of a partner or stream, no tracking id, no token, no key, no address.
 */
export function createMetrics(): Metrics {
  const registry = createMetricsRegistry();
  const ofStaff = createOperationNames(MAX_NAMES_OF_EACH);
  const ofPartners = createOperationNames(MAX_NAMES_OF_EACH);
  // Each look starts a new one, so that a scrape tells of the time since the last.
  const delays = monitorEventLoopDelay({ resolution: LOOP_WATCHED_EVERY_MS });
  delays.enable();

  const requests = registry.counter(
    "syndigraph_requests_total",
    "Requests by operation, kind (query, mutation, none) and outcome: ok, partial (with errors), refused (4xx), failed (5xx).",
    ["operation", "kind", "outcome"],
  );
  const requestSeconds = registry.histogram(
    "syndigraph_request_duration_seconds",
    "From a request's head to its answer.",
    ["operation"],
    REQUEST_SECONDS,
  );
  const errors = registry.counter("syndigraph_errors_total", "Errors in answers, by code.", ["code"]);
  const points = registry.counter("syndigraph_cost_points_total", "Points charged, by the caller's role.", ["role"]);
  const stale = registry.counter(
    "syndigraph_stale_answers_total",
    "Answers with a part past its freshness, because the platform failed, by the part.",
    ["source"],
  );
  const calls = registry.counter(
    "syndigraph_upstream_calls_total",
    "Requests that were sent to the platform, each try counted, by operation and outcome: ok, or the code of the failure.",
    ["operation", "outcome"],
  );
  const unsent = registry.counter(
    "syndigraph_upstream_unsent_total",
    "Calls to the platform that were not sent, or not sent once more, by operation and reason: UPSTREAM_UNAVAILABLE by an open breaker, OVERLOADED by a full queue, UPSTREAM_TIMEOUT by the end of their time.",
    ["operation", "reason"],
  );
  const callSeconds = registry.histogram(
    "syndigraph_upstream_call_duration_seconds",
    "From being asked for to the end of the last try, of calls that were sent.",
    ["operation"],
    CALL_SECONDS,
  );
  const retries = registry.counter(
    "syndigraph_upstream_retries_total",
    "Tries after the first of a call, by operation.",
    ["operation"],
  );
  const names = registry.histogram(
    "syndigraph_upstream_names_per_call",
    "Streams or tracking ids in one call of analytics, which takes ten.",
    ["operation"],
    BATCH_SIZES,
  );
  watchProcess(registry, delays);

  return {
    called: ({ operation, durationMs, tries, outcomes, NEVER_SENT_CODES: reason, names: count }) => {
      if (reason !== null) unsent.add({ operation, reason });
      if (tries === 0) return;
      for (const outcome of outcomes) calls.add({ operation, outcome });
      callSeconds.observe({ operation }, durationMs / 1000);
      if (tries > 1) retries.add({ operation }, tries - 1);
      if (count !== null) names.observe({ operation }, count);
    },
    answered: (request, status, durationMs) => {
      const { caller, asked } = request;
      const nameOf = caller?.role === "PARTNER" ? ofPartners : ofStaff;
      const operation = asked ? nameOf(asked.name) : "none";
      requests.add({ operation, kind: asked?.kind ?? "none", outcome: outcomeOf(request, status) });
      requestSeconds.observe({ operation }, durationMs / 1000);
      addRuns(request.errors, (code, count) => errors.add({ code }, count));
      for (const source of request.stale) stale.add({ source });
      if (caller && request.points > 0) points.add({ role: caller.role }, request.points);
    },
    watch: (parts) => watchParts(registry, parts),
    text: () => registry.text(),
    close: () => {
      delays.disable();
    },
  };
}

/** Adds codes that stand behind one another as one count: errors of a page mostly have one code. */
function addRuns(codes: readonly string[], add: (code: string, count: number) => void): void {
  let begin = 0;
  codes.forEach((code, index) => {
    if (code === codes[index + 1]) return;
    add(code, index + 1 - begin);
    begin = index + 1;
  });
}

function outcomeOf({ errors }: RequestRecord, status: number): string {
  if (status >= 500) return "failed";
  if (status >= 400) return "refused";
  return errors.length > 0 ? "partial" : "ok";
}

type Registry = ReturnType<typeof createMetricsRegistry>;

function watchParts(registry: Registry, parts: ObservedComponents): void {
  const { upstream, tokenCache, usageCache, loadShedder, responseCache, dateHeaderClock, unsent } = parts;
  registry.observed(
    "gauge",
    "syndigraph_platform_clock_offset_seconds",
    "By how much the platform's clock is ahead of this machine's, as several of its answers told.",
    () => {
      const { measuredMs } = dateHeaderClock.offset();
      return measuredMs === null ? null : measuredMs / 1000;
    },
  );
  registry.observed(
    "gauge",
    "syndigraph_platform_clock_applied_offset_seconds",
    "What of that offset counts for viewer tokens and figures: 0 when it is more than MAX_CLOCK_OFFSET_SECONDS.",
    () => dateHeaderClock.offset().appliedMs / 1000,
  );
  registry.observed("gauge", "syndigraph_requests_in_flight", "Requests under way.", () => loadShedder.inFlight());
  registry.observed(
    "gauge",
    "syndigraph_unsent_bytes",
    "Bytes of answers that are being written or wait for their clients.",
    () => unsent.bytes(),
  );
  registry.observed(
    "gauge",
    "syndigraph_upstream_breaker_state",
    "Whether calls of this service are let through: 0 all, 1 one to see whether it is well again, 2 none.",
    () => [...upstream.health().breakers].map(([api, state]) => ({ labels: { api }, value: breakerLevels[state] })),
  );
  registry.observed(
    "gauge",
    "syndigraph_upstream_pace",
    "Calls that may be under way at once; without a limit until the platform has asked to slow down.",
    () => upstream.health().pace,
  );
  registry.observed(
    "counter",
    "syndigraph_figure_cache_lookups_total",
    "Figures asked for: kept ones (hit), ones that were being read already (joined), and ones that had to be read (miss).",
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
    "syndigraph_figure_cache_stale_total",
    "Figures served past their quarter hour, because the platform failed.",
    () => usageCache.stats().stale,
  );
  registry.observed(
    "gauge",
    "syndigraph_figure_cache_bytes",
    "What kept figures take in memory, estimated.",
    () => usageCache.stats().bytes,
  );
  registry.observed(
    "counter",
    "syndigraph_repeated_answers_total",
    "Answers that their caller was given again, as they were within the second before.",
    () => responseCache.hits(),
  );
  registry.observed("gauge", "syndigraph_token_directory_age_seconds", "Since the tokens were last read whole.", () => {
    const { ageMs } = tokenCache.stats();
    return ageMs === null ? null : ageMs / 1000;
  });
  registry.observed("gauge", "syndigraph_tokens", "Tokens of the account, by kind.", () => {
    const { publishTokens, subscribeTokens } = tokenCache.stats();
    return [
      { labels: { kind: "publish" }, value: publishTokens },
      { labels: { kind: "subscribe" }, value: subscribeTokens },
    ];
  });
}

function watchProcess(registry: Registry, delays: IntervalHistogram): void {
  registry.observed(
    "gauge",
    "syndigraph_event_loop_delay_seconds",
    "How late the event loop was since the last look, by quantile.",
    () => {
      const at = (percentile: number) => Math.max(delays.percentile(percentile) / 1e9 - LOOP_WATCHED_EVERY_MS / 1e3, 0);
      const samples = [50, 90, 99, 100].map((percentile) => ({
        labels: { quantile: String(percentile / 100) },
        value: at(percentile),
      }));
      delays.reset();
      return samples;
    },
  );
  registry.observed("counter", "process_cpu_seconds_total", "Processor time of the process.", () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  });
  registry.observed("gauge", "process_resident_memory_bytes", "Memory of the process.", () =>
    process.memoryUsage.rss(),
  );
  registry.observed(
    "gauge",
    "nodejs_heap_size_used_bytes",
    "What of it the heap of JavaScript uses.",
    () => process.memoryUsage().heapUsed,
  );
}
