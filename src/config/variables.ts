import * as z from "zod";
import { identityAlgorithms } from "../auth/identity-provider.ts";
import { allScopes, isScope, type Scope } from "../auth/scopes.ts";
import { engineNames } from "../engine/engine.ts";
import { MAX_LAG_MS } from "../model/usage/retention.ts";
import { MIN_HOURS_KEPT_DAYS } from "../model/usage/roll-up.ts";
import {
  areAlgorithms,
  bearer,
  decimal,
  headerNames,
  hostRule,
  hosts,
  isHost,
  isKeysUrl,
  isPostgres,
  networks,
  onOrOff,
  origin,
  origins,
  points,
  port,
  proxyExceptions,
  proxyUrl,
  publicUrl,
  seconds,
  whole,
  word,
} from "./rules.ts";

export const logLevels = ["fatal", "error", "warn", "info", "debug", "silent"] as const;

/** Every variable: its rule, and its description in docs/configuration.md. */
export const variables = {
  PORT: { schema: port.default(4000), describe: "Port of the gateway; 0 takes any free one." },
  HOST: {
    schema: z.string().refine(isHost, hostRule).default("127.0.0.1"),
    describe: "Name or address of this machine that the gateway listens on; `0.0.0.0` or `::` for every address.",
  },
  MILLICAST_API_SECRET: {
    schema: bearer(8, "the API secret of the account, as shown in the platform's dashboard").optional(),
    describe:
      "API secret of the account. If unset or empty, the gateway runs over its own sandbox of the platform, and refuses to start if variables of a deployment are set: see `SANDBOX`.",
  },
  MILLICAST_API_URL: {
    schema: origin.default("https://api.millicast.com"),
    describe: "Origin of the token, account and analytics APIs.",
  },
  MILLICAST_ANALYTICS_URL: {
    schema: origin.default("https://analyticsapi.millicast.com"),
    describe: "Origin of the viewer records.",
  },
  MILLICAST_DIRECTOR_URL: {
    schema: origin.default("https://director.millicast.com"),
    describe: "Origin of the Director, where streams are published and watched.",
  },
  HTTPS_PROXY: {
    schema: proxyUrl.optional(),
    describe:
      "Proxy for calls by HTTPS to the platform and the identity provider: `http://user:password@proxy.example.com:3128`. If unset, `HTTP_PROXY` is used. All three variables of proxies may be in small letters.",
  },
  HTTP_PROXY: { schema: proxyUrl.optional(), describe: "Proxy for calls by HTTP." },
  NO_PROXY: {
    schema: proxyExceptions.optional(),
    describe:
      "Hosts that are called directly, separated by commas: names, each with those below it, and addresses, with an optional port; `*` for all. The loopback always is.",
  },
  CONFERENCE_STREAMING: {
    schema: onOrOff.default("off"),
    describe:
      "Whether `startConferenceStream` can stream conferences. Their platform, Dolby.io Communications, has been retired; the sandbox emulates it.",
  },
  CONFERENCE_APP_KEY: {
    schema: word.optional(),
    describe: "Key of the app on the conference platform. Required with an API secret if `CONFERENCE_STREAMING` is on.",
  },
  CONFERENCE_APP_SECRET: {
    schema: word.optional(),
    describe: "Secret of the app on the conference platform.",
  },
  CONFERENCE_API_URL: {
    schema: origin.default("https://comms.api.dolby.io"),
    describe: "Origin of the conference platform.",
  },
  CONFERENCE_AUTH_URL: {
    schema: origin.default("https://api.dolby.io"),
    describe: "Origin of the conference platform's access tokens.",
  },
  SYNDIGRAPH_OPERATOR_KEY: {
    schema: bearer(16, "a key of at least 16 ASCII characters without blanks that cannot be guessed").optional(),
    describe: "Bearer key of an operator. Required with an API secret; created and printed in sandbox mode.",
  },
  SYNDIGRAPH_OPERATOR_SCOPES: {
    schema: z
      .string()
      .default(allScopes.join(","))
      .transform((text) => text.split(",").map((scope) => scope.trim()))
      .refine((scopes): scopes is Scope[] => scopes.every(isScope), `scopes out of ${allScopes.join(",")}`),
    describe: "Scopes of the operator's key, separated by commas; all by default.",
  },
  ALLOWED_HOSTS: {
    schema: hosts.optional(),
    describe:
      "Host names of the gateway, without ports, separated by commas; requests to others are rejected. By default the loopback names if the gateway listens on the loopback only, otherwise any.",
  },
  ALLOWED_ORIGINS: {
    schema: origins.optional(),
    describe:
      "Origins whose pages may read responses (CORS), separated by commas: `https://app.example.com`, or `https://*.example.com` for all subdomains. None by default.",
  },
  ALLOWED_HEADERS: {
    schema: headerNames.optional(),
    describe:
      "Further request headers that these pages may send, separated by commas. Those of tracing (`traceparent`, `baggage`, `sentry-trace` and so on) and of GraphQL clients are allowed already.",
  },
  PUBLIC_URL: {
    schema: publicUrl.optional(),
    describe:
      "URL by which clients reach the gateway, and issuer of its sessions; if unset, the issuer is `syndigraph`. Its path, as in `https://tv.example.com/video`, is one under which a proxy serves the gateway: it may leave the path in requests or remove it.",
  },
  OIDC_ISSUER: {
    schema: word.optional(),
    describe:
      "Issuer (`iss`) of your identity provider's tokens. Set it together with `OIDC_AUDIENCE` and `OIDC_JWKS_URL`, or none of the three.",
  },
  OIDC_AUDIENCE: {
    schema: word.optional(),
    describe:
      "Audience (`aud`) of the identity provider's tokens for this gateway. `none` accepts tokens of any audience: only for an issuer whose tokens are all for this gateway.",
  },
  OIDC_AUDIENCE_CLAIM: {
    schema: word.default("aud"),
    describe:
      "Claim that contains the audience, for providers that write no `aud` into access tokens: `client_id` with Amazon Cognito.",
  },
  OIDC_JWKS_URL: {
    schema: z
      .string()
      .refine(isKeysUrl, "a URL such as https://idp.example.com/keys; http only on the loopback")
      .optional(),
    describe: "URL of the identity provider's key set (JWKS).",
  },
  OIDC_ALGORITHMS: {
    schema: z
      .string()
      .default("RS256")
      .transform((text) => text.split(",").map((algorithm) => algorithm.trim()))
      .refine(areAlgorithms, `algorithms out of ${identityAlgorithms.join(",")}`),
    describe: "Algorithms that the identity provider signs with, separated by commas; asymmetric ones only.",
  },
  OIDC_TOKEN_TYPE: {
    schema: word.default("at+jwt").transform((text) => text.split(",")),
    describe:
      "Types (`typ`) in the header of the identity provider's access tokens, separated by commas: `at+jwt` by RFC 9068, `JWT` with Keycloak and Entra, `none` for tokens without a type, as of Okta and Cognito.",
  },
  OIDC_MAX_TOKEN_HOURS: {
    schema: decimal("hours, from 1 to 36", 1, 36).default(24),
    describe: "Longest lifetime of the identity provider's tokens; Entra issues some for 28 hours.",
  },
  OIDC_ROLE_CLAIM: {
    schema: word.default("roles"),
    describe:
      "Claim with a person's roles, as a list of strings or as one string with spaces between them. May be nested: `realm_access.roles` with Keycloak.",
  },
  OIDC_OPERATOR_ROLE: {
    schema: word.default("syndigraph-operator"),
    describe: "Role of operators, who may do everything.",
  },
  OIDC_ANALYST_ROLE: {
    schema: word.default("syndigraph-analyst"),
    describe: "Role of analysts, who read everything except secrets.",
  },
  TRUSTED_PROXIES: {
    schema: networks.optional(),
    describe: "Addresses and CIDR blocks of your own proxies, separated by commas; their `X-Forwarded-For` is trusted.",
  },
  COST_BUDGET_PER_MINUTE: {
    schema: points.default(10_000_000),
    describe:
      "Points that an operator or analyst may spend per minute. A page of 50 names costs 61; one process serves about ten million.",
  },
  PARTNER_COST_BUDGET_PER_MINUTE: {
    schema: points.default(1_000_000),
    describe: "Points that a partner's key may spend per minute.",
  },
  MAX_RESPONSE_MEGABYTES: {
    schema: whole("whole megabytes, from 1 to 1000", 1, 1_000).default(16),
    describe: "Largest response of the graph; a larger one fails with RESPONSE_TOO_LARGE.",
  },
  MAX_UNSENT_MEGABYTES_PER_CALLER: {
    schema: whole("whole megabytes, from 1 to 10000", 1, 10_000).default(32),
    describe: "Unsent response bytes of one caller above which its new requests are rejected with 503.",
  },
  MAX_UNSENT_MEGABYTES: {
    schema: whole("whole megabytes, from 1 to 100000", 1, 100_000).default(128),
    describe: "Unsent response bytes of all callers together above which every new request is rejected with 503.",
  },
  MAX_REQUESTS_IN_FLIGHT: {
    schema: whole("a whole number, from 1 to 100000", 1, 100_000).default(1_000),
    describe: "Requests in flight above which new ones are rejected with 503.",
  },
  KEEP_ALIVE_SECONDS: {
    schema: seconds(3600).default(75),
    describe:
      "Time after which a connection without a request is closed. Must be longer than your load balancer keeps one, which is 60 s with nginx and AWS and 600 s with Google Cloud: otherwise some of its requests meet a closed connection and fail with 502.",
  },
  CLIENT_HEADERS_SECONDS: {
    schema: seconds(3600).default(5),
    describe: "Time in which a client must send the headers of a request.",
  },
  CLIENT_REQUEST_SECONDS: {
    schema: seconds(3600).default(10),
    describe: "Time in which a client must send a whole request, headers and body.",
  },
  CLIENT_RESPONSE_SECONDS: {
    schema: seconds(3600).default(120),
    describe:
      "Time from the end of a request's headers in which the client must have received all of its response; of an export, the next part.",
  },
  CLIENT_STALLED_SECONDS: {
    schema: seconds(3600).default(30),
    describe: "Time after which a client that receives nothing of its response is disconnected.",
  },
  UPSTREAM_TIMEOUT_SECONDS: {
    schema: seconds(60).default(4),
    describe:
      "Duration of one call to the platform, including retries; the first try of a read has half of it. All reads of a query together may take a quarter longer.",
  },
  MAX_CLOCK_OFFSET_SECONDS: {
    schema: decimal("seconds, from 0 to 1000000000", 0, 1e9).optional(),
    describe:
      "Largest difference between the platform's clock and this machine's that is applied to viewer tokens and usage: 300 by default, unlimited with the sandbox. Beyond it this machine's clock is used, and a warning is logged.",
  },
  USAGE_CACHE_MEGABYTES: {
    schema: whole("megabytes, from 0 to 10000", 0, 10_000).default(16),
    describe: "Memory of the usage cache, which is valid until the next quarter hour; 0 disables it.",
  },
  USAGE_LAG_SECONDS: {
    schema: whole("whole seconds, from 0 to 840", 0, MAX_LAG_MS / 1_000).default(300),
    describe:
      "Longest time that the platform needs to publish the usage of a quarter hour. Usage read sooner is not reported as complete.",
  },
  COLLECT_USAGE: {
    schema: onOrOff.default("on"),
    describe:
      "Whether usage is copied into the store, and attendance counted, before the platform deletes them: hours after 7 days, days and viewer records after 365. Of several gateways that share a store one collects.",
  },
  KEEP_HOURLY_USAGE_DAYS: {
    schema: whole("whole days, from 62 to 36500", MIN_HOURS_KEPT_DAYS, 36_500).optional(),
    describe:
      "Days for which the store keeps collected usage by the hour; older hours are replaced by their UTC day. Without limit by default, since hours that are gone can't be had again: days of another time zone and their bills need them. Daily usage is always kept.",
  },
  TOKEN_REFRESH_SECONDS: {
    schema: seconds(3600).default(15),
    describe: "Age from which the token list is refreshed in the background.",
  },
  ENFORCE_SUSPENSION: {
    schema: onOrOff.default("off"),
    describe:
      "Whether subscribe tokens of suspended and retired partners that were created or enabled elsewhere, such as in the platform's dashboard, are disabled after each reading of the token list. Otherwise they are reported as findings.",
  },
  ENGINE: {
    schema: z.enum(engineNames, `one of ${engineNames.join(", ")}`).default("planned"),
    describe: "Engine that executes operations: the gateway's own, or the slower reference implementation.",
  },
  SHUTDOWN_DELAY_SECONDS: {
    schema: decimal("seconds, from 0 to 60", 0, 60).default(1),
    describe:
      "Time after SIGTERM in which requests are still accepted while readiness is 503, so that load balancers can switch over.",
  },
  DRAIN_SECONDS: {
    schema: seconds(300).default(10),
    describe: "Time that accepted requests have to finish after `SHUTDOWN_DELAY_SECONDS`.",
  },
  LOG_LEVEL: {
    schema: z.enum(logLevels, `one of ${logLevels.join(", ")}`).default("info"),
    describe: "Least severe level that is logged, as lines of JSON on standard output.",
  },
  SLOW_REQUEST_SECONDS: {
    schema: seconds(600).default(2),
    describe: "Duration above which a request is logged as a warning.",
  },
  REFUSED_ATTEMPTS_DAYS: {
    schema: whole("whole days, from 1 to 3,650", 1, 3_650).default(30),
    describe: "Days for which counts of attempts without the needed scope are kept.",
  },
  TRACING: {
    schema: onOrOff.default("off"),
    describe: "Whether OpenTelemetry spans are recorded. Your own SDK, loaded by `--import`, exports them.",
  },
  GRAPHIQL: {
    schema: onOrOff.default("on"),
    describe: "Whether `GET /graphql` serves GraphiQL to browsers.",
  },
  DATA_DIRECTORY: {
    schema: z
      .string()
      .regex(/^[^\r\n]+$/, "a folder without a line break in its name")
      .optional(),
    describe:
      "Folder of the store, created on first use. By default `syndigraph` in `$XDG_STATE_HOME`, which is `~/.local/state` if unset; none with the sandbox, whose store is in memory.",
  },
  DATABASE_URL: {
    schema: z.string().refine(isPostgres, "a URL such as postgres://user:password@host:5432/database").optional(),
    describe:
      "PostgreSQL database of the store, instead of the folder; needed for more than one gateway: `postgres://user:password@host:5432/database`.",
  },
  SANDBOX: {
    schema: onOrOff.optional(),
    describe:
      "Whether the gateway runs over its own sandbox of the platform. If unset, it does when no variable of this table is set except `PORT`, `LOG_LEVEL`, `CONFERENCE_STREAMING` and those of the sandbox; `on` allows all others except `MILLICAST_API_SECRET`.",
  },
  SANDBOX_PORT: {
    schema: port.optional(),
    describe: "Port of the sandbox; 4010 by default, or any free one if that is taken.",
  },
  SANDBOX_API_SECRET: {
    schema: bearer(8, "a secret of at least 8 ASCII characters without blanks").default("sandbox-secret"),
    describe: "API secret that the sandbox accepts.",
  },
} as const;
