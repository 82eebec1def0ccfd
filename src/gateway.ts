import { randomUUID } from "node:crypto";
import type { GraphQLSchema } from "graphql";
import { createYoga } from "graphql-yoga";
import { createCacheVersion } from "./cache/cache-version.ts";
import { createContexts } from "./context.ts";
import type { EngineName } from "./engine/engine.ts";
import { createCompression } from "./http/compression.ts";
import { createExports } from "./http/exports/exports.ts";
import { createFastPath } from "./http/fast-path.ts";
import type { GraphiQLFiles } from "./http/graphiql/files.ts";
import { createIngress } from "./http/ingress.ts";
import { withErrorBoundary } from "./http/plugins/error-boundary.ts";
import { useArchiveTransfer } from "./http/plugins/use-archive-transfer.ts";
import { useAuthentication } from "./http/plugins/use-authentication.ts";
import { useCompression } from "./http/plugins/use-compression.ts";
import { useExports } from "./http/plugins/use-exports.ts";
import { useGraphiQL } from "./http/plugins/use-graphiql.ts";
import { useHealthCheck } from "./http/plugins/use-health-check.ts";
import { useIngress } from "./http/plugins/use-ingress.ts";
import { useJwks } from "./http/plugins/use-jwks.ts";
import { useMetrics } from "./http/plugins/use-metrics.ts";
import { useOperations } from "./http/plugins/use-operations.ts";
import { useRequestParser } from "./http/plugins/use-request-parser.ts";
import { useRequestTelemetry } from "./http/plugins/use-request-telemetry.ts";
import { createReadBackpressure } from "./http/read-backpressure.ts";
import { createReadiness, SHUTTING_DOWN } from "./http/readiness.ts";
import { createRequestHandler, type RequestHandler } from "./http/request-handler.ts";
import { createResponseBatcher } from "./http/response-batcher.ts";
import type { ServerContext } from "./http/server-context.ts";
import { createAttendanceCollector } from "./jobs/collect-attendance.ts";
import { createUsageCollector } from "./jobs/collect-usage.ts";
import { createUsageRollUp } from "./jobs/roll-up-usage.ts";
import { createJobScheduler } from "./jobs/scheduler.ts";
import { type Budgets, createCostBudget } from "./limits/cost-budget.ts";
import { createExportSlots } from "./limits/export-slots.ts";
import { createUnsentResponses, type UnsentLimits } from "./limits/unsent-responses.ts";
import type { Network } from "./model/network.ts";
import { createOperationExecutor } from "./operation/execute-operation.ts";
import { createErrors } from "./operation/mask-error.ts";
import { createResponseCache } from "./operation/response-cache.ts";
import { traceOperations } from "./operation/trace-operations.ts";
import { createSchema } from "./schema/schema.ts";
import { createServices, type ServiceOptions } from "./services.ts";
import { createMetrics } from "./telemetry/metrics.ts";
import { createRequestLog } from "./telemetry/request-log.ts";
import { createRequestObserver } from "./telemetry/request-observer.ts";
import type { Tracing } from "./telemetry/tracing.ts";
import type { CallReport } from "./upstream/transport/http-types.ts";

export interface GatewayOptions extends ServiceOptions {
  /** Host names of the gateway, without ports; null for any. */
  readonly allowedHosts: readonly string[] | null;
  /** Origins whose pages may read responses, such as `https://app.example.com` or `https://*.example.com`. */
  readonly allowedOrigins: readonly string[];
  /** Further request headers that these pages may send; none by default. */
  readonly allowedHeaders?: readonly string[];
  readonly budgets: Budgets;
  readonly unsent: UnsentLimits;
  /** Time after which a client that receives nothing of its response is disconnected, in milliseconds; 30 seconds by default. */
  readonly stalledMs?: number;
  /** Networks of proxies whose `X-Forwarded-For` is trusted. */
  readonly trustedProxies: readonly Network[];
  /** Duration from which a request is logged as a warning, in milliseconds. */
  readonly slowRequestMs: number;
  /** Whether the platform's usage is copied into the archive of the store; false by default. */
  readonly collectUsage?: boolean;
  /** Receives requests, operations and calls for OpenTelemetry; null by default, for no traces. */
  readonly tracing?: Tracing | null;
  /** Which engine executes operations; `planned` by default. */
  readonly engine?: EngineName;
  /** The graph; that of `schema/` by default. */
  readonly schema?: GraphQLSchema;
  /** Null for no GraphiQL. */
  readonly graphiql: GraphiQLFiles | null;
}

/** The gateway, without a port of its own. */
export interface Gateway extends RequestHandler {
  /** Counts a new connection of the port that serves {@link handle}. */
  noteConnection(): void;
  /** Reads what every query needs, and starts the jobs. Requests need not wait for it. */
  start(): Promise<void>;
  /** Makes readiness fail from now on, so that load balancers send requests elsewhere. */
  advertiseShutdown(): void;
  /** Stops the jobs and closes the connections to the platform. */
  close(): Promise<void>;
}

const DEFAULT_STALLED_MS = 30_000;
/** Time that all reads of one query may take, as a multiple of the time-out of one call. */
const QUERY_DEADLINE_FACTOR = 1.25;

/** Creates a gateway of its services, HTTP and jobs; opens no port. */
export function createGateway(options: GatewayOptions): Gateway {
  const { logger, tracing = null, stalledMs = DEFAULT_STALLED_MS } = options;
  const onInternalError = (error: unknown) => logger.error({ err: error }, "unhandled error");
  const metrics = createMetrics();
  const services = createServices(options, (report: CallReport) => {
    metrics.recordCall(report);
    tracing?.recordCall(report);
  });
  const { auth, scheduling, dateHeaderClock, ...parts } = services;
  const unsent = createUnsentResponses(options.unsent);
  const responseCache = createResponseCache({
    isEnabled: options.usageCacheBytes > 0,
    version: createCacheVersion(parts),
    usageCache: parts.usageCache,
    clock: parts.platformClock,
    lagMs: options.usageLagMs,
  });
  const usageCollector = options.collectUsage
    ? createUsageCollector({
        ...parts,
        analytics: parts.upstream.bulkAnalytics,
        gatewayId: randomUUID(),
        timing: options.upstream.timing,
        logger,
      })
    : null;
  const usageRollUp = usageCollector && createUsageRollUp({ ...parts, collector: usageCollector, logger });
  const attendanceCollector = options.collectUsage
    ? createAttendanceCollector({
        ...parts,
        viewerRecords: parts.upstream.viewerRecords,
        gatewayId: randomUUID(),
        logger,
      })
    : null;
  metrics.observe({
    ...parts,
    usageCollector,
    usageRollUp,
    dateHeaderClock,
    loadShedder: scheduling.loadShedder,
    responseCache,
    unsent,
  });
  const requests = createRequestObserver(metrics, createRequestLog(logger, options.slowRequestMs), tracing);
  const errors = createErrors(onInternalError);
  const { schema = createSchema() } = options;
  const budget = createCostBudget(options.budgets, parts.clock, options.rateLimitPool);
  const untraced = createOperationExecutor({
    schema,
    engine: options.engine,
    parts,
    budget,
    errors,
    responseCache,
    unsent,
    ...(tracing && { bind: tracing.bind }),
    scheduling,
    queryDeadlineMs: QUERY_DEADLINE_FACTOR * options.upstream.timeoutMs,
  });
  const operations = tracing ? traceOperations(untraced, tracing) : untraced;
  const ingress = createIngress({ ...options, authenticate: auth.authenticate, unsent });
  const exports = createExports({
    createContext: createContexts(parts),
    budget,
    clock: parts.clock,
    errors,
    slots: createExportSlots(),
    stalledMs,
  });
  const checkReadiness = createReadiness(parts, onInternalError, options.monotonicMs);
  let isShuttingDown = false;
  const compress = createCompression(unsent);
  const yoga = createYoga<ServerContext>({
    schema,
    graphqlEndpoint: "/graphql",
    graphiql: false,
    landingPage: false,
    cors: false,
    multipart: false,
    batching: false,
    // The request parser limits it.
    maxRequestBodySize: false,
    parserAndValidationCache: false,
    // Yoga's own check answers every URL that ends with this, by any method; no URL ends with a line feed.
    healthCheckEndpoint: "\n",
    logging: false,
    maskedErrors: { maskError: errors.mask },
    plugins: [
      ...withErrorBoundary(
        [
          useCompression(compress),
          useRequestTelemetry(requests),
          useHealthCheck(async () => (isShuttingDown ? SHUTTING_DOWN : checkReadiness())),
          useIngress(ingress),
          useJwks(auth.signingKeys),
          ...(options.graphiql === null ? [] : [useGraphiQL(options.graphiql, parts.platformClock)]),
          useAuthentication(ingress),
          useMetrics(metrics),
          useExports(exports),
          useArchiveTransfer(parts),
          useRequestParser(),
        ],
        onInternalError,
      ),
      useOperations(operations, errors, parts.clock),
    ],
  });
  const handler = createRequestHandler({
    fastPath: createFastPath({
      ingress,
      operations,
      requests,
      errors,
      onInternalError,
      clock: parts.clock,
      fetchAPI: yoga.fetchAPI,
    }),
    yoga,
    loadShedder: scheduling.loadShedder,
    unsent,
    compress,
    enqueueResponse: createResponseBatcher(createReadBackpressure(scheduling.arrivals)),
    stalledMs,
  });
  const jobs = createJobScheduler({ ...parts, usageCollector, usageRollUp, attendanceCollector }, options);

  return {
    ...handler,
    noteConnection: scheduling.arrivals.note,
    start: jobs.start,
    advertiseShutdown: () => {
      isShuttingDown = true;
    },
    close: async () => {
      await jobs.stop();
      await exports.close();
      metrics.close();
      await yoga.dispose();
      await auth.close();
      await parts.upstream.close();
    },
  };
}
