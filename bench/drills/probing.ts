import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { KEY } from "../fleet.ts";
import type { Probed } from "./prober.ts";
import { type SandboxedGatewayOptions, startSandboxedGateway } from "./sandboxed-gateway.ts";

/** Starts the process that measures a gateway until `end` is called. */
export async function startProber(url: URL): Promise<{ end(): Promise<Probed> }> {
  const prober = fork(fileURLToPath(new URL("./prober.ts", import.meta.url)), ["--url", url.href], {
    execArgv: ["--import", "tsx"],
  });
  await once(prober, "message");
  return {
    end: async () => {
      prober.send("over");
      const [probed] = (await once(prober, "message")) as [Probed];
      return probed;
    },
  };
}

export const authorization = { authorization: `Bearer ${KEY}` };

interface Probing<Result> {
  readonly probed: Probed;
  /** Result of the work. */
  readonly result: Result;
  /** Returns the value of a metric after the work; NaN if there is none. */
  metric(name: string): number;
}

/** Starts a gateway, and measures it from when it is ready until `work` is done. */
export async function probeGateway<Result>(
  options: Omit<SandboxedGatewayOptions, "standsAt">,
  work: (url: URL) => Promise<Result>,
): Promise<Probing<Result>> {
  const gateway = startSandboxedGateway({ ...options, standsAt: null });
  try {
    const printed = await Promise.race([
      gateway.printed("http://127.0.0.1:"),
      gateway.ended.then(() => Promise.reject(new Error("A gateway did not start."))),
    ]);
    const url = new URL(`http://127.0.0.1:${Number.parseInt(printed, 10)}`);
    const readMetrics = async () => (await fetch(new URL("/metrics", url), { headers: authorization })).text();
    // The delay of the event loop is that since the last reading, so that the start is left out.
    await readMetrics();
    const [prober, result] = await Promise.all([startProber(url), work(url)]);
    const lines = (await readMetrics()).split("\n");
    return {
      probed: await prober.end(),
      result,
      metric: (name) => Number(lines.find((line) => line.startsWith(`${name} `))?.split(" ")[1] ?? Number.NaN),
    };
  } finally {
    gateway.kill("SIGTERM");
    await gateway.ended;
  }
}
