import { fork } from "node:child_process";
import { randomBytes } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Logger } from "pino";
import { type Config, ConfigError, type PlatformConfig, readConfig, unknownVariables } from "./config.ts";
import type { GraphiQLFiles } from "./http/graphiql/files.ts";
import { listen } from "./http/http-server.ts";
import type { RateLimitPool } from "./limits/rate-limit-pool.ts";
import { Secret } from "./model/secret.ts";
import { passwordsIn } from "./store/database-url.ts";
import { openStore } from "./store/open-store.ts";
import type { Store } from "./store/store.ts";
import { StoreError } from "./store/store-error.ts";
import { createLogger } from "./telemetry/logger.ts";
import type { Tracing } from "./telemetry/tracing.ts";
import { tuneGarbageCollector } from "./v8-flags.ts";

tuneGarbageCollector();
// Whoever read the standard output may have gone.
process.stdout.on("error", () => undefined);

/** Starts the gateway, with a sandbox of the platform where no API secret is given, and drains it on SIGTERM. */
async function main(): Promise<void> {
  const config = readConfig();
  // The sandbox starts while the gateway's code is read.
  const [platform, store, { createGateway }] = await Promise.all([
    config.platform ?? startSandbox(config),
    open(config),
    import("./gateway.ts"),
  ]);
  const operatorKey = config.operatorKey ?? new Secret(`sgk_${randomBytes(32).toString("base64url")}`);
  const logger = createLogger(config.logLevel, [
    platform.secret,
    operatorKey,
    ...(platform.conference ? [platform.conference.app.secret] : []),
    ...(config.store.kind === "postgres" ? databaseSecrets(config.store.url) : []),
  ]);
  for (const { name, nearest } of unknownVariables()) {
    const meant = nearest === null ? "" : `; ${nearest} may be meant`;
    logger.warn({ variable: name }, `the environment variable ${name} is not read${meant}`);
  }
  const counters = await countersOf(config);
  const gateway = createGateway({
    store,
    upstream: { ...platform, timeoutMs: config.upstreamTimeoutMs },
    directorUrl: platform.directorUrl,
    operatorKey,
    operatorScopes: config.operatorScopes,
    issuer: config.publicUrl ?? "syndigraph",
    identityProvider: config.identityProvider,
    trustedProxies: config.trustedProxies,
    allowedHosts: config.allowedHosts,
    allowedOrigins: config.allowedOrigins,
    budgets: config.budgets,
    counters,
    maxRequestsInFlight: config.maxRequestsInFlight,
    unsent: config.unsent,
    tokenRefreshMs: config.tokenRefreshMs,
    maxClockOffsetMs: config.maxClockOffsetMs,
    enforceSuspension: config.enforceSuspension,
    usageCacheBytes: config.usageCacheBytes,
    usageLagMs: config.usageLagMs,
    logger,
    slowRequestMs: config.slowRequestMs,
    refusedAttemptRetentionMs: config.refusedAttemptRetentionMs,
    tracing: config.tracing ? await tracing() : null,
    graphiql: config.graphiql ? await graphiqlFiles(logger) : null,
  });
  const server = await listen(gateway.handle, config.host, config.port, undefined, gateway.noteConnection);

  let isLeaving = false;
  const leave = async () => {
    if (isLeaving) return;
    isLeaving = true;
    gateway.leave();
    server.advertiseShutdown();
    await setTimeout(config.leaveNoticeMs);
    await server.drain(config.drainMs);
    await gateway.close();
    await Promise.all([store.close(), counters?.end()]);
    process.exit(0);
  };
  const leaveForGood = () => {
    leave().catch((error: unknown) => {
      logger.error({ err: error }, "the gateway did not end in order");
      process.exit(1);
    });
  };
  process.on("SIGTERM", leaveForGood);
  process.on("SIGINT", leaveForGood);
  // Whoever waits for this line may end the process at once, and that is to be an end in order.
  process.stdout.write(
    config.platform
      ? listeningText(server.url)
      : welcome(server.url, config.operatorKey ? null : operatorKey, platform),
  );

  await gateway.start();
}

/** Shorter passwords are ordinary words, which a line of the log may hold for other reasons. */
const MIN_PASSWORD_LENGTH = 8;

/** The address of the database, and its password alone, which an error of the database may repeat. */
function databaseSecrets(url: Secret): Secret[] {
  const passwords = passwordsIn(url.reveal()).filter(({ length }) => length >= MIN_PASSWORD_LENGTH);
  return [url, ...passwords.map((password) => new Secret(password))];
}

function open({ store }: Config): Promise<Store> {
  return openStore(store.kind === "postgres" ? { kind: "postgres", url: store.url.reveal() } : store);
}

/** Null where one gateway counts alone: then no driver of PostgreSQL is loaded. */
async function countersOf({ store }: Config): Promise<RateLimitPool | null> {
  if (store.kind !== "postgres") return null;
  const { openRateLimitPool } = await import("./limits/rate-limit-pool.ts");
  return openRateLimitPool(store.url.reveal());
}

/** Runs the sandbox in a process of its own, so that the gateway is alone in its own, as it is in production. */
async function startSandbox({ sandboxPort, host, conferenceStreaming }: Config): Promise<PlatformConfig> {
  const port = sandboxPort ?? 4010;
  const started = await tryPort(port, host).catch((error: unknown) => {
    if (sandboxPort !== null) throw error;
    return tryPort(0, host);
  });
  const { origin, secret, conferenceApp: app } = started;
  return {
    secret: new Secret(secret),
    apiUrl: origin,
    analyticsUrl: origin,
    directorUrl: origin,
    conference: conferenceStreaming
      ? { apiUrl: origin, authUrl: origin, app: { key: app.key, secret: new Secret(app.secret) } }
      : null,
  };
}

/** What the sandbox tells when it listens. */
interface StartedSandbox {
  readonly origin: string;
  readonly secret: string;
  readonly conferenceApp: { readonly key: string; readonly secret: string };
}

function tryPort(port: number, host: string): Promise<StartedSandbox> {
  return new Promise((resolve, reject) => {
    const child = fork(new URL("./sandbox/main.js", import.meta.url), {
      env: { ...process.env, SANDBOX_PORT: String(port), HOST: host },
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    let complaint = "";
    const complained = (chunk: Buffer) => {
      complaint += chunk.toString();
    };
    child.stderr?.on("error", () => undefined).on("data", complained);
    child.once("message", (message) => {
      child.stderr?.off("data", complained).resume();
      resolve(message as StartedSandbox);
    });
    // Not once: where there is no listener, a later one would end the gateway.
    child.on("error", reject);
    child.once("exit", () => {
      const [code] = /\bE(ADDRINUSE|ACCES|ADDRNOTAVAIL|NOTFOUND|INVAL)\b|\bEAI_AGAIN\b/.exec(complaint) ?? [];
      const variable = code === "EADDRINUSE" || code === "EACCES" ? "SANDBOX_PORT" : "HOST";
      reject(
        code
          ? new ConfigError([`  ${variable} should be one that the sandbox can listen on (${code} at ${host}:${port})`])
          : new Error(complaint.trim() || "The sandbox ended before it listened."),
      );
    });
  });
}

/** Nothing of it is loaded unless it is wanted. */
async function tracing(): Promise<Tracing> {
  try {
    const { createTracing } = await import("./telemetry/tracing.ts");
    return await createTracing();
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND")) throw error;
    throw new ConfigError([
      "  TRACING should be off, or an SDK of OpenTelemetry be installed: @opentelemetry/api is missing",
    ]);
  }
}

/** Null where the files are missing, as they are without a build: all else works without them. */
async function graphiqlFiles(logger: Logger): Promise<GraphiQLFiles | null> {
  const { readGraphiQL } = await import("./http/graphiql/files.ts");
  try {
    return await readGraphiQL(fileURLToPath(new URL("./graphiql/", import.meta.url)));
  } catch (error) {
    logger.warn({ err: error }, "GraphiQL is not served: its files were not read");
    return null;
  }
}

function listeningText(url: string): string {
  return `Syndigraph serves ${url}/graphql\n`;
}

/** @param made the operator key that was made for this run; null for a configured one, which is never printed */
function welcome(url: string, made: Secret | null, sandbox: PlatformConfig): string {
  const bearer = made?.reveal() ?? "$SYNDIGRAPH_OPERATOR_KEY";
  return `
Syndigraph runs over a sandbox of the platform (${sandbox.apiUrl}/sandbox): nothing here is real.

  GraphiQL      ${url}/graphql${made ? `#key=${bearer}` : ""}
  API           ${url}/graphql
  Operator key  ${made ? bearer : "that of SYNDIGRAPH_OPERATOR_KEY"}

  A first query:
  curl ${url}/graphql -H 'content-type: application/json' -H "authorization: Bearer ${bearer}" \\
    -d '{"query":"{ streams(first: 5) { nodes { name isLive bandwidth(window: { last: \\"P1D\\" }) { total { gigabytesOut } } } } }"}'

`;
}

/** What to do about a port that could not be opened, by the code of the failure. */
const listenHints: Readonly<Record<string, string>> = {
  EADDRINUSE: "Set PORT to another port.",
  EACCES: "Set PORT to a port that this user may open, such as one above 1023.",
  EADDRNOTAVAIL: "Set HOST to an address of this machine, such as 127.0.0.1 or 0.0.0.0.",
  ENOTFOUND: "Set HOST to an address of this machine, such as 127.0.0.1 or 0.0.0.0.",
  EAI_AGAIN: "Set HOST to an address of this machine, such as 127.0.0.1 or 0.0.0.0.",
  EINVAL: "Set HOST to an address of this machine, such as 127.0.0.1 or 0.0.0.0.",
};

main().catch((error: unknown) => {
  process.stderr.write(`${complaint(error)}\n`);
  process.exit(1);
});

/** What the operator can mend is told in a line; a fault of ours is told whole. */
function complaint(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof ConfigError || error instanceof StoreError) return `${error.name}: ${error.message}`;
  const hint = "syscall" in error && "code" in error ? listenHints[String(error.code)] : undefined;
  if (hint !== undefined) return `${error.message}. ${hint}`;
  return error.stack ?? error.message;
}
