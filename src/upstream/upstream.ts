import type { Secret } from "../model/secret.ts";
import type { TaskQueue } from "../scheduling/task-queue.ts";
import { type Account, createAccount } from "./account.ts";
import { type Analytics, createAnalytics } from "./analytics.ts";
import { createBulkAnalytics } from "./bulk-analytics.ts";
import { type Clusters, createClusters } from "./clusters.ts";
import { type Conference, type ConferenceApp, conferenceFormat, createConference } from "./conference.ts";
import { createMediaAssets, type MediaAssets } from "./media-assets.ts";
import { createMediaDistributions, type MediaDistributions } from "./media-distributions.ts";
import { createMediaExpiryRules, type MediaExpiryRules } from "./media-expiry.ts";
import { createMeters, type Meters } from "./meters.ts";
import { createMonitoring, type Monitoring } from "./monitoring.ts";
import { createPublishTokens, type PublishTokens } from "./publish-tokens.ts";
import { createCallPolicy, MAX_CONCURRENT_CALLS } from "./resilience/call-policy.ts";
import type { BreakerState } from "./resilience/circuit-breaker.ts";
import { createConcurrencyLimit } from "./resilience/concurrency-limit.ts";
import { realTiming, type Timing } from "./resilience/retry.ts";
import { createStreams, type Streams } from "./streams.ts";
import { createSubscribeTokens, type SubscribeTokens } from "./subscribe-tokens.ts";
import { createThumbnails, type Thumbnails } from "./thumbnails.ts";
import { createTranscoders, type Transcoders } from "./transcoders.ts";
import { createDispatcher, type ProxyOptions } from "./transport/create-dispatcher.ts";
import { createHttp } from "./transport/http-client.ts";
import type { CallReport } from "./transport/http-types.ts";
import { createViewerRecords, type ViewerRecords } from "./viewer-records.ts";

/** Every client of the platform's REST APIs, by name. */
export interface Upstream {
  readonly account: Account;
  readonly analytics: Analytics;
  /** Analytics for long windows, which has a circuit breaker of its own. */
  readonly bulkAnalytics: Analytics;
  readonly clusters: Clusters;
  readonly mediaAssets: MediaAssets;
  readonly mediaDistributions: MediaDistributions;
  readonly mediaExpiry: MediaExpiryRules;
  /** Null while the feature is disabled. */
  readonly conference: Conference | null;
  readonly meters: Meters;
  readonly monitoring: Monitoring;
  readonly publishTokens: PublishTokens;
  readonly streams: Streams;
  readonly subscribeTokens: SubscribeTokens;
  readonly transcoders: Transcoders;
  readonly thumbnails: Thumbnails;
  readonly viewerRecords: ViewerRecords;
  /** Returns the state of the circuit breakers and the concurrency limit. */
  health(): UpstreamHealth;
  /** Returns whether the breaker of a service of the streaming APIs, such as `Analytics`, is open or half open. */
  isAbandoned(service: string): boolean;
  /** Waits for calls in flight, then closes every connection. */
  close(): Promise<void>;
}

export interface UpstreamHealth {
  /** State of the breaker of each service that has been called, by its name in the OpenAPI documents: `Analytics`. */
  readonly breakers: ReadonlyMap<string, BreakerState>;
  /** Calls that may be in flight at once; Infinity until the platform has answered 429. */
  readonly concurrencyLimit: number;
}

export interface UpstreamOptions {
  /** Origin of the token, account and analytics APIs. */
  readonly apiUrl: string;
  /** Origin of the viewer records. */
  readonly analyticsUrl: string;
  readonly secret: Secret;
  /** The conference platform; null disables the feature. */
  readonly conference?: ConferenceOptions | null;
  /** Proxies to the platform; null by default, for none. */
  readonly proxy?: ProxyOptions | null;
  /** Milliseconds for one call with all its attempts. */
  readonly timeoutMs: number;
  /** Milliseconds to open a connection; 1,000 by default, and never more than `timeoutMs`. */
  readonly connectTimeoutMs?: number;
  /** Clock and timers; those of the process by default. */
  readonly timing?: Timing;
  /** Decodes large responses one per turn of the event loop; at once by default. */
  readonly onePerTurn?: TaskQueue;
  readonly onDate?: (platformTime: number) => void;
  readonly onCall?: (report: CallReport) => void;
}

export interface ConferenceOptions {
  /** Origin of the conference API. */
  readonly apiUrl: string;
  /** Origin that issues the app's tokens. */
  readonly authUrl: string;
  readonly app: ConferenceApp;
}

/** Largest response that is read, in bytes. A page of 100 tokens is 100 KB, an hourly series of ten names 200 KB. */
const MAX_ANSWER_BYTES = 5_000_000;
/** Largest response of bulk analytics, in bytes: an hour of one stream and tracking id has 150 bytes. */
const MAX_BULK_BYTES = 64_000_000;
/** Connections for bulk analytics. */
const BULK_CONNECTIONS = 2;

/** Creates the clients of all APIs; connects to nothing yet. */
export function createUpstream(options: UpstreamOptions): Upstream {
  const { apiUrl, analyticsUrl, timeoutMs, connectTimeoutMs = 1_000, proxy = null, timing = realTiming } = options;
  const connection = {
    // Fewer sockets than slots halve the throughput once the platform takes 20 ms to respond, and a service that hangs may hold
    // all of its slots.
    connections: 2 * MAX_CONCURRENT_CALLS,
    pipelining: 1,
    keepAliveTimeout: 4_000,
    connect: { timeout: Math.min(timeoutMs, connectTimeoutMs) },
    headersTimeout: timeoutMs,
  };
  const agent = createDispatcher({ ...connection, bodyTimeout: timeoutMs, maxResponseSize: MAX_ANSWER_BYTES }, proxy);
  const bulkAgent = createDispatcher(
    { ...connection, connections: BULK_CONNECTIONS, bodyTimeout: timeoutMs, maxResponseSize: MAX_BULK_BYTES },
    proxy,
  );
  // Viewer records come by the million and are read as a stream, so only silence ends them.
  const streamAgent = createDispatcher({ ...connection, bodyTimeout: 30_000 }, proxy);
  // The platform limits each credential, which both origins share.
  const limit = createConcurrencyLimit();
  const policy = createCallPolicy(limit, timing);
  const recordsPolicy = analyticsUrl === apiUrl ? policy : createCallPolicy(limit, timing);
  const { conference } = options;
  const otherSecrets = conference ? [conference.app.secret] : [];
  const { timer } = timing;
  const api = createHttp({ ...options, timer, otherSecrets, origin: apiUrl, dispatcher: agent, policy });
  const records = createHttp({
    ...options,
    timer,
    otherSecrets,
    origin: analyticsUrl,
    dispatcher: streamAgent,
    policy: recordsPolicy,
  });
  const bulk = createHttp({
    ...options,
    timer,
    otherSecrets,
    origin: apiUrl,
    dispatcher: bulkAgent,
    policy: createCallPolicy(limit, timing),
  });
  const conferencePolicy = createCallPolicy(createConcurrencyLimit(), timing);
  return {
    account: createAccount(api),
    analytics: createAnalytics(api),
    bulkAnalytics: createBulkAnalytics(bulk),
    clusters: createClusters(api),
    mediaAssets: createMediaAssets(api),
    mediaDistributions: createMediaDistributions(api),
    mediaExpiry: createMediaExpiryRules(api),
    conference: options.conference ? conferenceClient(options.conference) : null,
    meters: createMeters(api),
    monitoring: createMonitoring(api),
    publishTokens: createPublishTokens(api),
    streams: createStreams(api),
    subscribeTokens: createSubscribeTokens(api),
    transcoders: createTranscoders(api),
    thumbnails: createThumbnails(api),
    viewerRecords: createViewerRecords(records),
    health: () => ({
      breakers: new Map([...policy.breakers(), ...recordsPolicy.breakers(), ...conferencePolicy.breakers()]),
      concurrencyLimit: limit.limit(),
    }),
    isAbandoned: (service) => policy.isOpen(service),
    close: async () => {
      await Promise.all([agent.close(), bulkAgent.close(), streamAgent.close()]);
    },
  };

  function conferenceClient({ apiUrl: origin, authUrl, app }: ConferenceOptions): Conference {
    const { onCall } = options;
    const common = {
      secret: app.secret,
      otherSecrets: [options.secret],
      dispatcher: agent,
      timeoutMs,
      timer,
      policy: conferencePolicy,
      format: conferenceFormat,
      ...(onCall && { onCall }),
    };
    const auth = createHttp({ ...common, origin: authUrl });
    return createConference(auth, createHttp({ ...common, origin }), app, timing.now);
  }
}
