import * as z from "zod";
import { type IdentityProviderOptions, identityAlgorithms } from "./auth/identity-provider.ts";
import { allScopes, isScope, type Scope } from "./auth/scopes.ts";
import { nearestVariable } from "./model/nearest-variable.ts";
import { type Network, parseNetwork } from "./model/network.ts";
import { Secret } from "./model/secret.ts";
import { MAX_LAG_MS } from "./model/usage/time-window.ts";
import { parsedAddress } from "./store/database-url.ts";
import type { ConferenceOptions } from "./upstream/upstream.ts";

/**
 * The configuration: read once from the environment, and checked as a whole before anything starts. This file is the only
 * reader of `process.env`; the table in docs/configuration.md is generated from the same descriptions.
 */
export interface Config {
  readonly host: string;
  readonly port: number;
  /** Null in sandbox mode: then all origins are those of the sandbox. */
  readonly platform: PlatformConfig | null;
  /** Whether conferences are streamed, on the platform for it that has been retired. */
  readonly conferenceStreaming: boolean;
  /** Null in sandbox mode, when a key is made and printed. */
  readonly operatorKey: Secret | null;
  readonly operatorScopes: readonly Scope[];
  /** Where the gateway is reached from outside; null when that is not said. */
  readonly publicUrl: string | null;
  /** Null when none is configured. */
  readonly identityProvider: IdentityProviderOptions | null;
  readonly trustedProxies: readonly Network[];
  /** Null for any. */
  readonly allowedHosts: readonly string[] | null;
  readonly allowedOrigins: readonly string[];
  /** Points of cost a minute, of each caller. */
  readonly budgets: { readonly perMinute: number; readonly partnerPerMinute: number };
  readonly maxRequestsInFlight: number;
  /** How much of answers may be in memory, in bytes. */
  readonly unsent: {
    readonly maxResponseBytes: number;
    readonly maxUnsentBytesPerCaller: number;
    readonly maxUnsentBytes: number;
  };
  readonly upstreamTimeoutMs: number;
  readonly tokenRefreshMs: number;
  /** Most by which the platform's clock may differ from this machine's and still be gone by. */
  readonly maxClockOffsetMs: number;
  /** Whether usable tokens of suspended and retired partners are disabled in the background. */
  readonly enforceSuspension: boolean;
  readonly usageCacheBytes: number;
  readonly usageLagMs: number;
  readonly leaveNoticeMs: number;
  readonly drainMs: number;
  readonly logLevel: LogLevel;
  readonly slowRequestMs: number;
  readonly refusedAttemptRetentionMs: number;
  /** Whether spans are made for OpenTelemetry. */
  readonly tracing: boolean;
  readonly graphiql: boolean;
  readonly store: StoreConfig;
  readonly sandboxPort: number | null;
}

/** Where the platform is, and the secret that opens it. */
export interface PlatformConfig {
  readonly secret: Secret;
  readonly apiUrl: string;
  readonly analyticsUrl: string;
  readonly directorUrl: string;
  /** Null where streaming of conferences is switched off. */
  readonly conference: ConferenceOptions | null;
}

/** Where the gateway keeps what the platform never knew. */
export type StoreConfig =
  | { readonly kind: "memory" }
  | { readonly kind: "file"; readonly folder: string }
  | { readonly kind: "postgres"; readonly url: Secret };

const logLevels = ["fatal", "error", "warn", "info", "debug", "silent"] as const;
export type LogLevel = (typeof logLevels)[number];

/** A number in decimal digits. `Number` would take a blank for 0 as well. */
const decimal = (rule: string, min: number, max: number) =>
  z
    .string(rule)
    .regex(/^\d+(\.\d+)?$/, rule)
    .transform(Number)
    .refine((number) => number >= min && number <= max, rule);
const portRule = "a port, 0 to 65535";
const port = decimal(portRule, 0, 65_535).refine(Number.isInteger, portRule);
const seconds = (max: number) => decimal(`seconds, from 1 to ${max}`, 1, max);
const whole = (rule: string, min: number, max: number) => decimal(rule, min, max).refine(Number.isInteger, rule);
const points = whole("whole points, from 1,000 to 1,000,000,000", 1_000, 1e9);
const origin = z
  .string()
  .refine(isOrigin, "an origin such as https://api.millicast.com, without a path")
  .transform((text) => new URL(text).origin);
/** Parts between commas, each of which fits a pattern. */
const listOf = (pattern: RegExp, rule: string) =>
  z
    .string()
    .transform((text) => text.split(",").map((part) => part.trim().toLowerCase()))
    .refine((parts) => parts.every((part) => pattern.test(part)), rule);
const hosts = listOf(
  /^([a-z\d_-]+(\.[a-z\d_-]+)*|\[[\da-f:.]+\])$/,
  "names and addresses without ports, such as graph.example.com,[::1]",
);
const origins = listOf(
  /^https?:\/\/((\*\.)?[a-z\d-]+(\.[a-z\d-]+)+|localhost|\[[\da-f:.]+\])(:\d{1,5})?$/,
  "origins such as https://app.example.com, or https://*.example.com for all below a domain",
);
const networksRule = "addresses and CIDR blocks such as 10.0.0.0/8,2001:db8::/32";
const networks = z
  .string()
  .transform((text) => text.split(",").map((part) => parseNetwork(part.trim())))
  .refine((blocks): blocks is Network[] => blocks.every((block) => block !== null), networksRule);
/** What a token says is compared with it as a whole. */
const word = z.string().regex(/^[\x21-\x7e]{1,255}$/, "at most 255 ASCII characters without blanks");
/** What can stand behind `Bearer` in a header. */
const bearer = (minLength: number, rule: string) =>
  z.string().regex(new RegExp(`^[\\x21-\\x7e]{${minLength},}$`), rule);

/** Every variable: how it is checked, and its description in docs/configuration.md. */
export const variables = {
  PORT: { schema: port.default(4000), describe: "Port of the gateway; 0 takes any free one." },
  HOST: { schema: z.string().min(1).default("127.0.0.1"), describe: "Address that the gateway listens on." },
  MILLICAST_API_SECRET: {
    schema: bearer(8, "the account's API secret, as it stands in the platform's dashboard").optional(),
    describe:
      "The account's API secret. Unset or empty, the gateway runs over its own sandbox of the platform, and refuses to start beside variables of a deployment: see `SANDBOX`.",
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
  CONFERENCE_STREAMING: {
    schema: z.enum(["on", "off"], "on or off").default("off"),
    describe:
      "Whether conferences can be streamed, by `startConferenceStream`. The platform for it, Dolby.io Communications, has been retired; with the sandbox it is emulated.",
  },
  CONFERENCE_APP_KEY: {
    schema: word.optional(),
    describe:
      "Key of the app on the conference platform. Required with an API secret when `CONFERENCE_STREAMING` is on.",
  },
  CONFERENCE_APP_SECRET: {
    schema: word.optional(),
    describe: "Secret of that app.",
  },
  CONFERENCE_API_URL: {
    schema: origin.default("https://comms.api.dolby.io"),
    describe: "Origin of the conference platform.",
  },
  CONFERENCE_AUTH_URL: {
    schema: origin.default("https://api.dolby.io"),
    describe: "Origin where an app gets its tokens for it.",
  },
  SYNDIGRAPH_OPERATOR_KEY: {
    schema: bearer(16, "a key of at least 16 ASCII characters without blanks, that nobody can guess").optional(),
    describe: "Bearer key of an operator. Required with an API secret; made and printed in sandbox mode.",
  },
  SYNDIGRAPH_OPERATOR_SCOPES: {
    schema: z
      .string()
      .default(allScopes.join(","))
      .transform((text) => text.split(",").map((scope) => scope.trim()))
      .refine((scopes): scopes is Scope[] => scopes.every(isScope), `scopes out of ${allScopes.join(",")}`),
    describe: "What the operator's key allows, separated by commas; all of it by default.",
  },
  ALLOWED_HOSTS: {
    schema: hosts.optional(),
    describe:
      "Names that the gateway is called by, without ports, separated by commas: any other is refused. Unset, those of the loopback where the gateway listens on it alone, and any elsewhere.",
  },
  ALLOWED_ORIGINS: {
    schema: origins.optional(),
    describe:
      "Origins whose pages may read answers (CORS), separated by commas: `https://app.example.com`, or `https://*.example.com` for all below a domain. None by default.",
  },
  PUBLIC_URL: {
    schema: origin.optional(),
    describe: "Origin by which the gateway is reached; sessions name it as their issuer, else `syndigraph`.",
  },
  OIDC_ISSUER: {
    schema: word.optional(),
    describe:
      "Your identity provider, as `iss` of its tokens. Set with `OIDC_AUDIENCE` and `OIDC_JWKS_URL`, or not at all.",
  },
  OIDC_AUDIENCE: {
    schema: word.optional(),
    describe: "What stands as `aud` in the identity provider's tokens that are meant for this gateway.",
  },
  OIDC_JWKS_URL: {
    schema: z
      .string()
      .refine(isKeysUrl, "an address such as https://idp.example.com/keys; http only on the loopback")
      .optional(),
    describe: "Where the identity provider publishes its keys.",
  },
  OIDC_ALGORITHMS: {
    schema: z
      .string()
      .default("RS256")
      .transform((text) => text.split(",").map((algorithm) => algorithm.trim()))
      .refine(areAlgorithms, `algorithms out of ${identityAlgorithms.join(",")}`),
    describe: "What the identity provider signs with, separated by commas: asymmetric algorithms alone.",
  },
  OIDC_TOKEN_TYPE: {
    schema: word.default("at+jwt"),
    describe: "What stands as `typ` in the header of its access tokens (RFC 9068); some providers write `JWT`.",
  },
  OIDC_ROLE_CLAIM: {
    schema: word.default("roles"),
    describe: "The claim that names a person's roles, as a text or a list of texts.",
  },
  OIDC_OPERATOR_ROLE: {
    schema: word.default("syndigraph-operator"),
    describe: "The role that makes an operator, who may do everything.",
  },
  OIDC_ANALYST_ROLE: {
    schema: word.default("syndigraph-analyst"),
    describe: "The role that makes an analyst, who reads everything but secrets.",
  },
  TRUSTED_PROXIES: {
    schema: networks.optional(),
    describe:
      "Addresses and CIDR blocks of your own proxies, separated by commas: what they write into `X-Forwarded-For` is believed.",
  },
  COST_BUDGET_PER_MINUTE: {
    schema: points.default(10_000_000),
    describe:
      "Points that an operator's or an analyst's key may spend in a minute: a page of 50 names costs 61, and ten million are about what one process can answer.",
  },
  PARTNER_COST_BUDGET_PER_MINUTE: {
    schema: points.default(1_000_000),
    describe: "Points that a partner's key may spend in a minute.",
  },
  MAX_RESPONSE_MEGABYTES: {
    schema: whole("whole megabytes, from 1 to 1000", 1, 1_000).default(16),
    describe: "The longest answer of the graph; a longer one is refused with RESPONSE_TOO_LARGE while it is written.",
  },
  MAX_UNSENT_MEGABYTES_PER_CALLER: {
    schema: whole("whole megabytes, from 1 to 10000", 1, 10_000).default(32),
    describe:
      "While more than this of one caller's answers is being written or waits for its clients, its new requests are turned away with 503.",
  },
  MAX_UNSENT_MEGABYTES: {
    schema: whole("whole megabytes, from 1 to 100000", 1, 100_000).default(128),
    describe: "The same for the answers of all callers together: beyond it every new request is turned away.",
  },
  MAX_REQUESTS_IN_FLIGHT: {
    schema: whole("a whole number, from 1 to 100000", 1, 100_000).default(1_000),
    describe: "Beyond so many requests at once, more are turned away with 503.",
  },
  UPSTREAM_TIMEOUT_SECONDS: {
    schema: seconds(60).default(4),
    describe:
      "How long one call to the platform may take, with its tries: the first of a read has half of it. The reads of a query may take a quarter more together.",
  },
  MAX_CLOCK_OFFSET_SECONDS: {
    schema: decimal("seconds, from 0 to 1000000000", 0, 1e9).optional(),
    describe:
      "Most by which the platform's clock may differ from this machine's and still be gone by, for viewer tokens and figures: 300, or any with the sandbox. Beyond it this machine's clock counts, with a warning in the log.",
  },
  FIGURE_CACHE_MEGABYTES: {
    schema: whole("megabytes, from 0 to 10000", 0, 10_000).default(16),
    describe: "What metered figures may take in memory between two quarter hours; 0 keeps none beyond their request.",
  },
  FIGURES_LAG_SECONDS: {
    schema: whole("whole seconds, from 0 to 840", 0, MAX_LAG_MS / 1_000).default(300),
    describe:
      "The longest that the platform is taken to need for publishing a quarter hour. What is read sooner is not called complete.",
  },
  DIRECTORY_REFRESH_SECONDS: {
    schema: seconds(3600).default(15),
    describe: "Age from which the token list is read again in the background.",
  },
  ENFORCE_SUSPENSION: {
    schema: z.enum(["on", "off"], "on or off").default("off"),
    describe:
      "Whether subscribe tokens of suspended and retired partners that were made or enabled elsewhere, such as in the platform's dashboard, are disabled after the token list is read. Otherwise they are findings.",
  },
  LEAVE_NOTICE_SECONDS: {
    schema: decimal("seconds, from 0 to 60", 0, 60).default(1),
    describe: "How long after SIGTERM requests are still taken while readiness says 503, so that others take over.",
  },
  DRAIN_SECONDS: {
    schema: seconds(300).default(10),
    describe: "How long accepted requests may take after SIGTERM.",
  },
  LOG_LEVEL: {
    schema: z.enum(logLevels, `one of ${logLevels.join(", ")}`).default("info"),
    describe: "The least severe messages that are logged, as lines of JSON on standard output.",
  },
  SLOW_REQUEST_SECONDS: {
    schema: seconds(600).default(2),
    describe: "A request that takes longer is logged as a warning.",
  },
  REFUSED_ATTEMPTS_DAYS: {
    schema: whole("whole days, from 1 to 3,650", 1, 3_650).default(30),
    describe: "How many days the counts of attempts that were refused for lack of a right are kept.",
  },
  TRACING: {
    schema: z.enum(["on", "off"], "on or off").default("off"),
    describe: "Whether spans are made for OpenTelemetry. Your own SDK, loaded by `--import`, exports them.",
  },
  GRAPHIQL: {
    schema: z.enum(["on", "off"], "on or off").default("on"),
    describe: "Whether GET /graphql shows GraphiQL to browsers.",
  },
  DATA_DIRECTORY: {
    schema: z.string().min(1).optional(),
    describe: "Folder of the store, made on first use: `.data`, or none with the sandbox, whose store ends with it.",
  },
  DATABASE_URL: {
    schema: z.string().refine(isPostgres, "an address such as postgres://user:password@host:5432/database").optional(),
    describe:
      "PostgreSQL in place of the folder, for more than one gateway: `postgres://user:password@host:5432/database`.",
  },
  SANDBOX: {
    schema: z.enum(["on", "off"], "on or off").optional(),
    describe:
      "Whether the gateway runs over its own sandbox of the platform. Unset, it does where no variable of this table is set but `PORT`, `LOG_LEVEL`, `CONFERENCE_STREAMING` and those of the sandbox; `on` allows it beside any other but `MILLICAST_API_SECRET`.",
  },
  SANDBOX_PORT: {
    schema: port.optional(),
    describe: "Port of the sandbox; 4010, or any free one if that is taken.",
  },
  SANDBOX_API_SECRET: {
    schema: bearer(8, "a secret of at least 8 ASCII characters without blanks").default("sandbox-secret"),
    describe: "The API secret that the sandbox accepts.",
  },
} as const;

/** The environment has mistakes; the message lists them all, by variable, and never a value. */
export class ConfigError extends Error {
  constructor(mistakes: readonly string[]) {
    super(`The configuration has ${mistakes.length === 1 ? "a mistake" : "mistakes"}:\n${mistakes.join("\n")}`);
    this.name = "ConfigError";
  }
}

/** @throws ConfigError naming every variable that is wrong, and what it should be */
export function readConfig(environment: NodeJS.ProcessEnv = process.env): Config {
  const schema = z.object(
    Object.fromEntries(Object.entries(variables).map(([name, { schema: check }]) => [name, check])) as {
      [Name in keyof typeof variables]: (typeof variables)[Name]["schema"];
    },
  );
  // An empty variable is one that was left out of a template.
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ""));
  const result = schema.safeParse(given);
  const mistakes = (result.error?.issues ?? []).map(({ path, message }) => `  ${path.join(".")} should be ${message}`);
  if (given["MILLICAST_API_SECRET"] && !given["SYNDIGRAPH_OPERATOR_KEY"]) {
    mistakes.push(
      "  SYNDIGRAPH_OPERATOR_KEY should be set when MILLICAST_API_SECRET is: it is the key to all of the account",
    );
  }
  if (given["MILLICAST_API_SECRET"] && given["CONFERENCE_STREAMING"] === "on") {
    const app = ["CONFERENCE_APP_KEY", "CONFERENCE_APP_SECRET"];
    const absent = app.filter((name) => !given[name]);
    mistakes.push(...absent.map((name) => `  ${name} should be set when CONFERENCE_STREAMING is on`));
  }
  mistakes.push(...sandboxMistakes(given));
  const identity = ["OIDC_ISSUER", "OIDC_AUDIENCE", "OIDC_JWKS_URL"];
  const missing = identity.filter((name) => !given[name]);
  if (missing.length < identity.length) {
    mistakes.push(...missing.map((name) => `  ${name} should be set when one of ${identity.join(", ")} is`));
  }
  if (!result.success || mistakes.length > 0) throw new ConfigError(mistakes);
  const values = result.data;
  return Object.freeze({
    host: values.HOST,
    port: values.PORT,
    platform: values.MILLICAST_API_SECRET
      ? {
          secret: new Secret(values.MILLICAST_API_SECRET),
          apiUrl: values.MILLICAST_API_URL,
          analyticsUrl: values.MILLICAST_ANALYTICS_URL,
          directorUrl: values.MILLICAST_DIRECTOR_URL,
          conference:
            values.CONFERENCE_STREAMING === "on" && values.CONFERENCE_APP_KEY && values.CONFERENCE_APP_SECRET
              ? {
                  apiUrl: values.CONFERENCE_API_URL,
                  authUrl: values.CONFERENCE_AUTH_URL,
                  app: { key: values.CONFERENCE_APP_KEY, secret: new Secret(values.CONFERENCE_APP_SECRET) },
                }
              : null,
        }
      : null,
    conferenceStreaming: values.CONFERENCE_STREAMING === "on",
    operatorKey: values.SYNDIGRAPH_OPERATOR_KEY ? new Secret(values.SYNDIGRAPH_OPERATOR_KEY) : null,
    operatorScopes: values.SYNDIGRAPH_OPERATOR_SCOPES,
    publicUrl: values.PUBLIC_URL ?? null,
    identityProvider:
      values.OIDC_ISSUER && values.OIDC_AUDIENCE && values.OIDC_JWKS_URL
        ? {
            issuer: values.OIDC_ISSUER,
            audience: values.OIDC_AUDIENCE,
            jwksUrl: values.OIDC_JWKS_URL,
            algorithms: values.OIDC_ALGORITHMS,
            tokenType: values.OIDC_TOKEN_TYPE,
            roleClaim: values.OIDC_ROLE_CLAIM,
            operatorRole: values.OIDC_OPERATOR_ROLE,
            analystRole: values.OIDC_ANALYST_ROLE,
          }
        : null,
    trustedProxies: values.TRUSTED_PROXIES ?? [],
    allowedHosts: values.ALLOWED_HOSTS ?? loopbackNames(values.HOST),
    allowedOrigins: values.ALLOWED_ORIGINS ?? [],
    budgets: { perMinute: values.COST_BUDGET_PER_MINUTE, partnerPerMinute: values.PARTNER_COST_BUDGET_PER_MINUTE },
    maxRequestsInFlight: values.MAX_REQUESTS_IN_FLIGHT,
    unsent: {
      maxResponseBytes: values.MAX_RESPONSE_MEGABYTES * 1_000_000,
      maxUnsentBytesPerCaller: values.MAX_UNSENT_MEGABYTES_PER_CALLER * 1_000_000,
      maxUnsentBytes: values.MAX_UNSENT_MEGABYTES * 1_000_000,
    },
    upstreamTimeoutMs: values.UPSTREAM_TIMEOUT_SECONDS * 1000,
    maxClockOffsetMs:
      (values.MAX_CLOCK_OFFSET_SECONDS ?? (values.MILLICAST_API_SECRET ? 300 : Number.POSITIVE_INFINITY)) * 1000,
    usageCacheBytes: values.FIGURE_CACHE_MEGABYTES * 1e6,
    usageLagMs: values.FIGURES_LAG_SECONDS * 1_000,
    tokenRefreshMs: values.DIRECTORY_REFRESH_SECONDS * 1000,
    enforceSuspension: values.ENFORCE_SUSPENSION === "on",
    leaveNoticeMs: values.LEAVE_NOTICE_SECONDS * 1000,
    drainMs: values.DRAIN_SECONDS * 1000,
    logLevel: values.LOG_LEVEL,
    slowRequestMs: values.SLOW_REQUEST_SECONDS * 1000,
    refusedAttemptRetentionMs: values.REFUSED_ATTEMPTS_DAYS * 86_400_000,
    tracing: values.TRACING === "on",
    graphiql: values.GRAPHIQL === "on",
    store: storeConfig(values.DATABASE_URL, values.DATA_DIRECTORY, values.MILLICAST_API_SECRET === undefined),
    sandboxPort: values.SANDBOX_PORT ?? null,
  });
}

/** Variables that a trial over the sandbox may set; the first two are set by many programs of a machine as well. */
const ofTrials: readonly string[] = [
  "PORT",
  "LOG_LEVEL",
  "CONFERENCE_STREAMING",
  "SANDBOX",
  "SANDBOX_PORT",
  "SANDBOX_API_SECRET",
];

/** Variables of a deployment: beside one of them, the sandbox's invented figures are served only where SANDBOX is on. */
const ofProduction: readonly string[] = Object.keys(variables).filter(
  (name) => name !== "MILLICAST_API_SECRET" && !ofTrials.includes(name),
);

/** What stands against running over the sandbox, or over the platform. */
function sandboxMistakes(given: NodeJS.ProcessEnv): string[] {
  const { SANDBOX: wish, MILLICAST_API_SECRET: secret } = given;
  if (secret) return wish === "on" ? ["  SANDBOX should not be on when MILLICAST_API_SECRET is set"] : [];
  if (wish === "on") return [];
  if (wish === "off") return ["  MILLICAST_API_SECRET should be set when SANDBOX is off"];
  const misspelt = unknownVariables(given).filter(
    ({ name, nearest: meant }) =>
      /^(MILLICAST|SYNDIGRAPH)_/.test(name) ||
      meant === "MILLICAST_API_SECRET" ||
      (meant && ofProduction.includes(meant)),
  );
  const found = [...ofProduction.filter((name) => given[name] !== undefined), ...misspelt.map(({ name }) => name)];
  if (found.length === 0) return [];
  return [
    `  MILLICAST_API_SECRET should be set when ${found.join(", ")} ${found.length === 1 ? "is" : "are"}; SANDBOX=on runs over the sandbox all the same`,
  ];
}

/** A variable that the gateway does not read, and the one that may be meant. */
export interface UnknownVariable {
  readonly name: string;
  readonly nearest: string | null;
}

/** Variables that the sandbox reads by itself. */
const OF_THE_SANDBOX = ["SANDBOX_SEED", "SANDBOX_START_AT", "SANDBOX_BULK", "SANDBOX_LAG_SECONDS"];
const ourPrefixes = /^(MILLICAST|SYNDIGRAPH|OIDC|CONFERENCE|SANDBOX|ALLOWED)_/;
/** Variables that Kubernetes and Docker set for each service, whatever its name. */
const ofServices = /_SERVICE_(HOST|PORT(_\w+)?)$|_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?$/;
const serviceAddress = /^(tcp|udp|sctp):\/\//;

/** Returns the variables that look like ours and are not read: those of our prefixes, and names close to ours. */
export function unknownVariables(environment: NodeJS.ProcessEnv = process.env): UnknownVariable[] {
  const known = Object.keys(variables);
  return Object.entries(environment)
    .filter(([name, value]) => !known.includes(name) && !OF_THE_SANDBOX.includes(name) && !isOfService(name, value))
    .map(([name]) => ({ name, nearest: nearestOf(name) }))
    .filter(({ name, nearest }) => nearest !== null || ourPrefixes.test(name))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function isOfService(name: string, value = ""): boolean {
  return ofServices.test(name) || (name.endsWith("_PORT") && serviceAddress.test(value));
}

/** Returns the variable that is meant. One with our prefix before a whole name means that name: `SYNDIGRAPH_PORT`. */
function nearestOf(name: string): string | null {
  const known = [...Object.keys(variables), ...OF_THE_SANDBOX];
  const bare = name.replace(ourPrefixes, "");
  return bare !== name && known.includes(bare) ? bare : nearestVariable(name, known);
}

/** The names of a gateway that only its own machine can reach; null when others can. */
function loopbackNames(host: string): string[] | null {
  return /^(localhost|127\.\d+\.\d+\.\d+|::1)$/.test(host)
    ? [...new Set(["localhost", "127.0.0.1", "[::1]", host.includes(":") ? `[${host}]` : host])]
    : null;
}

/** With the sandbox nothing is kept, unless it is asked for: all else of the sandbox ends with the process as well. */
function storeConfig(url: string | undefined, folder: string | undefined, isSandbox: boolean): StoreConfig {
  if (url !== undefined) return { kind: "postgres", url: new Secret(url) };
  if (folder === undefined && isSandbox) return { kind: "memory" };
  return { kind: "file", folder: folder ?? ".data" };
}

function isPostgres(text: string): boolean {
  return /^postgres(ql)?:\/\//.test(text) && parsedAddress(text) !== null;
}

function isOrigin(text: string): boolean {
  try {
    const url = new URL(text);
    const isBare =
      url.pathname === "/" && url.search === "" && url.hash === "" && url.username === "" && url.password === "";
    return isBare && (url.protocol === "https:" || url.protocol === "http:");
  } catch {
    return false;
  }
}

function areAlgorithms(names: string[]): names is (typeof identityAlgorithms)[number][] {
  return names.every((name) => identityAlgorithms.some((algorithm) => algorithm === name));
}

/** Keys are fetched over TLS: whoever could change them on the way could let anybody in. */
function isKeysUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password } = new URL(text);
  if (username !== "" || password !== "") return false;
  return (
    protocol === "https:" || (protocol === "http:" && loopbackNames(hostname.replace(/^\[(.*)\]$/, "$1")) !== null)
  );
}
