import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Gateway, GatewayOptions } from "../../src/gateway.ts";
import { run } from "./program.ts";

/** A gateway in a process of its own, over SQLite in a folder. */
export interface BuiltGateway extends Gateway {
  /** Returns all output of the process so far. */
  logged(): string;
}

const CLOCK = new URL("./clock-of-program.js", import.meta.url).href;

/**
 * Starts the built program with the options of a test in its environment. Its clock stands still like the sandbox's, and is set
 * to the sandbox's time before each request.
 *
 * @param folder of the built programs
 * @param now the sandbox's time
 */
export async function createBuiltGateway(
  folder: string,
  options: GatewayOptions,
  now: () => number,
): Promise<BuiltGateway> {
  const data = await mkdtemp(join(tmpdir(), "syndigraph-built-"));
  let told = now();
  const environment = { ...environmentOf(options), DATA_DIRECTORY: data, TEST_TIME: `${told}` };
  const program = run(join(folder, "main.js"), environment, ["--import", CLOCK]);
  const [, url = ""] = await program.printed(/serves (http:\S+)\/graphql/);
  return {
    fetch: async (request) => {
      if (now() !== told) {
        told = now();
        await program.tell({ time: told });
      }
      const { pathname, search } = new URL(request.url);
      const { method, headers, signal } = request;
      const body = request.body ? await request.arrayBuffer() : null;
      return fetch(`${url}${pathname}${search}`, { method, headers, body, signal, redirect: "manual" });
    },
    handle: () => {
      throw new Error("requests reach the built program by its port");
    },
    noteConnection: () => undefined,
    start: async () => {
      await program.printed(/the token list, account and clusters were read/);
    },
    advertiseShutdown: () => program.signal("SIGTERM"),
    close: async () => {
      await program[Symbol.asyncDispose]();
      await rm(data, { recursive: true });
    },
    logged: program.output,
  };
}

function environmentOf({
  upstream: { apiUrl, analyticsUrl, secret, conference },
  ...options
}: GatewayOptions): Record<string, string> {
  return {
    PORT: "0",
    MILLICAST_API_SECRET: secret.reveal(),
    MILLICAST_API_URL: apiUrl,
    MILLICAST_ANALYTICS_URL: analyticsUrl,
    MILLICAST_DIRECTOR_URL: options.directorUrl,
    ...(conference && {
      CONFERENCE_STREAMING: "on",
      CONFERENCE_APP_KEY: conference.app.key,
      CONFERENCE_APP_SECRET: conference.app.secret.reveal(),
      CONFERENCE_API_URL: conference.apiUrl,
      CONFERENCE_AUTH_URL: conference.authUrl,
    }),
    SYNDIGRAPH_OPERATOR_KEY: options.operatorKey.reveal(),
    SYNDIGRAPH_OPERATOR_SCOPES: options.operatorScopes.join(","),
    COST_BUDGET_PER_MINUTE: `${options.budgets.perMinute}`,
    PARTNER_COST_BUDGET_PER_MINUTE: `${options.budgets.partnerPerMinute}`,
    // A busy machine is no sick platform.
    UPSTREAM_TIMEOUT_SECONDS: "60",
    TOKEN_REFRESH_SECONDS: `${options.tokenRefreshMs / 1_000}`,
    USAGE_CACHE_MEGABYTES: `${options.usageCacheBytes / 1e6}`,
    COLLECT_USAGE: options.collectUsage ? "on" : "off",
    GRAPHIQL: options.graphiql ? "on" : "off",
    LOG_LEVEL: "debug",
  };
}
