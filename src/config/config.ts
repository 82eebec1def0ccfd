import { homedir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";
import * as z from "zod";
import type { IdentityProviderOptions } from "../auth/identity-provider.ts";
import type { Scope } from "../auth/scopes.ts";
import type { EngineName } from "../engine/engine.ts";
import type { Budgets } from "../limits/cost-budget.ts";
import type { UnsentLimits } from "../limits/unsent-responses.ts";
import type { Network } from "../model/network.ts";
import { Secret } from "../model/secret.ts";
import type { ProxyOptions } from "../upstream/transport/create-dispatcher.ts";
import type { ConferenceOptions } from "../upstream/upstream.ts";
import { describeValue, withValue } from "./describe-value.ts";
import { loopbackNames } from "./rules.ts";
import { describeUnknown, proxyVariables, type UnknownVariable, unknownVariables } from "./unknown-variables.ts";
import { type logLevels, variables } from "./variables.ts";

/**
 * Configuration of the gateway, read once from the environment and checked as a whole before anything starts. This file is the only
 * reader of `process.env`; the table in docs/configuration.md is generated from the same descriptions.
 */
export interface Config {
  readonly host: string;
  readonly port: number;
  /** Null in sandbox mode. */
  readonly platform: PlatformConfig | null;
  readonly conferenceStreaming: boolean;
  /** Null in sandbox mode if none is set: then a key is created and printed. */
  readonly operatorKey: Secret | null;
  readonly operatorScopes: readonly Scope[];
  /** Origin and path by which clients reach the gateway, without a slash at the end; null if unset. */
  readonly publicUrl: string | null;
  /** Null if none is configured. */
  readonly identityProvider: IdentityProviderOptions | null;
  readonly trustedProxies: readonly Network[];
  /** Null for any. */
  readonly allowedHosts: readonly string[] | null;
  readonly allowedOrigins: readonly string[];
  /** Request headers that their pages may send, besides the common ones. */
  readonly allowedHeaders: readonly string[];
  readonly budgets: Budgets;
  readonly maxRequestsInFlight: number;
  readonly unsent: UnsentLimits;
  /** Times that clients may take. */
  readonly clientTimeouts: ClientTimeouts;
  readonly upstreamTimeoutMs: number;
  readonly tokenRefreshMs: number;
  /** Largest difference between the platform's clock and this machine's that is applied. */
  readonly maxClockOffsetMs: number;
  readonly enforceSuspension: boolean;
  /** Executes operations. */
  readonly engine: EngineName;
  readonly usageCacheBytes: number;
  readonly usageLagMs: number;
  readonly collectUsage: boolean;
  /** Days for which collected hours are kept; null for no limit. */
  readonly hoursKeptDays: number | null;
  readonly shutdownDelayMs: number;
  readonly drainMs: number;
  readonly logLevel: LogLevel;
  readonly slowRequestMs: number;
  readonly refusedAttemptRetentionMs: number;
  readonly tracing: boolean;
  readonly graphiql: boolean;
  readonly store: StoreConfig;
  /** Null for none. */
  readonly proxy: ProxyOptions | null;
  /** Null for the default port, or any free one if that is taken. */
  readonly sandboxPort: number | null;
  /** Variables of the environment that are probably misspelt. */
  readonly unknownVariables: readonly UnknownVariable[];
}

/** Times that clients may take, in milliseconds. */
export interface ClientTimeouts {
  readonly headersMs: number;
  readonly requestMs: number;
  readonly responseMs: number;
  readonly stalledMs: number;
  readonly idleMs: number;
}

/** Origins of the platform, and the account's secret. */
export interface PlatformConfig {
  readonly secret: Secret;
  readonly apiUrl: string;
  readonly analyticsUrl: string;
  readonly directorUrl: string;
  /** Null if streaming of conferences is switched off. */
  readonly conference: ConferenceOptions | null;
}

/** Location of the gateway's own records. */
export type StoreConfig =
  | { readonly kind: "memory" }
  | {
      readonly kind: "file";
      /** Absolute path. */
      readonly folder: string;
      /** Whether the folder is that of the user, since none is configured. */
      readonly isDefault: boolean;
    }
  | { readonly kind: "postgres"; readonly url: Secret };

export type LogLevel = (typeof logLevels)[number];

/** Mistakes in the environment, one a line: variable, rule and value. The value of a secret is never shown. */
export class ConfigError extends Error {
  constructor(mistakes: readonly string[]) {
    const [first = "", ...others] = mistakes;
    super(
      others.length === 0
        ? first
        : `The configuration has mistakes:\n${mistakes.map((line) => `  ${line}`).join("\n")}`,
    );
    this.name = "ConfigError";
  }
}

/**
 * Returns the configuration, frozen.
 *
 * @throws ConfigError naming every variable that is wrong, and the rule that it breaks
 */
export function readConfig(environment: NodeJS.ProcessEnv = process.env): Config {
  const schema = z.object(
    Object.fromEntries(Object.entries(variables).map(([name, { schema: check }]) => [name, check])) as {
      [Name in keyof typeof variables]: (typeof variables)[Name]["schema"];
    },
  );
  // An empty variable counts as unset: templates leave some empty.
  const given = Object.fromEntries(Object.entries(withProxies(environment)).filter(([, value]) => value !== ""));
  const result = schema.safeParse(given);
  const mistakes = mistakesIn(result, given);
  if (given["MILLICAST_API_SECRET"] && !given["SYNDIGRAPH_OPERATOR_KEY"]) {
    mistakes.push("SYNDIGRAPH_OPERATOR_KEY must be set when MILLICAST_API_SECRET is");
  }
  if (given["MILLICAST_API_SECRET"] && given["CONFERENCE_STREAMING"] === "on") {
    const app = ["CONFERENCE_APP_KEY", "CONFERENCE_APP_SECRET"];
    const absent = app.filter((name) => !given[name]);
    mistakes.push(...absent.map((name) => `${name} must be set when CONFERENCE_STREAMING is on`));
  }
  if (result.data && result.data.CLIENT_HEADERS_SECONDS > result.data.CLIENT_REQUEST_SECONDS) {
    mistakes.push("  CLIENT_REQUEST_SECONDS must be at least CLIENT_HEADERS_SECONDS, which it includes");
  }
  mistakes.push(...sandboxMistakes(given));
  const identity = ["OIDC_ISSUER", "OIDC_AUDIENCE", "OIDC_JWKS_URL"];
  const missing = identity.filter((name) => !given[name]);
  if (missing.length < identity.length) {
    mistakes.push(...missing.map((name) => `${name} must be set when one of ${identity.join(", ")} is`));
  }
  const folder = given["DATA_DIRECTORY"] ?? defaultFolder(given);
  if (folder === null && given["MILLICAST_API_SECRET"] && !given["DATABASE_URL"]) {
    mistakes.push("DATA_DIRECTORY or DATABASE_URL must be set: this user has no home folder");
  }
  if (!result.success || mistakes.length > 0) {
    // A variable that is missing may be there under a misspelt name.
    const misspelt = unknownVariables(environment).filter(({ nearest }) => nearest && given[nearest] === undefined);
    throw new ConfigError([...mistakes, ...misspelt.map(describeUnknown)]);
  }
  const values = result.data;
  const proxy = proxyOptions(values.HTTPS_PROXY, values.HTTP_PROXY, values.NO_PROXY);
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
            audience: values.OIDC_AUDIENCE === "none" ? null : values.OIDC_AUDIENCE,
            audienceClaim: values.OIDC_AUDIENCE_CLAIM,
            jwksUrl: values.OIDC_JWKS_URL,
            algorithms: values.OIDC_ALGORITHMS,
            tokenTypes: values.OIDC_TOKEN_TYPE,
            maxLifetimeSeconds: values.OIDC_MAX_TOKEN_HOURS * 3_600,
            roleClaim: values.OIDC_ROLE_CLAIM,
            operatorRole: values.OIDC_OPERATOR_ROLE,
            analystRole: values.OIDC_ANALYST_ROLE,
            proxy,
          }
        : null,
    trustedProxies: values.TRUSTED_PROXIES ?? [],
    allowedHosts: values.ALLOWED_HOSTS ?? loopbackNames(values.HOST),
    allowedOrigins: values.ALLOWED_ORIGINS ?? [],
    allowedHeaders: values.ALLOWED_HEADERS ?? [],
    budgets: { perMinute: values.COST_BUDGET_PER_MINUTE, partnerPerMinute: values.PARTNER_COST_BUDGET_PER_MINUTE },
    maxRequestsInFlight: values.MAX_REQUESTS_IN_FLIGHT,
    unsent: {
      maxResponseBytes: values.MAX_RESPONSE_MEGABYTES * 1_000_000,
      maxUnsentBytesPerCaller: values.MAX_UNSENT_MEGABYTES_PER_CALLER * 1_000_000,
      maxUnsentBytes: values.MAX_UNSENT_MEGABYTES * 1_000_000,
    },
    clientTimeouts: {
      headersMs: values.CLIENT_HEADERS_SECONDS * 1000,
      requestMs: values.CLIENT_REQUEST_SECONDS * 1000,
      responseMs: values.CLIENT_RESPONSE_SECONDS * 1000,
      stalledMs: values.CLIENT_STALLED_SECONDS * 1000,
      idleMs: values.KEEP_ALIVE_SECONDS * 1000,
    },
    upstreamTimeoutMs: values.UPSTREAM_TIMEOUT_SECONDS * 1000,
    maxClockOffsetMs:
      (values.MAX_CLOCK_OFFSET_SECONDS ?? (values.MILLICAST_API_SECRET ? 300 : Number.POSITIVE_INFINITY)) * 1000,
    usageCacheBytes: values.USAGE_CACHE_MEGABYTES * 1e6,
    usageLagMs: values.USAGE_LAG_SECONDS * 1_000,
    collectUsage: values.COLLECT_USAGE === "on",
    hoursKeptDays: values.KEEP_HOURLY_USAGE_DAYS ?? null,
    tokenRefreshMs: values.TOKEN_REFRESH_SECONDS * 1000,
    enforceSuspension: values.ENFORCE_SUSPENSION === "on",
    engine: values.ENGINE,
    shutdownDelayMs: values.SHUTDOWN_DELAY_SECONDS * 1000,
    drainMs: values.DRAIN_SECONDS * 1000,
    logLevel: values.LOG_LEVEL,
    slowRequestMs: values.SLOW_REQUEST_SECONDS * 1000,
    refusedAttemptRetentionMs: values.REFUSED_ATTEMPTS_DAYS * 86_400_000,
    tracing: values.TRACING === "on",
    graphiql: values.GRAPHIQL === "on",
    store: storeConfig(
      values.DATABASE_URL,
      folder,
      values.DATA_DIRECTORY === undefined,
      values.MILLICAST_API_SECRET === undefined,
    ),
    proxy,
    sandboxPort: values.SANDBOX_PORT ?? null,
    unknownVariables: unknownVariables(environment),
  });
}

/** Returns the values that break a rule, with the rule. */
function mistakesIn({ error }: z.ZodSafeParseResult<unknown>, given: NodeJS.ProcessEnv): string[] {
  return (error?.issues ?? []).map(({ path, message }) => {
    const name = path.join(".");
    return `${name} must be ${message}; got ${describeValue(name, given)}`;
  });
}

/** Settings of the commands, which need none of the gateway's others. */
export interface CommandConfig {
  /** Address of a running gateway; null if unset. */
  readonly url: string | null;
  readonly key: Secret | null;
  /** File with the key; null if unset. */
  readonly keyFile: string | null;
  /** Store that the gateway of this environment would use, with a folder by default. */
  readonly store: StoreConfig;
  /** Folder of the SQLite store, whether or not a database is configured as well; null for a user without a home. */
  readonly folder: string | null;
}

/**
 * Returns the settings of a command.
 *
 * @throws ConfigError if the address of the database is wrong
 */
export function readCommandConfig(environment: NodeJS.ProcessEnv = process.env): CommandConfig {
  const given = (name: string) => environment[name] || null;
  const url = given("DATABASE_URL") ?? undefined;
  const result = z.object({ DATABASE_URL: variables.DATABASE_URL.schema }).safeParse({ DATABASE_URL: url });
  if (!result.success) throw new ConfigError(mistakesIn(result, environment));
  const folder = given("DATA_DIRECTORY") ?? defaultFolder(environment);
  const key = given("SYNDIGRAPH_KEY");
  return Object.freeze({
    url: given("SYNDIGRAPH_URL"),
    key: key === null ? null : new Secret(key),
    keyFile: given("SYNDIGRAPH_KEY_FILE"),
    store: storeConfig(url, folder, given("DATA_DIRECTORY") === null, false),
    folder: folder && resolve(folder),
  });
}

/** Returns the environment with the variables of proxies in capitals; those in small letters take precedence, as in curl. */
function withProxies(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const small = proxyVariables.filter((name) => environment[name.toLowerCase()] !== undefined);
  return { ...environment, ...Object.fromEntries(small.map((name) => [name, environment[name.toLowerCase()]])) };
}

function proxyOptions(https?: string, http?: string, exceptions: readonly string[] = []): ProxyOptions | null {
  if ((https === undefined && http === undefined) || exceptions.includes("*")) return null;
  return {
    https: https === undefined ? null : new Secret(https),
    http: http === undefined ? null : new Secret(http),
    exceptions,
  };
}

/** Variables that may be set when the gateway runs over the sandbox; other programs set most of them as well. */
const trialVariables: readonly string[] = [
  ...proxyVariables,
  "PORT",
  "LOG_LEVEL",
  "CONFERENCE_STREAMING",
  "SANDBOX",
  "SANDBOX_PORT",
  "SANDBOX_API_SECRET",
];

/** Variables of a deployment: if one is set, the sandbox's invented data is served only with SANDBOX=on. */
const deploymentVariables: readonly string[] = Object.keys(variables).filter(
  (name) => name !== "MILLICAST_API_SECRET" && !trialVariables.includes(name),
);

/** Returns the mistakes in choosing between the sandbox and the platform. */
function sandboxMistakes(given: NodeJS.ProcessEnv): string[] {
  const { SANDBOX: choice, MILLICAST_API_SECRET: secret } = given;
  if (secret) return choice === "on" ? ["SANDBOX must not be on when MILLICAST_API_SECRET is set"] : [];
  if (choice === "on") return [];
  if (choice === "off") return ["MILLICAST_API_SECRET must be set when SANDBOX is off"];
  const misspelt = unknownVariables(given).filter(
    ({ name, nearest: meant }) =>
      /^(MILLICAST|SYNDIGRAPH)_/.test(name) ||
      meant === "MILLICAST_API_SECRET" ||
      (meant && deploymentVariables.includes(meant)),
  );
  const found = [
    ...deploymentVariables.flatMap((name) => (given[name] === undefined ? [] : withValue(name, given))),
    ...misspelt.map(({ name }) => name),
  ];
  if (found.length === 0) return [];
  return [
    `MILLICAST_API_SECRET must be set when ${found.join(", ")} ${found.length === 1 ? "is" : "are"}; SANDBOX=on runs over the sandbox anyway`,
  ];
}

/**
 * Returns the folder of the store if none is configured; null for a user without a home.
 *
 * The working folder has no part in it: a gateway that is started from elsewhere must find the same store.
 *
 * @see https://specifications.freedesktop.org/basedir-spec/latest/
 */
function defaultFolder({ XDG_STATE_HOME: state, HOME: home }: NodeJS.ProcessEnv): string | null {
  if (state && isAbsolute(state)) return join(state, "syndigraph");
  const ofUser = home ?? homeOfUser();
  return ofUser !== null && isAbsolute(ofUser) ? join(ofUser, ".local/state/syndigraph") : null;
}

function homeOfUser(): string | null {
  try {
    return homedir();
  } catch {
    // The user has no entry in the system's list, as in containers that run as any number.
    return null;
  }
}

/** Returns the store's location; with the sandbox it is in memory by default, as all data of the sandbox is. */
function storeConfig(
  url: string | undefined,
  folder: string | null,
  isDefault: boolean,
  isSandbox: boolean,
): StoreConfig {
  if (url !== undefined) return { kind: "postgres", url: new Secret(url) };
  if (folder === null || (isDefault && isSandbox)) return { kind: "memory" };
  return { kind: "file", folder: resolve(folder), isDefault };
}
