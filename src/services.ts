import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "pino";
import { type Auth, createAuth } from "./auth/create-auth.ts";
import type { IdentityProviderOptions } from "./auth/identity-provider.ts";
import { createRefusedAttemptLog } from "./auth/refused-attempt-log.ts";
import type { Scope } from "./auth/scopes.ts";
import { createAccountCache } from "./cache/account-cache.ts";
import { addFromAnalytics, addFromMonitoring, createDiscoveredNames } from "./cache/discovered-names.ts";
import { createLiveStreamCache } from "./cache/live-stream-cache.ts";
import { createPartnerCache } from "./cache/partner-cache.ts";
import { createPartnerTokens } from "./cache/partner-tokens.ts";
import { createPatternReadings } from "./cache/pattern-readings.ts";
import { createStreamCatalog } from "./cache/stream-catalog.ts";
import { createTokenCache } from "./cache/token-cache.ts";
import { createUsageCache } from "./cache/usage-cache.ts";
import type { SharedServices } from "./context.ts";
import { createSuspensionEnforcer } from "./jobs/enforce-suspension.ts";
import type { RateLimitPool } from "./limits/rate-limit-pool.ts";
import { createThumbnailLimit } from "./limits/thumbnail-limit.ts";
import type { Secret } from "./model/secret.ts";
import { createCollectionProblems } from "./model/usage/collection-problems.ts";
import { type Clock, type MonotonicClock, processClock } from "./primitives/clock.ts";
import { createScheduling, type Scheduling } from "./scheduling/scheduling.ts";
import { encodeGlobalId } from "./schema/global-id.ts";
import { disableOfInactive } from "./schema/partner/partner-active.ts";
import { createIdempotencyStore } from "./store/idempotency.ts";
import { createPartnerWork } from "./store/partner-work.ts";
import type { Store } from "./store/store.ts";
import { createPlatformClock, type PlatformClock } from "./upstream/platform-clock.ts";
import { createUpstream, type UpstreamOptions } from "./upstream/upstream.ts";

export interface ServiceOptions {
  /** Belongs to the caller, and stays open when the gateway closes. */
  readonly store: Store;
  readonly upstream: Pick<
    UpstreamOptions,
    "apiUrl" | "analyticsUrl" | "secret" | "conference" | "proxy" | "timeoutMs" | "connectTimeoutMs" | "timing"
  >;
  readonly directorUrl: string;
  readonly operatorKey: Secret;
  readonly operatorScopes: readonly Scope[];
  /** Issuer of the sessions that the gateway signs, as `iss`: the same for all gateways of one store. */
  readonly issuer: string;
  /** Authenticates the broadcaster's own people; null for none. */
  readonly identityProvider: IdentityProviderOptions | null;
  /** Counts limits for several gateways together; null to count in memory. Stays open when the gateway closes. */
  readonly rateLimitPool: RateLimitPool | null;
  readonly maxRequestsInFlight: number;
  /** Time for which counts of attempts without the needed scope are kept, in milliseconds. */
  readonly refusedAttemptRetentionMs: number;
  readonly tokenRefreshMs: number;
  /** Whether usable tokens of suspended and retired partners are disabled after each reading of the token list; false by default. */
  readonly enforceSuspension?: boolean;
  /** Memory for cached usage, in bytes; 0 caches none beyond its request. */
  readonly usageCacheBytes: number;
  /** Longest delay after a quarter hour before the platform has published its usage, in milliseconds. */
  readonly usageLagMs: number;
  /** Days for which collected usage is kept by the hour; null, the default, for no limit. */
  readonly hoursKeptDays?: number | null;
  readonly logger: Logger;
  /** The gateway's own time; the machine's by default. */
  readonly clock?: Clock;
  /** The platform's time. By default `clock` where that is given, otherwise measured by the platform's `Date` headers. */
  readonly platformClock?: Clock | "MEASURED";
  /** Largest measured difference between the platform's time and our own that is applied, in milliseconds; 5 minutes by default. */
  readonly maxClockOffsetMs?: number;
  /** Monotonic time that measures the age of cached values; the process's by default. */
  readonly monotonicMs?: MonotonicClock;
  /** Queues of this gateway; created by default. */
  readonly scheduling?: Scheduling;
}

/** All that the requests of one gateway share. */
export interface Services extends SharedServices {
  readonly auth: Auth;
  readonly dateHeaderClock: PlatformClock;
  readonly scheduling: Scheduling;
}

const MAX_CLOCK_OFFSET_MS = 300_000;

/**
 * Creates what requests share; connects to nothing yet.
 *
 * @param onCall called after each call to the platform
 */
export function createServices(options: ServiceOptions, onCall?: UpstreamOptions["onCall"]): Services {
  const { logger, store, clock = Date.now, monotonicMs = processClock } = options;
  const dateHeaderClock = createPlatformClock({
    machine: clock,
    maxOffsetMs: options.maxClockOffsetMs ?? MAX_CLOCK_OFFSET_MS,
    onTooFar: (offsetMs) =>
      logger.warn(
        { offsetSeconds: Math.round(offsetMs / 1000) },
        "the platform's clock differs too much from this machine's and is not applied: set the machine's clock, or MAX_CLOCK_OFFSET_SECONDS",
      ),
  });
  const { platformClock: configured = options.clock ?? "MEASURED" } = options;
  const platformClock = configured === "MEASURED" ? dateHeaderClock.now : configured;
  const discoveredNames = createDiscoveredNames();
  const scheduling = options.scheduling ?? createScheduling({ maxRequestsInFlight: options.maxRequestsInFlight });
  const clients = createUpstream({
    ...options.upstream,
    onePerTurn: scheduling.onePerTurn,
    onDate: dateHeaderClock.observe,
    ...(onCall && { onCall }),
  });
  const upstream = {
    ...clients,
    analytics: addFromAnalytics(clients.analytics, discoveredNames),
    monitoring: addFromMonitoring(clients.monitoring, discoveredNames),
  };
  const patternReadings = createPatternReadings(store.patternCoverages);
  const partnerCache = createPartnerCache(store.partners, monotonicMs);
  const auth = createAuth({
    ...options,
    partners: partnerCache,
    secret: options.upstream.secret,
    now: clock,
    monotonicMs,
  });
  let onTokensRead: () => void = () => undefined;
  const services: Services = {
    auth,
    sessions: auth.sessions,
    scheduling,
    store,
    refusals: createRefusedAttemptLog({ store, retentionMs: options.refusedAttemptRetentionMs, now: clock }),
    thumbnailLimit: createThumbnailLimit(options.rateLimitPool),
    upstream,
    discoveredNames,
    patternReadings,
    usageCache: createUsageCache({
      maxBytes: options.usageCacheBytes,
      now: platformClock,
      monotonicMs,
      isAbandoned: () => upstream.isAbandoned("Analytics"),
      lagMs: options.usageLagMs,
    }),
    clock,
    platformClock,
    collectionProblems: createCollectionProblems(),
    spanOnPlatform:
      configured === "MEASURED"
        ? dateHeaderClock.span
        : (begunAt: number) => ({ begunAt: begunAt + configured() - clock(), now: configured() }),
    dateHeaderClock,
    usageLagMs: options.usageLagMs,
    hoursKeptDays: options.hoursKeptDays ?? null,
    directorUrl: options.directorUrl,
    streamCatalog: createStreamCatalog(discoveredNames),
    partnerCache,
    partnerTokens: createPartnerTokens(patternReadings),
    liveStreamCache: createLiveStreamCache(upstream.monitoring, monotonicMs),
    account: createAccountCache(upstream.account, upstream.clusters, monotonicMs),
    idempotency: createIdempotencyStore(store.idempotencyKeys, clock, monotonicMs),
    partnerWork: createPartnerWork(store.partnerLeases, clock, (ms) => delay(ms)),
    tokenCache: createTokenCache({
      publishTokens: upstream.publishTokens,
      subscribeTokens: upstream.subscribeTokens,
      refreshAfterMs: options.tokenRefreshMs,
      staleAfterMs: 20 * options.tokenRefreshMs,
      patternReadings,
      monotonicMs,
      onRefreshed: () => onTokensRead(),
      onRefreshFailure: (error) => logger.warn({ err: error }, "the token list could not be refreshed"),
    }),
  };
  if (options.enforceSuspension) {
    onTokensRead = createSuspensionEnforcer({
      ...services,
      logger,
      globalIdOf: (tokenId) => encodeGlobalId("SubscribeToken", tokenId),
      disableToken: async (token) => (await disableOfInactive(token, true, services)) !== null,
    });
  }
  return services;
}
