#!/usr/bin/env node
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Logger } from "pino";
import { generateApiKey } from "./auth/api-keys.ts";
import { type Config, ConfigError, type PlatformConfig, readConfig, type StoreConfig } from "./config/config.ts";
import { describeUnknown } from "./config/unknown-variables.ts";
import type { GraphiQLFiles } from "./http/graphiql/files.ts";
import { markGateway } from "./jobs/mark-gateway.ts";
import type { RateLimitPool } from "./limits/rate-limit-pool.ts";
import { Secret } from "./model/secret.ts";
import { openPort, reachableUrl } from "./open-port.ts";
import { registerSandboxPartners, startSandbox } from "./start-sandbox.ts";
import { hostIn, passwordsIn } from "./store/database-url.ts";
import { openStore } from "./store/open-store.ts";
import type { Store } from "./store/store.ts";
import { StoreError } from "./store/store-error.ts";
import { createLogger } from "./telemetry/logger.ts";
import type { Tracing } from "./telemetry/tracing.ts";
import { applyV8Flags } from "./v8-flags.ts";

applyV8Flags();
// A reader that closes the pipe must not end the gateway.
process.stdout.on("error", () => undefined);

/** Starts the gateway, or runs the command that the arguments name. */
async function main(): Promise<void> {
  const [command, ...words] = process.argv.slice(2);
  if (command === undefined || (command === "serve" && words.length === 0)) return serve();
  const { runCommand } = await import("./cli/program.ts");
  process.exitCode = await runCommand([command, ...words], {
    stdout: (text) => void process.stdout.write(text),
    stderr: (text) => void process.stderr.write(text),
  });
}

/** Starts the gateway, over a sandbox of the platform if no API secret is set, and drains it on SIGTERM. */
async function serve(): Promise<void> {
  // PID 1 ignores signals without a listener, so that a container could not be stopped while it starts.
  let onSignal = (): void => process.exit(0);
  process.on("SIGTERM", () => onSignal());
  process.on("SIGINT", () => onSignal());
  const config = readConfig();
  // The sandbox starts while the gateway's code is loaded.
  const [{ platform, sandbox }, store, { createGateway }] = await Promise.all([
    config.platform ? { platform: config.platform, sandbox: null } : startSandbox(config),
    open(config),
    import("./gateway.ts"),
  ]);
  const unmark = config.store.kind === "postgres" ? await markGateway(store.gatewayMarks) : async () => undefined;
  if (sandbox) await registerSandboxPartners(store, sandbox);
  const operatorKey = config.operatorKey ?? generateApiKey().key;
  const logger = createLogger(config.logLevel, [
    platform.secret,
    operatorKey,
    ...(platform.conference ? [platform.conference.app.secret] : []),
    ...(config.store.kind === "postgres" ? addressSecrets(config.store.url) : []),
    ...[config.proxy?.https, config.proxy?.http].flatMap((url) => (url ? addressSecrets(url) : [])),
  ]);
  for (const unknown of config.unknownVariables) {
    logger.warn({ variable: unknown.name }, describeUnknown(unknown));
  }
  if (await isUnderShell())
    logger.warn("SIGTERM does not reach the gateway, since PID 1 is a shell: start it with exec");
  const rateLimitPool = await openLimits(config);
  const gateway = createGateway({
    store,
    // The sandbox is on this machine.
    upstream: { ...platform, timeoutMs: config.upstreamTimeoutMs, proxy: config.platform && config.proxy },
    ...(sandbox && { platformClock: sandbox.clock }),
    directorUrl: platform.directorUrl,
    operatorKey,
    operatorScopes: config.operatorScopes,
    issuer: config.publicUrl ?? "syndigraph",
    identityProvider: config.identityProvider,
    trustedProxies: config.trustedProxies,
    allowedHosts: config.allowedHosts,
    allowedOrigins: config.allowedOrigins,
    allowedHeaders: config.allowedHeaders,
    budgets: config.budgets,
    rateLimitPool,
    maxRequestsInFlight: config.maxRequestsInFlight,
    unsent: config.unsent,
    stalledMs: config.clientTimeouts.stalledMs,
    tokenRefreshMs: config.tokenRefreshMs,
    maxClockOffsetMs: config.maxClockOffsetMs,
    enforceSuspension: config.enforceSuspension,
    engine: config.engine,
    usageCacheBytes: config.usageCacheBytes,
    usageLagMs: config.usageLagMs,
    collectUsage: config.collectUsage,
    hoursKeptDays: config.hoursKeptDays,
    logger,
    slowRequestMs: config.slowRequestMs,
    refusedAttemptRetentionMs: config.refusedAttemptRetentionMs,
    tracing: config.tracing ? await loadTracing() : null,
    graphiql: config.graphiql ? await loadGraphiQL(logger) : null,
  });
  const server = await openPort(config, gateway.handle, gateway.noteConnection);

  let isShuttingDown = false;
  const shutDown = async () => {
    if (isShuttingDown) return;
    isShuttingDown = true;
    gateway.advertiseShutdown();
    server.advertiseShutdown();
    await setTimeout(config.shutdownDelayMs);
    await server.drain(config.drainMs);
    await gateway.close();
    await unmark();
    await Promise.all([store.close(), rateLimitPool?.end()]);
    process.exit(0);
  };
  onSignal = () => {
    shutDown().catch((error: unknown) => {
      logger.error({ err: error }, "shutdown failed");
      process.exit(1);
    });
  };
  if (config.engine === "graphql-js") {
    const { dropAbandonedFieldError } = await import("./engine/graphql-js.ts");
    process.on("unhandledRejection", dropAbandonedFieldError);
  }
  // Written after the signal handlers are set: who waits for this line may send SIGTERM at once.
  const url = reachableUrl(server.url);
  process.stdout.write(
    config.platform
      ? `Syndigraph serves ${url}/graphql; its store is ${placeOf(config.store)}\n`
      : welcome(url, config.operatorKey ? null : operatorKey, platform, placeOf(config.store)),
  );

  await gateway.start();
}

/** File that the folder of a store contains. */
const STORE_FILE = "syndigraph.db";

/** Returns whether PID 1, which a container's SIGTERM is for, is a shell: it ignores the signal and passes none on. */
async function isUnderShell(): Promise<boolean> {
  const name = await readFile("/proc/1/comm", "utf8").catch(() => "");
  return /^(ba|da|a|k|z)?sh$/.test(name.trim());
}

/** Length from which a password is redacted in logs; a shorter one may be an ordinary word of a message. */
const MIN_PASSWORD_LENGTH = 8;

/** Returns an address with credentials, and its password alone: errors may quote either. */
function addressSecrets(url: Secret): Secret[] {
  const passwords = passwordsIn(url.reveal()).filter(({ length }) => length >= MIN_PASSWORD_LENGTH);
  return [url, ...passwords.map((password) => new Secret(password))];
}

function open({ store }: Config): Promise<Store> {
  if (store.kind === "file" && store.isDefault) assertNoFormerStore(store.folder);
  return openStore(store.kind === "postgres" ? { kind: "postgres", url: store.url.reveal() } : store);
}

/**
 * The folder of the store was `.data` in the working folder by default. A gateway that starts there after an update must not begin
 * with an empty store.
 *
 * @throws ConfigError if the working folder has such a store, and the user none
 */
function assertNoFormerStore(folder: string): void {
  const former = resolve(".data");
  if (!existsSync(join(former, STORE_FILE)) || existsSync(join(folder, STORE_FILE))) return;
  throw new ConfigError([
    `DATA_DIRECTORY must be set where a store of an earlier version is; found ${former}. Set it to that folder, or move its files to ${folder}`,
  ]);
}

/** Returns the place of the store for the operator, without a secret. */
function placeOf(store: StoreConfig): string {
  if (store.kind === "memory") return "in memory, until the gateway ends";
  return store.kind === "file" ? store.folder : `PostgreSQL at ${hostIn(store.url.reveal())}`;
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
    throw new ConfigError([
      "TRACING must be off, or an OpenTelemetry SDK installed; got on, and @opentelemetry/api is missing",
    ]);
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

/** @param createdKey the operator key created for this run; null for a configured one, which is never printed */
function welcome(url: string, createdKey: Secret | null, sandbox: PlatformConfig, store: string): string {
  const bearer = createdKey?.reveal() ?? "$SYNDIGRAPH_OPERATOR_KEY";
  return `
Syndigraph runs over a sandbox of the platform (${sandbox.apiUrl}/sandbox): all data is invented.

  GraphiQL      ${url}/graphql${createdKey ? `#key=${bearer}` : ""}
  API           ${url}/graphql
  Operator key  ${createdKey ? bearer : "the value of SYNDIGRAPH_OPERATOR_KEY"}
  Store         ${store}

  A first query:
  curl ${url}/graphql -H 'content-type: application/json' -H "authorization: Bearer ${bearer}" \\
    -d '{"query":"{ streams(first: 5) { nodes { name isLive bandwidth(window: { last: \\"P1D\\" }) { total { gigabytesOut } } } } }"}'

`;
}

main().catch((error: unknown) => {
  process.stderr.write(`${startErrorText(error)}\n`);
  process.exit(1);
});

/** Returns one line for what the operator can fix, and the stack for anything else. */
function startErrorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof ConfigError || error instanceof StoreError) return `${error.name}: ${error.message}`;
  return error.stack ?? error.message;
}
