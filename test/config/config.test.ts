import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { allScopes } from "../../src/auth/scopes.ts";
import { ConfigError, readCommandConfig, readConfig } from "../../src/config/config.ts";
import { unknownVariables } from "../../src/config/unknown-variables.ts";
import { variables } from "../../src/config/variables.ts";

const SECRET = "api-secret-of-the-account";
const KEY = "operator-key-nobody-guesses";
const real = { MILLICAST_API_SECRET: SECRET, SYNDIGRAPH_OPERATOR_KEY: KEY };

/** The mistakes that are told, line by line. */
function mistakesIn(environment: NodeJS.ProcessEnv): string[] {
  try {
    readConfig(environment);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    const [first = "", ...others] = String(error).replace("ConfigError: ", "").split("\n");
    return others.length === 0 ? [first] : others.map((line) => line.trim());
  }
  return [];
}

describe("readConfig", () => {
  it("needs nothing: without an API secret the gateway runs over its sandbox", () => {
    expect(readConfig({})).toEqual({
      host: "127.0.0.1",
      port: 4000,
      platform: null,
      conferenceStreaming: false,
      operatorKey: null,
      operatorScopes: allScopes,
      publicUrl: null,
      identityProvider: null,
      trustedProxies: [],
      allowedHosts: ["localhost", "127.0.0.1", "[::1]"],
      allowedOrigins: [],
      allowedHeaders: [],
      budgets: { perMinute: 10_000_000, partnerPerMinute: 1_000_000 },
      maxRequestsInFlight: 1_000,
      unsent: { maxResponseBytes: 16e6, maxUnsentBytesPerCaller: 32e6, maxUnsentBytes: 128e6 },
      clientTimeouts: { headersMs: 5_000, requestMs: 10_000, responseMs: 120_000, stalledMs: 30_000, idleMs: 75_000 },
      upstreamTimeoutMs: 4_000,
      tokenRefreshMs: 15_000,
      maxClockOffsetMs: Number.POSITIVE_INFINITY,
      enforceSuspension: false,
      engine: "planned",
      usageCacheBytes: 16e6,
      usageLagMs: 300_000,
      collectUsage: true,
      hoursKeptDays: null,
      shutdownDelayMs: 1_000,
      drainMs: 10_000,
      logLevel: "info",
      slowRequestMs: 2_000,
      refusedAttemptRetentionMs: 2_592_000_000,
      tracing: false,
      graphiql: true,
      store: { kind: "memory" },
      proxy: null,
      sandboxPort: null,
      unknownVariables: [],
    });
  });

  it("needs an API secret and an operator's key for the real platform", () => {
    const { platform, operatorKey } = readConfig(real);
    expect(platform).toMatchObject({
      apiUrl: "https://api.millicast.com",
      analyticsUrl: "https://analyticsapi.millicast.com",
      directorUrl: "https://director.millicast.com",
    });
    expect([platform?.secret.reveal(), operatorKey?.reveal()]).toEqual([SECRET, KEY]);
  });

  it("does not open an account to a key that nobody has chosen", () => {
    expect(mistakesIn({ MILLICAST_API_SECRET: SECRET })).toEqual([
      "SYNDIGRAPH_OPERATOR_KEY must be set when MILLICAST_API_SECRET is",
    ]);
    expect(mistakesIn({ MILLICAST_API_SECRET: SECRET, SYNDIGRAPH_OPERATOR_KEY: "" })).toHaveLength(1);
  });

  it("names the variable that is probably misspelt beside the one that is missing, and no value", () => {
    const mistakes = mistakesIn({ MILLICAST_API_SECRET: SECRET, SYNDIGRAPH_OPERATER_KEY: KEY });
    expect(mistakes).toEqual([
      "SYNDIGRAPH_OPERATOR_KEY must be set when MILLICAST_API_SECRET is",
      "unknown environment variable SYNDIGRAPH_OPERATER_KEY; did you mean SYNDIGRAPH_OPERATOR_KEY?",
    ]);
    expect(mistakesIn({ ...real, PORT: "x", OPERATOR_KEY: KEY })).toEqual([expect.stringContaining("PORT must be")]);
  });

  it("streams conferences only when that is switched on, and with an app of their platform", () => {
    expect(readConfig(real).platform?.conference).toBeNull();
    const app = { CONFERENCE_APP_KEY: "app-key", CONFERENCE_APP_SECRET: "app-secret" };
    expect(readConfig({ ...real, ...app }).platform?.conference).toBeNull();
    const { platform } = readConfig({ ...real, ...app, CONFERENCE_STREAMING: "on" });
    expect(platform?.conference).toMatchObject({
      apiUrl: "https://comms.api.dolby.io",
      authUrl: "https://api.dolby.io",
      app: { key: "app-key" },
    });
    expect(platform?.conference?.app.secret.reveal()).toBe("app-secret");
    expect(JSON.stringify(platform)).not.toContain("app-secret");
    expect(mistakesIn({ ...real, CONFERENCE_STREAMING: "on", CONFERENCE_APP_KEY: "app-key" })).toEqual([
      "CONFERENCE_APP_SECRET must be set when CONFERENCE_STREAMING is on",
    ]);
    expect(readConfig({ CONFERENCE_STREAMING: "on" })).toMatchObject({ platform: null, conferenceStreaming: true });
  });

  it("takes each variable in its own unit", () => {
    const config = readConfig({
      SANDBOX: "on",
      HOST: "0.0.0.0",
      PORT: "0",
      SYNDIGRAPH_OPERATOR_SCOPES: "usage:read, stream:read",
      TRUSTED_PROXIES: "10.0.0.0/8, 2001:db8::1",
      UPSTREAM_TIMEOUT_SECONDS: "1.5",
      TOKEN_REFRESH_SECONDS: "3600",
      COLLECT_USAGE: "off",
      KEEP_HOURLY_USAGE_DAYS: "400",
      ENFORCE_SUSPENSION: "on",
      ENGINE: "graphql-js",
      DRAIN_SECONDS: "1",
      LOG_LEVEL: "silent",
      GRAPHIQL: "off",
      SANDBOX_PORT: "65535",
    });
    expect(config).toMatchObject({
      host: "0.0.0.0",
      port: 0,
      operatorScopes: ["usage:read", "stream:read"],
      trustedProxies: [
        [{ octets: [10, 0, 0, 0] }, 8],
        [{ parts: [0x2001, 0xdb8, 0, 0, 0, 0, 0, 1] }, 128],
      ],
      upstreamTimeoutMs: 1_500,
      tokenRefreshMs: 3_600_000,
      enforceSuspension: true,
      engine: "graphql-js",
      usageCacheBytes: 16e6,
      usageLagMs: 300_000,
      collectUsage: false,
      hoursKeptDays: 400,
      drainMs: 1_000,
      logLevel: "silent",
      graphiql: false,
      sandboxPort: 65_535,
    });
  });

  it("knows an identity provider by three variables, of which it needs all or none", () => {
    const three = {
      ...real,
      OIDC_ISSUER: "https://idp.example/realms/a",
      OIDC_AUDIENCE: "https://graph.example.com",
      OIDC_JWKS_URL: "https://idp.example/keys",
    };
    expect(readConfig(three).identityProvider).toEqual({
      issuer: "https://idp.example/realms/a",
      audience: "https://graph.example.com",
      audienceClaim: "aud",
      jwksUrl: "https://idp.example/keys",
      algorithms: ["RS256"],
      tokenTypes: ["at+jwt"],
      maxLifetimeSeconds: 86_400,
      roleClaim: "roles",
      operatorRole: "syndigraph-operator",
      analystRole: "syndigraph-analyst",
      proxy: null,
    });
    expect(readConfig({ ...three, OIDC_ALGORITHMS: "ES256, EdDSA" }).identityProvider?.algorithms).toEqual([
      "ES256",
      "EdDSA",
    ]);
    const others = {
      OIDC_AUDIENCE: "none",
      OIDC_AUDIENCE_CLAIM: "client_id",
      OIDC_TOKEN_TYPE: "JWT,none",
      OIDC_MAX_TOKEN_HOURS: "36",
    };
    expect(readConfig({ ...three, ...others }).identityProvider).toMatchObject({
      audience: null,
      audienceClaim: "client_id",
      tokenTypes: ["JWT", "none"],
      maxLifetimeSeconds: 129_600,
    });
    for (const name of ["OIDC_ISSUER", "OIDC_AUDIENCE", "OIDC_JWKS_URL"]) {
      expect(mistakesIn({ ...three, [name]: "" })).toEqual([
        `${name} must be set when one of OIDC_ISSUER, OIDC_AUDIENCE, OIDC_JWKS_URL is`,
      ]);
    }
    for (const url of ["keys", "http://idp.example/keys", "ftp://idp.example/keys", "https://me:pass@idp.example/"]) {
      expect(mistakesIn({ ...three, OIDC_JWKS_URL: url })).toEqual([
        expect.stringMatching(
          /^OIDC_JWKS_URL must be a URL such as https:\/\/idp\.example\.com\/keys; http only on the loopback; got "/,
        ),
      ]);
    }
  });

  it("takes an origin with or without a slash, and in any letters", () => {
    const read = (url: string) => readConfig({ ...real, MILLICAST_API_URL: url }).platform?.apiUrl;
    expect(["http://127.0.0.1:4010", "http://127.0.0.1:4010/", "HTTP://LocalHost:4010?"].map(read)).toEqual([
      "http://127.0.0.1:4010",
      "http://127.0.0.1:4010",
      "http://localhost:4010",
    ]);
  });

  it("takes an empty variable for one that was left out", () => {
    const empty = Object.fromEntries(Object.keys(variables).map((name) => [name, ""]));
    expect(readConfig(empty)).toEqual(readConfig({}));
  });

  it("serves any host where others can reach it, unless hosts are named", () => {
    expect(readConfig({ SANDBOX: "on", HOST: "0.0.0.0" }).allowedHosts).toBeNull();
    expect(readConfig({ SANDBOX: "on", HOST: "::1" }).allowedHosts).toEqual(["localhost", "127.0.0.1", "[::1]"]);
    expect(readConfig({ SANDBOX: "on", HOST: "127.0.0.2" }).allowedHosts).toContain("127.0.0.2");
    expect(
      readConfig({ SANDBOX: "on", HOST: "0.0.0.0", ALLOWED_HOSTS: "Graph.Example.com, [::1]" }).allowedHosts,
    ).toEqual(["graph.example.com", "[::1]"]);
  });

  it("lets no other origin's page read an answer, unless origins are listed", () => {
    expect(readConfig({}).allowedOrigins).toEqual([]);
    const listed = "https://App.example.com,https://*.example.org,http://localhost:5173";
    expect(readConfig({ SANDBOX: "on", ALLOWED_ORIGINS: listed }).allowedOrigins).toEqual(
      listed.toLowerCase().split(","),
    );
  });

  it("keeps the store in a folder, or in PostgreSQL, or with the sandbox nowhere", () => {
    const kept = { kind: "file", folder: resolve("kept"), isDefault: false };
    expect(readConfig({ SANDBOX: "on", DATA_DIRECTORY: "kept" }).store).toEqual(kept);
    const url = "postgres://syndigraph:hunter2@db.example.com:5432/syndigraph?sslmode=require";
    const { store } = readConfig({ ...real, DATABASE_URL: url, DATA_DIRECTORY: "kept" });
    expect(store.kind === "postgres" && store.url.reveal()).toBe(url);
    expect(JSON.stringify(store)).not.toContain("hunter2");
  });

  it("keeps the store in a folder of the user by default, wherever the gateway is started", () => {
    const of = (environment: NodeJS.ProcessEnv) => readConfig({ ...real, ...environment }).store;
    const inFolder = (folder: string) => ({ kind: "file", folder, isDefault: true });
    expect(of({ HOME: "/home/ann" })).toEqual(inFolder("/home/ann/.local/state/syndigraph"));
    expect(of({ HOME: "/home/ann", XDG_STATE_HOME: "/state" })).toEqual(inFolder("/state/syndigraph"));
    expect(of({ HOME: "/home/ann", XDG_STATE_HOME: "state" })).toEqual(inFolder("/home/ann/.local/state/syndigraph"));
    expect(of({})).toEqual(inFolder(join(homedir(), ".local/state/syndigraph")));
    expect(mistakesIn({ ...real, HOME: "." })).toEqual([
      "DATA_DIRECTORY or DATABASE_URL must be set: this user has no home folder",
    ]);
    expect(of({ HOME: ".", DATA_DIRECTORY: "/data" })).toEqual({ kind: "file", folder: "/data", isDefault: false });
  });

  it("takes the proxies that all programs take, in small letters first", () => {
    const of = (environment: NodeJS.ProcessEnv) => {
      const { proxy } = readConfig(environment);
      return proxy && { ...proxy, https: proxy.https?.reveal(), http: proxy.http?.reveal() };
    };
    expect(of({ HTTPS_PROXY: "http://user:pass@proxy:3128", NO_PROXY: ".example.com, ::1 10.0.0.1:80" })).toEqual({
      https: "http://user:pass@proxy:3128",
      http: undefined,
      exceptions: [".example.com", "[::1]", "10.0.0.1:80"],
    });
    expect(of({ http_proxy: "small:1", HTTP_PROXY: "http://capital:1" })).toMatchObject({ http: "http://small:1" });
    expect(of({ http_proxy: "", HTTP_PROXY: "http://capital:1" })).toBeNull();
    expect(of({ HTTPS_PROXY: "http://proxy:3128", no_proxy: "a,*" })).toBeNull();
    expect(of({ NO_PROXY: "example.com" })).toBeNull();
    expect(JSON.stringify(readConfig({ HTTPS_PROXY: "http://u:hunter2@proxy" }))).not.toContain("hunter2");
  });

  it("is not disturbed by variables of others", () => {
    expect(readConfig({ PATH: "/bin", npm_config_port: "x", CONFERENCE_UNKNOWN: "1" })).toEqual({
      ...readConfig({}),
      unknownVariables: [{ name: "CONFERENCE_UNKNOWN", nearest: null }],
    });
  });

  it("can't be changed once it is read", () => {
    expect(Object.isFrozen(readConfig({}))).toBe(true);
  });
});

describe("readConfig: PUBLIC_URL", () => {
  it.each([
    ["https://Graph.example.com", "https://graph.example.com"],
    ["https://graph.example.com/", "https://graph.example.com"],
    ["https://graph.example.com/video", "https://graph.example.com/video"],
    ["http://graph.example.com:8080/tv/video//", null],
    ["http://graph.example.com:8080/tv/video/", "http://graph.example.com:8080/tv/video"],
    ["https://graph.example.com/graphql-eu", "https://graph.example.com/graphql-eu"],
  ])("%s is %s", (given, publicUrl) => {
    if (publicUrl === null) expect(mistakesIn({ ...real, PUBLIC_URL: given })).toHaveLength(1);
    else expect(readConfig({ ...real, PUBLIC_URL: given }).publicUrl).toBe(publicUrl);
  });
});

describe("readConfig: a mistake", () => {
  it.each([
    ["PORT", ["65536", "-1", "80.5", "4000 ", " ", "0x50", "1e3", "http", "Infinity"], "a port, 0 to 65535"],
    ["SANDBOX_PORT", ["65536", "none"], "a port, 0 to 65535"],
    [
      "ALLOWED_HOSTS",
      ["https://a.example", "a.example:4000", "a.example,", "*.example.com", "a b", "a/b", "::1"],
      "names and addresses without ports, such as graph.example.com,[::1]",
    ],
    [
      "ALLOWED_ORIGINS",
      ["*", "null", "app.example.com", "https://*", "https://*.com", "https://a.example/", "https://a*.example.com"],
      "origins such as https://app.example.com, or https://*.example.com for all below a domain",
    ],
    ["ALLOWED_HEADERS", ["*", "x y", "x:", "x,", "é"], "names of headers such as x-tenant,x-debug"],
    [
      "DATABASE_URL",
      ["db.example.com", "mysql://db/x", "postgres:db", "postgres://:a:b", "postgres://host/db\n"],
      "a URL such as postgres://user:password@host:5432/database",
    ],
    ["COST_BUDGET_PER_MINUTE", ["999", "1000.5", "1e6"], "whole points, from 1,000 to 1,000,000,000"],
    ["PARTNER_COST_BUDGET_PER_MINUTE", ["0", "1000000001"], "whole points, from 1,000 to 1,000,000,000"],
    ["MAX_REQUESTS_IN_FLIGHT", ["0", "100001", "1.5"], "a whole number, from 1 to 100000"],
    ["MAX_RESPONSE_MEGABYTES", ["0", "1001", "1.5"], "whole megabytes, from 1 to 1000"],
    ["MAX_UNSENT_MEGABYTES_PER_CALLER", ["0", "10001", "1.5"], "whole megabytes, from 1 to 10000"],
    ["OIDC_MAX_TOKEN_HOURS", ["0", "36.1", "1d"], "hours, from 1 to 36"],
    ["KEEP_ALIVE_SECONDS", ["0", "3601", "-1", "1m"], "seconds, from 1 to 3600"],
    ["CLIENT_HEADERS_SECONDS", ["0", "3601", "x"], "seconds, from 1 to 3600"],
    ["CLIENT_REQUEST_SECONDS", ["0", "3601", "x"], "seconds, from 1 to 3600"],
    ["CLIENT_RESPONSE_SECONDS", ["0", "3601", "x"], "seconds, from 1 to 3600"],
    ["CLIENT_STALLED_SECONDS", ["0", "3601", "x"], "seconds, from 1 to 3600"],
    ["MAX_UNSENT_MEGABYTES", ["0", "100001", "1.5"], "whole megabytes, from 1 to 100000"],
    ["UPSTREAM_TIMEOUT_SECONDS", ["0", "0.5", "61", "4s", "-4", " "], "seconds, from 1 to 60"],
    ["TOKEN_REFRESH_SECONDS", ["0", "3601"], "seconds, from 1 to 3600"],
    ["DRAIN_SECONDS", ["0", "301"], "seconds, from 1 to 300"],
    [
      "OIDC_ALGORITHMS",
      ["HS256", "none", "RS256,HS256", "rs256", "RS256,", "constructor"],
      "algorithms out of RS256,RS384,RS512,PS256,PS384,PS512,ES256,ES384,ES512,EdDSA",
    ],
    [
      "PUBLIC_URL",
      [
        "graph.example.com",
        "https://graph.example.com/graphql",
        "https://graph.example.com/video/graphql/",
        "https://graph.example.com//video",
        "https://graph.example.com/?a=1",
        "https://graph.example.com/#a",
        "https://me:pass@graph.example.com/video",
        "ftp://graph.example.com/",
      ],
      "a URL such as https://tv.example.com or https://tv.example.com/video, without /graphql",
    ],
    [
      "TRUSTED_PROXIES",
      ["10.0.0.0/33", "10/8", "proxy.internal", "10.0.0.1,", "10.0.0.1;10.0.0.2"],
      "addresses and CIDR blocks such as 10.0.0.0/8,2001:db8::/32",
    ],
    [
      "HOST",
      ["[::1]", "http://localhost", "localhost:4000", "127.0.0.1:4000", " 127.0.0.1", "a b", "::g", "127.0.0.1\n"],
      "a name or address of this machine without port or brackets, such as 127.0.0.1, ::1 or 0.0.0.0",
    ],
    [
      "HTTPS_PROXY",
      ["socks5://proxy:1080", "http://", "proxy:port", "http://proxy/path", "http://a b"],
      "a URL such as http://proxy.example.com:3128",
    ],
    ["DATA_DIRECTORY", ["/data\n", "a\nb"], "a folder without a line break in its name"],
    ["LOG_LEVEL", ["INFO", "verbose"], "one of fatal, error, warn, info, debug, silent"],
    ["GRAPHIQL", ["true", "ON", "1"], "on or off"],
    [
      "SYNDIGRAPH_OPERATOR_SCOPES",
      ["usage:write", "usage:read,", "*", "constructor"],
      `scopes out of ${allScopes.join(",")}`,
    ],
    [
      "MILLICAST_API_URL",
      ["api.millicast.com", "https://x/api", "https://x?a=1", "https://user:pw@x", "ftp://x", "https://", "/"],
      "an origin such as https://api.millicast.com, without a path",
    ],
    [
      "MILLICAST_API_SECRET",
      ["short", "a secret with blanks", "secret-with-newline\n", "secret-é-secret"],
      "the API secret of the account, as shown in the platform's dashboard",
    ],
    [
      "SYNDIGRAPH_OPERATOR_KEY",
      ["fifteen-letters", "sixteen letters and more", "schlüssel-zu-allem-hier"],
      "a key of at least 16 ASCII characters without blanks that cannot be guessed",
    ],
    ["SANDBOX_API_SECRET", ["short"], "a secret of at least 8 ASCII characters without blanks"],
  ])("%s is told with what it should be", (name, values, rule) => {
    for (const value of values)
      expect(mistakesIn({ ...real, [name]: value })).toEqual([
        expect.stringContaining(`${name} must be ${rule}; got `),
      ]);
  });

  it("is told with all others", () => {
    expect(mistakesIn({ PORT: "x", GRAPHIQL: "x", LOG_LEVEL: "x", MILLICAST_API_SECRET: SECRET })).toHaveLength(4);
  });

  it("is told with the value, except that of a secret", () => {
    const secrets = Object.keys(variables).filter((name) => /SECRET|KEY$|DATABASE_URL/.test(name));
    expect(secrets).toHaveLength(6);
    const wrong = Object.fromEntries(Object.keys(variables).map((name) => [name, `blanks in ${name}\n`]));
    const told = mistakesIn(wrong);
    for (const name of Object.keys(variables)) {
      if (name === "NO_PROXY") continue;
      const value = secrets.includes(name) ? "one with a line break at its end" : JSON.stringify(`blanks in ${name}\n`);
      expect(told.find((line) => line.startsWith(`${name} must be `))).toContain(`; got ${value}`);
    }
    for (const name of secrets) expect(told.join()).not.toContain(`in ${name}`);
  });

  it("is told without credentials, tokens and what is long, which may be in a wrong place", () => {
    const of = (url: string) => mistakesIn({ ...real, MILLICAST_API_URL: url }).join();
    expect(of("https://user:hunter2@host/path")).toMatch(/got "https:\/\/\[secret\]@host\/path"$/);
    expect(of("https://user:hun@ter/2@host/path")).toMatch(/got "https:\/\/\[secret\]@host\/path"$/);
    expect(of("user:hunter/2@host")).toMatch(/got "\[secret\]@host"$/);
    expect(of("https://host/?key=hunter2")).toMatch(/got "https:\/\/host\/\?\[secret\]"$/);
    expect(of("https://host/#hunter2")).toMatch(/got "https:\/\/host\/#\[secret\]"$/);
    expect(of("a1".repeat(32))).toMatch(/got "\[secret\]"$/);
    expect(of("x ".repeat(500)).length).toBeLessThan(200);
  });

  it("is told without the secrets of other variables, which may be pasted twice", () => {
    const database = "postgres://me:hunter2@db/x";
    for (const name of ["PORT", "MILLICAST_API_URL", "ALLOWED_ORIGINS", "TRUSTED_PROXIES", "LOG_LEVEL"]) {
      for (const value of [SECRET, `https://host/${KEY}/x`, `${SECRET},${KEY}`, ` ${SECRET}\n`, database]) {
        const told = mistakesIn({ ...real, DATABASE_URL: database, [name]: value }).join();
        expect(told).toContain(`${name} must be`);
        expect(told).toContain("[secret]");
        expect(told).not.toMatch(new RegExp(`${SECRET}|${KEY}|hunter2`));
      }
    }
    expect(mistakesIn({ HOST: "secret-of-the-sandbox", SANDBOX_API_SECRET: "secret-of-the-sandbox" }).join()).toContain(
      'HOST="[secret]"',
    );
  });

  it.each([
    ["a-secret-with-a-line-break\n", "one with a line break at its end"],
    ["a-secret-with-a-line-break\r\n", "one with a line break at its end"],
    ["two-lines\nin-a-secret", "one with a line break"],
    ["a-secret-with-a-blank ", "one with a blank"],
    ["a-secret-with-é", "one with a character that is not ASCII"],
    ["short", "one of 5 characters, which are not shown"],
  ])("in a secret is told in words: %j", (secret, words) => {
    const rule = "MILLICAST_API_SECRET must be the API secret of the account, as shown in the platform's dashboard";
    expect(mistakesIn({ ...real, MILLICAST_API_SECRET: secret })).toEqual([`${rule}; got ${words}`]);
  });

  it("is one that the documentation could have prevented: every variable is described", () => {
    for (const { describe: text } of Object.values(variables)) expect(text).toMatch(/^[A-Z].*\.$/);
  });
});

describe("readConfig: the sandbox", () => {
  it.each([
    "MILLICAST_API_URL",
    "MILLICAST_ANALYTICS_URL",
    "MILLICAST_DIRECTOR_URL",
    "SYNDIGRAPH_OPERATOR_KEY",
    "DATABASE_URL",
    "PUBLIC_URL",
    "OIDC_ISSUER",
    "OIDC_ROLE_CLAIM",
    "CONFERENCE_APP_KEY",
    "MILLICAST_API_SECERT",
    "MILLICAST_SECRET",
    "MILICAST_API_SECRET",
    "DATABSE_URL",
    "SYNDIGRAPH_API_SECRET",
    "HOST",
    "ALLOWED_HOSTS",
    "ALLOWED_ORIGINS",
    "TRUSTED_PROXIES",
    "DATA_DIRECTORY",
    "ENFORCE_SUSPENSION",
    "COST_BUDGET_PER_MINUTE",
    "GRAPHIQL",
    "TRUSTED_PROXY",
    "OPERATOR_KEY",
    "UPSTREAM_TIMEOUT",
    "DATA_DIR",
  ])("is not served where %s is set and the API secret is missing or empty", (name) => {
    for (const absent of [{}, { MILLICAST_API_SECRET: "" }]) {
      const line = mistakesIn({ ...absent, [name]: "https://a-value-of-16.example" }).find((text) =>
        text.startsWith("MILL"),
      );
      const shown =
        name in variables && !/SECRET|_KEY$|DATABASE_URL/.test(name) ? '="https://a-value-of-16.example"' : "";
      expect(line).toBe(
        `MILLICAST_API_SECRET must be set when ${name}${shown} is; SANDBOX=on runs over the sandbox anyway`,
      );
    }
  });

  it("is served beside them where SANDBOX is on, and never beside an API secret", () => {
    const url = "postgres://host/database";
    expect(readConfig({ SANDBOX: "on", DATABASE_URL: url, SYNDIGRAPH_OPERATOR_KEY: KEY }).platform).toBeNull();
    expect(mistakesIn({ ...real, SANDBOX: "on" })).toEqual(["SANDBOX must not be on when MILLICAST_API_SECRET is set"]);
    expect(mistakesIn({ SANDBOX: "off" })).toEqual(["MILLICAST_API_SECRET must be set when SANDBOX is off"]);
  });

  it("is served without a word beside the variables of a trial alone: every other one is of a deployment", () => {
    const trial = ["PORT", "LOG_LEVEL", "CONFERENCE_STREAMING", "SANDBOX", "SANDBOX_PORT", "SANDBOX_API_SECRET"];
    const ofTrials = { PORT: "0", SANDBOX_PORT: "0", LOG_LEVEL: "info", SANDBOX_API_SECRET: "a-secret-of-mine" };
    const ours = { ...ofTrials, CONFERENCE_STREAMING: "on", ALLOWED_ORIGINS: "", HOST: "", PATH: "/" };
    expect(readConfig({ ...ours, MILLICAST_API_SECRET: "" }).platform).toBeNull();
    const others = Object.keys(variables).filter(
      (name) => !trial.includes(name) && !name.endsWith("_PROXY") && name !== "MILLICAST_API_SECRET",
    );
    for (const name of others)
      expect(mistakesIn({ ...ours, [name]: "x" }).join()).toMatch(new RegExp(`when ${name}(="x")? is;`));
  });
});

describe("unknownVariables: variables that are not read", () => {
  it("are told with the nearest name that is", () => {
    const environment = {
      ...real,
      PATH: "/bin",
      HOME: "/root",
      SANDBOX_LAG_SECONDS: "1",
      ALLOWED_ORIGIN: "x",
      DATABSE_URL: "x",
      MILLICAST_API_SECERT: "x",
      OIDC_CLIENT: "x",
      log_level: "x",
      UPSTREAM_TIMEOUT: "x",
      UPSTREAM_TIMEOUT_MS: "x",
      TRUSTED_PROXY: "x",
      OPERATOR_KEY: "x",
      DATA_DIR: "x",
      MAX_REQUEST_IN_FLIGHTS: "x",
      COST_BUDGET: "x",
      JWKS_URL: "x",
      SYNDIGRAPH_PORT: "4000",
      SYNDIGRAPH_DATABASE_URL: "x",
    };
    expect(unknownVariables(environment)).toEqual([
      { name: "ALLOWED_ORIGIN", nearest: "ALLOWED_ORIGINS" },
      { name: "COST_BUDGET", nearest: "COST_BUDGET_PER_MINUTE" },
      { name: "DATABSE_URL", nearest: "DATABASE_URL" },
      { name: "DATA_DIR", nearest: "DATA_DIRECTORY" },
      { name: "JWKS_URL", nearest: "OIDC_JWKS_URL" },
      { name: "MAX_REQUEST_IN_FLIGHTS", nearest: "MAX_REQUESTS_IN_FLIGHT" },
      { name: "MILLICAST_API_SECERT", nearest: "MILLICAST_API_SECRET" },
      { name: "OIDC_CLIENT", nearest: null },
      { name: "OPERATOR_KEY", nearest: "SYNDIGRAPH_OPERATOR_KEY" },
      { name: "SYNDIGRAPH_DATABASE_URL", nearest: "DATABASE_URL" },
      { name: "SYNDIGRAPH_PORT", nearest: "PORT" },
      { name: "TRUSTED_PROXY", nearest: "TRUSTED_PROXIES" },
      { name: "UPSTREAM_TIMEOUT", nearest: "UPSTREAM_TIMEOUT_SECONDS" },
      { name: "UPSTREAM_TIMEOUT_MS", nearest: "UPSTREAM_TIMEOUT_SECONDS" },
      { name: "log_level", nearest: "LOG_LEVEL" },
    ]);
  });

  it("are recognised from any variable of ours that lacks a letter, has one twice, or has two the other way round", () => {
    for (const name of Object.keys(variables).filter((known) => known.length >= 9 && !/^HTTPS?_PROXY$/.test(known))) {
      for (let at = 1; at < name.length - 1; at += 1) {
        const [before, letter, next, after] = [name.slice(0, at), name[at], name[at + 1], name.slice(at + 2)];
        const misspelt = [`${before}${next}${after}`, `${before}${letter}${letter}${next}${after}`];
        for (const wrong of [...misspelt, `${before}${next}${letter}${after}`].filter((word) => !(word in variables))) {
          expect(unknownVariables({ [wrong]: "x" }), wrong).toEqual([{ name: wrong, nearest: name }]);
        }
      }
    }
  });

  it("are not those of a shell, Docker, Kubernetes, npm or a CI", () => {
    expect(unknownVariables(ofOthers())).toEqual([]);
    expect(readConfig(ofOthers())).toEqual({
      ...readConfig({}),
      proxy: expect.objectContaining({ exceptions: ["x"] }),
    });
  });
});

/** An environment as others make it: names in groups by who sets them. */
function ofOthers(): NodeJS.ProcessEnv {
  const service = ["SYNDIGRAPH", "MILLICAST_PROXY", "DATABASE", "POSTGRES", "UPSTREAM", "KUBERNETES", "API_GATEWAY"];
  const perService = (name: string) => ({
    [`${name}_SERVICE_HOST`]: "10.0.0.1",
    [`${name}_SERVICE_PORT`]: "443",
    [`${name}_SERVICE_PORT_HTTPS`]: "443",
    [`${name}_PORT`]: "tcp://10.0.0.1:443",
    [`${name}_PORT_443_TCP`]: "tcp://10.0.0.1:443",
    [`${name}_PORT_443_TCP_ADDR`]: "10.0.0.1",
    [`${name}_PORT_443_TCP_PORT`]: "443",
    [`${name}_PORT_443_TCP_PROTO`]: "tcp",
  });
  const names = [
    "PATH HOME USER LOGNAME SHELL SHLVL PWD OLDPWD TERM LANG LC_ALL TZ EDITOR PAGER DISPLAY TMPDIR HOSTNAME HOSTTYPE OSTYPE",
    "XDG_RUNTIME_DIR XDG_DATA_DIRS XDG_DATA_HOME XDG_SESSION_ID SSH_AUTH_SOCK SSH_CLIENT DBUS_SESSION_BUS_ADDRESS IS_SANDBOX",
    "HTTP_PROXY HTTPS_PROXY NO_PROXY http_proxy https_proxy no_proxy ALL_PROXY SSL_CERT_FILE SSL_CERT_DIR CURL_CA_BUNDLE",
    "DOCKER_HOST DOCKER_TLS_VERIFY DOCKER_CERT_PATH CONTAINER_NAME COMPOSE_PROJECT_NAME BUILDKIT_HOST NODE_VERSION YARN_VERSION",
    "POD_NAME POD_NAMESPACE POD_IP NODE_NAME NODE_ENV NODE_OPTIONS NODE_EXTRA_CA_CERTS NODE_PATH DEBUG VERBOSE TIMEOUT",
    "npm_config_cache npm_config_prefix npm_config_user_agent npm_config_registry npm_config_loglevel npm_config_global_prefix",
    "npm_lifecycle_event npm_lifecycle_script npm_package_name npm_package_version npm_package_json npm_execpath npm_node_execpath INIT_CWD",
    "CI GITHUB_ACTIONS GITHUB_API_URL GITHUB_SERVER_URL GITHUB_GRAPHQL_URL GITHUB_TOKEN GITHUB_SHA RUNNER_OS RUNNER_TEMP RUNNER_TOOL_CACHE",
    "CI_API_V4_URL CI_JOB_TOKEN CI_PROJECT_DIR CI_SERVER_HOST CI_SERVER_PORT GITLAB_CI BUILD_NUMBER JENKINS_URL JOB_NAME WORKSPACE",
    "ACTIONS_RUNTIME_URL ACTIONS_CACHE_URL ACTIONS_ID_TOKEN_REQUEST_URL AWS_REGION AWS_DEFAULT_REGION AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY",
    "AWS_CA_BUNDLE GOOGLE_APPLICATION_CREDENTIALS AZURE_CLIENT_SECRET OTEL_EXPORTER_OTLP_ENDPOINT OTEL_SERVICE_NAME DYNO HEROKU_APP_NAME",
    "PGHOST PGPORT PGUSER PGPASSWORD PGDATABASE POSTGRES_USER POSTGRES_PASSWORD POSTGRES_DB REDIS_URL TEST_DATABASE_URL PIP_DEFAULT_TIMEOUT",
    "SYSTEMD_EXEC_PID INVOCATION_ID JOURNAL_STREAM NOTIFY_SOCKET LISTEN_FDS MAIL MANPATH LESSOPEN LS_COLORS COLORTERM VSCODE_PID TERM_PROGRAM",
  ].flatMap((line) => line.split(" "));
  return Object.assign(Object.fromEntries(names.map((name) => [name, "x"])), ...service.map(perService));
}

describe("the configuration of a command", () => {
  it("names the rule of a wrong address of the database, and shows nothing of it", () => {
    const address = "mysql://somebody:hunter2@db.example.com/x";
    expect(() => readCommandConfig({ DATABASE_URL: address })).toThrow(
      new ConfigError([
        `DATABASE_URL must be a URL such as postgres://user:password@host:5432/database; got one of ${address.length} characters, which are not shown`,
      ]),
    );
    expect(readCommandConfig({ DATABASE_URL: "", DATA_DIRECTORY: "/data" }).folder).toBe("/data");
  });
});
