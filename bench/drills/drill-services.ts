import { pino } from "pino";
import { allScopes } from "../../src/auth/scopes.ts";
import { Secret } from "../../src/model/secret.ts";
import { DAY_MS } from "../../src/model/usage/time.ts";
import { createServices, type ServiceOptions, type Services } from "../../src/services.ts";

/** Lag of usage after the quarter hour, as by default, in milliseconds. */
export const LAG_MS = 300_000;

interface DrillServiceOptions extends Pick<ServiceOptions, "store" | "clock" | "monotonicMs"> {
  /** Origin of the platform. */
  readonly origin: string;
  readonly secret: string;
  readonly timing?: ServiceOptions["upstream"]["timing"];
}

/** Creates the services of a gateway that has no requests to answer. */
export function createDrillServices({ origin, secret, timing, ...options }: DrillServiceOptions): Services {
  return createServices({
    upstream: {
      apiUrl: origin,
      analyticsUrl: origin,
      secret: new Secret(secret),
      timeoutMs: 120_000,
      ...(timing && { timing }),
      conference: null,
    },
    directorUrl: origin,
    operatorKey: new Secret("operator-key-of-the-drill"),
    operatorScopes: allScopes,
    issuer: "syndigraph",
    identityProvider: null,
    rateLimitPool: null,
    maxRequestsInFlight: 100,
    refusedAttemptRetentionMs: DAY_MS,
    tokenRefreshMs: 60_000,
    usageCacheBytes: 0,
    usageLagMs: LAG_MS,
    logger: pino({ level: "silent" }),
    ...options,
  });
}
