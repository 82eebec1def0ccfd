import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Sandbox } from "../../src/sandbox/sandbox.ts";
import { CORES, commandOn, KEY } from "../fleet.ts";

const MAIN = fileURLToPath(new URL("../../dist/main.js", import.meta.url));
const CLOCK = new URL("../../test/support/clock-of-program.js", import.meta.url).href;

/** A built gateway over the sandbox of the drill's process. */
export interface SandboxedGateway {
  kill(signal: NodeJS.Signals): void;
  /** Resolves when the process has ended. */
  readonly ended: Promise<unknown>;
  /** Resolves with what follows a text in the process's output, up to the end of the line. */
  printed(text: string): Promise<string>;
}

export interface SandboxedGatewayOptions {
  readonly sandbox: Sandbox;
  /** Settings beside those of the platform, the store among them. */
  readonly environment: Readonly<Record<string, string>>;
  /** Time at which the gateway's clock stands still; null for that of the machine. */
  readonly standsAt: number | null;
}

export function startSandboxedGateway({ sandbox, environment, standsAt }: SandboxedGatewayOptions): SandboxedGateway {
  const [command, ...words] = commandOn(CORES.server, standsAt === null ? [MAIN] : ["--import", CLOCK, MAIN]);
  const child: ChildProcess = spawn(command, words, {
    env: {
      PATH: process.env["PATH"],
      NODE_ENV: "production",
      PORT: "0",
      MILLICAST_API_SECRET: sandbox.secret,
      MILLICAST_API_URL: sandbox.origin,
      MILLICAST_ANALYTICS_URL: sandbox.origin,
      MILLICAST_DIRECTOR_URL: sandbox.origin,
      SYNDIGRAPH_OPERATOR_KEY: KEY,
      UPSTREAM_TIMEOUT_SECONDS: "60",
      COST_BUDGET_PER_MINUTE: "1000000000",
      GRAPHIQL: "off",
      ...(standsAt !== null && { TEST_TIME: `${standsAt}` }),
      ...environment,
    },
    stdio: ["ignore", "pipe", "inherit", "ipc"],
  });
  let output = "";
  const waiting = new Set<() => void>();
  child.stdout?.on("data", (chunk: Buffer) => {
    output = `${output}${chunk}`;
    for (const look of waiting) look();
    // What nobody has waited for by then is dropped.
    output = output.slice(-10_000);
  });
  const ended = once(child, "exit");
  return {
    kill: (signal) => void child.kill(signal),
    ended,
    printed: (text) =>
      new Promise((resolve) => {
        const look = () => {
          const begin = output.indexOf(text);
          const end = begin < 0 ? -1 : output.indexOf("\n", begin);
          if (end < 0) return;
          waiting.delete(look);
          resolve(output.slice(begin + text.length, end));
        };
        waiting.add(look);
        look();
      }),
  };
}
