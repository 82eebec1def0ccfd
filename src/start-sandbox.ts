import { fork } from "node:child_process";
import { type Config, ConfigError, type PlatformConfig } from "./config/config.ts";
import { Secret } from "./model/secret.ts";
import { reachableUrl } from "./open-port.ts";
import type { Clock } from "./primitives/clock.ts";
import type { NewPartner } from "./store/partners.ts";
import type { Store } from "./store/store.ts";
import { TrackingIdTakenError } from "./store/store-error.ts";

const DEFAULT_PORT = 4010;

/** What the gateway learns of the sandbox, beside its addresses. */
export interface RunningSandbox {
  /** The sandbox's time, which its control API may move by any span. */
  readonly clock: Clock;
  /** Partners behind the tracking ids of the sandbox. */
  readonly partners: readonly SandboxPartner[];
  /** Disables a subscribe token on the sandbox. @throws Error if the sandbox refuses it */
  disableToken(tokenId: number): Promise<void>;
}

interface SandboxPartner extends NewPartner {
  readonly isSuspended: boolean;
  /** Its usable subscribe tokens on the sandbox. */
  readonly tokenIds: readonly number[];
}

/**
 * Starts the sandbox in a process of its own, so that the gateway runs alone in its process, as in production.
 *
 * @returns how the gateway reaches the sandbox, and what else it learns of it
 * @throws ConfigError if the sandbox cannot listen on the configured host and port, or another variable of it is wrong
 */
export async function startSandbox({
  sandboxPort,
  host,
  conferenceStreaming,
}: Config): Promise<{ platform: PlatformConfig; sandbox: RunningSandbox }> {
  const started = await startOn(sandboxPort ?? DEFAULT_PORT, host).catch((error: unknown) => {
    if (sandboxPort !== null) throw error;
    return startOn(0, host);
  });
  const { secret, conferenceApp: app, partners, clock } = started;
  const origin = reachableUrl(started.origin);
  const platform = {
    secret: new Secret(secret),
    apiUrl: origin,
    analyticsUrl: origin,
    directorUrl: origin,
    conference: conferenceStreaming
      ? { apiUrl: origin, authUrl: origin, app: { key: app.key, secret: new Secret(app.secret) } }
      : null,
  };
  const disableToken = async (tokenId: number) => {
    const response = await fetch(`${origin}/api/v2/subscribe_token/${tokenId}`, {
      method: "PUT",
      headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" },
      body: JSON.stringify({ isActive: false }),
    });
    if (!response.ok) throw new Error(`The sandbox answered ${response.status} when token ${tokenId} was disabled.`);
  };
  return { platform, sandbox: { clock, partners, disableToken } };
}

/** Time for which the sandbox's partners have been registered: as long as their tokens exist. */
const REGISTERED_FOR_MS = 390 * 86_400_000;

/**
 * Registers the sandbox's partners in a store without any record, and suspends one of them; changes no other store.
 *
 * @throws Error if the sandbox refuses to disable the tokens of the suspended partner
 */
export async function registerSandboxPartners(store: Store, { partners, disableToken }: RunningSandbox): Promise<void> {
  const isFirstStart = await store
    .transaction(async ({ partners: registered, apiKeys, audit }) => {
      const records = await Promise.all([registered.all(), apiKeys.list({}), audit.list({}, 1)]);
      if (records.some(({ length }) => length > 0)) return false;
      for (const { isSuspended, tokenIds, ...partner } of partners) {
        const { id } = await registered.create(partner, Date.now() - REGISTERED_FOR_MS);
        if (!isSuspended) continue;
        await registered.update(id, { status: "SUSPENDED" });
        await registered.setSuspendedTokenIds(id, tokenIds);
      }
      return true;
    })
    .catch((error: unknown) => {
      // Another gateway of the same database was first.
      if (error instanceof TrackingIdTakenError) return false;
      throw error;
    });
  if (!isFirstStart) return;
  const suspended = partners.filter(({ isSuspended }) => isSuspended);
  await Promise.all(suspended.flatMap(({ tokenIds }) => tokenIds).map(disableToken));
}

/** Message of the sandbox once it listens. */
interface Listening {
  readonly type: "listening";
  readonly origin: string;
  readonly secret: string;
  readonly conferenceApp: { readonly key: string; readonly secret: string };
  readonly now: number;
  readonly partners: readonly SandboxPartner[];
}

/** Message of the sandbox each time its clock was moved. */
interface ClockMoved {
  readonly type: "clock";
  readonly now: number;
}

function startOn(port: number, host: string): Promise<Listening & { readonly clock: Clock }> {
  return new Promise((resolve, reject) => {
    let offsetMs = 0;
    const child = fork(new URL("./sandbox/main.js", import.meta.url), {
      env: { ...process.env, SANDBOX_PORT: String(port), HOST: host },
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    let output = "";
    const collect = (chunk: Buffer) => {
      output += chunk.toString();
    };
    child.stderr?.on("error", () => undefined).on("data", collect);
    child.on("message", (message: Listening | ClockMoved) => {
      offsetMs = message.now - Date.now();
      if (message.type === "clock") return;
      child.stderr?.off("data", collect).resume();
      resolve({ ...message, clock: () => Date.now() + offsetMs });
    });
    // Not `once`: a later error without a listener would end the gateway.
    child.on("error", reject);
    child.once("exit", () => reject(startFailure(output)));
  });
}

/** @param output what the sandbox wrote: one line that begins with a variable, for a mistake in its environment */
function startFailure(output: string): Error {
  const text = output.trim();
  return /^[A-Z_]+ must [^\n]*$/.test(text)
    ? new ConfigError([text])
    : new Error(text || "The sandbox ended before it listened.");
}
