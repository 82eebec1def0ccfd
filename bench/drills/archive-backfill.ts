import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import Libsql from "libsql";
import { createSandbox, type Sandbox } from "../../src/sandbox/sandbox.ts";
import { openStore } from "../../src/store/open-store.ts";
import { MAX_NAMES_PER_CALL } from "../../src/upstream/analytics.ts";
import { KEY } from "../fleet.ts";
import { quantile } from "../measure.ts";
import { figure } from "../table.ts";
import type { Drill, Size } from "./drill.ts";
import type { Probed } from "./prober.ts";
import { startSandboxedGateway } from "./sandboxed-gateway.ts";

/** Partners and streams of each, beside those of the sandbox, and seconds of the measurement before. */
const SHAPE: Readonly<Record<Size, { readonly partners: number; readonly streams: number; readonly seconds: number }>> =
  {
    small: { partners: 2, streams: 1, seconds: 0.2 },
    full: { partners: 50, streams: 20, seconds: 15 },
  };
/** Longest time of the first backfill, in seconds. */
const MAX_SECONDS = 60;
/** Largest p99 of a cached query meanwhile, as a multiple of that before. */
const MAX_FACTOR = 2;
/** Longest wait for the backfill, in milliseconds. */
const MAX_WAIT_MS = 150_000;
/** Interval between two questions whether it is complete, in milliseconds. */
const POLL_MS = 100;

export const archiveBackfill: Drill = {
  title: `the first backfill of 50 partners with 20 streams each: at most ${MAX_SECONDS} s, the fewest calls of ten names, p99 of a cached query at most ${MAX_FACTOR} times that before`,
  run: async (size) => {
    const { partners, streams, seconds } = SHAPE[size];
    let calls = 0;
    await using sandbox = await createSandbox({
      bulk: partners * streams,
      bulkPartners: partners,
      onExchange: ({ request }) => {
        if (request.path.startsWith("/api/analytics/") && request.path.endsWith("eries")) calls += 1;
      },
    });
    const folder = await mkdtemp(join(tmpdir(), "syndigraph-drill-"));
    try {
      const before = await probe(sandbox, { DATA_DIRECTORY: folder, COLLECT_USAGE: "off" }, () =>
        pause(seconds * 1_000),
      );
      calls = 0;
      let tookS = Number.NaN;
      let made = 0;
      const during = await probe(sandbox, { DATA_DIRECTORY: folder }, async (url) => {
        tookS = (await untilComplete(url)) / 1_000;
        made = calls;
      });
      const { rows, bound } = await archived(folder, sandbox.accountId);
      const [idle, busy] = [p99(before.probed.list), p99(during.probed.list)];
      const isFast = tookS <= MAX_SECONDS && busy <= MAX_FACTOR * idle;
      return {
        passed: rows > 0 && made <= bound && (size === "small" || isFast),
        figures: [
          ["rows", `${rows.toLocaleString("en")} on SQLite in ${figure(tookS, 1)} s`],
          ["upstream calls", `${made}; ${bound} are the fewest for the series of each kind`],
          ["p99 of a list in ms, before and meanwhile", `${figure(idle, 1)}, ${figure(busy, 1)}`],
          ["longest delay of the event loop in ms", `${figure(before.delayMs, 0)}, ${figure(during.delayMs, 0)}`],
        ],
      };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

/** Starts a gateway, and measures it from when it is ready until `work` is done. */
async function probe(sandbox: Sandbox, environment: Record<string, string>, work: (url: URL) => Promise<unknown>) {
  const gateway = startSandboxedGateway({ sandbox, environment, standsAt: null });
  try {
    const printed = await gateway.printed("http://127.0.0.1:");
    const url = new URL(`http://127.0.0.1:${Number.parseInt(printed, 10)}`);
    const prober = fork(fileURLToPath(new URL("./prober.ts", import.meta.url)), ["--url", url.href], {
      execArgv: ["--import", "tsx"],
    });
    const readMetrics = async () => (await fetch(new URL("/metrics", url), { headers: authorization })).text();
    // A delay is that since the last reading, so that the start is left out.
    await readMetrics();
    await Promise.all([once(prober, "message"), work(url)]);
    const metrics = await readMetrics();
    prober.send("over");
    const [probed] = (await once(prober, "message")) as [Probed];
    return { probed, delayMs: 1_000 * metricOf(metrics, 'syndigraph_event_loop_delay_seconds{quantile="1"}') };
  } finally {
    gateway.kill("SIGTERM");
    await gateway.ended;
  }
}

const authorization = { authorization: `Bearer ${KEY}` };

const query = "{ usageCollection { progress { granularity series lateSeconds } } }";

interface Progress {
  readonly granularity: "HOUR" | "DAY";
  readonly series: number;
  readonly lateSeconds: number;
}

/** Waits until all hours and all days have been read. Returns the milliseconds since the call. */
async function untilComplete(url: URL): Promise<number> {
  const begun = performance.now();
  while (performance.now() - begun < MAX_WAIT_MS) {
    const response = await fetch(new URL("/graphql", url), {
      method: "POST",
      headers: { ...authorization, "content-type": "application/json" },
      body: JSON.stringify({ query }),
    });
    const { data } = (await response.json()) as { data?: { usageCollection: { progress: Progress[] } } };
    const progress = data?.usageCollection.progress ?? [];
    const of = (granularity: string) => progress.find((each) => each.granularity === granularity);
    const [hours, days] = [of("HOUR"), of("DAY")];
    // Days are read after hours, and of the same series.
    if (hours && days && hours.series === days.series && hours.lateSeconds + days.lateSeconds === 0)
      return performance.now() - begun;
    await pause(POLL_MS);
  }
  throw new Error("The backfill does not end.");
}

/** Returns the rows of the archive, and the fewest calls that read its series once. */
async function archived(folder: string, account: string): Promise<{ rows: number; bound: number }> {
  const store = await openStore({ kind: "file", folder });
  try {
    const names = new Map<string, number>();
    for (const { kind, granularity } of await store.usageArchive.sources(account)) {
      const key = `${kind} ${granularity}`;
      names.set(key, (names.get(key) ?? 0) + 1);
    }
    const bound = [...names.values()].reduce((sum, count) => sum + Math.ceil(count / MAX_NAMES_PER_CALL), 0);
    const database = new Libsql(join(folder, "syndigraph.db"), { readonly: true });
    const { rows } = database.prepare("select count(*) as rows from usage_rows").get() as { rows: number };
    database.close();
    return { rows, bound };
  } finally {
    await store.close();
  }
}

function metricOf(metrics: string, name: string): number {
  const line = metrics.split("\n").find((each) => each.startsWith(`${name} `));
  return Number(line?.split(" ")[1] ?? Number.NaN);
}

function p99(times: readonly number[]): number {
  return quantile(Float64Array.from(times).sort(), 0.99);
}
