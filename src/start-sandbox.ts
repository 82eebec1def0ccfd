import { fork } from "node:child_process";
import { type Config, ConfigError, type PlatformConfig } from "./config/config.ts";
import { Secret } from "./model/secret.ts";

const DEFAULT_PORT = 4010;

/**
 * Starts the sandbox in a process of its own, so that the gateway runs alone in its process, as in production.
 *
 * @returns how the gateway reaches the sandbox
 * @throws ConfigError when the sandbox cannot listen on the configured host and port
 */
export async function startSandbox({ sandboxPort, host, conferenceStreaming }: Config): Promise<PlatformConfig> {
  const started = await startOn(sandboxPort ?? DEFAULT_PORT, host).catch((error: unknown) => {
    if (sandboxPort !== null) throw error;
    return startOn(0, host);
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

/** Message of the sandbox once it listens. */
interface StartedSandbox {
  readonly origin: string;
  readonly secret: string;
  readonly conferenceApp: { readonly key: string; readonly secret: string };
}

function startOn(port: number, host: string): Promise<StartedSandbox> {
  return new Promise((resolve, reject) => {
    const child = fork(new URL("./sandbox/main.js", import.meta.url), {
      env: { ...process.env, SANDBOX_PORT: String(port), HOST: host },
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    let output = "";
    const collect = (chunk: Buffer) => {
      output += chunk.toString();
    };
    child.stderr?.on("error", () => undefined).on("data", collect);
    child.once("message", (message) => {
      child.stderr?.off("data", collect).resume();
      resolve(message as StartedSandbox);
    });
    // Not `once`: a later error without a listener would end the gateway.
    child.on("error", reject);
    child.once("exit", () => reject(startFailure(output, host, port)));
  });
}

function startFailure(output: string, host: string, port: number): Error {
  const [code] = /\bE(ADDRINUSE|ACCES|ADDRNOTAVAIL|NOTFOUND|INVAL)\b|\bEAI_AGAIN\b/.exec(output) ?? [];
  if (!code) return new Error(output.trim() || "The sandbox ended before it listened.");
  const variable = code === "EADDRINUSE" || code === "EACCES" ? "SANDBOX_PORT" : "HOST";
  return new ConfigError([`  ${variable} must be one that the sandbox can listen on; got ${host}:${port} (${code})`]);
}
