import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as later } from "node:timers/promises";
import { createYoga } from "graphql-yoga";
import type { Logger } from "pino";
import { type Auth, createAuth } from "./auth/create-auth.ts";
import type { MonotonicClock } from "./auth/credential-cache.ts";
import type { IdentityProviderOptions } from "./auth/identity-provider.ts";
import { createRefusedAttemptLog } from "./auth/refused-attempt-log.ts";
import type { Scope } from "./auth/scopes.ts";
import { createAccountCache, createReadThrough } from "./cache/account-cache.ts";
import { createCacheVersion } from "./cache/cache-version.ts";
import { addFromAnalytics, addFromMonitoring, createDiscoveredNames, discoverNames } from "./cache/discovered-names.ts";
import { createLiveStreamCache } from "./cache/live-stream-cache.ts";
import { createPartnerCache } from "./cache/partner-cache.ts";
import { createPatternReadings } from "./cache/pattern-readings.ts";
import { createStreamCatalog } from "./cache/stream-catalog.ts";
import { createTokenCache } from "./cache/token-cache.ts";
import { createUsageCache } from "./cache/usage-cache.ts";
import type { SharedServices } from "./context.ts";
import { createFastPath, type FastPathRequest, fastPathMediaType } from "./http/fast-path.ts";
import { bodyOfRequest, headOfRequest, toResponse } from "./http/fetch-http.ts";
import type { GraphiQLFiles } from "./http/graphiql/files.ts";
import type { HttpResponse } from "./http/http-message.ts";
import { createIngress } from "./http/ingress.ts";
import { disconnectSignal, isDisconnected, readBody, requestHead, whenTaken } from "./http/node-http.ts";
import { withErrorBoundary } from "./http/plugins/error-boundary.ts";
import { type ServerContext, useAuthentication } from "./http/plugins/use-authentication.ts";
import { useGraphiQL } from "./http/plugins/use-graphiql.ts";
import { type PartState, type Readiness, useHealthCheck } from "./http/plugins/use-health-check.ts";
import { useIngress } from "./http/plugins/use-ingress.ts";
import { useJwks } from "./http/plugins/use-jwks.ts";
import { useMetrics } from "./http/plugins/use-metrics.ts";
import { useOperations } from "./http/plugins/use-operations.ts";
import { useRequestParser } from "./http/plugins/use-request-parser.ts";
import { useRequestTelemetry } from "./http/plugins/use-request-telemetry.ts";
import { createReadBackpressure } from "./http/read-backpressure.ts";
import { createResponseBatcher } from "./http/response-batcher.ts";
import { createSuspensionEnforcer } from "./jobs/enforce-suspension.ts";
import { type Budgets, createCostBudget } from "./limits/cost-budget.ts";
import type { RateLimitPool } from "./limits/rate-limit-pool.ts";
import { createThumbnailLimit } from "./limits/thumbnail-limit.ts";
import { ANONYMOUS, createUnsentResponses, type UnsentLimits, type UnsentResponse } from "./limits/unsent-responses.ts";
import { refreshHotUsage } from "./loaders/usage.ts";
import { ApplicationError } from "./model/errors.ts";
import type { Network } from "./model/network.ts";
import type { Secret } from "./model/secret.ts";
import { createOperationExecutor } from "./operation/execute-operation.ts";
import { createErrors } from "./operation/mask-error.ts";
import { createResponseCache } from "./operation/response-cache.ts";
import { createScheduling, type Scheduling } from "./scheduling/scheduling.ts";
import { encodeGlobalId } from "./schema/global-id.ts";
import { disableOfInactive } from "./schema/partner/partner-active.ts";
import { createSchema } from "./schema/schema.ts";
import { createIdempotencyStore } from "./store/idempotency.ts";
import { createPartnerWork } from "./store/partner-work.ts";
import type { Store } from "./store/store.ts";
import { createMetrics } from "./telemetry/metrics.ts";
import { createRequestLog } from "./telemetry/request-log.ts";
import { createRequestObserver } from "./telemetry/request-observer.ts";
import type { Tracing } from "./telemetry/tracing.ts";
import { type Clock, createPlatformClock, type PlatformClock } from "./upstream/platform-clock.ts";
import type { CallReport } from "./upstream/transport/http-client.ts";
import { createUpstream, type UpstreamOptions } from "./upstream/upstream.ts";

export interface GatewayOptions {
  /** Stays open when the gateway closes: it is of whoever opened it. */
  readonly store: Store;
  readonly upstream: Pick<
    UpstreamOptions,
    "apiUrl" | "analyticsUrl" | "secret" | "conference" | "timeoutMs" | "timing"
  >;
  readonly directorUrl: string;
  readonly operatorKey: Secret;
  readonly operatorScopes: readonly Scope[];
  /** Who signs our sessions: `iss` of them. All gateways of one store have the same. */
  readonly issuer: string;
  /** Who knows the broadcaster's own people; null for none. */
  readonly identityProvider: IdentityProviderOptions | null;
  /** The names that the gateway is called by, without ports; null for any. */
  readonly allowedHosts: readonly string[] | null;
  /** Whose pages may read answers: `https://app.example.com`, `https://*.example.com`. */
  readonly allowedOrigins: readonly string[];
  readonly budgets: Budgets;
  /** Where several gateways count what callers spend; null to count in memory. Stays open when the gateway closes. */
  readonly counters: RateLimitPool | null;
  /** Beyond so many requests at once, more are turned away. */
  readonly maxRequestsInFlight: number;
  /** How much of answers may be in memory. */
  readonly unsent: UnsentLimits;
  /** A client that takes nothing of its answer for so long is cut off. */
  readonly stalledMs?: number;
  /** Proxies of ours, which tell by `X-Forwarded-For` who called them. */
  readonly trustedProxies: readonly Network[];
  /** How long counts of attempts that were refused for lack of a right are kept, in milliseconds. */
  readonly refusedAttemptRetentionMs: number;
  readonly tokenRefreshMs: number;
  /** Whether usable tokens of suspended and retired partners are disabled after the token list was read; no by default. */
  readonly enforceSuspension?: boolean;
  /** What figures may take in memory, in bytes; 0 keeps none beyond their request. */
  readonly usageCacheBytes: number;
  /** The longest that the platform is taken to lag behind the quarter hour with its figures, in milliseconds. */
  readonly usageLagMs: number;
  readonly logger: Logger;
  /** A request that takes longer is a warning of the log. */
  readonly slowRequestMs: number;
  /** Told of requests, operations and calls for OpenTelemetry; null, or left out, for no traces. */
  readonly tracing?: Tracing | null;
  /** GraphiQL's files; null for no GraphiQL. */
  readonly graphiql: GraphiQLFiles | null;
  /** This gateway's own time; that of the machine by default. */
  readonly clock?: Clock;
  /** The platform's time. By default it is `clock` where that is given, and otherwise told by the platform's answers. */
  readonly platformClock?: Clock | "TOLD";
  /** Most by which the time that answers tell may differ from our own and still count, in milliseconds; 5 minutes by default. */
  readonly maxClockOffsetMs?: number;
  /** A clock that only goes forward, by which is measured how long to remember; the process's own when it is left out. */
  readonly elapsed?: MonotonicClock;
  /** Queues of this gateway; created by default. */
  readonly scheduling?: Scheduling;
}

/** The gateway without a port: requests in, answers out. */
export interface Gateway {
  /** Answers a request of the fetch API. `peer` is the address that it comes from. */
  fetch(request: Request, peer?: string): Promise<Response>;
  /** Answers a request of node:http. */
  handle(request: IncomingMessage, response: ServerResponse): void;
  /** Counts a new connection of the port that serves {@link handle}. */
  noteConnection(): void;
  /** Reads ahead what every query needs, and begins to look for names in traffic. Requests need not wait for it. */
  start(): Promise<void>;
  /** Says by its readiness that it is about to end: whoever distributes requests gives it no more. */
  leave(): void;
  /** Ends what runs in the background and closes the connections to the platform. */
  close(): Promise<void>;
}

/** Most by which the platform's clock may differ from our own and still count. */
const MAX_CLOCK_OFFSET_MS = 300_000;
/** How long an answer of the platform proves that it is there and takes our secret. */
const READINESS_KEPT_MS = 30_000;
/** The reads of a query, one behind the other, may together take as long as so many of the slowest calls: 5 seconds by default. */
const CALL_TIMES_PER_QUERY = 1.25;
/** Streams are looked for in traffic this often. */
const SWEEP_EVERY_MS = 3_600_000;
/** How long an answer of the store proves that it is there. */
const STORE_KEPT_MS = 5_000;
/** So long a client may take nothing of its answer. */
const STALLED_MS = 30_000;
const LEAVING: Readiness = { isReady: false, reason: "LEAVING" };
/** Figures that have run out at the quarter hour are read ahead within this time. */
const REFRESH_EVERY_MS = 5_000;

/** Joins all parts into a gateway; opens no port. */
export function createGateway(options: GatewayOptions): Gateway {
  const { logger, tracing = null, stalledMs = STALLED_MS } = options;
  const unsent = createUnsentResponses(options.unsent);
  const onInternalError = (error: unknown) => logger.error({ err: error }, "a fault of the gateway");
  const metrics = createMetrics();
  const onCall = (report: CallReport) => {
    metrics.called(report);
    tracing?.called(report);
  };
  const { auth, ...parts } = createServices(options, onCall);
  const { scheduling = createScheduling(options) } = options;
  const { loadShedder: load } = scheduling;
  const enqueueResponse = createResponseBatcher(createReadBackpressure(scheduling.arrivals));
  const responseCache = createResponseCache({
    isKeeping: options.usageCacheBytes > 0,
    known: createCacheVersion(parts),
    figures: parts.usageCache,
    clock: parts.platformClock,
    lagMs: options.usageLagMs,
  });
  metrics.watch({ ...parts, loadShedder: load, responseCache, unsent });
  const requests = createRequestObserver(metrics, createRequestLog(logger, options.slowRequestMs), tracing);
  const errors = createErrors(onInternalError);
  const untraced = createOperationExecutor({
    schema: createSchema(),
    parts,
    budget: createCostBudget(options.budgets, parts.clock, options.counters),
    errors,
    responseCache,
    unsent,
    ...(tracing && { bind: tracing.bind }),
    scheduling,
    queryDeadlineMs: CALL_TIMES_PER_QUERY * options.upstream.timeoutMs,
  });
  const operations = tracing ? tracing.operations(untraced) : untraced;
  const readiness = createReadiness(parts, onInternalError, options.elapsed);
  let isLeaving = false;
  const front = createIngress({ ...options, authenticate: auth.authenticate, unsent });
  const answerPlainly = createFastPath({
    ingress: front,
    operations,
    requests,
    errors,
    onInternalError,
    clock: parts.clock,
  });
  const yoga = createYoga<ServerContext>({
    graphqlEndpoint: "/graphql",
    graphiql: false,
    landingPage: false,
    cors: false,
    multipart: false,
    batching: false,
    // Our own reader counts.
    maxRequestBodySize: false,
    parserAndValidationCache: false,
    // Yoga's own check answers any address that ends so, with any method: no address ends with a line feed.
    healthCheckEndpoint: "\n",
    logging: false,
    maskedErrors: { maskError: errors.mask },
    plugins: [
      ...withErrorBoundary(
        [
          useRequestTelemetry(requests),
          useHealthCheck(async () => (isLeaving ? LEAVING : readiness())),
          useIngress(front),
          useJwks(auth.signingKeys),
          ...(options.graphiql === null ? [] : [useGraphiQL(options.graphiql, parts.platformClock)]),
          useAuthentication(front),
          useMetrics(metrics),
          useRequestParser(),
        ],
        onInternalError,
      ),
      useOperations(operations, parts.clock),
    ],
  });

  const background: NodeJS.Timeout[] = [];
  let position = 0;
  const sweep = async () => {
    try {
      position = await discoverNames(
        { ...parts, analytics: parts.upstream.analytics },
        parts.discoveredNames,
        parts.platformClock(),
        position,
      );
    } catch (error) {
      logger.warn({ err: error }, "traffic was not searched for streams");
    }
  };

  return {
    fetch: async (request, peer) => {
      const head = headOfRequest(request, peer);
      const isTaken = load.tryAcquire(null);
      try {
        const mediaType = fastPathMediaType(head);
        if (!mediaType) return await yoga.fetch(request, { head, isOverloaded: !isTaken });
        const plain: FastPathRequest = {
          head,
          mediaType,
          readBody: (taken, failed) => void bodyOfRequest(request).then(taken, failed),
          signal: () => request.signal,
          isDisconnected: () => request.signal.aborted,
        };
        return toResponse(
          Response,
          await new Promise<HttpResponse>((resolve) => answerPlainly(plain, !isTaken, resolve)),
        );
      } finally {
        if (isTaken) load.release();
      }
    },
    handle: (request, response) => {
      const isTaken = load.tryAcquire(request.socket);
      let isUnderWay = isTaken;
      const ended = () => {
        if (isUnderWay) load.release();
        isUnderWay = false;
      };
      const head = requestHead(request);
      const mediaType = fastPathMediaType(head);
      const sent = (callerId: string, over: () => void) => {
        let waiting: UnsentResponse | null = null;
        const wait = (bytes: number) => {
          waiting = unsent.track(callerId);
          waiting.waiting(bytes);
        };
        whenTaken(request.socket, response, stalledMs, wait, () => {
          waiting?.end();
          over();
        });
      };
      if (!mediaType) {
        // Yoga waits until its client has taken all, and for ever where the client leaves before: the work is over when there
        // is an answer.
        response.once("close", ended);
        const context: ServerContext = {
          head,
          isOverloaded: !isTaken,
          answered: () => {
            ended();
            // It is with the connection in the next turn of the event loop.
            setImmediate(() => sent(context.caller?.principalId ?? ANONYMOUS, () => undefined));
          },
        };
        Promise.resolve(yoga(request, response, context))
          .catch(() => response.destroy())
          .finally(ended);
        return;
      }
      const plain: FastPathRequest = {
        head,
        mediaType,
        readBody: (taken, failed) => readBody(request, taken, failed),
        signal: () => disconnectSignal(response),
        isDisconnected: () => isDisconnected(response),
      };
      answerPlainly(plain, !isTaken, (answer, callerId) => {
        enqueueResponse(response, answer, () => sent(callerId ?? ANONYMOUS, ended));
      });
    },
    noteConnection: scheduling.arrivals.note,
    start: async () => {
      background.push(setInterval(sweep, SWEEP_EVERY_MS).unref());
      background.push(
        setInterval(() => void refreshHotUsage(parts.usageCache, parts.upstream.analytics), REFRESH_EVERY_MS).unref(),
      );
      if (options.enforceSuspension) {
        const refresh = () => parts.tokenCache.refresh().catch(() => undefined);
        background.push(setInterval(refresh, Math.max(options.tokenRefreshMs, 1_000)).unref());
      }
      await Promise.allSettled([parts.tokenCache.read(), parts.account.id(), parts.account.clusters()]);
      await sweep();
      logger.debug("what queries need was read");
    },
    leave: () => {
      isLeaving = true;
    },
    close: async () => {
      for (const timer of background) clearInterval(timer);
      metrics.close();
      await yoga.dispose();
      await auth.close();
      await parts.upstream.close();
    },
  };
}

/** The parts that requests share, and what finds out who calls. `onCall` is told of each call to the platform. */
export function createServices(
  options: GatewayOptions,
  onCall?: UpstreamOptions["onCall"],
): SharedServices & { readonly auth: Auth; readonly dateHeaderClock: PlatformClock } {
  const { logger, store, clock = Date.now, elapsed = () => performance.now() } = options;
  const dateHeaderClock = createPlatformClock({
    machine: clock,
    maxOffsetMs: options.maxClockOffsetMs ?? MAX_CLOCK_OFFSET_MS,
    onTooFar: (offsetMs) =>
      logger.warn(
        { offsetSeconds: Math.round(offsetMs / 1000) },
        "the platform's clock differs too much from this machine's to go by it: set the machine's clock, or MAX_CLOCK_OFFSET_SECONDS",
      ),
  });
  const { platformClock: given = options.clock ?? "TOLD" } = options;
  const platformClock = given === "TOLD" ? dateHeaderClock.now : given;
  const discoveredNames = createDiscoveredNames();
  const clients = createUpstream({ ...options.upstream, onDate: dateHeaderClock.observe, ...(onCall && { onCall }) });
  const upstream = {
    ...clients,
    analytics: addFromAnalytics(clients.analytics, discoveredNames),
    monitoring: addFromMonitoring(clients.monitoring, discoveredNames),
  };
  const patternReadings = createPatternReadings(store.patternCoverages);
  const partnerCache = createPartnerCache(store.partners, elapsed);
  const auth = createAuth({
    ...options,
    partners: partnerCache,
    secret: options.upstream.secret,
    now: clock,
    elapsed,
  });
  let refreshed: () => void = () => undefined;
  const parts = {
    auth,
    sessions: auth.sessions,
    store,
    refusals: createRefusedAttemptLog({ store, retentionMs: options.refusedAttemptRetentionMs, now: clock }),
    thumbnailLimit: createThumbnailLimit(options.counters),
    upstream,
    discoveredNames,
    patternReadings,
    usageCache: createUsageCache({
      maxBytes: options.usageCacheBytes,
      now: platformClock,
      elapsed,
      isAbandoned: () => upstream.isAbandoned("Analytics"),
      lagMs: options.usageLagMs,
    }),
    clock,
    platformClock,
    spanOnPlatform:
      given === "TOLD"
        ? dateHeaderClock.span
        : (begunAt: number) => ({ begunAt: begunAt + given() - clock(), now: given() }),
    dateHeaderClock,
    usageLagMs: options.usageLagMs,
    directorUrl: options.directorUrl,
    streamCatalog: createStreamCatalog(discoveredNames),
    partnerCache,
    liveStreamCache: createLiveStreamCache(upstream.monitoring, elapsed),
    account: createAccountCache(upstream.account, upstream.clusters, elapsed),
    idempotency: createIdempotencyStore(options.store.idempotencyKeys, clock, elapsed),
    partnerWork: createPartnerWork(store.partnerLeases, clock, (ms) => later(ms)),
    tokenCache: createTokenCache({
      publishTokens: upstream.publishTokens,
      subscribeTokens: upstream.subscribeTokens,
      refreshAfterMs: options.tokenRefreshMs,
      staleAfterMs: 20 * options.tokenRefreshMs,
      patternReadings,
      monotonicMs: elapsed,
      onRefreshed: () => refreshed(),
      onRefreshFailure: (error) => logger.warn({ err: error }, "the token list was not read again"),
    }),
  };
  if (options.enforceSuspension) {
    refreshed = createSuspensionEnforcer({
      ...parts,
      logger,
      globalIdOf: (tokenId) => encodeGlobalId("SubscribeToken", tokenId),
      disableToken: async (token) => (await disableOfInactive(token, true, parts)) !== null,
    });
  }
  return parts;
}

/** Ready while the platform answers with our secret; while it does, it is asked at most every half minute. */
function createReadiness(
  { upstream, tokenCache, store }: SharedServices,
  onInternalError: (error: unknown) => void,
  elapsed?: MonotonicClock,
): () => Promise<Readiness> {
  const ask = () => Promise.all([upstream.account.id(), tokenCache.read()]);
  const checkPlatform = createReadThrough(ask, { ttlMs: READINESS_KEPT_MS, onRefreshError: "FAIL", elapsed });
  const checkStore = createReadThrough(() => store.partners.version(), {
    ttlMs: STORE_KEPT_MS,
    onRefreshError: "FAIL",
    elapsed,
  });
  return async () => {
    const [platform, kept] = await Promise.allSettled([checkPlatform(), checkStore()]);
    for (const part of [platform, kept]) {
      if (part.status === "rejected" && !(part.reason instanceof ApplicationError)) onInternalError(part.reason);
    }
    const parts = { platform: stateOf(platform), store: stateOf(kept) };
    // Without the store the operator and people of the identity provider are known and answered all the same.
    if (platform.status === "fulfilled") return { isReady: true, parts };
    const { reason } = platform;
    return {
      isReady: false,
      reason: reason instanceof ApplicationError ? reason.code : "INTERNAL_SERVER_ERROR",
      parts,
    };
  };
}

function stateOf({ status }: PromiseSettledResult<unknown>): PartState {
  return status === "fulfilled" ? "UP" : "DOWN";
}
