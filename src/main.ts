import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Logger } from "pino";
import { generateApiKey } from "./auth/api-keys.ts";
import { type Config, ConfigError, type PlatformConfig, readConfig } from "./config/config.ts";
import { describeUnknown } from "./config/unknown-variables.ts";
import type { GraphiQLFiles } from "./http/graphiql/files.ts";
import { listen } from "./http/http-server.ts";
import type { RateLimitPool } from "./limits/rate-limit-pool.ts";
import { Secret } from "./model/secret.ts";
import { registerSandboxPartners, startSandbox } from "./start-sandbox.ts";
import { passwordsIn } from "./store/database-url.ts";
import { openStore } from "./store/open-store.ts";
import type { Store } from "./store/store.ts";
import { StoreError } from "./store/store-error.ts";
import { createLogger } from "./telemetry/logger.ts";
import type { Tracing } from "./telemetry/tracing.ts";
import { applyV8Flags } from "./v8-flags.ts";

applyV8Flags();
// A reader that closes the pipe must not end the gateway.
process.stdout.on("error", () => undefined);

/** Starts the gateway, over a sandbox of the platform if no API secret is set, and drains it on SIGTERM. */
async function main(): Promise<void> {
  const config = readConfig();
  // The sandbox starts while the gateway's code is loaded.
  const [{ platform, sandbox }, store, { createGateway }] = await Promise.all([
    config.platform ? { platform: config.platform, sandbox: null } : startSandbox(config),
    open(config),
    import("./gateway.ts"),
  ]);
  if (sandbox) await registerSandboxPartners(store, sandbox);
  const operatorKey = config.operatorKey ?? generateApiKey().key;
  const logger = createLogger(config.logLevel, [
    platform.secret,
    operatorKey,
    ...(platform.conference ? [platform.conference.app.secret] : []),
    ...(config.store.kind === "postgres" ? databaseSecrets(config.store.url) : []),
  ]);
  for (const unknown of config.unknownVariables) {
    logger.warn({ variable: unknown.name }, describeUnknown(unknown));
  }
  const rateLimitPool = await openLimits(config);
  const gateway = createGateway({
    store,
    upstream: { ...platform, timeoutMs: config.upstreamTimeoutMs },
    ...(sandbox && { platformClock: sandbox.clock }),
    directorUrl: platform.directorUrl,
    operatorKey,
    operatorScopes: config.operatorScopes,
    issuer: config.publicUrl ?? "syndigraph",
    identityProvider: config.identityProvider,
    trustedProxies: config.trustedProxies,
    allowedHosts: config.allowedHosts,
    allowedOrigins: config.allowedOrigins,
    budgets: config.budgets,
    rateLimitPool,
    maxRequestsInFlight: config.maxRequestsInFlight,
    unsent: config.unsent,
    tokenRefreshMs: config.tokenRefreshMs,
    maxClockOffsetMs: config.maxClockOffsetMs,
    enforceSuspension: config.enforceSuspension,
    engine: config.engine,
    usageCacheBytes: config.usageCacheBytes,
    usageLagMs: config.usageLagMs,
    logger,
    slowRequestMs: config.slowRequestMs,
    refusedAttemptRetentionMs: config.refusedAttemptRetentionMs,
    tracing: config.tracing ? await loadTracing() : null,
    graphiql: config.graphiql ? await loadGraphiQL(logger) : null,
  });
  const server = await listen(gateway.handle, config.host, config.port, undefined, gateway.noteConnection);

  let isShuttingDown = false;
  const shutDown = async () => {
    if (isShuttingDown) return;
    isShuttingDown = true;
    gateway.advertiseShutdown();
    server.advertiseShutdown();
    await setTimeout(config.shutdownDelayMs);
    await server.drain(config.drainMs);
    await gateway.close();
    await Promise.all([store.close(), rateLimitPool?.end()]);
    process.exit(0);
  };
  const onSignal = () => {
    shutDown().catch((error: unknown) => {
      logger.error({ err: error }, "shutdown failed");
      process.exit(1);
    });
  };
  if (config.engine === "graphql-js") {
    const { dropAbandonedFieldError } = await import("./engine/graphql-js.ts");
    process.on("unhandledRejection", dropAbandonedFieldError);
  }
  process.on("SIGTERM", onSignal);
  process.on("SIGINT", onSignal);
  // Written after the signal handlers are set: who waits for this line may send SIGTERM at once.
  process.stdout.write(
    config.platform
      ? listeningText(server.url)
      : welcome(server.url, config.operatorKey ? null : operatorKey, platform),
  );

  await gateway.start();
}

/** Length from which a password is redacted in logs; a shorter one may be an ordinary word of a message. */
const MIN_PASSWORD_LENGTH = 8;

/** Returns the database URL, and its password alone: errors of the database may quote either. */
function databaseSecrets(url: Secret): Secret[] {
  const passwords = passwordsIn(url.reveal()).filter(({ length }) => length >= MIN_PASSWORD_LENGTH);
  return [url, ...passwords.map((password) => new Secret(password))];
}

function open({ store }: Config): Promise<Store> {
  return openStore(store.kind === "postgres" ? { kind: "postgres", url: store.url.reveal() } : store);
}

/** Returns null if limits are counted in memory: then the PostgreSQL driver is not loaded. */
async function openLimits({ store }: Config): Promise<RateLimitPool | null> {
  if (store.kind !== "postgres") return null;
  const { openRateLimitPool } = await import("./limits/rate-limit-pool.ts");
  return openRateLimitPool(store.url.reveal());
}

/** @throws ConfigError when OpenTelemetry is not installed */
async function loadTracing(): Promise<Tracing> {
  try {
    const { createTracing } = await import("./telemetry/tracing.ts");
    return await createTracing();
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND")) throw error;
    throw new ConfigError(["  TRACING must be off, or an OpenTelemetry SDK installed: @opentelemetry/api is missing"]);
  }
}

/** Returns null if the files are missing, as they are without a build. */
async function loadGraphiQL(logger: Logger): Promise<GraphiQLFiles | null> {
  const { readGraphiQL } = await import("./http/graphiql/files.ts");
  try {
    return await readGraphiQL(fileURLToPath(new URL("./graphiql/", import.meta.url)));
  } catch (error) {
    logger.warn({ err: error }, "GraphiQL is not served: its files could not be read");
    return null;
  }
}

function listeningText(url: string): string {
  return `Syndigraph serves ${url}/graphql\n`;
}

/** @param createdKey the operator key created for this run; null for a configured one, which is never printed */
function welcome(url: string, createdKey: Secret | null, sandbox: PlatformConfig): string {
  const bearer = createdKey?.reveal() ?? "$SYNDIGRAPH_OPERATOR_KEY";
  return `
Syndigraph runs over a sandbox of the platform (${sandbox.apiUrl}/sandbox): all data is invented.

  GraphiQL      ${url}/graphql${createdKey ? `#key=${bearer}` : ""}
  API           ${url}/graphql
  Operator key  ${createdKey ? bearer : "the value of SYNDIGRAPH_OPERATOR_KEY"}

  A first query:
  curl ${url}/graphql -H 'content-type: application/json' -H "authorization: Bearer ${bearer}" \\
    -d '{"query":"{ streams(first: 5) { nodes { name isLive bandwidth(window: { last: \\"P1D\\" }) { total { gigabytesOut } } } } }"}'

`;
}

/** Hints for a port that could not be opened, by error code. */
const listenHints: Readonly<Record<string, string>> = {
  EADDRINUSE: "Set PORT to another port.",
  EACCES: "Set PORT to a port that this user may open, such as one above 1023.",
  EADDRNOTAVAIL: "Set HOST to an address of this machine, such as 127.0.0.1 or 0.0.0.0.",
  ENOTFOUND: "Set HOST to an address of this machine, such as 127.0.0.1 or 0.0.0.0.",
  EAI_AGAIN: "Set HOST to an address of this machine, such as 127.0.0.1 or 0.0.0.0.",
  EINVAL: "Set HOST to an address of this machine, such as 127.0.0.1 or 0.0.0.0.",
};

main().catch((error: unknown) => {
  process.stderr.write(`${startErrorText(error)}\n`);
  process.exit(1);
});

/** Returns one line for what the operator can fix, and the stack for anything else. */
function startErrorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof ConfigError || error instanceof StoreError) return `${error.name}: ${error.message}`;
  const hint = "syscall" in error && "code" in error ? listenHints[String(error.code)] : undefined;
  if (hint !== undefined) return `${error.message}. ${hint}`;
  return error.stack ?? error.message;
}
