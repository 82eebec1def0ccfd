import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtemp, open, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const SECRET = "secret-of-the-bench";
/** Bearer key that all servers require. */
export const KEY = "operator-key-of-the-bench";

/** A server under test, in a process of its own. */
export interface Server {
  readonly name: string;
  /** Form of its requests: paths, or GraphQL documents. */
  readonly kind: "proxy" | "graph";
  readonly url: URL;
  readonly pid: number;
}

/** A Syndigraph gateway at a fixed address; each restart is another process. */
export interface Gateway extends Server {
  /** Ends it by SIGTERM, starts it again at the same address, and waits until it is ready. */
  restart(): Promise<void>;
}

/** The stub of the platform and the servers over it, each in a process of its own. */
export interface Fleet extends AsyncDisposable {
  readonly gateway: Gateway;
  /** All Syndigraph gateways: one by default. */
  readonly gateways: readonly Gateway[];
  /** The hand-written proxy, Syndigraph, and the other servers; Syndigraph alone if no others were requested. */
  readonly servers: readonly Server[];
  /** Returns the number of calls that the stub has answered. */
  calls(): Promise<number>;
  /** Sets the latency of the stub's responses. */
  setLatency(ms: number): Promise<void>;
  /** Makes the stub answer usage requests with 503, or normally again. */
  setOutage(isOut: boolean): Promise<void>;
}

export interface FleetOptions {
  /** Number of streams of the account. */
  readonly streams: number;
  /** Syndigraph alone, or the other servers as well. */
  readonly servers: "gateway" | "all";
  /** Number of gateways: 1 by default. */
  readonly gateways?: number;
  /** Program of each gateway, in place of their number; that of `npm run build` by default. */
  readonly programs?: readonly string[];
  /** Folder for the CPU profile of the gateway; null for none. */
  readonly profileFolder: string | null;
  /** Settings of the gateway beside those of the benchmark. */
  readonly settings?: NodeJS.ProcessEnv;
}

/** Cores of the servers under test, and of stub and benchmark. */
export const CORES = { server: "0", rest: "1" } as const;
const canPin = availableParallelism() > 1 && spawnSync("taskset", ["-c", CORES.rest, "true"]).status === 0;

/** Pins the benchmark itself to the other core. @returns whether processes are pinned to cores */
export function pinBench(): boolean {
  if (canPin) spawnSync("taskset", ["-a", "-c", "-p", CORES.rest, String(process.pid)]);
  return canPin;
}

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Starts the stub and the servers, and waits until they are ready. */
export async function startFleet({
  streams,
  servers,
  programs = [],
  gateways: count = programs.length || 1,
  profileFolder,
  settings,
}: FleetOptions): Promise<Fleet> {
  const children: ChildProcess[] = [];
  const folder = await mkdtemp(join(tmpdir(), "bench-"));
  const dispose = async () => {
    await Promise.all(children.map(stop));
    await rm(folder, { recursive: true, force: true });
  };
  const start = async (
    core: string,
    args: readonly string[],
    environment: NodeJS.ProcessEnv = {},
  ): Promise<Started> => {
    const { child, url } = await run(core, args, environment, join(folder, `${children.length}.log`));
    children.push(child);
    return { url, pid: child.pid ?? 0, stop: () => stop(child) };
  };
  const script = (file: string, platform = "") => [
    ...["--import", "tsx", here(`./servers/${file}.ts`), "--streams", String(streams)],
    ...["--platform", platform, "--secret", SECRET, "--key", KEY],
  ];
  try {
    const stub = await start(CORES.rest, script("stub"));
    const startGateway = (name: string, port: string, program = here("../dist/main.js")) =>
      start(CORES.server, [...(profileFolder ? ["--cpu-prof", `--cpu-prof-dir=${profileFolder}`] : []), program], {
        ...gatewayEnvironment(stub.url, join(folder, name)),
        ...settings,
        PORT: port,
      });
    const gateways: Gateway[] = [];
    for (let index = 0; index < count; index += 1) {
      const name = count === 1 ? "Syndigraph" : `Syndigraph ${index + 1}`;
      gateways.push(await gatewayAt(name, (port) => startGateway(name, port, programs[index])));
    }
    const [syndigraph] = gateways as [Gateway];
    const all =
      servers === "gateway"
        ? [syndigraph]
        : await withOthers(syndigraph, (file) => start(CORES.server, script(file, stub.url)));
    const askStub = async (path: string) => (await (await fetch(new URL(path, stub.url))).json()) as { calls: number };
    return {
      gateway: syndigraph,
      gateways,
      servers: all,
      calls: async () => (await askStub("/stub/calls")).calls,
      setLatency: async (ms) => {
        await askStub(`/stub/latency?ms=${ms}`);
      },
      setOutage: async (isOut) => {
        await askStub(`/stub/outage?on=${isOut}`);
      },
      [Symbol.asyncDispose]: dispose,
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}

interface Started {
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

async function gatewayAt(name: string, start: (port: string) => Promise<Started>): Promise<Gateway> {
  const ready = async (port: string) => {
    const begun = await start(port);
    await untilReady(new URL("/readiness", begun.url));
    return begun;
  };
  let process = await ready("0");
  return {
    ...graph(name, process),
    get pid() {
      return process.pid;
    },
    restart: async () => {
      await process.stop();
      process = await ready(new URL(process.url).port);
    },
  };
}

async function withOthers(gateway: Server, start: (file: string) => Promise<Started>): Promise<Server[]> {
  const { url, pid } = await start("proxy");
  return [
    { name: "hand-written proxy", kind: "proxy", url: new URL(url), pid },
    gateway,
    graph("Mercurius, JIT", await start("peer-mercurius")),
    graph("Apollo Server, DataLoader", await start("peer-apollo")),
  ];
}

function graph(name: string, { url, pid }: Pick<Started, "url" | "pid">): Server {
  return { name, kind: "graph", url: new URL("/graphql", url), pid };
}

/** Returns default settings, so that all protections are on, with a cost budget that nothing exhausts. */
function gatewayEnvironment(platform: string, dataFolder: string): NodeJS.ProcessEnv {
  return {
    MILLICAST_API_SECRET: SECRET,
    MILLICAST_API_URL: platform,
    MILLICAST_ANALYTICS_URL: platform,
    SYNDIGRAPH_OPERATOR_KEY: KEY,
    COST_BUDGET_PER_MINUTE: "1000000000",
    COLLECT_USAGE: "off",
    LOG_LEVEL: "info",
    DATA_DIRECTORY: dataFolder,
  };
}

/** Returns the words of a command that runs Node.js on a core. */
export function commandOn(core: string, args: readonly string[]): readonly [string, ...string[]] {
  return canPin ? ["taskset", "-c", core, process.execPath, ...args] : [process.execPath, ...args];
}

async function run(core: string, args: readonly string[], environment: NodeJS.ProcessEnv, logFile: string) {
  const [command, ...rest] = commandOn(core, args);
  await using log = await open(logFile, "w");
  const child = spawn(command, rest, {
    env: { PATH: process.env["PATH"], NODE_ENV: "production", ...environment },
    stdio: ["ignore", log.fd, "inherit"],
  });
  return { child, url: await addressIn(logFile, child) };
}

/** Returns the first URL in a server's log file, which is its address. */
async function addressIn(logFile: string, child: ChildProcess): Promise<string> {
  for (let attempt = 0; attempt < 600 && child.exitCode === null; attempt += 1) {
    await using log = await open(logFile, "r");
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(await log.readFile("utf8"))?.[0];
    if (url) return url;
    await pause(50);
  }
  throw new Error(`A server did not start: ${child.spawnargs.join(" ")}`);
}

async function untilReady(url: URL): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    if ((await fetch(url)).ok) return;
    await pause(100);
  }
  throw new Error(`${url} is not ready.`);
}

function stop(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    child.once("exit", () => resolve());
    child.kill("SIGTERM");
  });
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
