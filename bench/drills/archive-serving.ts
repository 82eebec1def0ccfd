import { type ChildProcess, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { ArchivedPart } from "../../src/model/usage/archive.ts";
import { DAY_MS, floorTo, HOUR_MS } from "../../src/model/usage/time.ts";
import { openStore, type StoreLocation } from "../../src/store/open-store.ts";
import { KEY } from "../fleet.ts";
import { quantile } from "../measure.ts";
import { figure } from "../table.ts";
import type { Drill, Size } from "./drill.ts";
import type { Probed } from "./prober.ts";

/** Account of the sandbox. */
const ACCOUNT = "SYN4DX";
/** Rows of a day of a tracking id: its streams, and the row that marks the bucket as read. */
const STREAMS = 20;
/** Largest p99 while the archive works, as a multiple of the idle one. */
const MAX_FACTOR = 2;

interface Scale {
  readonly trackingIds: number;
  /** Days that are rolled up. */
  readonly days: number;
  /** Further streams of the sandbox, which the first start reads. */
  readonly bulk: number;
  readonly seconds: number;
}

const scales: Readonly<Record<Size, Scale>> = {
  small: { trackingIds: 3, days: 4, bulk: 10, seconds: 3 },
  full: { trackingIds: 50, days: 40, bulk: 1_000, seconds: 30 },
};

const archiveServing: Drill = {
  title: `p99 of health and of a cached query while an export, a backfill and a roll-up run: at most ${MAX_FACTOR} times the idle one; over PostgreSQL too if DRILL_DATABASE_URL names an empty database`,
  run: async (size) => {
    const figures: [string, string][] = [];
    let passed = true;
    const url = process.env["DRILL_DATABASE_URL"];
    const stores = ["SQLite", ...(url ? ["PostgreSQL"] : [])] as const;
    for (const store of stores) {
      const folder = await mkdtemp(join(tmpdir(), "drill-"));
      try {
        const location: StoreLocation =
          store === "PostgreSQL" && url ? { kind: "postgres", url } : { kind: "file", folder, waitMs: 5_000 };
        await fill(location, scales[size]);
        const environment = location.kind === "postgres" ? { DATABASE_URL: location.url } : { DATA_DIRECTORY: folder };
        const idle = await run({ ...environment, COLLECT_USAGE: "off" }, scales[size], false);
        const busy = await run(
          { ...environment, COLLECT_USAGE: "on", KEEP_HOURLY_USAGE_DAYS: "62" },
          scales[size],
          true,
        );
        for (const name of ["health", "list"] as const) {
          const [before, during] = [p99(idle.probed[name]), p99(busy.probed[name])];
          figures.push([`${store}, p99 of ${name} in ms, idle and busy`, `${figure(before, 2)}, ${figure(during, 2)}`]);
          passed &&= size === "small" || during <= MAX_FACTOR * before;
        }
        figures.push([
          `${store}, days rolled up, series collected, MB exported`,
          `${busy.rolledUp}, ${busy.collected}, ${figure(busy.exportedBytes / 1e6, 1)}`,
        ]);
        const isWorking = busy.rolledUp > 0 && busy.collected > scales[size].trackingIds;
        passed &&= isWorking && busy.exportedBytes > 0;
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    }
    return { passed, figures };
  },
};

export const archiveServingDrills: Readonly<Record<string, Drill>> = { "archive-serving": archiveServing };

/** Writes settled hours that are old enough to be rolled up. */
async function fill(location: StoreLocation, { trackingIds, days }: Scale): Promise<void> {
  const store = await openStore(location);
  const lease = await store.leases.take("usage-collector", "drill", 3_600_000);
  if (!lease) throw new Error("Another gateway collects into the store.");
  const from = floorTo(Date.now(), DAY_MS) - (days + 100) * DAY_MS;
  const until = from + days * DAY_MS;
  const parts: ArchivedPart[] = Array.from({ length: STREAMS }, (_, index) => ({
    part: `stream ${index}`,
    traffic: { bytesOut: 1_000_000_007n * BigInt(index), bytesIn: 0n, parts: null },
    counts: null,
  }));
  for (let id = 0; id < trackingIds; id += 1) {
    const owner = `drill-${id}`;
    const series = { owner, kind: "TRACKING_STREAM", subject: "", granularity: "HOUR" } as const;
    for (let day = from; day < until; day += DAY_MS) {
      const buckets = new Map(Array.from({ length: 24 }, (_, hour) => [day + hour * HOUR_MS, parts]));
      for (const readAt of [until + DAY_MS, until + 3 * DAY_MS])
        await store.usageArchive.write([{ ...series, readAt, buckets }], lease);
    }
    const source = {
      kind: "TRACKING_STREAM",
      name: owner,
      granularity: "HOUR",
      from,
      until,
      readUntil: until,
    } as const;
    await store.usageArchive.saveSources(ACCOUNT, [source], lease);
  }
  await store.leases.release(lease);
  await store.close();
}

interface Run {
  readonly probed: Probed;
  readonly rolledUp: number;
  readonly collected: number;
  readonly exportedBytes: number;
}

/** Starts a gateway over its sandbox, and measures it from its first second on. */
async function run(environment: NodeJS.ProcessEnv, { bulk, seconds }: Scale, exports: boolean): Promise<Run> {
  const gateway = spawn(process.execPath, [fileURLToPath(new URL("../../dist/main.js", import.meta.url))], {
    env: {
      PATH: process.env["PATH"],
      NODE_ENV: "production",
      SANDBOX: "on",
      SANDBOX_PORT: "0",
      SANDBOX_BULK: String(bulk),
      SYNDIGRAPH_OPERATOR_KEY: KEY,
      COST_BUDGET_PER_MINUTE: "1000000000",
      PORT: "0",
      ...environment,
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    const url = await addressOf(gateway);
    const prober = fork(fileURLToPath(new URL("./prober.ts", import.meta.url)), ["--url", url.href], {
      execArgv: ["--import", "tsx"],
    });
    await once(prober, "message");
    const begin = performance.now();
    let exportedBytes = 0;
    while (performance.now() - begin < seconds * 1_000) {
      if (exports) exportedBytes += await exportAll(url);
      else await pause(100);
    }
    const metrics = await (await fetch(new URL("/metrics", url), { headers: authorization })).text();
    prober.send("over");
    const [probed] = (await once(prober, "message")) as [Probed];
    return {
      probed,
      rolledUp: metricOf(metrics, "syndigraph_usage_rolled_up_days_total"),
      collected: ["collected", "behind"]
        .map((state) => metricOf(metrics, `syndigraph_usage_collector_series{state="${state}"}`))
        .reduce((sum, series) => sum + series, 0),
      exportedBytes,
    };
  } finally {
    gateway.kill("SIGTERM");
    await once(gateway, "exit");
  }
}

const authorization = { authorization: `Bearer ${KEY}` };

/** Reads an export of all tracking ids by the hour. @returns its length in bytes */
async function exportAll(url: URL): Promise<number> {
  const now = floorTo(Date.now(), DAY_MS);
  const [from, to] = [now - 200 * DAY_MS, now].map((time) => new Date(time).toISOString());
  const path = `/exports/usage.jsonl?account&by=TRACKING_ID&from=${from}&to=${to}`;
  const response = await fetch(new URL(path, url), { headers: authorization });
  if (!response.ok) throw new Error(`The export was refused: ${response.status} ${await response.text()}`);
  return (await response.arrayBuffer()).byteLength;
}

/** Returns the address of a gateway as it prints it; what it prints later is read and dropped. */
function addressOf(gateway: ChildProcess): Promise<URL> {
  return new Promise((resolve, reject) => {
    let text = "";
    gateway.once("exit", () => reject(new Error(`A gateway did not start: ${text}`)));
    gateway.stdout?.on("data", (chunk: Buffer) => {
      if (text.length < 10_000) text += chunk.toString();
      const address = /http:\/\/127\.0\.0\.1:\d+(?=\/graphql)/.exec(text)?.[0];
      if (address) resolve(new URL(address));
    });
  });
}

function metricOf(metrics: string, name: string): number {
  const line = metrics.split("\n").find((each) => each.startsWith(`${name} `));
  return Number(line?.split(" ")[1] ?? 0);
}

function p99(times: readonly number[]): number {
  return quantile(Float64Array.from(times).sort(), 0.99);
}
