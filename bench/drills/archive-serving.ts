import { setTimeout as pause } from "node:timers/promises";
import type { ArchivedPart } from "../../src/model/usage/archive.ts";
import { DAY_MS, floorTo, HOUR_MS } from "../../src/model/usage/time.ts";
import { createSandbox } from "../../src/sandbox/sandbox.ts";
import { COLLECTOR_LEASE } from "../../src/store/leases.ts";
import { openStore } from "../../src/store/open-store.ts";
import { quantileOf } from "../measure.ts";
import { figure } from "../table.ts";
import type { Drill, Size } from "./drill.ts";
import { createDrillStore, type DrillStore, storeNames } from "./drill-store.ts";
import { authorization, probeGateway } from "./probing.ts";

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

export const archiveServing: Drill = {
  title: `p99 of health and of a cached query while an export, a backfill and a roll-up run: at most ${MAX_FACTOR} times the idle one; on SQLite and PostgreSQL (TEST_DATABASE_URL)`,
  run: async (size) => {
    const { trackingIds, bulk, seconds } = scales[size];
    const figures: [string, string][] = [];
    let passed = true;
    await using sandbox = await createSandbox({ bulk });
    // A small run over both would take longer than 20 s.
    for (const name of size === "full" ? storeNames : storeNames.slice(0, 1)) {
      await using store = await createDrillStore(name);
      await fill(store, sandbox.accountId, scales[size]);
      const probe = (settings: Readonly<Record<string, string>>, work: (url: URL) => Promise<number>) =>
        probeGateway({ sandbox, environment: { ...store.environment, ...settings } }, (url) =>
          repeat(seconds, () => work(url)),
        );
      const idle = await probe({ COLLECT_USAGE: "off" }, () => pause(100, 0));
      const busy = await probe({ KEEP_HOURLY_USAGE_DAYS: "62" }, exportAll);
      for (const answer of ["health", "list"] as const) {
        const [before, during] = [quantileOf(idle.probed[answer], 0.99), quantileOf(busy.probed[answer], 0.99)];
        figures.push([`${name}, p99 of ${answer} in ms, idle and busy`, `${figure(before, 2)}, ${figure(during, 2)}`]);
        passed &&= size === "small" || during <= MAX_FACTOR * before;
      }
      const rolledUp = busy.metric("syndigraph_usage_rolled_up_days_total");
      const [collected = Number.NaN, behind = Number.NaN] = ["collected", "behind"].map((state) =>
        busy.metric(`syndigraph_usage_collector_series{state="${state}"}`),
      );
      const series = collected + behind;
      figures.push([
        `${name}, days rolled up, series collected, MB exported`,
        `${rolledUp}, ${series}, ${figure(busy.result / 1e6, 1)}`,
      ]);
      passed &&= rolledUp > 0 && series > trackingIds && busy.result > 0;
    }
    return { passed, figures };
  },
};

/** Repeats the work for so many seconds. Returns the sum of its results. */
async function repeat(seconds: number, work: () => Promise<number>): Promise<number> {
  const begun = performance.now();
  let sum = 0;
  while (performance.now() - begun < seconds * 1_000) sum += await work();
  return sum;
}

/** Writes settled hours that are old enough to be rolled up. */
async function fill({ location }: DrillStore, account: string, { trackingIds, days }: Scale): Promise<void> {
  const store = await openStore(location);
  const lease = await store.leases.take(COLLECTOR_LEASE, "drill", 3_600_000);
  if (!lease) throw new Error("a free lease was refused");
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
    await store.usageArchive.saveSources(account, [source], lease);
  }
  await store.leases.release(lease);
  await store.close();
}

/** Reads an export of all tracking ids by the hour. @returns its length in bytes */
async function exportAll(url: URL): Promise<number> {
  const now = floorTo(Date.now(), DAY_MS);
  const [from, to] = [now - 200 * DAY_MS, now].map((time) => new Date(time).toISOString());
  const path = `/exports/usage.jsonl?account&by=TRACKING_ID&from=${from}&to=${to}`;
  const response = await fetch(new URL(path, url), { headers: authorization });
  if (!response.ok) throw new Error(`The export was refused: ${response.status} ${await response.text()}`);
  return (await response.arrayBuffer()).byteLength;
}
